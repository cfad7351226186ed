package stat

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func pair(t rapid.TB, p, q []uint64) Pair {
	t.Helper()
	c, ok := Compare(p, q)
	if !ok {
		t.Fatalf("%v and %v cannot be compared", p, q)
	}
	return c
}

func near(t rapid.TB, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestDistancesKnown(t *testing.T) {
	c := pair(t, []uint64{50, 30, 20}, []uint64{2, 5, 3})
	near(t, "PSI", c.PSI(), 0.3*math.Log(2.5)+0.2*math.Log(5./3)+0.1*math.Log(1.5))
	near(t, "LInf", c.LInf(), 0.3)
	near(t, "TotalVariation", c.TotalVariation(), 0.3)
	d, _ := c.KS()
	near(t, "KS", d, 0.3)
	near(t, "Wasserstein", c.Wasserstein([]float64{0, 1, 2}), 0.4/0.7)
	near(t, "Hellinger", c.Hellinger(), math.Sqrt(1-math.Sqrt(0.1)-math.Sqrt(0.15)-math.Sqrt(0.06)))
	entropy := func(p ...float64) (h float64) {
		for _, x := range p {
			h -= x * math.Log2(x)
		}
		return h
	}
	near(t, "JS", c.JS(), math.Sqrt(entropy(0.35, 0.4, 0.25)-entropy(0.5, 0.3, 0.2)/2-entropy(0.2, 0.5, 0.3)/2))

	apart := pair(t, []uint64{4, 0}, []uint64{0, 9})
	near(t, "JS of disjoint sets", apart.JS(), 1)
	near(t, "Hellinger of disjoint sets", apart.Hellinger(), 1)
	near(t, "PSI of disjoint sets", apart.PSI(), 2*(1-1e-4)*math.Log(1e4))
	if w := apart.Wasserstein([]float64{0, 1}); !math.IsInf(w, 1) {
		t.Errorf("Wasserstein from a point = %v, want infinity", w)
	}
}

func TestCompareRefuses(t *testing.T) {
	for _, c := range [][2][]uint64{{nil, nil}, {{1}, {1, 2}}, {{0, 0}, {1, 2}}, {{1, 2}, {0, 0}}} {
		if _, ok := Compare(c[0], c[1]); ok {
			t.Errorf("%v are compared", c)
		}
	}
}

// TestDistancesAreDistances holds what all have in common: nothing between a set
// and its multiple, symmetry, and Hellinger² <= TV <= JS-like bounds.
func TestDistancesAreDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bins := rapid.IntRange(1, 8).Draw(t, "bins")
		set := rapid.SliceOfN(rapid.Uint64Range(0, 50), bins, bins).Filter(func(x []uint64) bool {
			_, ok := Compare(x, x)
			return ok
		})
		p, q := set.Draw(t, "p"), set.Draw(t, "q")
		triple := make([]uint64, bins)
		for i := range p {
			triple[i] = 3 * p[i]
		}
		pq, qp, same := pair(t, p, q), pair(t, q, p), pair(t, p, triple)
		for name, f := range map[string]func(Pair) float64{
			"PSI": Pair.PSI, "JS": Pair.JS, "LInf": Pair.LInf, "TotalVariation": Pair.TotalVariation, "Hellinger": Pair.Hellinger,
			"KS": func(c Pair) float64 { d, _ := c.KS(); return d },
		} {
			near(t, name+" of a set and its triple", f(same), 0)
			near(t, name+" turned", f(qp), f(pq))
			if f(pq) < 0 {
				t.Errorf("%s = %v", name, f(pq))
			}
		}
		tv, h := pq.TotalVariation(), pq.Hellinger()
		if d, _ := pq.KS(); d > tv+1e-12 || pq.LInf() > tv+1e-12 || h*h > tv+1e-12 || tv > h*math.Sqrt2+1e-12 {
			t.Errorf("KS %v, LInf %v, TV %v, Hellinger %v do not fit together", d, pq.LInf(), tv, h)
		}
	})
}

// TestCritical holds the values of ten even bins at 95%.
func TestCritical(t *testing.T) {
	for each, want := range map[uint64][2]float64{
		20: {0.169, 0.136}, 100: {0.034, 0.061}, 1000: {0.0034, 0.019}, 100_000: {3.4e-5, 0.0019},
	} {
		bins := make([]uint64, 10)
		for i := range bins {
			bins[i] = each
		}
		c := pair(t, bins, bins)
		if psi, ks := c.PSICritical(950_000), c.KSCritical(950_000); math.Abs(psi/want[0]-1) > 0.02 || math.Abs(ks/want[1]-1) > 0.02 {
			t.Errorf("n = m = %d: PSI %v, KS %v; want %v", 10*each, psi, ks, want)
		}
	}
	if got := pair(t, []uint64{3, 0}, []uint64{4, 0}).PSICritical(950_000); got != 0 {
		t.Errorf("one bin varies by %v", got)
	}
}

func TestKolmogorov(t *testing.T) {
	for x, want := range map[float64]float64{1.3580986: 0.05, 1.6276236: 0.01, 1.2238479: 0.10, 0.5: 0.9639452436, 0.1: 1, 5: 3.857e-22} {
		if got := kolmogorov(x); math.Abs(got-want) > 1e-7 {
			t.Errorf("P(K >= %v) = %v, want %v", x, got, want)
		}
	}
	c := pair(t, []uint64{600, 400}, []uint64{500, 500})
	d, p := c.KS()
	if critical := c.KSCritical(One - Near(p)); math.Abs(critical/d-1) > 0.01 {
		t.Errorf("KS %v has p %v, at which the critical value is %v", d, p, critical)
	}
}
