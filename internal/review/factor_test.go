package review

import (
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Seats are as many as can be taken: every assignment of up to 5 persons to 3
// factors of up to 2 places is tried.
func TestSeatIsMaximal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		persons := rapid.IntRange(0, 5).Draw(t, "persons")
		need := rapid.SliceOfN(rapid.IntRange(0, 2), 0, 3).Draw(t, "need")
		can, may := make([][]int, len(need)), make([][]bool, len(need))
		for f := range need {
			may[f] = make([]bool, persons)
			for p := range persons {
				if may[f][p] = rapid.Bool().Draw(t, "may"); may[f][p] {
					can[f] = append(can[f], p)
				}
			}
		}
		got, left := 0, append([]int(nil), need...)
		for p, f := range seat(need, can, persons) {
			if f < 0 {
				continue
			}
			if got++; !may[f][p] {
				t.Fatalf("person %d cannot fill factor %d", p, f)
			}
			if left[f]--; left[f] < 0 {
				t.Fatalf("factor %d is overfull", f)
			}
		}
		if want := most(need, may, persons); got != want {
			t.Fatalf("%d places are taken, %d could be", got, want)
		}
	})
}

// most tries everything.
func most(need []int, may [][]bool, persons int) (best int) {
	if persons == 0 {
		return 0
	}
	best = most(need, may, persons-1)
	for f := range need {
		if need[f] > 0 && may[f][persons-1] {
			need[f]--
			best = max(best, 1+most(need, may, persons-1))
			need[f]++
		}
	}
	return best
}

func TestExtraThreshold(t *testing.T) {
	for _, c := range []struct {
		touched, records uint64
		want             bool
	}{
		{0, 0, false},
		{1, 0, true},
		{1, 100, false},
		{2, 100, true},
		{10_000, 1_000_000, false},
		{10_001, 1_000_000, true},
		{1 << 63, 1 << 63, true},
		{1 << 50, 1 << 63, false},
	} {
		r := gov.Revision{Touched: c.touched, Base: gov.Base{Records: c.records}}
		if got := (Extra{Of: ByRecords, Over: 10_000}).met(&r); got != c.want {
			t.Errorf("%d of %d: %v", c.touched, c.records, got)
		}
	}
}
