package store

import (
	"errors"
	"math"
	"testing"
	"time"

	"govd/internal/gov"
)

// A drop holds from its entry on, until a later one; one of a dataset whose name
// only begins alike is another's.
func TestDropped(t *testing.T) {
	s := newStore(t, quick())
	raw, rawer := gov.Node{Kind: gov.ExternalNode, Name: "s3://lake#raw"}, gov.Node{Kind: gov.ExternalNode, Name: "s3://lake#rawer"}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutDrop(Drop{raw, 3}, noon), tx.PutDrop(Drop{raw, 9}, noon.Add(time.Hour)), tx.PutDrop(Drop{rawer, 1}, noon))
	})
	view(t, s, func(tx *Tx) error {
		for entry, want := range map[uint64]time.Time{0: {}, 2: {}, 3: noon, 8: noon, 9: noon.Add(time.Hour), math.MaxUint64 - 1: noon.Add(time.Hour)} {
			if got, err := tx.Dropped(raw, entry); err != nil || !got.Equal(want) {
				t.Errorf("as of entry %d: %v, %v, want %v", entry, got, err, want)
			}
		}
		return nil
	})
}
