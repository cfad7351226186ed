package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"govd/internal/gov"
)

// An Import brings the nodes of one version in. Nodes are stored in batches
// while they come, and the version's record follows with the last of them in one
// transaction: a crash leaves nodes that nothing refers to, never a version
// without its nodes. It is for one goroutine.
//
// Nodes that a sweep finds unreferenced must not go while an import counts on
// them, and no lock is held over an import's life. So:
//
//   - Whether a node is in the index is asked on the writer, in the transaction
//     that stores it if not; Sweep takes nodes away on the writer too. Hence the
//     answer is true when it is given.
//   - Nodes that the import stored lie in segments from its first on, and Sweep
//     leaves all segments alone from the first one of any import that lives.
//     They enter the index later, many at a time, for each time rewrites much
//     of it. A node that another import has brought into the index by then is
//     one that was there already.
//   - Nodes that were there already lie in segments that the import pins.
//     Sweep keeps what was pinned when it began or has been since, even after
//     the import has ended: what it commits may be newer than Sweep's mark.
//   - An import is over after importLife: from when a Sweep has found it so, it
//     can neither store nor commit.
type Import struct {
	store   *Store
	ctx     context.Context // of the call whose work the import is
	id      [16]byte
	started time.Time
	begun   bool // its session record is stored
	pending map[gov.Digest][]byte
	order   []gov.Digest         // of the pending nodes, as they came
	size    int                  // bytes of the pending nodes
	stored  map[gov.Digest]place // nodes that are stored but not in the index
	most    int                  // of them

	pins map[uint64]struct{} // segments; under store.imports.mu
	over bool                // closed or expired; under store.imports.mu
}

const (
	importLife = 24 * time.Hour
	maxPending = 8 << 20  // bytes of nodes in memory: 16 MiB writes 5 % less and takes 45 MB more
	maxStored  = 32 << 10 // nodes that the index does not know yet
)

// imports are the imports that live, and what a sweep must keep for them.
type imports struct {
	mu   sync.Mutex
	live map[*Import]struct{}
	kept map[uint64]struct{} // segments; nil unless a sweep runs
	shut bool                // an Eraser is at work: no import may begin
}

// NewImport begins an import. It must be closed. The context bounds all it does.
// Returns gov.Conflict while an Eraser is at work.
func (s *Store) NewImport(ctx context.Context) (*Import, error) {
	if err := s.broken(); err != nil {
		return nil, err
	}
	m := &Import{
		store: s, ctx: ctx, started: s.now(),
		pending: map[gov.Digest][]byte{}, pins: map[uint64]struct{}{}, stored: map[gov.Digest]place{}, most: maxStored,
	}
	rand.Read(m.id[:])
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	if s.imports.shut {
		return nil, gov.Errorf(gov.Conflict, "ERASING", "an erasure is running: try again when it has ended")
	}
	if s.imports.live == nil {
		s.imports.live = map[*Import]struct{}{}
	}
	s.imports.live[m] = struct{}{}
	return m, nil
}

// PutNode adds a node and keeps the frame. It waits for the disk now and then,
// so it must not be called in a transaction.
func (m *Import) PutNode(id gov.Digest, frame []byte) error {
	if m.pending == nil {
		return m.expired()
	}
	if _, twice := m.pending[id]; twice {
		return nil
	}
	m.pending[id] = frame
	m.order = append(m.order, id)
	m.size += len(frame)
	if m.size < maxPending {
		return nil
	}
	return m.flush()
}

// Node returns the frame of a node that was put or is stored. It must not be
// changed. Returns gov.NotFound if there is none.
func (m *Import) Node(id gov.Digest) (frame []byte, err error) {
	if frame, pending := m.pending[id]; pending {
		return frame, nil
	}
	err = m.store.View(m.ctx, func(tx *Tx) error {
		if at, mine := m.stored[id]; mine {
			frame, err = tx.frame(at)
		} else {
			frame, err = tx.Node(id)
		}
		frame = bytes.Clone(frame)
		return err
	})
	return frame, err
}

// flush stores the pending nodes, and brings all into the index if they are many.
func (m *Import) flush() error {
	m.warm()
	var w outcome
	err := m.store.Update(m.ctx, func(tx *Tx) (err error) {
		if w, err = m.write(tx); err == nil && len(m.stored)+len(w.nodes) >= m.most {
			m.index(tx, w.nodes)
			w.indexed = true
		}
		return err
	})
	if err != nil {
		return err
	}
	m.wrote(w)
	return nil
}

