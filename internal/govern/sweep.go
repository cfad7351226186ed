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
	if err := forgetMemos(ctx, st); err != nil {
		return store.SweepStats{}, err
	}
	return st.Sweep(ctx, func(tx *store.Tx, visit func(gov.Digest) bool) error { return markAll(ctx, tx, visit) })
}

// markAll marks every node that must stay.
func markAll(ctx context.Context, tx *store.Tx, visit func(gov.Digest) bool) error {
	for d, err := range tx.Datasets("", "") {
		if err != nil {
			return err
		}
		if err := errors.Join(markDataset(ctx, tx, d.Name, visit), markLots(tx, d.Name, visit), markIndexes(tx, d.Name, visit)); err != nil {
			return err
		}
	}
	return markChanges(ctx, tx, visit)
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

// markLots marks the records of lots that wait. Those of one that was accepted are
// in its version, and those of one that was rejected go.
func markLots(tx *store.Tx, dataset gov.DatasetName, visit func(gov.Digest) bool) error {
	for lot, err := range tx.Lots(dataset, "") {
		if err == nil && lot.State == gov.LotWaiting {
			err = tree.Mark(tx, lot.Tree, func(id gov.Digest, _ bool) bool { return visit(id) })
		}
		if err != nil {
			return err
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

// remembered is of how many versions of a dataset, the newest, what was measured
// is kept.
const remembered = 3

// forgetMemos drops what was measured in nodes of older versions alone: from the
// newest, the next one is measured by what differs.
func forgetMemos(ctx context.Context, st *store.Store) error {
	kept := map[gov.Digest]bool{}
	err := st.View(ctx, func(tx *store.Tx) error {
		for d, err := range tx.Datasets("", "") {
			if err == nil {
				err = markNewest(tx, d.Name, kept)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return dropMemos(ctx, st, func(node gov.Digest) bool { return kept[node] })
}

// dropMemos drops what was measured in nodes that keep refuses.
func dropMemos(ctx context.Context, st *store.Store, keep func(node gov.Digest) bool) (err error) {
	const most = 4096 // in one transaction
	var last []byte
	for more := true; err == nil && more; {
		err = st.Update(ctx, func(tx *store.Tx) error {
			last, _ = tx.ForgetMemos(last, most, keep)
			more = last != nil
			return nil
		})
	}
	return err
}

// markNewest marks the nodes of a dataset's newest versions that something may
// be remembered of: their roots and all inner nodes.
func markNewest(tx *store.Tx, dataset gov.DatasetName, kept map[gov.Digest]bool) error {
	n := 0
	for v, err := range tx.Versions(dataset, 0) {
		if err != nil || n == remembered {
			return err
		}
		n++
		kept[v.Tree.Root] = true
		err = tree.Mark(tx, v.Tree, func(id gov.Digest, inner bool) bool {
			known := kept[id]
			if inner {
				kept[id] = true
			}
			return inner && (!known || id == v.Tree.Root)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
