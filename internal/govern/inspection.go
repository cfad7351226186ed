package govern

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
)

const inspectionCounter = "inspection" // the number of the newest inspection

// An InspectionInfo is an inspection with what its row does not hold.
type InspectionInfo struct {
	gov.Inspection
	ByName    string
	Design    inspect.Design
	Plans     []inspect.Plan
	Status    inspect.Status
	Planted   bool            // govd made the gold items itself
	Ahead     bool            // the commitment to the secret is older than the version
	Result    *inspect.Result // nil while it is open, and if it was given up
	Why       string          // it was stopped
	Discarded []gov.InspectionID
}

func noInspection(id gov.InspectionID) error {
	return gov.Errorf(gov.NotFound, "NO_INSPECTION", "no inspection %s", id)
}

// placeOfInspection returns where an inspection belongs, which never changes.
func (s *Service) placeOfInspection(ctx context.Context, id gov.InspectionID) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.Inspection(id)
		at = gov.Place(row.Dataset)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noInspection(id)
	}
	return at, err
}

// hideInspection keeps an error about a hidden dataset from telling its name.
func hideInspection(id gov.InspectionID, err error) error {
	if gov.ReasonOf(err) != "NO_DATASET" {
		return err
	}
	if Refused(err) {
		return refusal{noInspection(id)}
	}
	return noInspection(id)
}

// seeInspection is see at the place of an inspection.
func (s *Service) seeInspection(ctx context.Context, c Call, do gov.Action, id gov.InspectionID, fn func(*store.Tx, gov.Inspection) error) error {
	at, err := s.placeOfInspection(ctx, id)
	if err != nil {
		return err
	}
	return hideInspection(id, s.see(ctx, c, do, at, func(tx *store.Tx) error {
		row, err := tx.Inspection(id)
		if err != nil {
			return err
		}
		return fn(tx, row)
	}))
}

// writeInspection is write at the place of an inspection.
func writeInspection[E event](ctx context.Context, s *Service, c Call, do gov.Action, id gov.InspectionID, args any, decide func(*store.Tx, gov.Inspection) (E, error)) (Done[E], error) {
	at, err := s.placeOfInspection(ctx, id)
	if err != nil {
		return Done[E]{}, err
	}
	asked := struct {
		Inspection gov.InspectionID
		Args       any
	}{id, args}
	done, err := write(ctx, s, c, action{do: do, at: at, args: asked}, func(tx *store.Tx) (E, error) {
		row, err := tx.Inspection(id)
		if err != nil {
			var none E
			return none, err
		}
		return decide(tx, row)
	})
	return done, hideInspection(id, err)
}

// InspectionStopped: an inspection was given up. It certifies nothing.
type InspectionStopped struct {
	Inspection gov.InspectionID  `json:"inspection"`
	End        gov.InspectionEnd `json:"end"`
}

func (*InspectionStopped) name() string { return "inspection.stopped" }

func (e *InspectionStopped) apply(tx *store.Tx, o origin) error {
	row, err := tx.Inspection(e.Inspection)
	if err != nil {
		return err
	}
	return tx.PutInspection(ended(row, e.End, o))
}

func ended(row gov.Inspection, end gov.InspectionEnd, o origin) gov.Inspection {
	row.State, row.End, row.Ended = end.State, &end, o.time
	return row
}

// endOf returns the end of an inspection, with its secret revealed.
func endOf(tx *store.Tx, row gov.Inspection, state gov.InspectionState) (end gov.InspectionEnd, err error) {
	secret, err := tx.Secret(row.Commitment)
	return gov.InspectionEnd{State: state, Secret: hex.EncodeToString(secret[:])}, err
}

// StopInspection gives an inspection up, whoever drew it.
func (s *Service) StopInspection(ctx context.Context, c Call, id gov.InspectionID, why string) (Done[*InspectionStopped], error) {
	return writeInspection(ctx, s, c, gov.InspectDraw, id, why, func(tx *store.Tx, row gov.Inspection) (*InspectionStopped, error) {
		if row.State != gov.InspectionOpen {
			return nil, gov.Errorf(gov.Conflict, "NOT_OPEN", "inspection %s has %s", id, row.State)
		}
		end, err := endOf(tx, row, gov.InspectionStopped)
		if err != nil {
			return nil, err
		}
		end.Why, err = putText(tx, why)
		return &InspectionStopped{id, end}, err
	})
}

