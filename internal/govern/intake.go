package govern

import (
	"context"
	"errors"
	"iter"
	"maps"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// TakeLot is a request to bring a lot.
type TakeLot struct {
	Dataset gov.DatasetName
	Lot     string
	Message string
	Skipped uint64
	DryRun  bool // check everything, change nothing
}

// A LotTakenIn is what came of it.
type LotTakenIn struct {
	Lot   gov.Lot
	Index uint64 // the log entry; 0 of a dry run
}

// TakeLot brings records in strictly ascending key order as a lot, which waits.
// Each says which lot it is of, as the policy calls that. Returns gov.Exists if
// there was a lot of that name, and gov.Invalid, naming the first record that is
// wrong and counting the others: such as one that the newest version has already.
func (s *Service) TakeLot(ctx context.Context, c Call, in TakeLot, records iter.Seq2[Edit, error]) (out LotTakenIn, err error) {
	if _, err := gov.ParseLot(in.Lot); err != nil {
		return out, err
	}
	b, attribute, err := s.beginLot(ctx, c, in)
	if err != nil {
		return out, err
	}
	imp, err := s.store.NewImport(ctx)
	if err != nil {
		return out, err
	}
	defer imp.Close()
	from := imported{imp, s.cache}
	read := newSeeker(from, b.parent.Tree)
	defer func() { read.stop() }()
	b.also = func(e Edit) error { return b.isNew(read, e, attribute, in.Lot) }
	root, err := b.build(from, Register{}, marked(records, attribute, in.Lot))
	switch {
	case err != nil:
		return out, err
	case root.Records == 0:
		return out, gov.Errorf(gov.Invalid, "EMPTY_LOT", "lot %s has no records", in.Lot)
	case in.DryRun:
		out.Lot = gov.Lot{Dataset: in.Dataset, Name: in.Lot, Tree: root, State: gov.LotWaiting}
		return out, nil
	}
	args := struct {
		TakeLot
		Root gov.Digest
	}{in, root.Root}
	done, err := write(ctx, s, c, action{do: gov.LotTake, at: gov.Place(in.Dataset), args: args}, func(tx *store.Tx) (*LotTaken, error) {
		if err := noLotYet(tx, in); err != nil {
			return nil, err
		}
		message, err := putText(tx, in.Message)
		return &LotTaken{in.Dataset, in.Lot, root, in.Skipped, message}, errors.Join(err, imp.Commit(tx))
	})
	if err != nil {
		return out, err
	}
	info, err := s.LotWorkedOn(ctx, in.Dataset, in.Lot)
	return LotTakenIn{info.Lot, done.Index}, err
}

// beginLot asks policy before any record is read, and looks up the newest
// version and what the attribute of lots is called.
func (s *Service) beginLot(ctx context.Context, c Call, in TakeLot) (b *base, attribute string, err error) {
	b = &base{}
	err = s.see(ctx, c, gov.LotTake, gov.Place(in.Dataset), func(tx *store.Tx) error {
		d, err := tx.Dataset(in.Dataset)
		if err != nil {
			return err
		}
		if _, again, err := tx.Request(c.Actor.Person, c.Request); err != nil || !again {
			if err := errors.Join(err, noLotYet(tx, in)); err != nil {
				return err
			}
		}
		if d.Versions > 0 {
			if b.parent, err = tx.Version(d.Name, d.Versions); err != nil {
				return err
			}
		}
		p, err := s.intakePolicy(tx, d)
		if err != nil {
			return err
		}
		attribute = p.Attribute(validate.Lot)
		return s.readDataset(ctx, tx, b, d)
	})
	return b, attribute, err
}

func noLotYet(tx *store.Tx, in TakeLot) error {
	lot, err := tx.Lot(in.Dataset, in.Lot)
	switch {
	case errors.Is(err, gov.NotFound):
		return nil
	case err != nil:
		return err
	}
	return gov.Errorf(gov.Exists, "LOT_EXISTS", "there is a lot %s of %s, which is %s: a lot's name is used once", in.Lot, in.Dataset, lot.State)
}

// marked says in each record which lot it is of.
func marked(records iter.Seq2[Edit, error], attribute, lot string) iter.Seq2[Edit, error] {
	return func(yield func(Edit, error) bool) {
		for e, err := range records {
			if err == nil && e.Put != nil && e.Put.Attributes[attribute] == "" {
				r := *e.Put
				if r.Attributes = maps.Clone(r.Attributes); r.Attributes == nil {
					r.Attributes = map[string]string{}
				}
				r.Attributes[attribute] = lot
				e.Put = &r
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// isNew checks a record of a lot against the newest version and the lot's name.
func (b *base) isNew(read *seeker, e Edit, attribute, lot string) error {
	if e.Put == nil {
		return gov.Errorf(gov.Invalid, "NOT_A_DELTA", "a delete of %q in a lot", e.Delete)
	}
	if other := e.Put.Attributes[attribute]; other != lot {
		return gov.Errorf(gov.Invalid, "OTHER_LOT", "record %q says that it is of the lot %.40q, and not of %s", e.Put.Key, other, lot)
	}
	return mustBeNew(read, b.parent, e.Put.Key)
}

// mustBeNew refuses a record that a version has already: a lot brings new ones.
// Keys must ascend.
func mustBeNew(read *seeker, v gov.Version, key string) error {
	if v.Number == 0 {
		return nil
	}
	r, err := read.find(key)
	if err == nil && r == nil {
		return nil
	}
	if err != nil && gov.ReasonOf(err) != "ERASED" {
		return err
	}
	return gov.Errorf(gov.Invalid, "KEY_TAKEN", "record %q is in %s already: a lot brings new records", key, v.Ref())
}

// joined yields the records of a lot as edits of a version, none of which it may
// have.
func joined(from tree.Source, lot gov.Tree, v gov.Version) iter.Seq2[tree.Edit, error] {
	return func(yield func(tree.Edit, error) bool) {
		read := newSeeker(from, v.Tree)
		defer func() { read.stop() }()
		for e, err := range tree.Range(from, lot, nil, nil) {
			if err == nil && e.Erased {
				err = gov.Errorf(gov.Conflict, "ERASED", "record %q of the lot has been erased: reject it", e.Key)
			}
			if err == nil {
				err = mustBeNew(read, v, string(e.Key))
			}
			if !yield(tree.Edit{Key: e.Key, Value: e.Value}, err) || err != nil {
				return
			}
		}
	}
}
