package report

import (
	"strings"
	"unicode/utf8"

	"govd/internal/draw"
)

// Text returns the document for a terminal of that many columns.
func (d *Document) Text(width int) string {
	w := &textWriter{width: max(width, 40)}
	w.line("", draw.Clean(d.Title))
	w.line("", draw.Clean(d.Subject))
	for _, v := range d.Verdicts {
		w.hanging(map[bool]string{true: "✓ ", false: "✗ "}[v.Holds], v.sentence())
	}
	w.facts(d.Facts)
	for _, s := range d.Sections {
		w.section(&s)
	}
	if d.Foot != "" {
		w.b.WriteByte('\n')
		w.line("", draw.Clean(d.Foot))
	}
	return w.b.String()
}

// sentence returns what a verdict says, and why.
func (v *Verdict) sentence() string {
	if v.Why == "" {
		return draw.Clean(v.Says)
	}
	return draw.Clean(v.Says) + ": " + draw.Clean(v.Why)
}

type textWriter struct {
	b     strings.Builder
	width int
}

func (w *textWriter) section(s *Section) {
	w.b.WriteString("\n" + strings.ToUpper(draw.Clean(s.Title)) + "\n")
	for _, p := range s.Text {
		w.line("", draw.Clean(p))
	}
	w.facts(s.Facts)
	if s.Graph != nil {
		w.b.WriteString(s.Graph.Outline(w.width))
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
		wide = min(max(wide, utf8.RuneCountInString(draw.Clean(f.Name))), w.width/2)
	}
	for _, f := range facts {
		w.hanging(pad(draw.Clean(f.Name), wide)+"  ", draw.Clean(f.Value))
	}
}

// table writes columns that are as wide as their widest cell. Cells are never
// cut: where a row is wider than the screen, each is told as a list.
func (w *textWriter) table(t *Table) {
	if len(t.Rows) == 0 {
		w.line("", draw.Clean(t.Empty))
		return
	}
	wide := make([]int, len(t.Columns))
	rows := append([][]string{t.Columns}, t.Rows...)
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(draw.Clean(cell)))
		}
	}
	if sum(wide)+2*(len(wide)-1) > w.width {
		w.lists(t)
		return
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(pad(draw.Clean(cell), wide[i]) + "  ")
		}
		w.b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// lists tells each row by its first cell, and below it what else it holds.
func (w *textWriter) lists(t *Table) {
	for _, row := range t.Rows {
		w.line("", draw.Clean(row[0]))
		var facts []Fact
		for i, cell := range row[1:] {
			if cell != "" {
				facts = append(facts, Fact{"  " + t.Columns[i+1], cell})
			}
		}
		w.facts(facts)
	}
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
