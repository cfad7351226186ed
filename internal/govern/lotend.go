package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// A DecideLot is a request to accept or to reject a lot.
type DecideLot struct {
	Dataset gov.DatasetName
	Lot     string
	Message string
}

// AcceptLot makes a version of the newest one and a lot's records. Returns
// gov.Denied, which is recorded, for who brought the lot, by any credential, for
// machines, and while an inspection is missing that the policy asks for; and
// gov.Conflict if the lot does not wait or the dataset has moved meanwhile.
func (s *Service) AcceptLot(ctx context.Context, c Call, in DecideLot) (r Registered, err error) {
	imp, err := s.store.NewImport(ctx)
	if err != nil {
		return r, err
	}
	defer imp.Close()
	made, refused, err := s.joinLot(ctx, c, in, imp)
	if err != nil {
		return r, err
	}
	done, err := write(ctx, s, c, action{do: gov.LotDecide, at: gov.Place(in.Dataset), args: in}, func(tx *store.Tx) (*LotAccepted, error) {
		if refused != nil {
			return nil, refused
		}
		ev, err := s.accept(tx, c, in)
		if err != nil {
			return nil, err
		}
		d, err := tx.Dataset(in.Dataset)
		if err != nil {
			return nil, err
		}
		if d.Versions != made.Number-1 {
			return nil, parentMoved(d)
		}
		ev.Registration = made
		ev.Message, err = putText(tx, in.Message)
		return ev, errors.Join(err, imp.Commit(tx))
	})
	if err != nil {
		return r, err
	}
	info, err := s.registered(ctx, done.Event.Registration)
	return Registered{VersionInfo: info, Counts: done.Event.Counts, Index: done.Index}, err
}

// joinLot builds what a lot makes of the newest version, if it may come in; else
// it returns why not. Of a request that was answered before it does neither.
func (s *Service) joinLot(ctx context.Context, c Call, in DecideLot, imp *store.Import) (made gov.Registration, refused, err error) {
	b, again, lot := &base{}, false, gov.Lot{}
	err = s.see(ctx, c, gov.LotDecide, gov.Place(in.Dataset), func(tx *store.Tx) error {
		d, err := tx.Dataset(in.Dataset)
		if err != nil {
			return err
		}
		if _, again, err = tx.Request(c.Actor.Person, c.Request); err != nil || again {
			return err
		}
		if _, err := s.accept(tx, c, in); err != nil {
			refused = err
			return nil
		}
		if d.Versions > 0 {
			if b.parent, err = tx.Version(d.Name, d.Versions); err != nil {
				return err
			}
		}
		if lot, err = tx.Lot(in.Dataset, in.Lot); err != nil {
			return err
		}
		return s.readDataset(ctx, tx, b, d)
	})
	if err != nil || again || refused != nil {
		return made, refused, err
	}
	from, root := imported{imp, s.cache}, lot.Tree
	if b.parent.Number > 0 {
		if root, err = tree.Mutate(b.params, from, imp, b.parent.Tree, joined(from, lot.Tree, b.parent)); err != nil {
			return made, nil, err
		}
	}
	counts := gov.Counts{Added: lot.Tree.Records, Unchanged: b.parent.Tree.Records}
	return b.registration(Register{Dataset: in.Dataset}, root, counts), nil, nil
}

// accept returns the event of a lot coming in, but for the version, or why it may
// not.
func (s *Service) accept(tx *store.Tx, c Call, in DecideLot) (*LotAccepted, error) {
	lot, err := waitingLot(tx, in.Dataset, in.Lot)
	if err != nil {
		return nil, err
	}
	if c.Actor.Person.Machine() {
		return nil, gov.Errorf(gov.Denied, "NOT_HUMAN", "%s is a machine, and only people accept a lot", c.Actor.Person)
	}
	mine, err := withOwners(tx, []gov.PersonID{lot.By})
	if err != nil {
		return nil, err
	}
	if mine[c.Actor.Person] {
		return nil, gov.Errorf(gov.Denied, "OWN_LOT", "you brought lot %s: somebody else must accept it", lot.Name)
	}
	d, err := tx.Dataset(in.Dataset)
	if err != nil {
		return nil, err
	}
	p, err := s.intakePolicy(tx, d)
	if err != nil {
		return nil, err
	}
	ev := &LotAccepted{Lot: lot.Name}
	for _, want := range intakesOf(p) {
		if ev.Inspection, err = passedBy(tx, lot, want, p); err != nil {
			return nil, err
		}
	}
	return ev, noOpenInspection(tx, lot)
}

// passedBy returns the inspection of a lot that shows what the policy wants.
func passedBy(tx *store.Tx, lot gov.Lot, want validate.Inspection, p *validate.Policy) (gov.InspectionID, error) {
	for row, err := range tx.InspectionsOf(lot.Dataset, 0) {
		if err != nil {
			return 0, err
		}
		if row.Lot != lot.Name || row.State != gov.InspectionPassed {
			continue
		}
		r, err := resultOf(tx, row)
		if err != nil {
			return 0, err
		}
		if r.Bound <= want.Limit && r.Confidence >= want.Confidence {
			return row.ID, nil
		}
	}
	return 0, gov.Errorf(gov.Denied, needsInspection, "stage %d asks for an inspection of lot %s that shows %v wrong at most with confidence %v: 'govctl inspect draw %s --lot %s --limit %v'",
		p.Stage, lot.Name, want.Limit, want.Confidence, lot.Dataset, lot.Name, want.Limit)
}

// noOpenInspection refuses to decide on a lot that people are looking at.
func noOpenInspection(tx *store.Tx, lot gov.Lot) error {
	for row, err := range tx.InspectionsOf(lot.Dataset, 0) {
		if err != nil {
			return err
		}
		if row.Lot == lot.Name && row.State == gov.InspectionOpen {
			return gov.Errorf(gov.Conflict, "INSPECTION_OPEN", "inspection %s of lot %s is open: wait for its end, or stop it", row.ID, lot.Name)
		}
	}
	return nil
}

// RejectLot keeps a lot out for ever. What it held is swept.
func (s *Service) RejectLot(ctx context.Context, c Call, in DecideLot) (Done[*LotRejected], error) {
	return write(ctx, s, c, action{do: gov.LotDecide, at: gov.Place(in.Dataset), args: in}, func(tx *store.Tx) (*LotRejected, error) {
		lot, err := waitingLot(tx, in.Dataset, in.Lot)
		if err != nil {
			return nil, err
		}
		if in.Message == "" {
			return nil, gov.Errorf(gov.Invalid, "NO_REASON", "say why lot %s is rejected", lot.Name)
		}
		if err := noOpenInspection(tx, lot); err != nil {
			return nil, err
		}
		why, err := putText(tx, in.Message)
		return &LotRejected{in.Dataset, in.Lot, why}, err
	})
}
