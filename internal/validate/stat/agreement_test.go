package stat

import (
	"fmt"
	"math"
	"testing"

	"govd/internal/review"
	"pgregory.net/rapid"
)

// units is the worked example of Krippendorff's paper: four observers, five
// values, eleven units with more than one rating.
var units = [][]uint64{
	{3, 0, 0, 0, 0},
	{0, 3, 1, 0, 0},
	{0, 0, 4, 0, 0},
	{0, 0, 4, 0, 0},
	{0, 4, 0, 0, 0},
	{1, 1, 1, 1, 0},
	{0, 0, 0, 4, 0},
	{3, 1, 0, 0, 0},
	{0, 4, 0, 0, 0},
	{0, 0, 0, 0, 3},
	{2, 0, 0, 0, 0},
	{0, 0, 1, 0, 0},
}

func ratings(t rapid.TB, values int, units ...[]uint64) *Ratings {
	t.Helper()
	r, err := NewRatings(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		r.Add(u)
	}
	return r
}

func TestAlphaKnown(t *testing.T) {
	r := ratings(t, 5, units...)
	for scale, want := range map[Scale]float64{Nominal: 0.743, Ordinal: 0.815, Interval: 0.849} {
		if got, ok := r.Alpha(scale); !ok || math.Abs(got-want) > 0.0005 {
			t.Errorf("scale %d: alpha = %v, %v; want %v", scale, got, ok, want)
		}
	}
	for name, r := range map[string]*Ratings{"no pair": ratings(t, 2, []uint64{1, 0}, []uint64{0, 1}), "one value": ratings(t, 2, []uint64{2, 0})} {
		if a, ok := r.Alpha(Ordinal); ok {
			t.Errorf("%s: alpha = %v, want none", name, a)
		}
	}
	for _, values := range []int{0, -1, MaxValues + 1} {
		if _, err := NewRatings(values); err == nil {
			t.Errorf("%d values are a scale", values)
		}
	}
}

func votes(values int) *rapid.Generator[[][]uint64] {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Uint64Range(0, 3), values, values), 0, 12)
}

// TestAlphaNominal compares with the measure that reviews use.
func TestAlphaNominal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := votes(3).Draw(t, "units")
		var a review.Agreement
		for u, counts := range us {
			for value, n := range counts {
				for i := range n {
					a.Add(fmt.Sprint(u), fmt.Sprint(value, " ", i), fmt.Sprint(value))
				}
			}
		}
		want, ok := a.Alpha()
		got, can := ratings(t, 3, us...).Alpha(Nominal)
		if got != want || can != ok {
			t.Fatalf("%v: alpha = %v, %v; reviews say %v, %v", us, got, can, want, ok)
		}
	})
}

// TestAlphaMerges holds that ratings may be split and added in any order, that
// both ends of an ordinal scale are alike, and that two values have no order.
func TestAlphaMerges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := votes(4).Draw(t, "units")
		cut := rapid.IntRange(0, len(us)).Draw(t, "cut")
		merged := ratings(t, 4, us[cut:]...)
		merged.Merge(ratings(t, 4, us[:cut]...))
		turned := ratings(t, 4)
		for _, u := range us {
			turned.Add([]uint64{u[3], u[2], u[1], u[0]})
		}
		for _, scale := range []Scale{Nominal, Ordinal, Interval} {
			want, ok := ratings(t, 4, us...).Alpha(scale)
			for _, r := range []*Ratings{merged, turned} {
				if got, can := r.Alpha(scale); got != want || can != ok {
					t.Fatalf("scale %d of %v: %v, %v; want %v, %v", scale, us, got, can, want, ok)
				}
			}
		}
		two := ratings(t, 2)
		for _, u := range us {
			two.Add(u[:2])
		}
		nominal, _ := two.Alpha(Nominal)
		ordinal, _ := two.Alpha(Ordinal)
		if math.Abs(nominal-ordinal) > 1e-12 {
			t.Fatalf("two values: nominal %v, ordinal %v", nominal, ordinal)
		}
	})
}
