package validate

import (
	"slices"
	"strings"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

const (
	maxRows    = 24
	maxColumns = 8
)

// tables are what a reader wants to see besides findings: the balance of
// labels and splits, the cross-tabs by tone group, and drift.
func (s *Suite) tables(e *Evidence, findings []Finding) []Table {
	if e.Now == nil {
		return nil
	}
	asked := s.asked()
	var all []Table
	add := func(name string, m measure.Tally) {
		if asked[m.Key()] {
			if t := tableOf(name, m.In(e.Now)); len(t.Rows) > 0 {
				all = append(all, t)
			}
		}
	}
	add("Labels", s.labels)
	add("Splits", s.splits)
	add("Tone groups", s.groups)
	for _, name := range []string{"label", "split", "camera"} {
		add("Tone group by "+name, s.crosses[name])
	}
	return append(all, driftTable(findings)...)
}

// driftTable shows the PSI of every field that was compared.
func driftTable(findings []Finding) []Table {
	t := Table{Name: "Drift against the version before, as PSI"}
	seen := map[string]bool{}
	for _, f := range findings {
		for _, p := range f.Parts {
			compared := (f.Check == "S3.source" || f.Check == "S5.drift") && strings.HasPrefix(p.Note, "JS ")
			if compared && !seen[p.Name] {
				seen[p.Name] = true
				t.Rows = append(t.Rows, Row{p.Name, []stat.Micro{p.Value}})
			}
		}
	}
	if t.Rows == nil {
		return nil
	}
	return []Table{t}
}

// asked are the keys of the measures that are folded.
func (s *Suite) asked() map[string]bool {
	keys := map[string]bool{}
	for _, m := range s.Measures() {
		keys[m.Key()] = true
	}
	return keys
}

// tableOf shows counts: the largest rows first, for a cross-tab a row for each
// word of the second column and a color for each of the first.
func tableOf(name string, counts *measure.Counts) Table {
	t := Table{Name: name}
	rows := map[string][]uint64{}
	for words, n := range counts.Cells() {
		row, column := words[len(words)-1], 0
		if slices.Contains(words, "") {
			continue
		}
		if len(words) == 2 {
			if column = slices.Index(t.Columns, words[0]); column < 0 {
				if column = len(t.Columns); column == maxColumns {
					continue
				}
				t.Columns = append(t.Columns, words[0])
			}
		}
		for len(rows[row]) <= column {
			rows[row] = append(rows[row], 0)
		}
		rows[row][column] += n
	}
	for row, ns := range rows {
		values := make([]stat.Micro, max(len(t.Columns), 1))
		for i, n := range ns {
			values[i] = whole(n)
		}
		t.Rows = append(t.Rows, Row{row, values})
	}
	slices.SortFunc(t.Rows, func(a, b Row) int {
		if d := sum(b.Values) - sum(a.Values); d != 0 {
			return int(min(max(d, -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	if len(t.Rows) > maxRows {
		t.More = uint64(len(t.Rows) - maxRows)
		t.Rows = t.Rows[:maxRows]
	}
	return t
}
