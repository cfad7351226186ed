package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"

	"govd/internal/gov"
)

// SweepStats says what a sweep did. Bytes are those of segments.
type SweepStats struct {
	Marked   int    // nodes that something refers to
	Segments int    // segments that were taken away
	Removed  int    // nodes that were taken away
	Moved    int    // nodes that were copied to new segments
	Freed    uint64 // bytes that can be used again
	Fixed    int    // nodes that an Eraser changed
}

// One transaction of a sweep takes so many bytes of segments away.
const sweepStep = 8 << 20

// Sweep takes away nodes that nothing refers to: mark must visit every node
// that must stay, in the state that it is given. Visit reports whether it was
// called with the id for the first time, so that a subtree is walked once.
// Segments with less than half of their bytes marked are rewritten, a few in
// each transaction; see Import for what is left alone. One sweep runs at a time:
// returns gov.Conflict if another does. If it ends early, what it did stands.
func (s *Store) Sweep(ctx context.Context, mark func(tx *Tx, visit func(id gov.Digest) (first bool)) error) (SweepStats, error) {
	w := sweep{store: s, marked: map[uint64][]uint32{}, live: map[uint64]uint64{}}
	if err := s.Update(ctx, w.begin); err != nil {
		return w.stats, err
	}
	defer s.imports.endSweep()
	err := s.View(ctx, func(tx *Tx) error { return w.mark(tx, mark) })
	for err == nil && len(w.victims) > 0 {
		err = s.Update(ctx, w.step)
	}
	return w.stats, err
}

type sweep struct {
	store   *Store
	limit   uint64              // segments from here on are left alone
	marked  map[uint64][]uint32 // offsets of marked frames by segment, ascending
	live    map[uint64]uint64   // bytes of marked nodes by segment
	victims []victim            // segments to rewrite, still to do
	stats   SweepStats

	// An Eraser's: what becomes of a node, nil if it stays.
	fix func(id gov.Digest, frame []byte) ([]byte, error)
}

type victim struct{ segment, size uint64 }

// begin sets the limit, ends the imports that are too old, or whose process has
// died (one process at a time has the file), and begins to keep
// what the others pin. It runs on the writer, and so after every commit that
// may have ended an import, and before the mark.
func (w *sweep) begin(tx *Tx) error {
	w.limit = 0
	if k := tx.last(nodeSegments); k != nil {
		w.limit = binary.BigEndian.Uint64(k)
	}
	for id, b := range tx.scan(nodeImports, span{}) {
		session, err := decodeSession(b)
		if err != nil {
			return gov.Because(err, gov.Internal, "CORRUPT", "an import's session cannot be read")
		}
		if tx.Now.Sub(session.started) > importLife || !w.store.imports.lives(id) {
			tx.remove(nodeImports, slices.Clone(id))
		} else {
			w.limit = min(w.limit, session.first)
		}
	}
	return w.store.imports.beginSweep(tx)
}

func (im *imports) beginSweep(tx *Tx) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.kept != nil || im.shut {
		return gov.Errorf(gov.Conflict, "SWEEP_RUNS", "another sweep is running")
	}
	im.kept = map[uint64]struct{}{}
	for m := range im.live {
		if tx.Now.Sub(m.started) > importLife {
			m.over = true
			delete(im.live, m)
			continue
		}
		for segment := range m.pins {
			im.kept[segment] = struct{}{}
		}
	}
	return nil
}

// lives reports whether an import of this process has the session.
func (im *imports) lives(session []byte) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	for m := range im.live {
		if bytes.Equal(m.id[:], session) {
			return true
		}
	}
	return false
}

func (im *imports) endSweep() {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.kept = nil
}

func (im *imports) keeps(segment uint64) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	_, kept := im.kept[segment]
	return kept
}

// mark finds out which nodes stay, and which segments are to be rewritten.
func (w *sweep) mark(tx *Tx, mark func(*Tx, func(gov.Digest) bool) error) error {
	var missing error
	err := mark(tx, func(id gov.Digest) bool {
		at, found := tx.locate(id)
		if !found {
			missing = gov.Errorf(gov.Internal, "NO_NODE", "node %v is referred to but not stored", id)
		}
		return found && w.visit(at)
	})
	if err == nil {
		err = missing
	}
	if err != nil {
		return err
	}
	for k, b := range tx.scan(nodeSegments, span{to: segmentKey(w.limit)}) {
		v := victim{binary.BigEndian.Uint64(k), uint64(len(b))}
		rewrite := 2*w.live[v.segment] < v.size
		if w.fix != nil {
			if rewrite, err = w.stale(v.segment, b); err != nil {
				return err
			}
		}
		if rewrite {
			w.victims = append(w.victims, v)
		}
	}
	return nil
}

// visit marks a node, and reports whether it was not marked.
func (w *sweep) visit(at place) (first bool) {
	i, twice := slices.BinarySearch(w.marked[at.segment], at.offset)
	if twice {
		return false
	}
	w.marked[at.segment] = slices.Insert(w.marked[at.segment], i, at.offset)
	w.live[at.segment] += uint64(nodeHead) + uint64(at.length)
	w.stats.Marked++
	return true
}

// step rewrites the next few victims.
func (w *sweep) step(tx *Tx) error {
	p := newPacker(tx)
	for size := uint64(0); size < sweepStep && len(w.victims) > 0; w.victims = w.victims[1:] {
		v := w.victims[0]
		if w.store.imports.keeps(v.segment) {
			continue
		}
		if err := w.rewrite(tx, p, v); err != nil {
			return err
		}
		size += v.size
	}
	moved := p.finish()
	byID(moved)
	for _, n := range moved {
		n.put(tx)
	}
	return nil
}

// rewrite moves the marked nodes of a segment to the packer's and takes the
// segment away with the others.
func (w *sweep) rewrite(tx *Tx, p *packer, v victim) error {
	for n, err := range nodesOf(v.segment, tx.get(nodeSegments, segmentKey(v.segment))) {
		if err != nil {
			return gov.Because(err, gov.Internal, "CORRUPT", "segment %d of the nodes cannot be read", v.segment)
		}
		if _, marked := slices.BinarySearch(w.marked[v.segment], n.offset); marked {
			frame, err := w.fixed(n)
			if err != nil {
				return err
			}
			p.add(n.id, frame)
			w.stats.Moved++
			continue
		}
		if at, found := tx.locate(n.id); found && at == n.place {
			tx.remove(nodeIndex, slices.Clone(n.id[:]))
		}
		w.stats.Removed++
	}
	tx.remove(nodeSegments, segmentKey(v.segment))
	w.stats.Segments++
	w.stats.Freed += v.size - w.live[v.segment]
	return nil
}

// fixed returns what becomes of a node's frame.
func (w *sweep) fixed(n stored) ([]byte, error) {
	if w.fix == nil {
		return n.frame, nil
	}
	frame, err := w.fix(n.id, n.frame)
	if frame == nil && err == nil {
		return n.frame, nil
	}
	w.stats.Fixed++
	return frame, err
}
