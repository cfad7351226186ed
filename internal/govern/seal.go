package govern

import (
	"context"
	"fmt"
	"sync/atomic"

	"govd/internal/audit"
	"govd/internal/store"
)

// A seal makes the log provable as it grows: it is what the store calls with
// the entries of a batch, before it commits them.
type seal struct {
	appender *audit.Appender
	edge     atomic.Pointer[audit.Edge] // right of the last full tiles; never changes, so readers of any size may use it
}

// newSeal goes on where the stored log ends.
func newSeal(ctx context.Context, st *store.Store, key audit.Signer) (*seal, error) {
	s := &seal{}
	err := st.View(ctx, func(tx *store.Tx) (err error) {
		s.appender, err = audit.NewAppender(tx, key)
		return err
	})
	if err == nil {
		s.edge.Store(s.appender.Edge())
	}
	return s, err
}

// seal adds the entries of a batch to the log's tree and signs its head. Should
// the commit fail, the store refuses everything from then on.
func (s *seal) seal(first uint64, entries [][]byte) ([]store.Tile, []byte, error) {
	if s.appender.Size() != first {
		return nil, nil, fmt.Errorf("the log has %d entries and its tree %d", first, s.appender.Size())
	}
	full, checkpoint, err := s.appender.Append(entries)
	if err != nil {
		return nil, nil, err
	}
	tiles := make([]store.Tile, len(full))
	for i, t := range full {
		tiles[i] = store.Tile(t)
	}
	s.edge.Store(s.appender.Edge())
	return tiles, checkpoint, nil
}
