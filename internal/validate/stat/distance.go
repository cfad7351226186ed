package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Pair is two distributions over the same bins.
type Pair struct {
	p, q []uint64
	n, m uint64
}

// Compare pairs the counts of two sets over the same bins, or returns false if
// there is nothing to compare: the numbers of bins differ or a set is empty.
func Compare(p, q []uint64) (Pair, bool) {
	pair := Pair{p: p, q: q}
	for _, x := range p {
		pair.n += x
	}
	for _, x := range q {
		pair.m += x
	}
	return pair, len(p) == len(q) && pair.n > 0 && pair.m > 0
}

// sum adds f(p_i, q_i) over the shares of the bins, in their order.
func (c Pair) sum(f func(p, q float64) float64) (sum float64) {
	for i := range c.p {
		sum += f(float64(c.p[i])/float64(c.n), float64(c.q[i])/float64(c.m))
	}
	return sum
}

// PSI returns the population stability index, sum (p-q) ln(p/q), where an empty
// bin counts as a ten-thousandth.
func (c Pair) PSI() float64 {
	return c.sum(func(p, q float64) float64 {
		if p == q {
			return 0
		}
		p, q = filled(p), filled(q)
		return (p - q) * math.Log(p/q)
	})
}

func filled(share float64) float64 {
	if share == 0 {
		return 1e-4
	}
	return share
}

// JS returns the distance of Jensen and Shannon, the root of their divergence in
// bits: from 0 to 1.
func (c Pair) JS() float64 {
	divergence := c.sum(func(p, q float64) float64 { return (bits2(p, (p+q)/2) + bits2(q, (p+q)/2)) / 2 })
	return math.Sqrt(min(1, max(0, divergence)))
}

// bits2 returns p log2(p/m), which is 0 at p = 0.
func bits2(p, m float64) float64 {
	if p == 0 {
		return 0
	}
	return p * math.Log2(p/m)
}

// LInf returns the largest difference of shares.
func (c Pair) LInf() (most float64) {
	c.sum(func(p, q float64) float64 {
		most = max(most, math.Abs(p-q))
		return 0
	})
	return most
}

// TotalVariation returns half the sum of the differences of shares: the share
// of one set that would have to move to make it the other.
func (c Pair) TotalVariation() float64 {
	return c.sum(func(p, q float64) float64 { return math.Abs(p-q) / 2 })
}

// Hellinger returns the distance of Hellinger, from 0 to 1.
func (c Pair) Hellinger() float64 {
	squares := c.sum(func(p, q float64) float64 { d := math.Sqrt(p) - math.Sqrt(q); return d * d })
	return math.Sqrt(min(1, squares/2))
}

// KS returns the largest difference of the cumulative shares, and the asymptotic
// p-value of Kolmogorov and Smirnov's test. The bins must be in order. Values
// that share a bin cannot differ, so the test errs towards no drift.
func (c Pair) KS() (d, p float64) {
	var f, g uint64
	for i := range c.p {
		f, g = f+c.p[i], g+c.q[i]
		d = max(d, distance(f, c.m, g, c.n)/float64(c.n)/float64(c.m))
	}
	return d, kolmogorov(d / c.spread())
}

// Wasserstein returns the earth mover's distance of the two sets in units of the
// second's standard deviation, given where each bin lies, ascending. It is +Inf
// if the second has no spread and the first is elsewhere.
func (c Pair) Wasserstein(at []float64) float64 {
	var f, g, moved float64
	for i := range len(at) - 1 {
		f += float64(c.p[i]) / float64(c.n)
		g += float64(c.q[i]) / float64(c.m)
		moved += math.Abs(f-g) * (at[i+1] - at[i])
	}
	if moved == 0 {
		return 0
	}
	return moved / deviation(c.q, c.m, at)
}

func deviation(counts []uint64, n uint64, at []float64) float64 {
	mean, squares := 0.0, 0.0
	for i, x := range counts {
		mean += float64(x) / float64(n) * at[i]
	}
	for i, x := range counts {
		squares += float64(x) / float64(n) * (at[i] - mean) * (at[i] - mean)
	}
	return math.Sqrt(squares)
}

// spread returns the standard error of a difference of shares, but for a factor:
// sqrt(1/n + 1/m).
func (c Pair) spread() float64 { return math.Sqrt(1/float64(c.n) + 1/float64(c.m)) }

// PSICritical returns the PSI that two sets from one distribution exceed with
// probability 1 - confidence: about chi-square (1/n + 1/m), with one degree of
// freedom less than there are bins (B. Yurdakul and J. Naranjo, 2020).
func (c Pair) PSICritical(confidence Micro) float64 {
	df := 0
	for i := range c.p {
		if c.p[i]+c.q[i] > 0 {
			df++
		}
	}
	if df--; df < 1 {
		return 0
	}
	return distuv.ChiSquared{K: float64(df)}.Quantile(confidence.Float()) * c.spread() * c.spread()
}

// KSCritical returns the difference of cumulative shares that two sets from one
// distribution exceed with probability 1 - confidence.
func (c Pair) KSCritical(confidence Micro) float64 {
	return math.Sqrt(-math.Log((One-confidence).Float()/2)/2) * c.spread()
}

// kolmogorov returns the probability that Kolmogorov's statistic is x or more.
func kolmogorov(x float64) float64 {
	if x < 0.2 { // the tail is 1 to twelve places, and its series slow
		return 1
	}
	sum, sign := 0.0, 1.0
	for k := 1.0; k <= 100; k++ {
		sum += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return min(1, max(0, 2*sum))
}
