package stat

import (
	"math"
	"sort"
)

// Fisher returns the two-sided p-value of R. Fisher's exact test of the table
//
//	a b
//	c d
//
// which is the probability, given the margins, of a table as improbable or more.
// Tables whose probabilities differ by less than a ten-millionth of themselves
// count as equal.
func Fisher(a, b, c, d uint64) float64 {
	l := hypergeometric(a+b, a+c, a+b+c+d)
	observed := l.log(a) + 1e-7
	improbable := func(i uint64) bool { return l.log(i) <= observed }
	rising, falling := int(l.peak-l.lo)+1, int(l.hi-l.peak)
	left := sort.Search(rising, func(i int) bool { return !improbable(l.lo + uint64(i)) })
	right := sort.Search(falling, func(i int) bool { return improbable(l.peak + 1 + uint64(i)) })
	p := 0.0
	if left > 0 {
		p += l.below(l.lo + uint64(left) - 1)
	}
	if right < falling {
		p += l.above(l.peak + 1 + uint64(right))
	}
	return min(p, 1)
}

// TwoProportions tests whether k1 of n1 and k2 of n2 come from the same rate: the
// z of the pooled test and its two-sided p-value. It is for expected counts of 5
// and more; below, use [Fisher]. If there is nothing to compare, p is 1.
func TwoProportions(k1, n1, k2, n2 uint64) (z, p float64) {
	hits, n := float64(k1+k2), float64(n1+n2)
	if n1 == 0 || n2 == 0 || hits == 0 || k1+k2 == n1+n2 {
		return 0, 1
	}
	variance := hits / n * (1 - hits/n) * (1/float64(n1) + 1/float64(n2))
	z = (float64(k1)/float64(n1) - float64(k2)/float64(n2)) / math.Sqrt(variance)
	return z, math.Erfc(math.Abs(z) / math.Sqrt2)
}
