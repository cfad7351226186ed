package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/validate"
)

const erasureCounter = "erasure" // the number of the newest erasure

// ErasureRequested: somebody asks for the values of records to be erased. List is
// of what was found then.
type ErasureRequested struct {
	Erasure gov.ErasureID    `json:"erasure"`
	Project gov.Project      `json:"project"`
	Where   gov.Digest       `json:"where"`
	Reason  gov.Digest       `json:"reason"`
	List    gov.Digest       `json:"list"`
	Found   gov.ErasureCount `json:"found"`
}

func (*ErasureRequested) name() string { return "erasure.requested" }

func (e *ErasureRequested) apply(tx *store.Tx, o origin) error {
	tx.Next(erasureCounter)
	return tx.PutErasure(gov.Erasure{
		ID: e.Erasure, Project: e.Project, State: gov.ErasureRequested, Where: e.Where, Reason: e.Reason, List: e.List, Found: e.Found,
		By: o.who, Asked: o.time, Entry: o.index,
	})
}

// ErasureApproved: another person agrees to exactly what was found.
type ErasureApproved struct {
	Erasure gov.ErasureID `json:"erasure"`
	List    gov.Digest    `json:"list"`
}

func (*ErasureApproved) name() string { return "erasure.approved" }

func (e *ErasureApproved) apply(tx *store.Tx, o origin) error {
	row, err := tx.Erasure(e.Erasure)
	if err != nil {
		return err
	}
	row.State, row.Approver, row.Approved = gov.ErasureApproved, o.who, o.index
	return tx.PutErasure(row)
}

// RequestErasure is a request to erase the records of a project that an
// expression picks, in every version; of those, the ones that are due now.
type RequestErasure struct {
	Project gov.Project
	Where   string
	Reason  string
	Due     bool `json:",omitempty"`
}

// RequestErasure finds the records and asks for their erasure. Nothing is erased
// before another person has approved it and it is run.
func (s *Service) RequestErasure(ctx context.Context, c Call, in RequestErasure) (Done[*ErasureRequested], error) {
	none := Done[*ErasureRequested]{}
	if in.Reason == "" {
		return none, gov.Errorf(gov.Invalid, "NO_REASON", "an erasure needs a reason")
	}
	where, expression, err := s.erasureWhere(ctx, c, in)
	if err != nil {
		return none, err
	}
	list, found, err := s.searchRecords(ctx, in.Project, expression)
	if err != nil {
		return none, err
	}
	if len(list.Values) == 0 {
		return none, gov.Errorf(gov.NotFound, "NOTHING_FOUND", "no record of %s is picked by the expression (%d looked at, on %d of which it failed)", in.Project, found.Looked, found.Failed)
	}
	return write(ctx, s, c, action{do: gov.EraseRequest, at: gov.Place(in.Project), args: in}, func(tx *store.Tx) (*ErasureRequested, error) {
		ev := &ErasureRequested{Erasure: gov.ErasureID(tx.Counter(erasureCounter) + 1), Project: in.Project, Found: found}
		var err, e1, e2 error
		ev.Where, err = putText(tx, where)
		ev.Reason, e1 = putText(tx, in.Reason)
		ev.List, e2 = sealed(tx, list)
		return ev, errors.Join(err, e1, e2)
	})
}

// erasureWhere returns the expression of an erasure, for who may ask for it. If it
// is of what is due, the expression says what that is now.
func (s *Service) erasureWhere(ctx context.Context, c Call, in RequestErasure) (where string, compiled *validate.Where, err error) {
	if where = in.Where; where != "" || !in.Due {
		if compiled, err = validate.CompileWhere(where); err != nil {
			return where, nil, err
		}
	}
	at := gov.Place(in.Project)
	err = s.see(ctx, c, gov.EraseRequest, at, func(tx *store.Tx) error {
		if err := placeExists(tx, at); err != nil || !in.Due {
			return err
		}
		where, err = whereDue(tx, in)
		return err
	})
	if err == nil && in.Due {
		compiled, err = validate.CompileWhere(where)
	}
	return where, compiled, err
}

// ApproveErasure agrees to an erasure. Who asked for it never can, by whatever
// credential.
func (s *Service) ApproveErasure(ctx context.Context, c Call, id gov.ErasureID) (Done[*ErasureApproved], error) {
	at, err := s.placeOfErasure(ctx, id)
	if err != nil {
		return Done[*ErasureApproved]{}, err
	}
	done, err := write(ctx, s, c, action{do: gov.EraseApprove, at: at, args: id}, func(tx *store.Tx) (*ErasureApproved, error) {
		row, err := tx.Erasure(id)
		if err != nil {
			return nil, err
		}
		if row.State != gov.ErasureRequested {
			return nil, gov.Errorf(gov.Conflict, "ERASURE_APPROVED", "erasure %s is %s already", id, row.State)
		}
		ask := review.Request{What: "to approve erasure " + id.String(), By: row.By, Entry: row.Entry, Role: gov.Steward}
		if err := s.mayAgree(tx, c, at, &ask); err != nil {
			return nil, err
		}
		list, err := readText[gov.ErasureList](tx, row.List)
		if err != nil {
			return nil, err
		}
		return &ErasureApproved{id, row.List}, refuseKept(tx, row, &list)
	})
	return done, hideErasure(id, err)
}

func noErasure(id gov.ErasureID) error {
	return gov.Errorf(gov.NotFound, "NO_ERASURE", "no erasure %s", id)
}

// placeOfErasure returns the project of an erasure, which never changes.
func (s *Service) placeOfErasure(ctx context.Context, id gov.ErasureID) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.Erasure(id)
		at = gov.Place(row.Project)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noErasure(id)
	}
	return at, err
}

// hideErasure keeps an error about a hidden project from telling its name.
func hideErasure(id gov.ErasureID, err error) error {
	if gov.ReasonOf(err) != "NO_PROJECT" {
		return err
	}
	if Refused(err) {
		return refusal{noErasure(id)}
	}
	return noErasure(id)
}

// seeErasure is see at the project of an erasure.
func (s *Service) seeErasure(ctx context.Context, c Call, do gov.Action, id gov.ErasureID, fn func(*store.Tx, gov.Erasure) error) error {
	at, err := s.placeOfErasure(ctx, id)
	if err != nil {
		return err
	}
	return hideErasure(id, s.see(ctx, c, do, at, func(tx *store.Tx) error {
		row, err := tx.Erasure(id)
		if err != nil {
			return err
		}
		return fn(tx, row)
	}))
}
