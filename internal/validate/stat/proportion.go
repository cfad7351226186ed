package stat

import "math"

// Fisher returns the two-sided p-value of R. Fisher's exact test of the table
//
//	a b
//	c d
//
// : the probability, given the margins, of a table as improbable or more.
// Tables whose probabilities differ by less than a ten-millionth of themselves
// count as equal.
func Fisher(a, b, c, d uint64) float64 {
	n, bad, total := a+b, a+c, a+b+c+d
	observed := logHyper(a, n, bad, total) + 1e-7
	sum := 0.0
	for i := low(n, bad, total); i <= min(n, bad); i++ {
		if l := logHyper(i, n, bad, total); l <= observed {
			sum += math.Exp(l)
		}
	}
	return min(sum, 1)
}

// TwoProportions tests whether k1 of n1 and k2 of n2 come from the same rate: the
// z of the pooled test and its two-sided p-value. It is for expected counts of 5
// and more; below, use [Fisher]. If there is nothing to compare, p is 1.
func TwoProportions(k1, n1, k2, n2 uint64) (z, p float64) {
	all, n := float64(k1+k2), float64(n1+n2)
	if n1 == 0 || n2 == 0 || all == 0 || k1+k2 == n1+n2 {
		return 0, 1
	}
	variance := all / n * (1 - all/n) * (1/float64(n1) + 1/float64(n2))
	z = (float64(k1)/float64(n1) - float64(k2)/float64(n2)) / math.Sqrt(variance)
	return z, math.Erfc(math.Abs(z) / math.Sqrt2)
}
