package draw

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// leastScale is how small a picture may become, in percent, to fit where it
// stands: its smallest letters can still be read.
const leastScale = 60

// SVG returns the graph as a picture that stands alone or within a page. It
// follows the reader's choice of light or dark, and prints light.
func (g *Graph) SVG() []byte {
	l := lay(g)
	l.turn()
	width, height := l.size()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="gd" role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d" style="max-width:100%%;min-width:%dpx;height:auto">`+"\n",
		escape(g.summary(l)), width, height, width, height, width*leastScale/100)
	b.WriteString("<style>" + style + "</style>\n")
	for i := range l.edges {
		l.drawEdge(&b, &l.edges[i])
	}
	for v := range l.nodes {
		l.drawNode(&b, v)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// summary says what the picture shows to who cannot see it.
func (g *Graph) summary(l *layout) string {
	s := fmt.Sprintf("graph of %d nodes and %d edges", len(l.nodes), len(l.edges))
	for _, n := range l.nodes {
		if n.Focus {
			s += " around " + n.Kind + " " + n.Label
		}
	}
	return s
}

// style is drawn without the page's help. Kinds of nodes have colours that can
// be told apart by most people in both schemes; the kind is also written.
var style = strings.ReplaceAll(`
.gd{--paper:#ffffff;--ink:#17212b;--soft:#5a6775;--line:#8593a1;--alarm:#b3261e;--other:#5a6775;--data:#1f5fa8;--act:#8a4b08;--check:#177245;--made:#6b3fa0;color-scheme:light dark;background:var(--paper);font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.gd{--paper:#161d24;--ink:#e8eef4;--soft:#a3b0bd;--line:#728191;--alarm:#ff8f85;--other:#a3b0bd;--data:#7db4f0;--act:#e6a55a;--check:#67c794;--made:#bd9cf0}}
@media print{.gd{--paper:#ffffff;--ink:#17212b;--soft:#5a6775;--line:#8593a1;--alarm:#b3261e;--other:#5a6775;--data:#1f5fa8;--act:#8a4b08;--check:#177245;--made:#6b3fa0}}
.gd .box{fill:var(--paper);stroke:var(--hue);stroke-width:1.25}
.gd .bar{fill:var(--hue)}
.gd .kind{fill:var(--hue);font-size:10.5px;letter-spacing:.04em}
.gd .mark{fill:var(--soft);font-size:10.5px;text-anchor:end}
.gd .alarm{fill:var(--alarm);font-weight:600}
.gd .label{fill:var(--ink);font-size:13px;font-weight:600}
.gd .note{fill:var(--soft);font-size:11px}
.gd .faint .box{stroke-dasharray:4 3}
.gd .focus .box{stroke-width:2.75}
.gd .line{fill:none;stroke:var(--line);stroke-width:1.4}
.gd .inferred .line{stroke-dasharray:5 4}
.gd .tip{fill:var(--line)}
.gd .other{--hue:var(--other)}.gd .data{--hue:var(--data)}.gd .act{--hue:var(--act)}.gd .check{--hue:var(--check)}.gd .made{--hue:var(--made)}
`, "\n", "")

// colour returns the class of a kind's colour: of what is data, what is done,
// what is checked, and what is made.
func colour(kind string) string {
	switch kind {
	case "source", "version", "external":
		return "data"
	case "change", "run", "job":
		return "act"
	case "report", "inspection":
		return "check"
	case "model", "deployment", "batch", "output":
		return "made"
	}
	return "other"
}

// Columns that fit into a box, by the size of the letters.
const (
	labelColumns = 25
	noteColumns  = 34
	kindColumns  = 34 // with the marks
)

func (l *layout) drawNode(b *bytes.Buffer, v int) {
	n := &l.nodes[v]
	class := "node " + colour(n.Kind)
	if n.Faint {
		class += " faint"
	}
	if n.Focus {
		class += " focus"
	}
	left, top := l.at(l.begin(l.rank[v]), l.y[v]-l.height(v)/2)
	fmt.Fprintf(b, `<g class="%s"><title>%s</title>`, class, escape(n.says()))
	fmt.Fprintf(b, `<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, left, top, boxWidth, boxHeight)
	fmt.Fprintf(b, `<rect class="bar" x="%d" y="%d" width="4" height="%d" rx="2"/>`, left, top+8, boxHeight-16)
	kind := fit(Clean(n.Kind), kindColumns)
	text(b, "kind", left+14, top+17, kind)
	drawMarks(b, left+boxWidth-10, top+17, n.Marks, kindColumns-1-columns(kind))
	label, note := labelLines(n)
	text(b, "label", left+14, top+35, label)
	if note != "" {
		text(b, "note", left+14, top+51, note)
	}
	b.WriteString("</g>\n")
}

// labelLines returns what stands on the two lines of a box. A label that is too
// long for its line goes on where the note would stand, if there is none.
func labelLines(n *Node) (label, note string) {
	label, note = Clean(n.Label), Clean(n.Note)
	if note == "" && columns(label) > labelColumns {
		label, note = breakLabel(label)
	}
	return fit(label, labelColumns), fit(note, noteColumns)
}

// breakLabel breaks a label after the last of the signs that part names, if the
// first line is not short then, or else where the line is full.
func breakLabel(s string) (first, rest string) {
	full, at, width := 0, 0, 0
	for i, r := range s {
		if width += runeColumns(r); width > labelColumns {
			break
		}
		if full = i + utf8.RuneLen(r); strings.ContainsRune("/#@:.-_ ", r) && width > labelColumns/2 {
			at = full
		}
	}
	if at == 0 {
		at = full
	}
	return s[:at], s[at:]
}

// drawMarks writes the marks on one line that ends at x, those that need
// attention first if there is no room for all.
func drawMarks(b *bytes.Buffer, x, y int, marks []Mark, room int) {
	var words []string
	class := "mark"
	for _, alarm := range []bool{true, false} {
		for _, m := range marks {
			if m.Alarm == alarm {
				words = append(words, Clean(m.Word))
			}
		}
		if alarm && len(words) > 0 {
			class += " alarm"
		}
	}
	if len(words) > 0 {
		text(b, class, x, y, fit(strings.Join(words, " · "), max(room, 4)))
	}
}

// text writes text that is clean.
func text(b *bytes.Buffer, class string, x, y int, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, escape(s))
}

// drawEdge draws an edge as curves that are straight where they pass a rank.
func (l *layout) drawEdge(b *bytes.Buffer, r *route) {
	class := "edge"
	if r.edge.Faint {
		class += " inferred"
	}
	says := strings.TrimSpace(l.nodes[l.index[r.edge.From]].Label + " → " + l.nodes[l.index[r.edge.To]].Label + " " + r.edge.Label)
	fmt.Fprintf(b, `<g class="%s"><title>%s</title><path class="line" d="`, class, escape(says))
	const tip = 7
	first, last := r.path[0], r.path[len(r.path)-1]
	begin, end := l.end(l.rank[first]), l.begin(l.rank[last])
	if r.back {
		begin += tip
	} else {
		end -= tip
	}
	at := [2]int{begin, l.y[first]}
	fmt.Fprintf(b, "M%s", l.point(at[0], at[1]))
	for _, v := range r.path[1 : len(r.path)-1] {
		l.curve(b, at, l.begin(l.rank[v]), l.y[v])
		at = [2]int{l.end(l.rank[v]), l.y[v]}
		fmt.Fprintf(b, "%s%d", map[bool]string{false: "H", true: "V"}[l.down], at[0])
	}
	l.curve(b, at, end, l.y[last])
	b.WriteString(`"/>`)
	if r.back {
		l.arrow(b, begin-tip, l.y[first], tip)
	} else {
		l.arrow(b, end+tip, l.y[last], -tip)
	}
	b.WriteString("</g>\n")
}

// point writes a place.
func (l *layout) point(along, across int) string {
	x, y := l.at(along, across)
	return fmt.Sprintf("%d %d", x, y)
}

func (l *layout) curve(b *bytes.Buffer, from [2]int, along, across int) {
	middle := (from[0] + along) / 2
	fmt.Fprintf(b, "C%s %s %s", l.point(middle, from[1]), l.point(middle, across), l.point(along, across))
}

// arrow draws the tip of an arrow, whose shaft comes from the side of length.
func (l *layout) arrow(b *bytes.Buffer, along, across, length int) {
	if l.down {
		fmt.Fprintf(b, `<path class="tip" d="M%sl-4 %dh8z"/>`, l.point(along, across), length)
		return
	}
	fmt.Fprintf(b, `<path class="tip" d="M%sl%d -4v8z"/>`, l.point(along, across), length)
}
