package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// erase takes the values of an erasure that has begun out of the store: out of
// every node that holds them, and out of what was derived from them.
func (s *Service) erase(ctx context.Context, c Call, id gov.ErasureID, eraser *store.Eraser) error {
	row, gone, err := s.erasedBy(ctx, id)
	if err != nil {
		return err
	}
	look, err := s.lookFor(ctx, row.Project, gone)
	if err != nil {
		return err
	}
	if err := s.forgetIndexes(ctx, row.Project); err != nil {
		return err
	}
	fix := func(id gov.Digest, frame []byte) ([]byte, error) {
		if !look.Hit(id) {
			return nil, nil
		}
		fixed, n, err := tree.Erase(frame, func(_ []byte, hash gov.Digest) bool { return gone[hash] })
		if n == 0 {
			fixed = nil
		}
		return fixed, err
	}
	stats, err := eraser.Rewrite(ctx, func(tx *store.Tx, visit func(gov.Digest) bool) error { return markAll(ctx, tx, visit) }, fix)
	if err != nil {
		return err
	}
	s.cache.clear()
	s.memos.Add(1) // what was measured until now is not kept any more
	if err := dropMemos(ctx, s.store, func(node gov.Digest) bool { return !look.Saw(node) }); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		e := entry(Call{Actor: c.Actor}, action{do: gov.EraseRun, at: gov.Place(row.Project)}, verdict{revision: revisions(tx, gov.Place(row.Project))}, gov.Digest{})
		return record(tx, e, &ErasureDone{id, uint64(stats.Fixed)}, nil)
	})
}

// erasedBy returns an erasure and the entry hashes of what it erases.
func (s *Service) erasedBy(ctx context.Context, id gov.ErasureID) (row gov.Erasure, gone map[gov.Digest]bool, err error) {
	gone = map[gov.Digest]bool{}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if row, err = tx.Erasure(id); err != nil {
			return err
		}
		hashes, err := ErasedHashes(tx, row)
		for _, d := range hashes {
			gone[d] = true
		}
		return err
	})
	return row, gone, err
}

// lookFor looks through all nodes of a project for values that are still there.
func (s *Service) lookFor(ctx context.Context, project gov.Project, gone map[gov.Digest]bool) (*tree.Looker, error) {
	look := tree.NewLooker(nodes{ctx, s}, func(e tree.Entry) (int, error) {
		if !e.Erased && gone[e.Hash] {
			return 0, nil
		}
		return -1, nil
	})
	all, err := s.holdings(ctx, project)
	if err != nil {
		return nil, err
	}
	for i := range all {
		for j := range all[i].versions {
			if _, err := look.Look(all[i].versions[j].Tree); err != nil {
				return nil, err
			}
		}
		for j := range all[i].revisions {
			if _, err := look.Look(all[i].revisions[j].Edits); err != nil {
				return nil, err
			}
		}
	}
	return look, nil
}

// forgetIndexes drops what was indexed of a project's datasets.
func (s *Service) forgetIndexes(ctx context.Context, project gov.Project) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for d, err := range tx.Datasets(project, "") {
			if err != nil {
				return err
			}
			var sets []gov.Digest
			err := tx.Indexes(d.Name, func(set gov.Digest, _ []byte) error {
				sets = append(sets, set)
				return nil
			})
			for i := 0; err == nil && i < len(sets); i++ {
				err = tx.RemoveIndex(d.Name, sets[i])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ErasedHashes returns the entry hashes of the values that an erasure, which has
// begun, is of.
func ErasedHashes(tx *store.Tx, e gov.Erasure) ([]gov.Digest, error) {
	doc, err := tx.Document(e.Hashes)
	if err != nil {
		return nil, err
	}
	hashes, _, err := gov.ParseErased(doc)
	return hashes, err
}
