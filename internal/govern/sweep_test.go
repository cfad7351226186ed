package govern_test

import (
	"errors"
	"fmt"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
)

// TestSweepTakesWhatWasCutOff: a registration that fails after it has stored
// nodes leaves them; a sweep removes them, and every version stays whole, which
// the kit checks when the test ends.
func TestSweepTakesWhatWasCutOff(t *testing.T) {
	k := govtest.New(t)
	k.Dataset("signs/digits")
	bob := k.Person("bob", gov.Steward, "signs")
	k.Register(bob, "signs/digits", govtest.Records(2000)...)
	whole := nodes(t, k.Store)

	in := govern.Register{Dataset: "signs/digits", Parent: k.Newest(bob, "signs/digits")}
	_, err := k.Service.RegisterVersion(ctx, bob.Call(), in, func(yield func(govern.Edit, error) bool) {
		for i := range 200_000 { // more than one flush of nodes
			if !yield(govern.Edit{Put: govtest.Record(fmt.Sprintf("%06d.png", i))}, nil) {
				return
			}
		}
		yield(govern.Edit{}, errors.New("the stream broke"))
	})
	if err == nil {
		t.Fatal("a broken stream registered a version")
	}
	if n := nodes(t, k.Store); n <= whole {
		t.Fatalf("%d nodes after a broken stream, %d before: nothing was stored that a sweep could take", n, whole)
	}
	if _, err := k.Service.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	// The newest segment is never swept, so some of its nodes may stay.
	if n := nodes(t, k.Store); n > whole+200 {
		t.Errorf("%d nodes after the sweep, %d before the broken stream", n, whole)
	}
}

func nodes(t *testing.T, st *store.Store) (n int) {
	t.Helper()
	err := st.Nodes(func(gov.Digest, []byte) error { n++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
