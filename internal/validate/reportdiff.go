package validate

import "slices"

// A Move is how one check differs between two reports.
type Move struct {
	Check  string   `json:"check"`
	Was    *Finding `json:"was,omitempty"` // nil: it was not asked for
	Is     *Finding `json:"is,omitempty"`
	Better bool     `json:"better"`
	Worse  bool     `json:"worse"`
}

// CompareReports returns the checks whose verdict, value or count moved, by id.
// Better and worse are of the verdict, or under the same verdict of the count;
// a value alone says neither.
func CompareReports(was, is *Report) []Move {
	var moves []Move
	for _, id := range checksOf(was, is) {
		m := Move{Check: id, Was: was.Finding(id), Is: is.Finding(id)}
		if m.Was != nil && m.Is != nil {
			if m.Was.Verdict == m.Is.Verdict && m.Was.Value == m.Is.Value && m.Was.Count == m.Is.Count {
				continue
			}
			m.Better, m.Worse = m.better(), m.worse()
		}
		moves = append(moves, m)
	}
	return moves
}

func (m *Move) better() bool {
	return m.Was.Verdict.worse(m.Is.Verdict) || m.Was.Verdict == m.Is.Verdict && m.Is.Count < m.Was.Count
}

func (m *Move) worse() bool {
	return m.Is.Verdict.worse(m.Was.Verdict) || m.Was.Verdict == m.Is.Verdict && m.Is.Count > m.Was.Count
}

func checksOf(reports ...*Report) []string {
	var ids []string
	for _, r := range reports {
		for _, f := range r.Findings {
			ids = append(ids, f.Check)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
