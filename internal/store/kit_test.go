package store

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"
)

// tb is what the kit needs of a test; *rapid.T has it too.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// noSeal seals nothing: the checkpoint is the size of the log.
func noSeal(first uint64, entries [][]byte) ([]Tile, []byte, error) {
	return nil, binary.BigEndian.AppendUint64(nil, first+uint64(len(entries))), nil
}

// newStore makes a store in a directory of its own, which must be sound when
// the test ends.
func newStore(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Create(filepath.Join(t.TempDir(), "govd.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	s.UseSeal(noSeal)
	t.Cleanup(func() { checkAndClose(t, s) })
	return s
}

func quick() Options { return Options{NoSync: true, Linger: -1} }

func checkAndClose(t tb, s *Store) {
	t.Helper()
	if err := s.Check(t.Errorf); err != nil {
		t.Errorf("check: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func update(t tb, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t tb, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// A clock that tests turn.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newStoreAt makes a store in the directory.
func newStoreAt(t tb, dir string) *Store {
	t.Helper()
	s, err := Create(filepath.Join(dir, "govd.db"), quick())
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	s.UseSeal(noSeal)
	return s
}
