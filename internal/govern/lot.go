package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/validate"
)

// New imagery comes in as a lot: its records are registered beside the dataset,
// where nobody can read them or train on them, until a steward who did not bring
// them accepts the lot, after an inspection of it where the policy asks for one.

// LotTaken: a lot was brought, and waits.
type LotTaken struct {
	Dataset gov.DatasetName `json:"dataset"`
	Lot     string          `json:"lot"`
	Tree    gov.Tree        `json:"tree"`
	Skipped uint64          `json:"skipped,omitempty"`
	Message gov.Digest      `json:"message,omitzero"`
}

func (*LotTaken) name() string { return "lot.taken" }

func (e *LotTaken) apply(tx *store.Tx, o origin) error {
	return tx.PutLot(gov.Lot{
		Dataset: e.Dataset, Name: e.Lot, Tree: e.Tree, State: gov.LotWaiting, Skipped: e.Skipped, Message: e.Message,
		By: o.who, Taken: o.time, Entry: o.index,
	})
}

// LotAccepted: a lot came in. It reads as the version that it became does.
type LotAccepted struct {
	gov.Registration
	Lot        string           `json:"lot"`
	Inspection gov.InspectionID `json:"inspection,omitempty"` // that it passed
}

func (*LotAccepted) name() string { return "lot.accepted" }

func (e *LotAccepted) apply(tx *store.Tx, o origin) error {
	if err := putVersion(tx, e.Registration, 0, o); err != nil {
		return err
	}
	v, err := tx.Version(e.Dataset, e.Number)
	if err != nil {
		return err
	}
	v.Lot = e.Lot
	if err := tx.PutVersion(v); err != nil {
		return err
	}
	lot, err := tx.Lot(e.Dataset, e.Lot)
	if err != nil {
		return err
	}
	lot.Number, lot.Inspection = e.Number, e.Inspection
	return tx.PutLot(decided(lot, gov.LotAccepted, o))
}

// LotRejected: a lot does not come in.
type LotRejected struct {
	Dataset gov.DatasetName `json:"dataset"`
	Lot     string          `json:"lot"`
	Why     gov.Digest      `json:"why"` // of a text
}

func (*LotRejected) name() string { return "lot.rejected" }

func (e *LotRejected) apply(tx *store.Tx, o origin) error {
	lot, err := tx.Lot(e.Dataset, e.Lot)
	if err != nil {
		return err
	}
	lot.Why = e.Why
	return tx.PutLot(decided(lot, gov.LotRejected, o))
}

func decided(lot gov.Lot, state gov.LotState, o origin) gov.Lot {
	lot.State, lot.EndedBy, lot.Ended, lot.EndEntry = state, o.who, o.time, o.index
	return lot
}

// A LotInfo is a lot with what its row does not hold.
type LotInfo struct {
	gov.Lot
	ByName, EndedByName string
	Message, Why        string
	Inspected           gov.Inspection // the newest inspection of it; ID 0: none
}

// Lots returns up to n lots of a dataset by name, after one.
func (s *Service) Lots(ctx context.Context, c Call, dataset gov.DatasetName, after string, n int) (page []LotInfo, err error) {
	err = s.see(ctx, c, gov.LotRead, gov.Place(dataset), func(tx *store.Tx) error {
		if _, err := tx.Dataset(dataset); err != nil {
			return err
		}
		for lot, err := range tx.Lots(dataset, after) {
			if err != nil || len(page) == n {
				return err
			}
			info, err := describeLot(tx, lot)
			if err != nil {
				return err
			}
			page = append(page, info)
		}
		return nil
	})
	return page, err
}

// LotWorkedOn describes a lot to who has just worked on it.
func (s *Service) LotWorkedOn(ctx context.Context, dataset gov.DatasetName, name string) (info LotInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		lot, err := tx.Lot(dataset, name)
		if err != nil {
			return err
		}
		info, err = describeLot(tx, lot)
		return err
	})
	return info, err
}

func describeLot(tx *store.Tx, lot gov.Lot) (info LotInfo, err error) {
	info.Lot = lot
	by, err := tx.Person(lot.By)
	if err != nil {
		return info, err
	}
	info.ByName = by.Name
	if lot.EndedBy != "" {
		if by, err = tx.Person(lot.EndedBy); err != nil {
			return info, err
		}
		info.EndedByName = by.Name
	}
	if info.Message, err = textOf(tx, lot.Message); err != nil {
		return info, err
	}
	if info.Why, err = textOf(tx, lot.Why); err != nil {
		return info, err
	}
	for row, err := range tx.InspectionsOf(lot.Dataset, 0) {
		if err != nil || row.Lot == lot.Name {
			info.Inspected = row
			return info, err
		}
	}
	return info, nil
}

// waitingLot returns a lot that waits.
func waitingLot(tx *store.Tx, dataset gov.DatasetName, name string) (gov.Lot, error) {
	lot, err := tx.Lot(dataset, name)
	if err == nil && lot.State != gov.LotWaiting {
		err = gov.Errorf(gov.Conflict, "LOT_DECIDED", "lot %s of %s was %s before", name, dataset, lot.State)
	}
	return lot, err
}

// intakePolicy returns the policy that says how lots of a dataset come in: that
// of its stage or, if that asks for no inspection of them, that of the next.
func (s *Service) intakePolicy(tx *store.Tx, d gov.Dataset) (p *validate.Policy, err error) {
	for _, stage := range []gov.Stage{d.Stage, min(d.Stage+1, 5)} {
		in, err := s.stagePolicyInForce(tx, d.Name.Project(), stage)
		if err != nil {
			return nil, err
		}
		if p = in.Policy; len(intakesOf(p)) > 0 {
			return p, nil
		}
	}
	return p, nil
}

// intakesOf returns the inspections of lots that a policy asks for.
func intakesOf(p *validate.Policy) (all []validate.Inspection) {
	for _, want := range p.Inspections {
		if want.Asks == inspect.Intake {
			all = append(all, want)
		}
	}
	return all
}

// lotsOf returns which lots of a dataset came in by the door: those that were
// accepted, and those that were in the version that was promoted last, which
// stewards gave their word for. It is nil if the policy does not ask.
func (r *checkup) lotsOf(tx *store.Tx) (all []validate.Intake, err error) {
	if !r.policy.Asks("S3.intake") {
		return nil, nil
	}
	all = []validate.Intake{}
	for lot, err := range tx.Lots(r.version.Dataset, "") {
		if err != nil {
			return nil, err
		}
		all = append(all, validate.Intake{Lot: lot.Name, Accepted: lot.State == gov.LotAccepted})
	}
	promoted, err := promotedBefore(tx, r.version)
	if err == nil && promoted > 0 {
		r.promoted, err = tx.Version(r.version.Dataset, promoted)
	}
	return all, err
}

// promotedBefore returns the number of the newest version before one that was
// promoted, 0 if none was.
func promotedBefore(tx *store.Tx, v gov.Version) (uint64, error) {
	for w, err := range tx.Promotions(v.Dataset, 0) {
		if err != nil || len(w.Approvers) > 0 && w.Number < v.Number {
			return w.Number, err
		}
	}
	return 0, nil
}

// lotsBefore adds the lots that were in the version that was promoted last.
func (r *checkup) lotsBefore() (all []validate.Intake, err error) {
	if r.promoted.Number == 0 {
		return nil, nil
	}
	p, err := r.profile(r.suite.LotSet(), r.promoted)
	if err != nil {
		return nil, err
	}
	for _, name := range r.suite.LotsIn(p) {
		all = append(all, validate.Intake{Lot: name, Accepted: true})
	}
	return all, nil
}
