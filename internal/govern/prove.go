package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
	"govd/internal/tree"
)

// ProveRecord is a question about one key of a version.
type ProveRecord struct {
	Ref   gov.Ref
	Key   string
	Full  bool   // whole nodes, even where the compact form would do
	Since uint64 // size of a log that the reader knows: the file shows that this one continues it
}

// ProveRecord returns the file that proves that a key is, or is not, in a
// version. A present key is proven compactly unless full is asked for; an absent
// one by whole nodes, always, since a compact proof would trust who built the tree.
func (s *Service) ProveRecord(ctx context.Context, c Call, in ProveRecord) (file []byte, present bool, err error) {
	var v gov.Version
	err = s.see(ctx, c, gov.VersionRead, gov.Place(in.Ref.Dataset), func(tx *store.Tx) error {
		v, err = resolve(tx, in.Ref)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	err = s.withHead(ctx, in.Since, func(tx *store.Tx, h trail.Head) error {
		proof, err := tree.Prove(tx, v.Tree, []byte(in.Key), in.Full)
		if err != nil {
			return err
		}
		if _, present, err = proof.Verify(v.Tree, []byte(in.Key)); err != nil {
			return err
		}
		file, err = trail.NewRecordProof(h, v.Entry, proof)
		return err
	})
	return file, present, err
}

// ProveEntry returns the file that proves that an entry is in the log, and, if
// since is not 0, that the log continues the one of that size.
func (s *Service) ProveEntry(ctx context.Context, c Call, index, since uint64) (file []byte, err error) {
	if _, err := s.Entry(ctx, c, index); err != nil {
		return nil, err
	}
	err = s.withHead(ctx, since, func(_ *store.Tx, h trail.Head) error {
		file, err = trail.NewEntryProof(h, index)
		return err
	})
	return file, err
}

// ProveGrowth returns the file that proves that the log continues the one of
// size since, to everyone, as the checkpoint.
func (s *Service) ProveGrowth(ctx context.Context, since uint64) (file []byte, err error) {
	err = s.withHead(ctx, since, func(_ *store.Tx, h trail.Head) error {
		file, err = trail.NewConsistencyProof(h)
		return err
	})
	return file, err
}
