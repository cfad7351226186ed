package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns the document for a terminal of that many columns.
func (d *Document) Text(width int) string {
	w := &textWriter{width: max(width, 40)}
	w.line("", clean(d.Title))
	w.line("", clean(d.Subject))
	for _, v := range d.Verdicts {
		w.hanging(map[bool]string{true: "✓ ", false: "✗ "}[v.Holds], v.sentence())
	}
	w.facts(d.Facts)
	for _, s := range d.Sections {
		w.section(&s)
	}
	if d.Foot != "" {
		w.b.WriteByte('\n')
		w.line("", clean(d.Foot))
	}
	return w.b.String()
}

// sentence returns what a verdict says, and why.
func (v *Verdict) sentence() string {
	if v.Why == "" {
		return clean(v.Says)
	}
	return clean(v.Says) + ": " + clean(v.Why)
}

type textWriter struct {
	b     strings.Builder
	width int
}

func (w *textWriter) section(s *Section) {
	w.b.WriteString("\n" + strings.ToUpper(clean(s.Title)) + "\n")
	for _, p := range s.Text {
		w.line("", clean(p))
	}
	w.facts(s.Facts)
	if s.Graph != nil {
		w.b.WriteString(s.Graph.Tree("", false, w.width))
	}
	if s.Table != nil {
		w.table(s.Table)
	}
}

// line writes words, broken at the width, each line indented; nothing for
// nothing.
func (w *textWriter) line(indent, s string) {
	if s != "" {
		w.hanging(indent, s)
	}
}

// hanging writes words behind a head; further lines stand below the first word.
func (w *textWriter) hanging(head, s string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(head))
	w.b.WriteString(head)
	at := len(indent)
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > w.width:
			w.b.WriteString("\n" + indent)
			at = len(indent)
		default:
			w.b.WriteByte(' ')
			at++
		}
		w.b.WriteString(word)
		at += n
	}
	w.b.WriteByte('\n')
}

func (w *textWriter) facts(facts []Fact) {
	wide := 0
	for _, f := range facts {
		wide = min(max(wide, utf8.RuneCountInString(clean(f.Name))), w.width/2)
	}
	for _, f := range facts {
		w.hanging(pad(clean(f.Name), wide)+"  ", clean(f.Value))
	}
}

// table writes columns that are as wide as their widest cell. Cells are never
// cut: what a terminal cannot show in one line it wraps.
func (w *textWriter) table(t *Table) {
	if len(t.Rows) == 0 {
		w.line("", clean(t.Empty))
		return
	}
	wide := make([]int, len(t.Columns))
	rows := append([][]string{t.Columns}, t.Rows...)
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(clean(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(pad(clean(cell), wide[i]) + "  ")
		}
		w.b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// clean shows what does not print, or turns the direction of writing, by its
// code, so that a stranger's words stay words on one line.
func clean(s string) string {
	if !strings.ContainsFunc(s, unclean) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unclean(r) {
			code := strconv.QuoteRuneToASCII(r)
			b.WriteString(code[1 : len(code)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unclean(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
