package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slowRejects says by the textbook's steps which hypotheses are rejected at q.
func slowRejects(c Correction, p []float64, q float64) []bool {
	sorted := slices.Sorted(slices.Values(p))
	m := float64(len(p))
	if c == BenjaminiYekutieli {
		sum := 0.0
		for i := range p {
			sum += 1 / float64(i+1)
		}
		q /= sum
	}
	last := -1.0 // the largest p that is rejected
	for i, x := range sorted {
		rank := float64(i + 1)
		if c == Bonferroni && x <= q/m || (c == BenjaminiHochberg || c == BenjaminiYekutieli) && x <= rank*q/m {
			last = x
		}
		if c == Holm {
			if x > q/(m-rank+1) {
				break
			}
			last = x
		}
	}
	rejected := make([]bool, len(p))
	for i, x := range p {
		rejected[i] = x <= last
	}
	return rejected
}

func TestAdjust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Odd multiples keep every comparison away from a tie.
		p := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
			return float64(2*rapid.IntRange(0, 400).Draw(t, "p")+1) / 9973
		}), 0, 12).Draw(t, "ps")
		for _, c := range []Correction{Bonferroni, Holm, BenjaminiHochberg, BenjaminiYekutieli} {
			want := slowRejects(c, p, 0.05)
			for i, adjusted := range c.Adjust(p) {
				if (adjusted <= 0.05) != want[i] || adjusted < p[i] || adjusted > 1 {
					t.Fatalf("correction %d of %v: hypothesis %d has %v, want it rejected: %v", c, p, i, adjusted, want[i])
				}
			}
		}
	})
}

func TestAdjustKnown(t *testing.T) {
	p := []float64{0.01, 0.04, 0.03, 0.005}
	for c, want := range map[Correction][]float64{
		Bonferroni:         {0.04, 0.16, 0.12, 0.02},
		Holm:               {0.03, 0.06, 0.06, 0.02},
		BenjaminiHochberg:  {0.02, 0.04, 0.04, 0.02},
		BenjaminiYekutieli: {0.02 * 25 / 12, 0.04 * 25 / 12, 0.04 * 25 / 12, 0.02 * 25 / 12},
	} {
		for i, got := range c.Adjust(p) {
			if math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("correction %d: hypothesis %d has %v, want %v", c, i, got, want[i])
			}
		}
	}
}
