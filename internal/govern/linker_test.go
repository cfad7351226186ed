package govern_test

import (
	"errors"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/lineage"
	"govd/internal/store"
)

// Edges that do not stand are left out where edges end: those after them end all
// the same.
func TestUnlinkGoesOn(t *testing.T) {
	k := govtest.New(t)
	node := func(name string) gov.Node { return gov.Node{Kind: gov.ExternalNode, Name: name} }
	edge := func(from, to string) lineage.Edge {
		return lineage.Edge{From: node(from), Kind: lineage.DerivedFrom, To: node(to)}
	}
	unknown, ended, never, stands := edge("x", "y"), edge("a", "b"), edge("c", "b"), edge("c", "a")
	back := errors.New("take it back")
	err := k.Store.Update(ctx, func(tx *store.Tx) error {
		err := errors.Join(
			govern.Link(tx, 10, ended, stands), govern.Unlink(tx, 11, ended),
			govern.Unlink(tx, 12, unknown, ended, never, stands),
		)
		for _, e := range []lineage.Edge{ended, never, stands} {
			still, err2 := govern.Stands(tx, e)
			if err = errors.Join(err, err2); still {
				t.Errorf("%s to %s still stands", e.From, e.To)
			}
		}
		return errors.Join(err, back)
	})
	if err == nil || err.Error() != back.Error() {
		t.Fatal(err)
	}
}
