package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// Sweep takes away the tree nodes that no version and no revision of a change
// refers to: those of registrations and proposals that were cut off. It changes nothing that anyone can see, so
// it is no entry in the log.
func (s *Service) Sweep(ctx context.Context) (store.SweepStats, error) { return Sweep(ctx, s.store) }

// Sweep is Service.Sweep for a store that nobody serves.
func Sweep(ctx context.Context, st *store.Store) (store.SweepStats, error) {
	return st.Sweep(ctx, func(tx *store.Tx, visit func(gov.Digest) bool) error {
		for d, err := range tx.Datasets("", "") {
			if err != nil {
				return err
			}
			if err := errors.Join(markDataset(ctx, tx, d.Name, visit), markIndexes(tx, d.Name, visit)); err != nil {
				return err
			}
		}
		return markChanges(ctx, tx, visit)
	})
}

// markChanges marks the edits of every revision.
func markChanges(ctx context.Context, tx *store.Tx, visit func(gov.Digest) bool) error {
	for ch, err := range tx.Changes(0) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		for r, err := range tx.ChangeRevisions(ch.ID) {
			if err == nil {
				err = tree.Mark(tx, r.Edits, func(id gov.Digest, _ bool) bool { return visit(id) })
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func markDataset(ctx context.Context, tx *store.Tx, name gov.DatasetName, visit func(gov.Digest) bool) error {
	for v, err := range tx.Versions(name, 0) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if err := tree.Mark(tx, v.Tree, func(id gov.Digest, _ bool) bool { return visit(id) }); err != nil {
			return err
		}
	}
	return nil
}