// Inspection returns an inspection, and what it certifies once it is over.
func (s *Service) Inspection(ctx context.Context, c Call, id gov.InspectionID) (info InspectionInfo, err error) {
	err = s.seeInspection(ctx, c, gov.InspectRead, id, func(tx *store.Tx, row gov.Inspection) error {
		info, err = s.describeInspection(tx, row)
		return err
	})
	return info, err
}

// InspectionWorkedOn describes an inspection to who has just worked on it.
func (s *Service) InspectionWorkedOn(ctx context.Context, id gov.InspectionID) (info InspectionInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.Inspection(id)
		if err != nil {
			return err
		}
		info, err = s.describeInspection(tx, row)
		return err
	})
	return info, err
}

// describeInspection adds what an inspection's row does not hold. Of an open one
// it says nothing that could be waited for.
func (s *Service) describeInspection(tx *store.Tx, row gov.Inspection) (info InspectionInfo, err error) {
	info.Inspection = row
	at, err := s.sittingOf(tx, row)
	if err != nil {
		return info, err
	}
	info.Design, info.Plans, info.Planted = *at.design, at.plans, at.planted
	info.Status = at.Status(row.ID.String())
	info.Status.State = inspect.State(row.State) // that it was stopped, no answer says
	p, err := tx.Person(row.By)
	if err != nil {
		return info, err
	}
	_, entry, err := inspectedTree(tx, row)
	if err != nil {
		return info, err
	}
	info.ByName, info.Ahead = p.Name, row.Committed < entry
	before, err := inspectedBefore(tx, row)
	if err != nil {
		return info, err
	}
	for _, other := range before {
		if discarded([]gov.Inspection{other}) > 0 {
			info.Discarded = append(info.Discarded, other.ID)
		}
	}
	slices.Sort(info.Discarded)
	return info, s.describeEnd(tx, row, &info)
}

// inspectedTree returns the records that an inspection is of, and the log entry
// that registered them.
func inspectedTree(tx *store.Tx, row gov.Inspection) (gov.Tree, uint64, error) {
	if row.Lot != "" {
		lot, err := tx.Lot(row.Dataset, row.Lot)
		return lot.Tree, lot.Entry, err
	}
	v, err := tx.Version(row.Dataset, row.Number)
	return v.Tree, v.Entry, err
}

func (s *Service) describeEnd(tx *store.Tx, row gov.Inspection, info *InspectionInfo) (err error) {
	if row.End == nil {
		return nil
	}
	if info.Why, err = textOf(tx, row.End.Why); err != nil || row.End.Result.IsZero() {
		return err
	}
	r, err := resultOf(tx, row)
	info.Result = &r
	return err
}

// Inspections returns up to n inspections that the caller may read, newest
// first, from before a number on; 0 is from the newest. The place is a dataset,
// a project or the server. next is where to go on, 0 when there are no more.
func (s *Service) Inspections(ctx context.Context, c Call, at gov.Place, before gov.InspectionID, n int) (page []InspectionInfo, next gov.InspectionID, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		list := tx.Inspections(before)
		if d := at.Dataset(); d != "" {
			list = tx.InspectionsOf(d, before)
		}
		wanted := func(row gov.Inspection) (bool, error) {
			reads, err := s.reads(tx, c, gov.InspectRead, gov.Place(row.Dataset))
			return reads && (at == "" || at.Holds(gov.Place(row.Dataset))), err
		}
		page, next, err = lookThrough(list, n, func(row gov.Inspection) gov.InspectionID { return row.ID }, wanted,
			func(row gov.Inspection) (InspectionInfo, error) { return s.describeInspection(tx, row) })
		return err
	})
	return page, next, err
}
