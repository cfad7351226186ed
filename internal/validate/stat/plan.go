package stat

import (
	"math"
	"sort"

	"govd/internal/gov"
)

// A Plan is a sampling plan of fixed size: draw N items, and accept if at most
// Accept of them are wrong. If the rate of errors is Limit or more, it accepts
// with a probability of at most 1 - Confidence.
type Plan struct {
	Limit      Micro  `json:"limit"`
	Confidence Micro  `json:"confidence"`
	Accept     uint64 `json:"accept"`
	N          uint64 `json:"n"`
	Total      uint64 `json:"total,omitempty"` // items there are; 0 means too many to matter
}

// MaxAccept is the most errors that a plan may accept.
const MaxAccept = 1000

// Fixed returns the smallest plan that accepts c errors and keeps the limit at
// the confidence. With a total, draws are without replacement, and the limit is
// broken by more than limit x total wrong items: it accepts no more than that,
// and if no sample will do it takes every item. Returns gov.Invalid if the limit
// or the confidence is not strictly between 0 and 1, or c is over MaxAccept.
func Fixed(limit, confidence Micro, c, total uint64) (Plan, error) {
	if limit <= 0 || limit >= One || confidence <= 0 || confidence >= One || c > MaxAccept {
		return Plan{}, gov.Errorf(gov.Invalid, "BAD_PLAN", "a plan has a limit and a confidence between 0 and 1 and accepts %d errors at most", MaxAccept)
	}
	p := Plan{Limit: limit, Confidence: confidence, Accept: c, Total: total}
	most := uint64(math.MaxInt32)
	if total > 0 {
		p.Accept, most = min(c, p.wrong(limit)), total
	}
	p.N = uint64(sort.Search(int(most), func(n int) bool { return p.keeps(uint64(n)) }))
	return p, nil
}

// keeps reports whether n items suffice for the guarantee.
func (p Plan) keeps(n uint64) bool {
	p.N = n
	if p.Total == 0 {
		return rare(p.Accepts(p.Limit), p.Confidence)
	}
	return rare(AtMostOf(p.Accept, n, p.wrong(p.Limit)+1, p.Total), p.Confidence)
}

// Accepts returns the probability that the plan accepts when the rate of errors
// is rate: its operating characteristic.
func (p Plan) Accepts(rate Micro) float64 {
	if p.Total == 0 {
		return AtMost(p.Accept, p.N, rate)
	}
	return AtMostOf(p.Accept, p.N, p.wrong(rate), p.Total)
}

// wrong returns how many of all items are wrong at a rate, rounded down.
func (p Plan) wrong(rate Micro) uint64 { return scaled(p.Total, uint64(rate), uint64(One)) }

// A Point is one point of an operating characteristic: at a rate of errors, the
// probability of acceptance and the mean number of items inspected.
type Point struct {
	Rate   Micro `json:"rate"`
	Accept Micro `json:"accept"`
	MeanN  Micro `json:"mean_n"`
}

// Curve returns the operating characteristic at the rates.
func (p Plan) Curve(rates []Micro) []Point {
	points := make([]Point, len(rates))
	for i, r := range rates {
		points[i] = Point{r, Near(p.Accepts(r)), Micro(p.N) * One}
	}
	return points
}
