package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"govd/internal/audit"
	"govd/internal/store"
)

// The anchor is a file beside the store that holds a checkpoint the daemon has
// published. Should the store ever be older than that, or hold another history,
// entries that somebody has seen are gone: then the daemon refuses to serve,
// because going on would fork the log. It is written at most once a second, so
// the last second before a crash is not covered; a witness elsewhere covers it.
const anchorEvery = time.Second

// checkHead checks the log's end before anything is served: the stored
// checkpoint is signed by our key, is what the entries hash to, and continues
// the anchor.
func checkHead(tx *store.Tx, key audit.Signer, anchor []byte) error {
	if tx.LogSize() == 0 {
		if len(anchor) > 0 {
			return errors.New("the store is empty, and the anchor says that it was not: it has been replaced")
		}
		return nil
	}
	cp, err := audit.ParseCheckpoint(tx.Checkpoint(), key.VerifierKey())
	if err != nil {
		return fmt.Errorf("the store and govd.key do not belong together: %w", err)
	}
	root, err := audit.Root(tx, tx.LogSize())
	if err != nil {
		return err
	}
	if cp.Size != tx.LogSize() || cp.Root != root {
		return fmt.Errorf("the log's checkpoint is for %d entries and another root than the %d entries in the store have: run govd fsck", cp.Size, tx.LogSize())
	}
	if len(anchor) == 0 {
		return nil
	}
	return checkAnchor(tx, key, cp, anchor)
}

func checkAnchor(tx *store.Tx, key audit.Signer, cp audit.Checkpoint, anchor []byte) error {
	old, err := audit.ParseCheckpoint(anchor, key.VerifierKey())
	if err != nil {
		return fmt.Errorf("the anchor: %w", err)
	}
	if old.Size > cp.Size {
		return fmt.Errorf("the store has %d log entries, and %d have been published: it is an old copy, or writes were lost; see \"rollback\" in docs/operations.md", cp.Size, old.Size)
	}
	proof, err := audit.ProveConsistency(tx, old.Size, cp.Size)
	if err != nil {
		return err
	}
	if err := audit.CheckConsistency(proof, old.Size, old.Root, cp.Size, cp.Root); err != nil {
		return fmt.Errorf("the store holds another history than the one published at %d entries: %w", old.Size, err)
	}
	return nil
}

func readAnchor(d Dir) ([]byte, error) {
	b, err := os.ReadFile(d.Anchor())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// keepAnchor writes the anchor whenever the log has grown, until ctx ends.
func (h *home) keepAnchor(ctx context.Context) error {
	tick := time.NewTicker(anchorEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := h.anchor(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// anchor writes the newest checkpoint into the anchor file, unless it is there.
func (h *home) anchor() error {
	cp, err := h.svc.Checkpoint(context.Background()) // a durable one: an anchor ahead of the disk would lock the store
	if err != nil || string(cp) == h.anchored {
		return err
	}
	if err := replace(h.dir.Anchor(), cp); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	h.anchored = string(cp)
	return nil
}

// CheckAnchor checks a stopped data directory's log against its key and its
// anchor, as a start does. Without a directory there is nothing to check.
func CheckAnchor(ctx context.Context, path string, d Dir) error {
	if d == "" {
		return nil
	}
	key, err := d.key()
	if err != nil {
		return err
	}
	anchor, err := readAnchor(d)
	if err != nil {
		return err
	}
	st, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = st.View(ctx, func(tx *store.Tx) error { return checkHead(tx, key, anchor) })
	return errors.Join(err, st.Close())
}
