package stat

import "sort"

// AtMost returns the probability of at most k errors in n draws when the rate of
// errors is p: the binomial distribution function.
func AtMost(k, n uint64, p Micro) float64 {
	switch {
	case k >= n || p <= 0:
		return 1
	case p >= One:
		return 0
	}
	return binomial(n, p).atMost(k)
}

// AtMostOf returns the probability of at most k errors among n items drawn
// without replacement from total items of which bad are wrong: the
// hypergeometric distribution function. n and bad are at most total.
func AtMostOf(k, n, bad, total uint64) float64 { return hypergeometric(n, bad, total).atMost(k) }

// rare reports whether probability p is at most 1 - confidence. A tie is not
// rare, nor what floating point could take for one: so ties fall on the safe
// side, and on the same side on every machine.
func rare(p float64, confidence Micro) bool { return p < (One-confidence).Float()*(1-1e-9) }

// Upper returns the one-sided upper bound on the rate of errors after k of them
// in n draws: the least millionth p at which k errors or less would be rarer than
// 1 - confidence. It is that of C. Clopper and E. Pearson (Biometrika 26, 1934),
// rounded up. No draws bound nothing: it returns One.
func Upper(k, n uint64, confidence Micro) Micro {
	if k >= n {
		return One
	}
	return Micro(sort.Search(int(One), func(p int) bool { return rare(AtMost(k, n, Micro(p)), confidence) }))
}

// Lower returns the one-sided lower bound on the rate of hits after k of them in
// n draws, rounded down.
func Lower(k, n uint64, confidence Micro) Micro { return One - Upper(n-min(k, n), n, confidence) }

// UpperOf returns the upper bound on how many of total items are wrong after k
// errors among n of them drawn without replacement: the largest count that the
// confidence does not rule out.
func UpperOf(total, k, n uint64, confidence Micro) uint64 {
	n = min(n, total)
	k = min(k, n)
	unseen := total - n
	return k + uint64(sort.Search(int(unseen), func(more int) bool {
		return rare(AtMostOf(k, n, k+uint64(more)+1, total), confidence)
	}))
}
