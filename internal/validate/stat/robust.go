package stat

import (
	"math"
	"slices"
)

// RobustZ returns how far x lies from the median of the values, in units of
// their median absolute deviation scaled to be a standard deviation under the
// normal law: 0.6745 (x - median) / MAD. If more than half of the values are
// equal, all else is infinitely far. It returns false if there are no values.
func RobustZ(x int64, values []int64) (z float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := Median(sorted)
	deviations := make([]float64, len(sorted))
	for i, v := range sorted {
		deviations[i] = math.Abs(float64(v) - mid)
	}
	slices.Sort(deviations)
	mad := middle(deviations)
	switch off := float64(x) - mid; {
	case off == 0:
		return 0, true
	default:
		return 0.6745 * off / mad, true
	}
}

// Median returns the median of values in ascending order, which must be some.
func Median(sorted []int64) float64 { return middle(sorted) }

func middle[T int64 | float64](sorted []T) float64 {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return float64(sorted[half])
	}
	return float64(sorted[half-1])/2 + float64(sorted[half])/2
}
