package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// frame returns a node of n bytes that depends on i, and its id.
func frame(i, n int) (gov.Digest, []byte) {
	b := bytes.Repeat(fmt.Appendf(nil, "%08d", i), n/8+1)[:n]
	return sha256.Sum256(b), b
}

// begin begins an import that brings its nodes into the index with each flush.
func begin(t tb, s *Store) *Import {
	t.Helper()
	m, err := s.NewImport(context.Background())
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	m.most = 0
	return m
}

// bring puts nodes of 1000 bytes.
func bring(t tb, m *Import, is ...int) {
	t.Helper()
	for _, i := range is {
		if err := m.PutNode(frame(i, 1000)); err != nil {
			t.Fatalf("put node %d: %v", i, err)
		}
	}
}

func flush(t tb, m *Import) {
	t.Helper()
	if err := m.flush(); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

// finish commits the import and closes it.
func finish(t tb, s *Store, m *Import) {
	t.Helper()
	update(t, s, m.Commit)
	if err := m.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// holding returns which of the nodes 0 to 99 are stored.
func holding(t tb, s *Store) (is []int) {
	view(t, s, func(tx *Tx) error {
		for i := range 100 {
			id, want := frame(i, 1000)
			if got, err := tx.Node(id); err == nil {
				is = append(is, i)
				if !bytes.Equal(got, want) {
					t.Errorf("node %d is not what was put", i)
				}
			} else {
				wantReason(t, err, gov.NotFound, "NO_NODE")
			}
		}
		return nil
	})
	return is
}

// keeping returns a mark that visits the nodes.
func keeping(is ...int) func(*Tx, func(gov.Digest) bool) error {
	return func(_ *Tx, visit func(gov.Digest) bool) error {
		for _, i := range is {
			id, _ := frame(i, 1000)
			if !visit(id) || visit(id) {
				return fmt.Errorf("visit of %d tells the first time wrong", i)
			}
		}
		return nil
	}
}

func sweepOf(t tb, s *Store, mark func(*Tx, func(gov.Digest) bool) error) SweepStats {
	t.Helper()
	stats, err := s.Sweep(context.Background(), mark)
	if err != nil {
		t.Fatalf("sweep: %v", err)
	}
	return stats
}

// tail stores a last segment, which sweeps leave alone.
func tail(t tb, s *Store) {
	m := begin(t, s)
	bring(t, m, 99)
	finish(t, s, m)
}

func wantNodes(t tb, s *Store, want ...int) {
	t.Helper()
	if got := holding(t, s); !slices.Equal(got, want) {
		t.Errorf("the nodes %v are stored, want %v", got, want)
	}
}

func TestImport(t *testing.T) {
	s := newStore(t, quick())
	m := begin(t, s)
	m.most = 2
	bring(t, m, 1, 2, 1)
	id, want := frame(1, 1000)
	if got, err := m.Node(id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("a pending node reads as %.9q, %v", got, err)
	}
	flush(t, m)
	bring(t, m, 2, 3)
	flush(t, m)
	if got, err := m.Node(id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("a stored node reads as %.9q, %v", got, err)
	}
	id, want = frame(3, 1000)
	if got, err := m.Node(id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("a node that is not in the index reads as %.9q, %v", got, err)
	}
	wantNodes(t, s, 1, 2)
	bring(t, m, 4)
	failed := errors.New("failed")
	if err := s.Update(context.Background(), func(tx *Tx) error { return errors.Join(m.Commit(tx), failed) }); !errors.Is(err, failed) {
		t.Errorf("update returns %v", err)
	}
	wantNodes(t, s, 1, 2)
	finish(t, s, m) // again, in another transaction
	wantNodes(t, s, 1, 2, 3, 4)
	wantSessions(t, s, 0)
	wantReason(t, m.PutNode(frame(5, 1000)), gov.Conflict, "IMPORT_EXPIRED")
	wantReason(t, s.Update(context.Background(), m.Commit), gov.Conflict, "IMPORT_EXPIRED")
	n := 0
	if err := s.Nodes(func(id gov.Digest, frame []byte) error {
		if n++; sha256.Sum256(frame) != id {
			t.Errorf("node %v has another's frame", id)
		}
		return nil
	}); err != nil || n != 4 {
		t.Errorf("Nodes visits %d nodes, %v", n, err)
	}
}

func wantSessions(t tb, s *Store, want int) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		n := 0
		for range tx.scan(nodeImports, span{}) {
			n++
		}
		if n != want {
			t.Errorf("%d sessions, want %d", n, want)
		}
		return nil
	})
}

// Imports flush by themselves, and fill segments.
func TestImportFlushes(t *testing.T) {
	s := newStore(t, quick())
	m := begin(t, s)
	const size, n = 60_000, 300
	for i := range n {
		if err := m.PutNode(frame(i, size)); err != nil {
			t.Fatal(err)
		}
	}
	if m.size >= maxPending || m.size == n*size {
		t.Errorf("%d bytes are pending", m.size)
	}
	finish(t, s, m)
	view(t, s, func(tx *Tx) error {
		for k, b := range tx.scan(nodeSegments, span{}) {
			if len(b) > maxSegment {
				t.Errorf("segment % x has %d bytes", k, len(b))
			}
		}
		if last, want := tx.last(nodeSegments), segmentKey((n+3)/4); !bytes.Equal(last, want) {
			t.Errorf("the last segment is % x, want % x", last, want)
		}
		return nil
	})
}

// A node is in the index once, whoever brings it, also within a batch.
func TestNodesAreIndexedOnce(t *testing.T) {
	s := newStore(t, quick())
	a, b := begin(t, s), begin(t, s)
	bring(t, a, 1, 2)
	bring(t, b, 2, 3)
	for _, err := range together(t, s, a.Commit, b.Commit) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	tail(t, s)
	if st := sweepOf(t, s, keeping(1, 2, 3, 99)); st.Marked != 4 || st.Segments != 0 {
		t.Errorf("%+v", st)
	}
	wantNodes(t, s, 1, 2, 3, 99)
}

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

// A crash between flushes leaves a session: its nodes stay until it expires.
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
	sweepOf(t, s, keeping(99))
	wantNodes(t, s, 1, 99)
	c.now = noon.Add(importLife + 1)
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
