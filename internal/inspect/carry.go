package inspect

import (
	"math/bits"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Guarantee says that with the confidence, at most Bound of Total records are
// wrong.
type Guarantee struct {
	Total      uint64     `json:"total"`
	Bound      stat.Micro `json:"bound"`
	Confidence stat.Micro `json:"confidence"`
	Steps      uint32     `json:"steps"` // changes since the last inspection of everything
}

// Nothing is the guarantee of records that nobody inspected: all may be wrong,
// and that is certain.
func Nothing(total uint64) Guarantee {
	return Guarantee{Total: total, Bound: stat.One, Confidence: stat.One}
}

// Guarantee returns what the result certifies of all records of its strata. A
// failed inspection too has a bound, only not the one that was asked for.
func (r *Result) Guarantee() Guarantee {
	g := Guarantee{Bound: r.Bound, Confidence: r.Confidence}
	for _, s := range r.Strata {
		g.Total += s.Total
	}
	return g
}

// Carry returns what is left of a guarantee in a version of total records, of
// which changed were added or edited since:
//
//	p <= (N_prev U_prev + N_changed U_changed) / N_new
//
// and no more of the old errors can be left than old records. What either
// leaves to chance adds up, so the guarantee decays with every step, also
// where nothing is wrong; an inspection of everything renews it. Returns
// gov.Invalid if more has changed than there is, or records are unaccounted for.
func (g Guarantee) Carry(changed Guarantee, total uint64) (Guarantee, error) {
	if changed.Total > total || total-changed.Total > g.Total || total == 0 {
		return Guarantee{}, gov.Errorf(gov.Invalid, "BAD_CARRY", "of %d records %d have changed and at most %d are old", total, changed.Total, g.Total)
	}
	old := min(g.most(), total-changed.Total)
	return Guarantee{
		Total:      total,
		Bound:      over(old+changed.most(), total),
		Confidence: max(0, g.Confidence+changed.Confidence-stat.One),
		Steps:      g.Steps + 1,
	}, nil
}

// most returns how many records may be wrong, a whole number since each is or is
// not.
func (g Guarantee) most() uint64 {
	hi, lo := bits.Mul64(g.Total, uint64(g.Bound))
	q, _ := bits.Div64(hi, lo, uint64(stat.One))
	return q
}
