package store

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

func TestSweep(t *testing.T) {
	s := newStore(t, quick())
	for base := 0; base < 30; base += 10 { // three segments of ten nodes
		m := begin(t, s)
		bring(t, m, base, base+1, base+2, base+3, base+4, base+5, base+6, base+7, base+8, base+9)
		finish(t, s, m)
	}
	tail(t, s)
	// Four of ten, six of ten and none are referred to.
	st := sweepOf(t, s, keeping(0, 1, 2, 3, 10, 11, 12, 13, 14, 15))
	want := SweepStats{Marked: 10, Segments: 2, Removed: 16, Moved: 4, Freed: 16 * 1036}
	if st != want {
		t.Errorf("sweep: %+v, want %+v", st, want)
	}
	wantNodes(t, s, 0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 99)
	// What was swept can come back.
	m := begin(t, s)
	bring(t, m, 25)
	finish(t, s, m)
	wantNodes(t, s, 0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 25, 99)
}

func TestSweepFindsDangling(t *testing.T) {
	s := newStore(t, quick())
	tail(t, s)
	_, err := s.Sweep(context.Background(), func(_ *Tx, visit func(gov.Digest) bool) error {
		if visit(gov.Digest{1}) {
			t.Error("a node that is not stored is visited for the first time")
		}
		return nil
	})
	wantReason(t, err, gov.Internal, "NO_NODE")
}

func TestOneSweepAtATime(t *testing.T) {
	s := newStore(t, quick())
	sweepOf(t, s, func(*Tx, func(gov.Digest) bool) error {
		_, err := s.Sweep(context.Background(), keeping())
		wantReason(t, err, gov.Conflict, "SWEEP_RUNS")
		return nil
	})
	sweepOf(t, s, keeping())
}

// A node that an import found stored stays until its commit, though nothing
// refers to it and its segment is old: whether the import looked before the
// sweep began, while it marked or after that.
func TestSweepKeepsWhatAnImportCountsOn(t *testing.T) {
	for _, when := range []string{"before", "while it marks", "while it marks, and commits"} {
		t.Run(when, func(t *testing.T) {
			s := newStore(t, quick())
			aborted := begin(t, s)
			bring(t, aborted, 1, 2)
			flush(t, aborted)
			if err := aborted.Close(); err != nil {
				t.Fatal(err)
			}
			tail(t, s)
			m := begin(t, s)
			bring(t, m, 1)
			if when == "before" {
				flush(t, m)
			}
			sweepOf(t, s, func(_ *Tx, visit func(gov.Digest) bool) error {
				if when != "before" {
					flush(t, m)
				}
				if when == "while it marks, and commits" {
					finish(t, s, m)
				}
				return keeping(99)(nil, visit)
			})
			wantNodes(t, s, 1, 2, 99)
			if when != "while it marks, and commits" {
				finish(t, s, m)
			}
			tail(t, s)
			sweepOf(t, s, keeping(1, 99)) // half of the segment is in use
			sweepOf(t, s, keeping(99))
			wantNodes(t, s, 99)
		})
	}
}

// Two imports stored the same node before either brought it into the index. The
// later one counts on the other's from then on, though it is older than all of
// its own.
func TestLateIndexPins(t *testing.T) {
	s := newStore(t, quick())
	early, late := begin(t, s), begin(t, s)
	early.most, late.most = 2, 2
	bring(t, early, 1)
	flush(t, early)
	bring(t, late, 1)
	flush(t, late)
	wantNodes(t, s)
	bring(t, early, 2)
	flush(t, early) // into the index
	if err := early.Close(); err != nil {
		t.Fatal(err)
	}
	bring(t, late, 3)
	flush(t, late) // into the index, where 1 is
	tail(t, s)
	sweepOf(t, s, keeping(99))
	finish(t, s, late)
	wantNodes(t, s, 1, 2, 3, 99)
}

// Nor does it put its own in the place of that one, on which a third import may
// count; and its own is waste that can be swept without touching the index.
func TestLateIndexLeavesWaste(t *testing.T) {
	s := newStore(t, quick())
	late, early, third := begin(t, s), begin(t, s), begin(t, s)
	late.most = 2
	bring(t, late, 1)
	flush(t, late)
	bring(t, early, 1)
	flush(t, early) // into the index
	bring(t, third, 1)
	flush(t, third)
	bring(t, late, 3)
	flush(t, late) // into the index, where 1 is
	if err := errors.Join(early.Close(), late.Close()); err != nil {
		t.Fatal(err)
	}
	tail(t, s)
	if st := sweepOf(t, s, keeping(99)); st.Segments != 2 || st.Removed != 2 {
		t.Errorf("sweep: %+v", st)
	}
	finish(t, s, third)
	wantNodes(t, s, 1, 99)
}

// What was swept before an import looked is stored anew.
func TestImportAfterSweepStoresAnew(t *testing.T) {
	s := newStore(t, quick())
	first := begin(t, s)
	bring(t, first, 1)
	finish(t, s, first)
	tail(t, s)
	m := begin(t, s)
	bring(t, m, 1) // pending: it has not looked
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 99)
	finish(t, s, m)
	wantNodes(t, s, 1, 99)
}

