package inspect

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"govd/internal/gov"
)

// TestPlanting: the same seed plants the same records in any order, and another
// seed others.
func TestPlanting(t *testing.T) {
	seed, keys := secret(1).Seed(gov.Digest{}, gov.Digest{}), []string{}
	for i := range 1000 {
		keys = append(keys, record(i))
	}
	planted := func(seed gov.Digest, keys []string) []string {
		p := NewPlanting(seed, 20)
		for _, k := range keys {
			p.Add(k)
		}
		return p.Keys()
	}
	one := planted(seed, keys)
	slices.Reverse(keys)
	if diff := cmp.Diff(one, planted(seed, keys)); diff != "" || len(one) != 20 {
		t.Errorf("in another order others are planted:\n%s", diff)
	}
	if cmp.Equal(one, planted(secret(2).Seed(gov.Digest{}, gov.Digest{}), keys)) {
		t.Error("another seed plants the same")
	}
	if few := planted(seed, keys[:3]); len(few) != 3 {
		t.Errorf("of 3 records, %d are planted", len(few))
	}
	seen := map[int]bool{}
	for _, k := range keys {
		seen[NewPlanting(seed, 1).Choice(k, 3)] = true
	}
	if len(seen) != 3 || !seen[0] || !seen[2] {
		t.Errorf("the choices are %v", seen)
	}
}

// TestGoldFor: as much gold as it promises shows the planned sensitivity, also if
// two errors are overlooked.
func TestGoldFor(t *testing.T) {
	for _, d := range []*Design{fixedDesign(), sequentialDesign()} {
		totals := []uint64{5000}
		plans, err := d.Plans(totals)
		if err != nil {
			t.Fatal(err)
		}
		n, share := d.GoldFor(plans)
		d.Gold = share
		if got := d.golds(plans[0].Items()); got > n || got+1 < n {
			t.Errorf("a share of %v is %d gold items, want %d", share, got, n)
		}
		seed := secret(3).Seed(gov.Digest{}, gov.Digest{})
		w := draw(t, d, seed)
		for i := range 5000 {
			add(t, w, record(i), "")
		}
		if shows := d.Shows(closed(t, w, pool(int(n), 0))); shows < d.Sensitivity {
			t.Errorf("it shows %v, want %v", shows, d.Sensitivity)
		}
	}
}
