package validate

import (
	"bytes"
	_ "embed" // for the template
	"html/template"
	"slices"
	"strconv"

	"govd/internal/validate/stat"
)

//go:embed report.html
var reportPage string

// HTML returns the report as one page that needs nothing else: the verdict,
// then the findings that want attention, then the others, then charts.
func (r *Report) HTML() ([]byte, error) {
	t, err := template.New("report").Funcs(template.FuncMap{
		"plain": plain, "chart": Table.chart, "verdict": verdictText, "color": color, "more": more,
	}).Parse(reportPage)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, page(r))
	return b.Bytes(), err
}

// A reportView is a report as the page shows it.
type reportView struct {
	*Report
	ID     string
	Counts []verdictCount
	Wants  []shownFinding // what somebody must do something about
	Rest   []shownFinding
}

type verdictCount struct {
	Verdict Verdict
	N       int
}

type shownFinding struct {
	Finding
	Check Check
	Rule  string // of a rule of the dataset's own
}

func page(r *Report) *reportView {
	v := &reportView{Report: r, ID: r.Digest().String()}
	all := newCatalogue()
	for _, f := range r.Findings {
		shown := shownFinding{Finding: f, Check: all[f.Check]}
		if shown.Check.ID == "" {
			shown.Check, shown.Rule = Check{ID: f.Check, Asks: "A rule of this dataset's own."}, f.Check
		}
		if f.Verdict == Pass || f.Verdict == Skipped {
			v.Rest = append(v.Rest, shown)
		} else {
			v.Wants = append(v.Wants, shown)
		}
	}
	slices.SortStableFunc(v.Wants, func(a, b shownFinding) int { return rank(b.Verdict) - rank(a.Verdict) })
	for _, verdict := range slices.Backward(worst) {
		n := 0
		for _, f := range r.Findings {
			if f.Verdict == verdict {
				n++
			}
		}
		v.Counts = append(v.Counts, verdictCount{verdict, n})
	}
	return v
}

func verdictText(v Verdict) string {
	return map[Verdict]string{
		Pass: "passes", Warn: "needs a waiver", Fail: "fails", Unknown: "cannot be judged", Skipped: "does not apply",
	}[v]
}

// bar is one bar of a chart, in pixels.
type bar struct {
	Name   string
	Mid    int // of the text
	Widths []span
	Text   string
}

type span struct {
	X, Y, W int
	Class   string
	Title   string
}

// A chart is a table as horizontal bars: one each, or stacked where the table
// has columns.
type chart struct {
	Table
	Height int
	Bars   []bar
}

const (
	barHeight = 22
	barLeft   = 190
	barWidth  = 420
)

func (t Table) chart() chart {
	c := chart{Table: t, Height: barHeight*len(t.Rows) + 4}
	most := stat.Micro(1)
	for _, row := range t.Rows {
		most = max(most, sum(row.Values))
	}
	for i, row := range t.Rows {
		b := bar{Name: clip(row.Name), Mid: barHeight*i + 17, Text: plain(sum(row.Values))}
		x := float64(barLeft)
		for k, v := range row.Values {
			w := barWidth * v.Float() / most.Float()
			s := span{X: int(x), Y: barHeight*i + 4, W: max(int(x+w)-int(x), 0), Class: color(k), Title: row.Name + ": " + plain(v)}
			if k < len(t.Columns) {
				s.Title = row.Name + ", " + t.Columns[k] + ": " + plain(v)
			}
			b.Widths = append(b.Widths, s)
			x += w
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// clip shortens a name to what fits beside a chart.
func clip(name string) string {
	const most = 26
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

// more is how many are at fault beyond the witnesses.
func more(f Finding) uint64 { return f.Count - min(f.Count, uint64(len(f.Witnesses))) }

// color is the class of the nth color.
func color(n int) string { return "c" + strconv.Itoa(n%8) }

func sum(values []stat.Micro) (total stat.Micro) {
	for _, v := range values {
		total += v
	}
	return total
}
