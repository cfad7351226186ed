package govern

import (
	"context"
	"maps"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// labelUses returns how often a version uses each label name. It goes on from
// the nearest version before it that was counted of late, by what differs.
func (s *Service) labelUses(ctx context.Context, v gov.Version) (map[string]uint64, error) {
	if known, ok := s.uses.get(v.Tree.Root); ok {
		return known, nil
	}
	from, uses, err := s.countedBefore(ctx, v)
	if err != nil {
		return nil, err
	}
	for ch, err := range tree.Diff(nodes{ctx, s}, from, v.Tree) {
		if err == nil {
			err = countLabels(uses, &ch)
		}
		if err != nil {
			return nil, err
		}
	}
	s.uses.put(v.Tree.Root, uses)
	return uses, nil
}

// countedBefore returns the nearest version before v whose labels are counted,
// and a copy of the counts; failing that, the empty tree.
func (s *Service) countedBefore(ctx context.Context, v gov.Version) (t gov.Tree, uses map[string]uint64, err error) {
	const furthest = 32
	err = s.store.View(ctx, func(tx *store.Tx) error {
		for n := range uint64(furthest) {
			if n+1 >= v.Number {
				break
			}
			before, err := tx.Version(v.Dataset, v.Number-n-1)
			if err != nil {
				return err
			}
			if known, ok := s.uses.get(before.Tree.Root); ok {
				t, uses = before.Tree, maps.Clone(known)
				return nil
			}
		}
		d, err := tx.Dataset(v.Dataset)
		if err != nil {
			return err
		}
		salt, err := tx.Salt(d.Salt)
		t, uses = tree.NewParams(salt).Empty(), map[string]uint64{}
		return err
	})
	return t, uses, err
}

// countLabels takes the labels of a record as it was off, and adds those that it
// has now. Erased records have none.
func countLabels(uses map[string]uint64, ch *tree.Change) error {
	from, err := decodeSide(string(ch.Key), ch.From)
	if err != nil {
		return err
	}
	to, err := decodeSide(string(ch.Key), ch.To)
	if err != nil {
		return err
	}
	if from != nil {
		for _, l := range from.Labels {
			if uses[l.Name]--; uses[l.Name] == 0 {
				delete(uses, l.Name)
			}
		}
	}
	if to != nil {
		for _, l := range to.Labels {
			uses[l.Name]++
		}
	}
	if len(uses) > maxTally {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d different labels", maxTally)
	}
	return nil
}
