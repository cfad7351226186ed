package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

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
