package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// erasedInputs knows by which erasure values of versions went, 0 for those that
// have all of theirs. Looking for them takes long next to a write, so it is done
// before.
type erasedInputs map[erasedInput]gov.ErasureID

// An erasedInput is a version as of the newest erasure in its dataset: what it
// lacks never changes but by another.
type erasedInput struct {
	ref    gov.Ref
	erased uint64
}

func inputErased(v *gov.Version, d *gov.Dataset) erasedInput { return erasedInput{v.Ref(), d.Erased} }

// errNotLooked says that a version was not looked through: a name has come to mean
// it, or values of its dataset have been erased, since.
var errNotLooked = errors.New("not looked through for what was erased")

// lookForErased looks through those inputs of a run that are versions which the
// caller may read. Whatever is wrong with the others, who starts the run is told.
func (s *Service) lookForErased(ctx context.Context, c Call, inputs []string) (erasedInputs, error) {
	gone := erasedInputs{}
	err := s.store.View(ctx, func(tx *store.Tx) error {
		for _, name := range inputs {
			in, err := s.runNode(tx, c, name)
			if err != nil || in.Node.Kind != gov.VersionNode {
				continue
			}
			v, err := versionNamed(tx, in.Node)
			if err != nil {
				return err
			}
			d, err := tx.Dataset(v.Dataset)
			if err != nil {
				return err
			}
			if gone[inputErased(&v, &d)], err = erasedFrom(tx, &v, &d); err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}

// erasedFrom returns an erasure by which values of a version went, 0 if it has all
// of them.
func erasedFrom(tx *store.Tx, v *gov.Version, d *gov.Dataset) (gov.ErasureID, error) {
	if d.Erased == 0 {
		return 0, nil
	}
	for e, err := range tx.ErasuresIn(d.Name.Project(), 0) {
		if err != nil {
			return 0, err
		}
		if e.Begun == 0 {
			continue
		}
		if gone, err := hasErased(tx, e, v); gone || err != nil {
			return e.ID, err
		}
	}
	return 0, nil
}

// hasErased reports whether a version has a record of which the value was erased.
func hasErased(tx *store.Tx, e gov.Erasure, in *gov.Version) (bool, error) {
	list, err := readText[gov.ErasureList](tx, e.List)
	if err != nil {
		return false, err
	}
	for i := range list.Values {
		v := &list.Values[i]
		if v.Dataset != in.Dataset {
			continue
		}
		_, entry, err := tree.Leaf(tx, in.Tree, []byte(v.Key))
		if gov.ReasonOf(err) == "NO_RECORD" {
			continue
		}
		if err != nil || entry.Hash == v.Hash {
			return err == nil, err
		}
	}
	return false, nil
}

// eraseGate keeps out versions of which values are gone: what was learned from
// the rest would not be what the version says.
func eraseGate(_ *Service, tx *store.Tx, in *candidate) (err error) {
	if in.dataset.Erased == 0 {
		return nil
	}
	id, looked := in.gone[inputErased(&in.Version, &in.dataset)]
	switch {
	case in.gone == nil:
		id, err = erasedFrom(tx, &in.Version, &in.dataset)
	case !looked:
		err = errNotLooked
	}
	if err == nil && id != 0 {
		in.lacks(lackErased, "%s has records that were erased (erasure %s): use a version without them", in.Ref(), id)
	}
	return err
}