// A sweep leaves alone what a living import has stored, and takes it away once
// the import has ended without a commit.
func TestSweepAndFlushedNodes(t *testing.T) {
	s := newStore(t, quick())
	m := begin(t, s)
	bring(t, m, 1)
	flush(t, m)
	wantSessions(t, s, 1)
	tail(t, s)
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 1, 99)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	wantSessions(t, s, 0)
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 99)
}

// A crash between flushes leaves a session and nodes. No import of the next
// process has the session, so a sweep takes both.
func TestSweepAfterCrash(t *testing.T) {
	path, c := filepath.Join(t.TempDir(), "govd.db"), &clock{noon}
	o := quick()
	o.Now = c.read
	s, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	m := begin(t, s)
	bring(t, m, 1)
	flush(t, m)
	s.Close() // m is neither committed nor closed

	if s, err = Open(path, o); err != nil {
		t.Fatal(err)
	}
	defer checkAndClose(t, s)
	tail(t, s)
	wantNodes(t, s, 1, 99)
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 99)
	wantSessions(t, s, 0)
}

// An import that a sweep found too old cannot commit: its nodes may be gone.
func TestImportExpires(t *testing.T) {
	c := &clock{noon}
	o := quick()
	o.Now = c.read
	s := newStore(t, o)
	m, unflushed := begin(t, s), begin(t, s)
	bring(t, m, 1)
	flush(t, m)
	bring(t, unflushed, 2)
	tail(t, s)
	c.now = noon.Add(importLife + time.Second)
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 99)
	for _, old := range []*Import{m, unflushed} {
		wantReason(t, s.Update(context.Background(), old.Commit), gov.Conflict, "IMPORT_EXPIRED")
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	}
	wantNodes(t, s, 99)
}

// Imports, commits, aborts and sweeps in any order: every node of a committed
// import is there for as long as the import's nodes are kept.
func TestImportsAndSweepsAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStoreAt(rt, t.TempDir())
		defer checkAndClose(rt, s)
		g := &garden{t: rt, store: s, brought: map[*Import][]int{}}
		rt.Repeat(map[string]func(*rapid.T){
			"import": g.begin, "bring": g.bring, "flush": g.flush, "commit": g.commit, "abort": g.abort,
			"drop": g.drop, "sweep": g.sweep, "": g.check,
		})
		for m := range g.brought {
			m.Close()
		}
	})
}

// A garden is a store with the versions and the imports that it should hold.
type garden struct {
	t        tb
	store    *Store
	versions [][]int
	imports  []*Import
	brought  map[*Import][]int
}

func (g *garden) begin(t *rapid.T) {
	m := begin(g.t, g.store)
	m.most = rapid.SampledFrom([]int{0, 3, 100}).Draw(t, "most")
	g.imports, g.brought[m] = append(g.imports, m), nil
}

func (g *garden) pick(t *rapid.T) *Import {
	if len(g.imports) == 0 {
		t.Skip("no import")
	}
	return rapid.SampledFrom(g.imports).Draw(t, "import")
}

func (g *garden) bring(t *rapid.T) {
	m := g.pick(t)
	is := rapid.SliceOfNDistinct(rapid.IntRange(0, 12), 1, 4, rapid.ID).Draw(t, "nodes")
	bring(g.t, m, is...)
	g.brought[m] = append(g.brought[m], is...)
}

func (g *garden) flush(t *rapid.T) { flush(g.t, g.pick(t)) }

func (g *garden) commit(t *rapid.T) { g.commitOf(g.pick(t)) }

func (g *garden) commitOf(m *Import) {
	g.versions = append(g.versions, g.brought[m])
	finish(g.t, g.store, m)
	g.forget(m)
}

func (g *garden) abort(t *rapid.T) {
	m := g.pick(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	g.forget(m)
}

func (g *garden) forget(m *Import) {
	g.imports = slices.DeleteFunc(g.imports, func(o *Import) bool { return o == m })
	delete(g.brought, m)
}

func (g *garden) drop(t *rapid.T) {
	if len(g.versions) == 0 {
		t.Skip("no version")
	}
	i := rapid.IntRange(0, len(g.versions)-1).Draw(t, "version")
	g.versions = slices.Delete(g.versions, i, i+1)
}

// sweep sweeps, and an import may flush or commit between mark and sweep.
func (g *garden) sweep(t *rapid.T) {
	kept := slices.Clone(g.versions)
	do := rapid.SampledFrom([]string{"nothing", "flush", "commit"}).Draw(t, "meanwhile")
	sweepOf(g.t, g.store, func(_ *Tx, visit func(gov.Digest) bool) error {
		for _, i := range slices.Concat(kept...) {
			id, _ := frame(i, 1000)
			visit(id)
		}
		switch {
		case len(g.imports) == 0:
		case do == "flush":
			flush(g.t, g.imports[0])
		case do == "commit":
			g.commitOf(g.imports[0])
		}
		return nil
	})
}

func (g *garden) check(t *rapid.T) {
	view(g.t, g.store, func(tx *Tx) error {
		for _, v := range g.versions {
			for _, i := range v {
				id, _ := frame(i, 1000)
				if _, err := tx.Node(id); err != nil {
					t.Fatalf("node %d of a version: %v", i, err)
				}
			}
		}
		return nil
	})
	if err := g.store.Check(t.Errorf); err != nil {
		t.Fatal(err)
	}
}
