package govern

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/validate/measure"
)

// A memo keeps what was measured in the store's cache, many states in one
// transaction. It is safe for concurrent use.
type memo struct {
	ctx   context.Context
	store *store.Store
	since uint64 // erasures that had been run when it was made
	now   *atomic.Uint64
	mu    sync.Mutex
	fresh map[[64]byte][]byte // not stored yet
	size  int                 // bytes of fresh
	read  map[[64]byte][]byte // what has found stored
	last  func(*store.Tx) error
}

var _ measure.Memo = (*memo)(nil)

// maxFresh is how many bytes of states wait in memory at most.
const maxFresh = 4 << 20

func (s *Service) newMemo(ctx context.Context) *memo {
	return &memo{ctx: ctx, store: s.store, since: s.memos.Load(), now: &s.memos, fresh: map[[64]byte][]byte{}, read: map[[64]byte][]byte{}}
}

// has reports whether all states of some keys are there. It reads them in one
// transaction, for Get to return.
func (m *memo) has(keys [][]byte) (all bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err = m.store.View(m.ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			k := [64]byte(key)
			if m.fresh[k] != nil || m.read[k] != nil {
				continue
			}
			b, err := tx.Memo(gov.Digest(key[:32]), gov.Digest(key[32:]))
			if err != nil || b == nil {
				return err
			}
			m.read[k] = bytes.Clone(b)
		}
		all = true
		return nil
	})
	return all, err
}

// Get implements measure.Memo.
func (m *memo) Get(key []byte) (state []byte, err error) {
	m.mu.Lock()
	if state = m.fresh[[64]byte(key)]; state == nil {
		state = m.read[[64]byte(key)]
	}
	m.mu.Unlock()
	if state != nil {
		return state, nil
	}
	err = m.store.View(m.ctx, func(tx *store.Tx) error {
		b, err := tx.Memo(gov.Digest(key[:32]), gov.Digest(key[32:]))
		state = bytes.Clone(b)
		return err
	})
	return state, err
}

// Put implements measure.Memo.
func (m *memo) Put(key, state []byte) error {
	m.mu.Lock()
	m.fresh[[64]byte(key)] = bytes.Clone(state)
	m.size += len(key) + len(state)
	full := m.size >= maxFresh
	m.mu.Unlock()
	if !full {
		return nil
	}
	return m.flush()
}

// also has the next flush do something else in its transaction: a commit is most
// of what a small run costs.
func (m *memo) also(do func(*store.Tx) error) { m.last = do }

// flush stores what is fresh.
func (m *memo) flush() error {
	m.mu.Lock()
	fresh, last := m.fresh, m.last
	m.fresh, m.size, m.last = map[[64]byte][]byte{}, 0, nil
	m.mu.Unlock()
	if len(fresh) == 0 && last == nil {
		return nil
	}
	return m.store.Update(m.ctx, func(tx *store.Tx) error {
		if m.now.Load() != m.since {
			return nil
		}
		for key, state := range fresh { // in any order: a cache's pages may lie as they like
			if err := tx.PutMemo(gov.Digest(key[:32]), gov.Digest(key[32:]), state); err != nil {
				return err
			}
		}
		if last == nil {
			return nil
		}
		return last(tx)
	})
}