// warm reads the pages of the index that write is going to need, so that the
// writer need not wait for the disk to bring them.
func (m *Import) warm() {
	m.store.View(m.ctx, func(tx *Tx) error {
		for _, id := range m.order {
			tx.locate(id)
		}
		return nil
	})
}

// An outcome is what a transaction has written of an import.
type outcome struct {
	nodes   []indexed // that were pending
	indexed bool      // they and all stored before are in the index
}

// wrote takes note of a transaction that is durable.
func (m *Import) wrote(w outcome) {
	m.begun = m.begun || len(w.nodes) > 0
	clear(m.pending)
	m.order, m.size = m.order[:0], 0
	for _, n := range w.nodes {
		m.stored[n.id] = n.at
	}
	if w.indexed {
		clear(m.stored)
	}
}

// write stores the pending nodes that are not stored, and with the first of
// them the session record; it pins what it finds. It changes nothing else of
// the import, for the transaction may fail.
func (m *Import) write(tx *Tx) (w outcome, err error) {
	if err := m.check(); err != nil {
		return w, err
	}
	p := newPacker(tx)
	first := p.segment
	for _, id := range m.order {
		if _, mine := m.stored[id]; mine {
			continue
		}
		if at, found := tx.locate(id); found {
			m.pin(at.segment)
		} else {
			p.add(id, m.pending[id])
		}
	}
	w.nodes = p.finish()
	if !m.begun && len(w.nodes) > 0 {
		tx.put(nodeImports, m.id[:], session{first, m.started}.encode())
	}
	return w, nil
}

// index brings the nodes and all that are stored into the index. Of a node that
// is there by now it pins the one there; its own is waste.
func (m *Import) index(tx *Tx, nodes []indexed) {
	all := slices.Clone(nodes)
	for id, at := range m.stored {
		all = append(all, indexed{id, at})
	}
	byID(all)
	for _, n := range all {
		if at, found := tx.locate(n.id); found {
			m.pin(at.segment)
		} else {
			n.put(tx)
		}
	}
}

// pin keeps a segment from being swept.
func (m *Import) pin(segment uint64) {
	im := &m.store.imports
	im.mu.Lock()
	defer im.mu.Unlock()
	m.pins[segment] = struct{}{}
	if im.kept != nil {
		im.kept[segment] = struct{}{}
	}
}

// check returns an error unless the import lives.
func (m *Import) check() error {
	m.store.imports.mu.Lock()
	defer m.store.imports.mu.Unlock()
	if m.over {
		return m.expired()
	}
	return nil
}

func (m *Import) expired() error {
	return gov.Errorf(gov.Conflict, "IMPORT_EXPIRED", "the import was closed, took longer than %v, or an erasure ran meanwhile: begin again", importLife)
}

// Commit stores what is pending and ends the import, in the transaction that
// stores what refers to its nodes. If that transaction fails, Commit may be
// called again in another. Returns gov.Conflict if the import has expired.
func (m *Import) Commit(tx *Tx) error {
	w, err := m.write(tx)
	if err != nil {
		return err
	}
	m.index(tx, w.nodes)
	tx.remove(nodeImports, m.id[:])
	return nil
}

// Close ends the import. Without a Commit, the nodes it stored are left to
// Sweep.
func (m *Import) Close() error {
	im := &m.store.imports
	im.mu.Lock()
	m.over = true
	delete(im.live, m)
	im.mu.Unlock()
	m.pending = nil
	if !m.begun || m.ended() {
		return nil
	}
	return m.store.Update(context.Background(), func(tx *Tx) error {
		tx.remove(nodeImports, m.id[:])
		return nil
	})
}

// ended reports whether the session record is gone, by a Commit or a Sweep.
func (m *Import) ended() (gone bool) {
	err := m.store.View(context.Background(), func(tx *Tx) error {
		gone = tx.get(nodeImports, m.id[:]) == nil
		return nil
	})
	return gone || err != nil
}

// A session is what the file knows of an import that has stored nodes.
type session struct {
	first   uint64 // no segment of the import is before it
	started time.Time
}

func (s session) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), s.first)
	return binary.BigEndian.AppendUint64(b, uint64(s.started.UnixNano()))
}

func decodeSession(b []byte) (s session, err error) {
	if len(b) != 16 {
		return s, errLength
	}
	return session{binary.BigEndian.Uint64(b), time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))).UTC()}, nil
}
