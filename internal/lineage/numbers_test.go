package lineage

import (
	"testing"

	"pgregory.net/rapid"
)

// TestNumbers: a set holds what was added to it, near or far apart.
func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set numbers
		model := map[Number]bool{}
		number := rapid.Custom(func(t *rapid.T) Number {
			return Number(rapid.SampledFrom([]uint64{0, 511, 512, 1 << 40, 1 << 63}).Draw(t, "around") + rapid.Uint64Range(0, 70).Draw(t, "by"))
		})
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			n := number.Draw(t, "number")
			if set.has(n) != model[n] {
				t.Fatalf("%d: has %v, want %v", n, set.has(n), model[n])
			}
			if rapid.Bool().Draw(t, "add") {
				set.add(n)
				model[n] = true
			}
		}
	})
}
