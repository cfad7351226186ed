package report

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"govd/internal/draw"
)

// HTML returns the document as a page that needs nothing else: no script, no
// font, no address. It follows the reader's choice of light or dark and prints
// on paper.
func (d *Document) HTML() []byte {
	w := &htmlWriter{}
	w.f(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%s</title>
<style>%s</style>
</head>
<body>
<header><h1>%s</h1>`+"\n", d.Title, raw(page), d.Title)
	w.paragraphs([]string{d.Subject})
	w.f("</header>\n")
	w.verdicts(d.Verdicts)
	w.facts(d.Facts)
	for i := range d.Sections {
		w.section(&d.Sections[i])
	}
	if d.Foot != "" {
		w.f("<footer><p>%s</p></footer>\n", d.Foot)
	}
	w.f("</body>\n</html>\n")
	return w.b.Bytes()
}

// page is how a page looks.
const page = `
:root{color-scheme:light dark;--paper:#ffffff;--ink:#17212b;--soft:#5a6775;--rule:#d5dce3;--good:#146c3e;--bad:#b3261e;--band:#f4f6f8}
@media (prefers-color-scheme:dark){:root{--paper:#161d24;--ink:#e8eef4;--soft:#a3b0bd;--rule:#34404b;--good:#67c794;--bad:#ff8f85;--band:#1d262f}}
body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;max-width:72rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--rule);padding-bottom:.25rem}
header p,footer p{color:var(--soft);margin:.25rem 0;overflow-wrap:anywhere}
footer{margin-top:2.5rem;border-top:1px solid var(--rule)}
ul.verdicts{list-style:none;padding:0;margin:1.25rem 0}
ul.verdicts li{border-left:4px solid var(--good);background:var(--band);padding:.4rem .75rem;margin:.35rem 0;overflow-wrap:anywhere}
ul.verdicts li.no{border-color:var(--bad)}
ul.verdicts b{color:var(--good)}
ul.verdicts .no b{color:var(--bad)}
dl{display:grid;grid-template-columns:fit-content(18rem) 1fr;gap:.2rem 1rem;margin:.75rem 0}
dt{color:var(--soft);min-width:8rem;overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere}
@media (max-width:40rem){dl{display:block}dd{margin:0 0 .5rem}}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.92em;min-width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td{overflow-wrap:break-word}
td.one{white-space:nowrap}
td.long{overflow-wrap:anywhere;min-width:12rem}
td.text{min-width:16rem}
@media print{
:root{--paper:#ffffff;--ink:#000000;--soft:#444444;--rule:#bbbbbb;--good:#146c3e;--bad:#b3261e;--band:#ffffff}
body{margin:0;max-width:none;font-size:10.5pt}
.wide{overflow:visible}
svg{min-width:0!important}
td.one{white-space:normal}
td.long,td.text{min-width:13em}
table{font-size:.7em}
th,td{padding:.2rem .3rem}
tr,li,svg{break-inside:avoid}
h2{break-after:avoid}
thead{display:table-header-group}
}
`

// raw is markup that this package has made.
type raw string

type htmlWriter struct{ b bytes.Buffer }

// f writes markup with words in it. Strings are escaped; raw ones are not.
func (w *htmlWriter) f(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = html.EscapeString(draw.Clean(s))
		}
	}
	fmt.Fprintf(&w.b, format, args...)
}

func (w *htmlWriter) verdicts(all []Verdict) {
	if len(all) == 0 {
		return
	}
	w.f("<ul class=\"verdicts\">\n")
	for _, v := range all {
		class, word := raw("yes"), "Holds"
		if !v.Holds {
			class, word = "no", "Does not hold"
		}
		w.f(`<li class="%s"><b>%s.</b> %s`, class, word, v.Says)
		if v.Why != "" {
			w.f(": %s", v.Why)
		}
		w.f("</li>\n")
	}
	w.f("</ul>\n")
}

func (w *htmlWriter) facts(facts []Fact) {
	if len(facts) == 0 {
		return
	}
	w.f("<dl>\n")
	for _, f := range facts {
		w.f("<dt>%s</dt><dd>%s</dd>\n", f.Name, f.Value)
	}
	w.f("</dl>\n")
}

func (w *htmlWriter) section(s *Section) {
	w.f("<section>\n<h2>%s</h2>\n", s.Title)
	w.paragraphs(s.Text)
	w.facts(s.Facts)
	if s.Graph != nil {
		w.f("<div class=\"wide\">\n%s</div>\n", raw(s.Graph.SVG()))
	}
	if s.Table != nil {
		w.table(s.Table)
	}
	w.f("</section>\n")
}

func (w *htmlWriter) paragraphs(all []string) {
	for _, p := range all {
		if p != "" {
			w.f("<p>%s</p>\n", p)
		}
	}
}

func (w *htmlWriter) table(t *Table) {
	if len(t.Rows) == 0 {
		w.paragraphs([]string{t.Empty})
		return
	}
	w.f("<div class=\"wide\"><table>\n<thead>")
	w.f("<tr>")
	for _, s := range t.Columns {
		w.f("<th>%s</th>", strings.TrimSpace(s))
	}
	w.f("</tr>\n</thead>\n<tbody>\n")
	for _, row := range t.Rows {
		w.f("<tr>")
		for _, s := range row {
			w.cell(strings.TrimSpace(s))
		}
		w.f("</tr>\n")
	}
	w.f("</tbody></table></div>\n")
}

// cell writes a cell so that short words stay whole and long ones break.
func (w *htmlWriter) cell(s string) {
	const word, text = 28, 60
	longest := 0
	for part := range strings.FieldsSeq(s) {
		longest = max(longest, utf8.RuneCountInString(part))
	}
	class := ""
	switch {
	case longest > word:
		class = "long"
	case utf8.RuneCountInString(s) > text:
		class = "text"
	case longest > 0 && !strings.Contains(s, " "):
		class = "one"
	}
	if class == "" {
		w.f("<td>%s</td>", s)
		return
	}
	w.f(`<td class="%s">%s</td>`, class, s)
}
