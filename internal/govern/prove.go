package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
	"govd/internal/tree"
)

// ProveRecord returns the file that proves that a key is, or is not, in a
// version. A present key is proven compactly unless full is asked for; an absent
// one by whole nodes, always, since a compact proof would trust who built the tree.
func (s *Service) ProveRecord(ctx context.Context, c Call, ref gov.Ref, key string, full bool) (file []byte, present bool, err error) {
	var v gov.Version
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		v, err = resolve(tx, ref)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	err = s.withHead(ctx, 0, func(tx *store.Tx, h trail.Head) error {
		proof, err := tree.Prove(tx, v.Tree, []byte(key), full)
		if err != nil {
			return err
		}
		if _, present, err = proof.Verify(v.Tree, []byte(key)); err != nil {
			return err
		}
		file, err = trail.NewRecordProof(h, v.Entry, proof)
		return err
	})
	return file, present, err
}

// ProveEntry returns the file that proves that an entry is in the log.
func (s *Service) ProveEntry(ctx context.Context, c Call, index uint64) (file []byte, err error) {
	if _, err := s.Entry(ctx, c, index); err != nil {
		return nil, err
	}
	err = s.withHead(ctx, 0, func(_ *store.Tx, h trail.Head) error {
		file, err = trail.NewEntryProof(h, index)
		return err
	})
	return file, err
}
