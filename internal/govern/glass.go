package govern

import (
	"context"
	"errors"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// GlassAsked is an alarm: somebody asked for a change to be applied without its
// quorum.
type GlassAsked struct {
	Change   gov.ChangeID `json:"change"`
	Revision gov.Digest   `json:"revision"`
	Reason   gov.Digest   `json:"reason"`
	Ticket   gov.Digest   `json:"ticket"`
}

func (*GlassAsked) name() string { return "glass.asked" }

func (e *GlassAsked) apply(tx *store.Tx, o origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	if ch.Glass == nil || ch.Glass.Revision != e.Revision {
		ch.Glass = &gov.Glass{Revision: e.Revision}
	}
	ch.Glass.Asked = append(ch.Glass.Asked, gov.GlassAsk{Person: o.who, Time: o.time, Entry: o.index, Reason: e.Reason, Ticket: e.Ticket})
	return tx.PutChange(ch)
}

// BreakGlass is a request for that.
type BreakGlass struct {
	Change   gov.ChangeID
	Revision gov.Digest
	Reason   string
	Ticket   string
}

// Broken is what became of it.
type Broken struct {
	Index   uint64
	Enough  bool // the change can be applied now
	Expires time.Time
}

// BreakGlass asks for a change to be applied without its quorum. It stands in
// for missing approvals and for nothing else, and the quorum must follow.
func (s *Service) BreakGlass(ctx context.Context, c Call, in BreakGlass) (b Broken, err error) {
	if in.Ticket == "" {
		return b, gov.Errorf(gov.Invalid, "NO_TICKET", "to break the glass needs the number or address of a ticket")
	}
	done, err := writeChange(ctx, s, c, gov.ChangeBreak, in.Change, in, func(tx *store.Tx, ch gov.Change) (*GlassAsked, error) {
		k, err := s.caseOf(tx, ch, c.Actor.Person)
		if err != nil {
			return nil, err
		}
		if err := review.MayBreak(k, c.Actor.Person, in.Revision, len(in.Reason)); err != nil {
			return nil, err
		}
		reason, err := putText(tx, in.Reason)
		if err != nil {
			return nil, err
		}
		ticket, err := putText(tx, in.Ticket)
		return &GlassAsked{ch.ID, in.Revision, reason, ticket}, err
	})
	if err != nil {
		return b, err
	}
	b.Index = done.Index
	err = s.store.View(ctx, func(tx *store.Tx) error {
		ch, err := tx.Change(in.Change)
		if err != nil {
			return err
		}
		k, err := s.caseOf(tx, ch)
		if err == nil {
			b.Enough, b.Expires = review.MayApplyBroken(k, gov.System) == nil, done.Time.Add(review.AskWithin(k))
		}
		return err
	})
	return b, err
}

// ChangeRatified: the quorum of a change that was applied without it has
// followed in time.
type ChangeRatified struct {
	Change    gov.ChangeID   `json:"change"`
	Revision  gov.Digest     `json:"revision"`
	Approvers []gov.PersonID `json:"approvers"`
}

func (*ChangeRatified) name() string { return "change.ratified" }

func (e *ChangeRatified) apply(tx *store.Tx, o origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	ch.Glass.Ratified = o.index
	return tx.PutChange(ch)
}

// RatifyChange records that the quorum has followed. Late is too late: the
// version stays frozen.
func (s *Service) RatifyChange(ctx context.Context, c Call, id gov.ChangeID) (Done[*ChangeRatified], error) {
	return writeChange(ctx, s, c, gov.ChangeApply, id, nil, func(tx *store.Tx, ch gov.Change) (*ChangeRatified, error) {
		if ch.Glass == nil || ch.Glass.Applied.IsZero() {
			return nil, gov.Errorf(gov.Conflict, "NO_GLASS", "change %s was not applied by breaking the glass", id)
		}
		k, err := s.caseOf(tx, ch)
		if err != nil {
			return nil, err
		}
		state, due, v := review.Ratify(k)
		switch {
		case ch.Glass.Ratified != 0:
			return nil, gov.Errorf(gov.Conflict, "RATIFIED", "change %s is ratified already", id)
		case state == review.Quarantined || !tx.Now.Before(ch.Glass.Due):
			return nil, gov.Errorf(gov.Denied, review.Expired, "change %s had to be ratified by %s: its version is quarantined", id, due.Format(time.RFC3339))
		case state != review.Ratified:
			return nil, v.Err()
		}
		return &ChangeRatified{id, k.Glass.Revision, v.Approvers()}, nil
	})
}

// ratification says how a change stands for which the glass was broken, "" for
// any other.
func ratification(ch gov.Change, now time.Time) review.Ratification {
	switch g := ch.Glass; {
	case g == nil || g.Applied.IsZero():
		return ""
	case g.Ratified != 0:
		return review.Ratified
	case !now.Before(g.Due):
		return review.Quarantined
	}
	return review.Pending
}

// mustBeSound refuses what nobody may do with a version that is quarantined. A
// newer one may follow it: that is how it is mended.
func mustBeSound(tx *store.Tx, v gov.Version) error {
	if v.Change == 0 {
		return nil
	}
	ch, err := tx.Change(v.Change)
	if err == nil && ratification(ch, tx.Now) == review.Quarantined {
		err = gov.Errorf(gov.Denied, "QUARANTINED", "%s is quarantined: the glass was broken for change %s, and its quorum has not followed in time", v.Ref(), ch.ID)
	}
	return err
}

// A GlassInfo is an asking with what its row does not hold.
type GlassInfo struct {
	gov.GlassAsk
	PersonName, Reason, Ticket string
}

func describeGlass(tx *store.Tx, g *gov.Glass) (all []GlassInfo, err error) {
	if g == nil {
		return nil, nil
	}
	for _, a := range g.Asked {
		p, err := tx.Person(a.Person)
		reason, e1 := textOf(tx, a.Reason)
		ticket, e2 := textOf(tx, a.Ticket)
		if err := errors.Join(err, e1, e2); err != nil {
			return nil, err
		}
		all = append(all, GlassInfo{a, p.Name, reason, ticket})
	}
	return all, nil
}
