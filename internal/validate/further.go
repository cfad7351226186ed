package validate

import (
	"math"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// outliers returns the bounds of sizes that some records are beyond: q1 - k IQR
// and q3 + k IQR, to the ends of their bins.
func (s *Suite) outliers(now *measure.Profile) (bounds measure.Bounds) {
	k := s.Policy.Checks["S1.size"].Params["iqr"].Float()
	for _, m := range []measure.Spread{s.sizes, s.sides} {
		d := m.In(now).All()
		if d == nil || d.Moments.N == 0 {
			continue
		}
		q1, _ := d.Quantile(1, 4)
		q3, _ := d.Quantile(3, 4)
		lo, _ := measure.BinRange(q1)
		_, hi := measure.BinRange(q3)
		reach := k * float64(hi-lo)
		b := measure.Bound{Field: m.Field, Min: uint64(max(float64(lo)-reach, 0)), Max: uint64(float64(hi) + reach)}
		if d.Moments.Min < b.Min || d.Moments.Max > b.Max {
			bounds = append(bounds, b)
		}
	}
	return bounds
}

// soft returns the bound of sharpness that some pictures are below: so many
// times less than the median one has, to the end of its bin.
func (s *Suite) soft(now *measure.Profile) (bounds measure.Bounds) {
	d := s.sharpness.In(now).All()
	times := uint64(s.Policy.Checks["S3.res"].Params["softer"] / stat.One)
	median, ok := quantile(d, 1, 2)
	if !ok || times == 0 || d.Moments.Min >= median/times {
		return nil
	}
	return measure.Bounds{{Field: measure.Sharpness, Min: median / times, Max: math.MaxInt64}}
}

// further looks up the records beyond the bounds that the first measures gave.
func (s *Suite) further(now *measure.Profile) measure.Faults {
	var bounds measure.Bounds
	if s.Policy.Asks("S1.size") {
		bounds = s.outliers(now)
	}
	if s.Policy.Asks("S3.res") {
		bounds = append(bounds, s.soft(now)...)
	}
	return measure.Faults{Rule: bounds}
}

// Further returns what is to be measured once the first measures are known, to
// find witnesses. It is often nothing.
func (s *Suite) Further(now *measure.Profile) []measure.Measure {
	m := s.further(now)
	if len(m.Rule.(measure.Bounds)) == 0 {
		return nil
	}
	return []measure.Measure{m}
}
