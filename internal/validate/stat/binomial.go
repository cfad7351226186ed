package stat

import (
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// AtMost returns the probability of at most k errors in n draws when the rate of
// errors is p: the binomial distribution function, by the incomplete beta
// function.
func AtMost(k, n uint64, p Micro) float64 {
	switch {
	case k >= n || p <= 0:
		return 1
	case p >= One:
		return 0
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), (One - p).Float())
}

// Upper returns the one-sided upper bound on the rate of errors after k of them
// in n draws: the least millionth p at which AtMost(k, n, p) is at most 1 -
// confidence. It is that of C. Clopper and E. Pearson (Biometrika 26, 1934),
// rounded up. No draws bound nothing: it returns One.
func Upper(k, n uint64, confidence Micro) Micro {
	if n == 0 || k >= n {
		return One
	}
	alpha := (One - confidence).Float()
	return Micro(sort.Search(int(One), func(p int) bool { return AtMost(k, n, Micro(p)) <= alpha }))
}

// Lower returns the one-sided lower bound on the rate of hits after k of them in
// n draws, rounded down.
func Lower(k, n uint64, confidence Micro) Micro {
	if k > n {
		k = n
	}
	return One - Upper(n-k, n, confidence)
}
