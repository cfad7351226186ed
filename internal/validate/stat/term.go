package stat

import (
	"math"
	"math/bits"
)

// logBinomial returns the logarithm of the probability of exactly x hits in n
// draws at the rate part / whole, for x <= n and part <= whole. It loses nothing
// to cancellation however large n is: C. Loader, Fast and Accurate Computation
// of Binomial Probabilities (2000).
func logBinomial(x, n, part, whole uint64) float64 {
	p, q := float64(part)/float64(whole), float64(whole-part)/float64(whole)
	miss := n - x
	switch {
	case part == 0 && x == 0, part == whole && miss == 0:
		return 0
	case part == 0 || part == whole:
		return math.Inf(-1)
	case x == 0:
		return float64(n) * math.Log1p(-p)
	case miss == 0:
		return float64(n) * math.Log1p(-q)
	}
	size := float64(n)
	height := stirlingError(n) - stirlingError(x) - stirlingError(miss) - deviance(float64(x), size*p) - deviance(float64(miss), size*q)
	return height - math.Log(2*math.Pi*float64(x)*(float64(miss)/size))/2
}

// logHyper returns the logarithm of the probability of exactly i errors among n
// items drawn from total items of which bad are wrong, as binomial terms.
func logHyper(i, n, bad, total uint64) float64 {
	return logBinomial(i, bad, n, total) + logBinomial(n-i, total-bad, n, total) - logBinomial(n, total, n, total)
}

// stirlingError returns ln n! - ln(sqrt(2 pi n) (n/e)^n).
func stirlingError(n uint64) float64 {
	x := float64(n)
	if n < 16 {
		l, _ := math.Lgamma(x + 1)
		return l - (x+0.5)*math.Log(x) + x - math.Log(2*math.Pi)/2
	}
	y := 1 / (x * x)
	return (1./12 - y*(1./360-y*(1./1260-y*(1./1680-y/1188)))) / x
}

// deviance returns x ln(x/m) + m - x without cancellation where x is near m.
func deviance(x, m float64) float64 {
	if math.Abs(x-m) >= 0.1*(x+m) {
		return x*math.Log(x/m) + m - x
	}
	v := (x - m) / (x + m)
	sum, power := (x-m)*v, 2*x*v
	for j := 3.; ; j += 2 {
		power *= v * v
		next := sum + power/j
		if next == sum {
			return sum
		}
		sum = next
	}
}

// A law is a distribution of the number of errors from lo to hi with one peak.
type law struct {
	lo, hi uint64
	peak   uint64                 // at which a term is largest
	log    func(i uint64) float64 // the logarithm of term i
	ratio  func(i uint64) float64 // term i over term i-1, for i over lo
}

func binomial(n uint64, p Micro) law {
	part, rest := float64(p), float64(One-p)
	return law{
		hi:    n,
		peak:  min(n, scaled(n+1, uint64(p), uint64(One))),
		log:   func(i uint64) float64 { return logBinomial(i, n, uint64(p), uint64(One)) },
		ratio: func(i uint64) float64 { return float64(n-i+1) / float64(i) * (part / rest) },
	}
}

func hypergeometric(n, bad, total uint64) law {
	l := law{
		hi:   min(n, bad),
		peak: scaled(n+1, bad+1, total+2),
		log:  func(i uint64) float64 { return logHyper(i, n, bad, total) },
		ratio: func(i uint64) float64 {
			return float64(bad-i+1) / float64(i) * (float64(n-i+1) / float64(total-bad-(n-i)))
		},
	}
	if good := total - bad; n > good {
		l.lo = n - good
	}
	return l
}

// scaled returns a b / c rounded down, which must fit.
func scaled(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

// atMost returns the probability of k errors or less. It sums the tail away from
// the peak, whose terms fall from the first on.
func (l law) atMost(k uint64) float64 {
	switch {
	case k >= l.hi:
		return 1
	case k < l.lo:
		return 0
	case k < l.peak:
		return l.below(k)
	}
	return 1 - l.above(k+1)
}

// below returns the sum of the terms from k, under the peak, downwards, and
// above of those from k, over the peak, upwards.
func (l law) below(k uint64) float64 {
	term := math.Exp(l.log(k))
	sum := term
	for i := k; i > l.lo && term > sum*tiny; i-- {
		term /= l.ratio(i)
		sum += term
	}
	return min(sum, 1)
}

func (l law) above(k uint64) float64 {
	term := math.Exp(l.log(k))
	sum := term
	for i := k + 1; i <= l.hi && term > sum*tiny; i++ {
		term *= l.ratio(i)
		sum += term
	}
	return min(sum, 1)
}

// tiny is the share of a sum that changes it no more.
const tiny = 1e-18
