package store

import (
	"context"
	"encoding/binary"
	"slices"

	"govd/internal/gov"
)

// An Eraser rewrites nodes that are stored. While it lives no import can begin or
// go on, and no sweep: what an import read before might bring back what is
// being erased. It must be closed.
type Eraser struct{ store *Store }

// NewEraser ends all imports that live: they fail with gov.Conflict, and whoever
// made them begins again. Returns gov.Conflict if a sweep runs, or another
// Eraser does.
func (s *Store) NewEraser(ctx context.Context) (*Eraser, error) {
	// On the writer, and so after every commit that an import was part of.
	err := s.Update(ctx, func(*Tx) error {
		im := &s.imports
		im.mu.Lock()
		defer im.mu.Unlock()
		if im.shut || im.kept != nil {
			return gov.Errorf(gov.Conflict, "SWEEP_RUNS", "a sweep or an erasure is running: try again later")
		}
		im.shut = true
		for m := range im.live {
			m.over = true
			delete(im.live, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Eraser{s}, nil
}

// Close lets imports begin again.
func (e *Eraser) Close() {
	e.store.imports.mu.Lock()
	defer e.store.imports.mu.Unlock()
	e.store.imports.shut = false
}

// Rewrite puts what fix makes of each node in its place; nil leaves it as it is.
// Segments that hold nodes which mark does not visit are written anew as well, so
// that nothing is left of those. It works in several transactions, each of
// which leaves every node that mark visits readable; it may be cut off and begun
// again.
func (e *Eraser) Rewrite(ctx context.Context, mark func(tx *Tx, visit func(id gov.Digest) (first bool)) error, fix func(id gov.Digest, frame []byte) ([]byte, error)) (SweepStats, error) {
	w := sweep{store: e.store, marked: map[uint64][]uint32{}, live: map[uint64]uint64{}, fix: fix}
	err := e.store.Update(ctx, func(tx *Tx) error {
		if k := tx.last(nodeSegments); k != nil {
			w.limit = binary.BigEndian.Uint64(k) + 1
		}
		for id := range tx.scan(nodeImports, span{}) { // all are over
			tx.remove(nodeImports, slices.Clone(id))
		}
		return nil
	})
	if err == nil {
		err = e.store.View(ctx, func(tx *Tx) error { return w.mark(tx, mark) })
	}
	for err == nil && len(w.victims) > 0 {
		err = e.store.Update(ctx, w.step)
	}
	return w.stats, err
}

// stale reports whether a segment holds what must not stay: a node that nothing
// refers to, or one that would be fixed.
func (w *sweep) stale(segment uint64, b []byte) (bool, error) {
	if w.live[segment] < uint64(len(b)) {
		return true, nil
	}
	for n, err := range nodesOf(segment, b) {
		if err != nil {
			return false, err
		}
		if fixed, err := w.fix(n.id, n.frame); fixed != nil || err != nil {
			return fixed != nil, err
		}
	}
	return false, nil
}
