package lineage_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestSetOfEvents is the promise of the import: any order of the same events, with
// any of them any number of times, gives the same cells and the same graph.
func TestSetOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 10).Draw(t, "events")
		a := newImporter()
		for _, e := range events {
			a.take(t, e)
		}
		again := rapid.SliceOf(rapid.SampledFrom(events)).Draw(t, "repeated")
		b := newImporter()
		for _, e := range rapid.Permutation(append(again, events...)).Draw(t, "order") {
			b.take(t, e)
		}
		if d := cmp.Diff(a.cells, b.cells); d != "" {
			t.Fatalf("cells differ: %s", d)
		}
		if d := cmp.Diff(a.graph(), b.graph()); d != "" {
			t.Fatalf("graphs differ: %s", d)
		}
		for _, e := range events {
			if eff := b.take(t, e); len(eff.Cells)+len(eff.Begun)+len(eff.Ended)+len(eff.Resolved) > 0 {
				t.Fatalf("%s changes something the second time: %+v", e, eff)
			}
		}
	})
}
