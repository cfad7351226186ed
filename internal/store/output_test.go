package store

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Whatever batches come, every output is found by its digest, wherever it was
// recorded, and runs stay few.
func TestOutputsAreFound(t *testing.T) {
	tt := t
	rapid.Check(t, func(t *rapid.T) {
		s := newStoreAt(t, tt.TempDir())
		want := map[gov.Digest][]gov.OutputPlace{}
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{1, 1, 1, 2, 7, 128, 129, 600}), 1, 40).Draw(t, "sizes")
		for i, size := range sizes {
			var all []gov.Output
			for j := range size {
				o := gov.Output{Digest: sha256.Sum256(fmt.Append(nil, rapid.IntRange(0, 3000).Draw(t, "output"))), Name: fmt.Sprint("n", j)}
				want[o.Digest] = append(want[o.Digest], gov.OutputPlace{Batch: uint64(i + 1), Index: uint32(j)})
				all = append(all, o)
			}
			update(t, s, func(tx *Tx) error {
				if err := tx.PutOutputs(uint64(i+1), all); err != nil {
					return err
				}
				return tx.IndexOutputs(uint64(i+1), all)
			})
		}
		view(t, s, func(tx *Tx) error {
			for d, places := range want {
				got, err := tx.FindOutputs(d, 1<<20)
				if err != nil || !slices.Equal(got, places) {
					t.Fatalf("%v is at %v, want %v (%v)", d, got, places, err)
				}
			}
			if got, err := tx.FindOutputs(gov.Digest{1}, 9); err != nil || got != nil {
				t.Fatalf("what was not recorded is at %v (%v)", got, err)
			}
			perClass := map[int]int{}
			for _, size := range tx.outputRuns() {
				perClass[class(size)]++
			}
			for c, n := range perClass {
				if n >= mergeRuns {
					t.Fatalf("%d runs of class %d", n, c)
				}
			}
			return nil
		})
		checkAndClose(t, s)
	})
}

// Outputs come back in their order, from any one on.
func TestOutputsKeepTheirOrder(t *testing.T) {
	s := newStore(t, quick())
	all := make([]gov.Output, 3*chunkOutputs+5)
	for i := range all {
		all[i] = gov.Output{Digest: sha256.Sum256(fmt.Append(nil, i)), Name: fmt.Sprint("out", i)}
	}
	update(t, s, func(tx *Tx) error { return tx.PutOutputs(1, all) })
	view(t, s, func(tx *Tx) error {
		for _, from := range []int{0, 1, chunkOutputs - 1, chunkOutputs, 2*chunkOutputs + 7, len(all) - 1} {
			i := from
			for o, err := range tx.Outputs(1, uint32(from)) {
				if err != nil || o != all[i] {
					t.Fatalf("output %d is %v (%v)", i, o, err)
				}
				i++
			}
			if i != len(all) {
				t.Fatalf("from %d there are %d", from, i-from)
			}
		}
		_, err := tx.Output(gov.OutputPlace{Batch: 1, Index: uint32(len(all))})
		wantReason(t, err, gov.NotFound, "NO_OUTPUT")
		return nil
	})
}
