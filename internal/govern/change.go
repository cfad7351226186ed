package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

const changeCounter = "change" // the number of the newest change

// A ChangeInfo is a change with what its row does not hold.
type ChangeInfo struct {
	gov.Change
	Newest       RevisionInfo
	AuthorName   string
	BaseMoved    bool
	Ratification review.Ratification // "" unless the glass was broken
}

// A RevisionInfo is a revision with what its row does not hold.
type RevisionInfo struct {
	gov.Revision
	Message string // "" if there is none or it has been erased
	ByName  string
}

func noChange(id gov.ChangeID) error {
	return gov.Errorf(gov.NotFound, "NO_CHANGE", "no change %s", id)
}

// placeOf returns where a change belongs, which never changes. A caller who may
// not know of the place is told that there is no such change; see hide.
func (s *Service) placeOf(ctx context.Context, id gov.ChangeID) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		ch, err := tx.Change(id)
		at = gov.Place(ch.Dataset)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noChange(id)
	}
	return at, err
}

// hide keeps an error about a hidden dataset from telling its name.
func hide(id gov.ChangeID, err error) error {
	if gov.ReasonOf(err) != "NO_DATASET" {
		return err
	}
	if Refused(err) {
		return refusal{noChange(id)}
	}
	return noChange(id)
}

// seeChange is see at the place of a change.
func (s *Service) seeChange(ctx context.Context, c Call, do gov.Action, id gov.ChangeID, fn func(*store.Tx, gov.Change) error) error {
	at, err := s.placeOf(ctx, id)
	if err != nil {
		return err
	}
	return hide(id, s.see(ctx, c, do, at, func(tx *store.Tx) error {
		ch, err := tx.Change(id)
		if err != nil {
			return err
		}
		return fn(tx, ch)
	}))
}

// writeChange is write at the place of a change.
func writeChange[E event](ctx context.Context, s *Service, c Call, do gov.Action, id gov.ChangeID, args any, decide func(*store.Tx, gov.Change) (E, error)) (Done[E], error) {
	at, err := s.placeOf(ctx, id)
	if err != nil {
		return Done[E]{}, err
	}
	asked := struct {
		Change gov.ChangeID
		Args   any
	}{id, args}
	done, err := write(ctx, s, c, action{do: do, at: at, args: asked}, func(tx *store.Tx) (E, error) {
		ch, err := tx.Change(id)
		if err != nil {
			var none E
			return none, err
		}
		return decide(tx, ch)
	})
	return done, hide(id, err)
}

// ChangeWithdrawn: its author took a change back.
type ChangeWithdrawn struct {
	Change gov.ChangeID `json:"change"`
	Why    gov.Digest   `json:"why,omitzero"`
}

func (*ChangeWithdrawn) name() string { return "change.withdrawn" }

func (e *ChangeWithdrawn) apply(tx *store.Tx, _ origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	ch.State = gov.ChangeWithdrawn
	return tx.PutChange(ch)
}

// WithdrawChange takes a change back. Its author alone may, by whatever
// credential; others veto it.
func (s *Service) WithdrawChange(ctx context.Context, c Call, id gov.ChangeID, why string) (Done[*ChangeWithdrawn], error) {
	return writeChange(ctx, s, c, gov.ChangePropose, id, why, func(tx *store.Tx, ch gov.Change) (*ChangeWithdrawn, error) {
		if err := mustBe(ch, gov.ChangeOpen); err != nil {
			return nil, err
		}
		if err := s.mustBeAuthor(tx, c, ch); err != nil {
			return nil, err
		}
		digest, err := putText(tx, why)
		return &ChangeWithdrawn{id, digest}, err
	})
}

// ChangeReopened: a change that was withdrawn is open again. Its approvals are
// void, and its time goes on from when it was opened first.
type ChangeReopened struct {
	Change gov.ChangeID `json:"change"`
}

func (*ChangeReopened) name() string { return "change.reopened" }

func (e *ChangeReopened) apply(tx *store.Tx, o origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	ch.State, ch.Reopened = gov.ChangeOpen, o.index
	return tx.PutChange(ch)
}

// ReopenChange opens a withdrawn change again. Its author alone may.
func (s *Service) ReopenChange(ctx context.Context, c Call, id gov.ChangeID) (Done[*ChangeReopened], error) {
	return writeChange(ctx, s, c, gov.ChangePropose, id, nil, func(tx *store.Tx, ch gov.Change) (*ChangeReopened, error) {
		if err := mustBe(ch, gov.ChangeWithdrawn); err != nil {
			return nil, err
		}
		if err := s.mustBeAuthor(tx, c, ch); err != nil {
			return nil, err
		}
		return &ChangeReopened{id}, mustLive(tx, ch)
	})
}

func mustBe(ch gov.Change, state gov.ChangeState) error {
	if ch.State == state {
		return nil
	}
	return gov.Errorf(gov.Denied, review.NotOpen, "change %s is %s, not %s", ch.ID, ch.State, state)
}

func mustLive(tx *store.Tx, ch gov.Change) error {
	if tx.Now.Before(ch.Expires) {
		return nil
	}
	return gov.Errorf(gov.Denied, review.Expired, "change %s has expired: propose it anew", ch.ID)
}

// mustBeAuthor refuses all but the author of a change, the machines of theirs,
// and whoever owns the machine that is the author.
func (s *Service) mustBeAuthor(tx *store.Tx, c Call, ch gov.Change) error {
	people, err := s.peopleAt(tx, gov.Place(ch.Dataset), []gov.PersonID{c.Actor.Person, ch.Author})
	if err == nil && !people.Same(c.Actor.Person, ch.Author) {
		err = gov.Errorf(gov.Denied, "NOT_AUTHOR", "change %s is another's: who disagrees with it vetoes it", ch.ID)
	}
	return err
}

// putText lays free text beside the log and returns its digest, zero for none.
func putText(tx *store.Tx, text string) (gov.Digest, error) {
	if text == "" {
		return gov.Digest{}, nil
	}
	if len(text) > gov.MaxMessage {
		return gov.Digest{}, gov.Errorf(gov.Invalid, "BAD_MESSAGE", "a message has %d bytes at most", gov.MaxMessage)
	}
	t := newText(text)
	return t.Digest(), tx.PutText(t.Digest(), t)
}

// textOf returns a text, "" if there is none or it has been erased.
func textOf(tx *store.Tx, d gov.Digest) (string, error) {
	if d.IsZero() {
		return "", nil
	}
	t, err := tx.Text(d)
	if errors.Is(err, gov.NotFound) {
		err = nil
	}
	return t.Text, err
}

// describeChange adds what a change's row does not hold.
func (s *Service) describeChange(tx *store.Tx, ch gov.Change) (info ChangeInfo, err error) {
	info.Change = ch
	newest, err := tx.ChangeRevision(ch.ID, ch.Revision)
	if err != nil {
		return info, err
	}
	if info.Newest, err = describeRevision(tx, newest); err != nil {
		return info, err
	}
	author, err := tx.Person(ch.Author)
	if err != nil {
		return info, err
	}
	info.AuthorName = author.Name
	d, err := tx.Dataset(ch.Dataset)
	info.BaseMoved = ch.State == gov.ChangeOpen && newest.Base.Number != d.Versions
	info.Ratification = ratification(ch, tx.Now)
	return info, err
}

func describeRevision(tx *store.Tx, r gov.Revision) (info RevisionInfo, err error) {
	info.Revision = r
	if info.Message, err = textOf(tx, r.Why); err != nil {
		return info, err
	}
	p, err := tx.Person(r.By)
	info.ByName = p.Name
	return info, err
}
