package stat

import (
	"math/big"

	"govd/internal/gov"
)

// A Scale says how far apart two values are.
type Scale uint8

// The scales.
const (
	Nominal  Scale = iota // equal or not
	Ordinal               // by how many ratings lie between them
	Interval              // by the square of the difference of their places
)

// Ratings measure how far raters agree, as Krippendorff's alpha: 1 is full
// agreement, 0 is chance, less is worse than chance. Sums are integers, merge in
// any order, and the quotient is exact and rounded once.
//
// After K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
type Ratings struct {
	values int
	n      []uint64            // ratings by value, of units with two or more
	pairs  map[uint64][]uint64 // by number of ratings m of a unit: the sums of n_uc (n_uk - [c=k]), values x values
}

// MaxValues is the most values a rating may have.
const MaxValues = 1024

// NewRatings returns no ratings on a scale of so many values. Returns
// gov.Invalid if they are none or more than MaxValues.
func NewRatings(values int) (*Ratings, error) {
	if values < 1 || values > MaxValues {
		return nil, gov.Errorf(gov.Invalid, "BAD_SCALE", "a rating has 1 to %d values, not %d", MaxValues, values)
	}
	return &Ratings{values, make([]uint64, values), map[uint64][]uint64{}}, nil
}

// Add counts one unit, given how many raters gave it each value. A unit with
// less than two ratings says nothing of agreement.
func (r *Ratings) Add(counts []uint64) {
	m := uint64(0)
	for _, x := range counts {
		m += x
	}
	if m < 2 {
		return
	}
	o := r.of(m)
	for c, x := range counts {
		r.n[c] += x
		for k, y := range counts {
			if c == k && x > 0 {
				y--
			}
			o[c*r.values+k] += x * y
		}
	}
}

func (r *Ratings) of(m uint64) []uint64 {
	if r.pairs[m] == nil {
		r.pairs[m] = make([]uint64, r.values*r.values)
	}
	return r.pairs[m]
}

// Merge adds the units of other, which must have as many values.
func (r *Ratings) Merge(other *Ratings) {
	for c, x := range other.n {
		r.n[c] += x
	}
	for m, theirs := range other.pairs {
		ours := r.of(m)
		for i, x := range theirs {
			ours[i] += x
		}
	}
}

// Alpha returns the measure on a scale, or false if nothing can be said: no unit
// has two ratings, or all ratings are the same.
func (r *Ratings) Alpha(scale Scale) (float64, bool) {
	observed, expected, n := new(big.Rat), new(big.Rat), new(big.Rat)
	for c := range r.values {
		n.Add(n, whole(r.n[c]))
		for k := range r.values {
			d := r.apart(scale, c, k)
			both := new(big.Rat).Mul(whole(r.n[c]), whole(r.n[k]))
			expected.Add(expected, both.Mul(both, d))
			observed.Add(observed, d.Mul(d, r.coincidences(c, k)))
		}
	}
	if expected.Sign() == 0 {
		return 0, false
	}
	n.Sub(n, whole(1))
	alpha, _ := new(big.Rat).Sub(whole(1), n.Mul(n, observed.Quo(observed, expected))).Float64()
	return alpha, true
}

// coincidences returns how often values c and k met on a unit.
func (r *Ratings) coincidences(c, k int) *big.Rat {
	sum := new(big.Rat)
	for m, o := range r.pairs {
		sum.Add(sum, new(big.Rat).Quo(whole(o[c*r.values+k]), whole(m-1)))
	}
	return sum
}

// apart returns the squared distance of two values, on the ordinal scale four
// times that, which alpha does not notice.
func (r *Ratings) apart(scale Scale, c, k int) *big.Rat {
	d := new(big.Rat)
	switch {
	case c == k:
		return d
	case scale == Nominal:
		return d.SetInt64(1)
	case scale == Interval:
		d.SetInt64(int64(c - k))
		return d.Mul(d, d)
	}
	for g := min(c, k); g <= max(c, k); g++ {
		d.Add(d, whole(2*r.n[g]))
	}
	d.Sub(d, whole(r.n[c]+r.n[k]))
	return d.Mul(d, d)
}

func whole(n uint64) *big.Rat { return new(big.Rat).SetUint64(n) }
