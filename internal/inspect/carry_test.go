package inspect

import (
	"errors"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"
	"pgregory.net/rapid"
)

func TestCarryKnown(t *testing.T) {
	all := Guarantee{Total: 100_000, Bound: 5000, Confidence: 970_000}
	for _, c := range []struct {
		name    string
		changed Guarantee
		total   uint64
		want    Guarantee
	}{
		{"an inspected change", Guarantee{Total: 2000, Bound: 10_000, Confidence: 980_000}, 101_000, Guarantee{101_000, 5149, 950_000, 1}}, // 520 of 101,000
		{"nobody looked", Nothing(1000), 100_000, Guarantee{100_000, 15_000, 970_000, 1}},                                                  // 500 + 1,000
		{"removals alone", Nothing(0), 50_000, Guarantee{50_000, 10_000, 970_000, 1}},                                                      // all the bad ones stayed
		{"few are left", Nothing(0), 100, Guarantee{100, stat.One, 970_000, 1}},
		{"all is new", Guarantee{Total: 10, Bound: 200_000, Confidence: 990_000}, 10, Guarantee{10, 200_000, 960_000, 1}},
	} {
		if got, err := all.Carry(c.changed, c.total); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct{ changed, total uint64 }{{11, 10}, {5, 100_006}, {0, 0}} {
		if g, err := all.Carry(Nothing(c.changed), c.total); !errors.Is(err, gov.Invalid) {
			t.Errorf("%d of %d changed: %+v, %v", c.changed, c.total, g, err)
		}
	}
}

// TestCarryHolds draws versions that keep their guarantees, changes them at
// will, and holds that the carried guarantee is kept too, and never surer.
func TestCarryHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		guarantee := func(name string, least uint64) (g Guarantee, bad uint64) {
			g.Total = rapid.Uint64Range(least, 10_000).Draw(t, name)
			g.Bound = stat.Micro(rapid.Int64Range(0, int64(stat.One)).Draw(t, name+" bound"))
			g.Confidence = stat.Micro(rapid.Int64Range(600_000, int64(stat.One)).Draw(t, name+" confidence"))
			return g, rapid.Uint64Range(0, g.most()).Draw(t, name+" wrong")
		}
		old, bad := guarantee("old", 1)
		changed, badChanged := guarantee("changed", 1)
		kept := rapid.Uint64Range(0, old.Total).Draw(t, "kept")
		keptBad := rapid.Uint64Range(max(0, bad+kept-min(bad+kept, old.Total)), min(bad, kept)).Draw(t, "kept wrong")
		got, err := old.Carry(changed, kept+changed.Total)
		if err != nil {
			t.Fatal(err)
		}
		if got.most() < keptBad+badChanged {
			t.Fatalf("%d of %d are wrong, and %+v", keptBad+badChanged, kept+changed.Total, got)
		}
		if got.Confidence > min(old.Confidence, changed.Confidence) {
			t.Fatalf("%+v and %+v give %+v", old, changed, got)
		}
	})
}

func TestGuaranteeOfResult(t *testing.T) {
	r := result(t, finished(t))
	if got := r.Guarantee(); got != (Guarantee{5000, r.Bound, 900_000, 0}) {
		t.Errorf("%+v", got)
	}
}
