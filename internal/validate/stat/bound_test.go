package stat

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// slowBinomial sums the definition in exact rationals.
func slowBinomial(k, n uint64, p Micro) *big.Rat {
	hit, miss := big.NewRat(int64(p), int64(One)), big.NewRat(int64(One-p), int64(One))
	sum := new(big.Rat)
	for i := uint64(0); i <= min(k, n); i++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(i)))
		for j := range n {
			if j < i {
				term.Mul(term, hit)
			} else {
				term.Mul(term, miss)
			}
		}
		sum.Add(sum, term)
	}
	return sum
}

// slowHyper counts the samples with at most k errors.
func slowHyper(k, n, bad, total uint64) *big.Rat {
	sum := new(big.Int)
	for i := range k + 1 {
		if i <= n && i <= bad && n-i <= total-bad {
			ways := new(big.Int).Binomial(int64(bad), int64(i))
			sum.Add(sum, ways.Mul(ways, new(big.Int).Binomial(int64(total-bad), int64(n-i))))
		}
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Binomial(int64(total), int64(n)))
}

func differ(got float64, want *big.Rat) bool {
	w, _ := want.Float64()
	return math.Abs(got-w) > 1e-12*w+1e-15
}

func TestAtMostExact(t *testing.T) {
	for n := range uint64(25) {
		for k := range n + 1 {
			for _, p := range []Micro{0, 1, 5000, 250_000, 500_000, 999_000, One} {
				if got, want := AtMost(k, n, p), slowBinomial(k, n, p); differ(got, want) {
					t.Errorf("P(X <= %d | %d, %v) = %v, want %v", k, n, p, got, want.FloatString(15))
				}
			}
		}
	}
}

// TestAtMostLarge compares with sums in 400 bits, where a sum of logarithms of
// factorials would be wrong in the sixth place.
func TestAtMostLarge(t *testing.T) {
	for _, c := range []struct {
		k, n uint64
		p    Micro
	}{{598, 100_000, 5000}, {3, 7752, 1000}, {4900, 1_000_000, 5000}, {5100, 1_000_000, 5000}, {950, 1_000_000_000, 1}} {
		p, q := fraction(int64(c.p)), fraction(int64(One-c.p))
		term := fraction(int64(One))
		for e, base := c.n, new(big.Float).Copy(q); e > 0; e >>= 1 {
			if e&1 == 1 {
				term.Mul(term, base)
			}
			base.Mul(base, base)
		}
		sum := new(big.Float).Copy(term)
		for i := uint64(1); i <= c.k; i++ {
			term.Mul(term, new(big.Float).SetUint64(c.n-i+1)).Quo(term, new(big.Float).SetUint64(i))
			term.Mul(term, p).Quo(term, q)
			sum.Add(sum, term)
		}
		want, _ := sum.Float64()
		if got := AtMost(c.k, c.n, c.p); math.Abs(got/want-1) > 1e-10 {
			t.Errorf("P(X <= %d | %d, %v) = %v, want %v", c.k, c.n, c.p, got, want)
		}
	}
}

func fraction(micros int64) *big.Float {
	return new(big.Float).SetPrec(400).Quo(new(big.Float).SetPrec(400).SetInt64(micros), big.NewFloat(1e6))
}

func TestAtMostOfExact(t *testing.T) {
	for total := range uint64(13) {
		for bad := range total + 1 {
			for n := range total + 1 {
				for k := range n + 1 {
					if got, want := AtMostOf(k, n, bad, total), slowHyper(k, n, bad, total); differ(got, want) {
						t.Errorf("P(X <= %d | %d of %d, %d bad) = %v, want %v", k, n, total, bad, got, want)
					}
				}
			}
		}
	}
	for _, c := range [][4]uint64{{2, 600, 5001, 1_000_000}, {40, 2000, 300, 10_000}, {70, 2000, 300, 10_000}} {
		if got, want := AtMostOf(c[0], c[1], c[2], c[3]), slowHyper(c[0], c[1], c[2], c[3]); differ(got, want) {
			t.Errorf("%v: %v, want %v", c, got, want.FloatString(15))
		}
	}
}

func TestUpperKnown(t *testing.T) {
	for _, c := range []struct {
		k, n uint64
		want string
	}{{0, 598, "0.004998"}, {3, 1000, "0.007736"}, {3, 1250, "0.006192"}, {0, 0, "1.000000"}, {5, 5, "1.000000"}, {0, 1, "0.950001"}} {
		if got := Upper(c.k, c.n, 950_000); got.String() != c.want {
			t.Errorf("Upper(%d, %d) = %v, want %s", c.k, c.n, got, c.want)
		}
	}
}

// TestUpperCovers adds up, exactly, the chance of a sample whose bound lies
// below the truth: no truth may have more than 1 - confidence.
func TestUpperCovers(t *testing.T) {
	for _, n := range []uint64{1, 7, 20} {
		for p := Micro(20_000); p < One; p += 70_000 {
			missed := new(big.Rat)
			for k := range n + 1 {
				if Upper(k, n, 900_000) < p {
					missed = slowBinomial(k, n, p) // bounds rise with k
				}
			}
			if missed.Cmp(big.NewRat(1, 10)) > 0 {
				t.Errorf("n=%d p=%v: the bound misses it with probability %v", n, p, missed.FloatString(6))
			}
		}
	}
}

// TestUpperIsLeast holds that a millionth less would not be refuted, and that the
// lower bound is the mirror of the upper one.
func TestUpperIsLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 60).Draw(t, "n")
		k := rapid.Uint64Range(0, n-1).Draw(t, "k")
		u, alpha := Upper(k, n, 950_000), big.NewRat(1, 20)
		if slowBinomial(k, n, u).Cmp(alpha) > 0 || slowBinomial(k, n, u-1).Cmp(alpha) < 0 {
			t.Fatalf("Upper(%d, %d) = %v is not where the probability crosses 1/20", k, n, u)
		}
		if got := Lower(n-k, n, 950_000); got != One-u {
			t.Fatalf("Lower(%d, %d) = %v, want %v", n-k, n, got, One-u)
		}
	})
}

func TestUpperOfExact(t *testing.T) {
	alpha := big.NewRat(1, 20)
	for total := range uint64(13) {
		for n := range total + 1 {
			for k := range n + 1 {
				want := k
				for bad := k; bad <= total-(n-k); bad++ {
					if slowHyper(k, n, bad, total).Cmp(alpha) >= 0 {
						want = bad
					}
				}
				if got := UpperOf(total, k, n, 950_000); got != want {
					t.Errorf("UpperOf(%d, %d, %d) = %d, want %d", total, k, n, got, want)
				}
			}
		}
	}
}
