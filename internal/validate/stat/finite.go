package stat

import (
	"math"
	"sort"
)

// AtMostOf returns the probability of at most k errors among n items drawn
// without replacement from total items of which bad are wrong: the
// hypergeometric distribution function.
func AtMostOf(k, n, bad, total uint64) float64 {
	if k >= n || k >= bad {
		return 1
	}
	sum := 0.0
	for i := low(n, bad, total); i <= k; i++ {
		sum += math.Exp(logHyper(i, n, bad, total))
	}
	return min(sum, 1)
}

// low returns the least number of errors that n of total items can hold.
func low(n, bad, total uint64) uint64 {
	if good := total - bad; n > good {
		return n - good
	}
	return 0
}

// logHyper returns the logarithm of the probability of exactly i errors.
func logHyper(i, n, bad, total uint64) float64 {
	return logChoose(bad, i) + logChoose(total-bad, n-i) - logChoose(total, n)
}

func logChoose(n, k uint64) float64 {
	if k > n {
		return math.Inf(-1)
	}
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n uint64) float64 {
	l, _ := math.Lgamma(float64(n) + 1)
	return l
}

// UpperOf returns the upper bound on how many of total items are wrong after k
// errors among n of them drawn without replacement: the largest count that is
// not refuted at the confidence.
func UpperOf(total, k, n uint64, confidence Micro) uint64 {
	n = min(n, total)
	k = min(k, n)
	alpha := (One - confidence).Float()
	most := total - (n - k) // the items seen to be right are right
	return k + uint64(sort.Search(int(most-k), func(more int) bool {
		return AtMostOf(k, n, k+uint64(more)+1, total) <= alpha
	}))
}
