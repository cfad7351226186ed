package govern_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/govern"
	"govd/internal/govtest"
)

// What an old store is given is what the fold of its log gives.
func TestOldStoresGetTheLineageOfTheirLog(t *testing.T) {
	k := govtest.New(t)
	l := newLab(t, k)
	l.Register(l.sue, poses, govtest.Record("a", "fist"))
	l.Register(l.sue, poses, govtest.Record("b", "fist"))
	before := k.Tables()
	if strings.Count(before, "lineage.edge") != 4 || strings.Count(before, "lineage.node") < 3 {
		t.Fatalf("the fold has not linked the versions:\n%s", before)
	}
	if err := k.Store.Update(ctx, govern.Relink); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, k.Tables()); d != "" {
		t.Errorf("linking anew gives another lineage (-fold +anew)\n%s", d)
	}
}
