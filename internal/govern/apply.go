package govern

import (
	"context"
	"errors"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/tree"
)

// ChangeApplied: a dataset has a new version, made by a change. Approvers are
// those whose approvals filled the factors.
type ChangeApplied struct {
	gov.Registration
	Change    gov.ChangeID   `json:"change"`
	Revision  gov.Digest     `json:"revision"`
	Rules     gov.Digest     `json:"rules"` // in force when it was applied
	Approvers []gov.PersonID `json:"approvers,omitempty"`
	Glass     bool           `json:"glass,omitempty"` // it was broken: the quorum is still to come
	Due       time.Time      `json:"due,omitzero"`    // by then
	Alarms    []Couple       `json:"alarms,omitempty"`
}

// A Couple is two persons who approve each other often and fast.
type Couple struct {
	A    gov.PersonID `json:"a"`
	B    gov.PersonID `json:"b"`
	AofB int          `json:"a_of_b"` // fast approvals by A of what B proposed
	BofA int          `json:"b_of_a"`
}

func (*ChangeApplied) name() string { return "change.applied" }

func (e *ChangeApplied) apply(tx *store.Tx, o origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	ch.State, ch.Result = gov.ChangeApplied, e.Number
	if e.Glass {
		ch.Glass.Applied, ch.Glass.Due = o.time, e.Due
	}
	return errors.Join(tx.PutChange(ch), putVersion(tx, e.Registration, e.Change, o))
}

// ApplyChange is a request to apply a change.
type ApplyChange struct {
	Change   gov.ChangeID
	Expected gov.Digest // of the revision, if it must be that one
}

// Applied is what became of it.
type Applied struct {
	VersionInfo
	Index uint64 // the log entry
	Glass bool   // it was broken
	Due   time.Time
}

// ApplyChange makes the version that a change describes, if all that the rules
// ask for is there. Nobody is exempt. The stored edits are built again: what was
// approved is what is applied.
func (s *Service) ApplyChange(ctx context.Context, c Call, in ApplyChange) (a Applied, err error) {
	var r gov.Revision
	var d *draft
	err = s.seeChange(ctx, c, gov.ChangeApply, in.Change, func(tx *store.Tx, ch gov.Change) error {
		if r, err = tx.ChangeRevision(ch.ID, ch.Revision); err != nil {
			return err
		}
		base, err := tx.Version(ch.Dataset, r.Base.Number)
		if err != nil {
			return err
		}
		d, err = newDraft(tx, base, 0)
		return err
	})
	if err != nil {
		return a, err
	}
	imp, err := s.store.NewImport(ctx)
	if err != nil {
		return a, err
	}
	defer imp.Close()
	made, err := s.applied(ctx, d, &r, imp)
	if err != nil {
		return a, err
	}
	done, err := writeChange(ctx, s, c, gov.ChangeApply, in.Change, in, func(tx *store.Tx, ch gov.Change) (*ChangeApplied, error) {
		ev, err := s.decideApply(tx, c, ch, in, &r)
		if err != nil {
			return nil, err
		}
		ev.Registration = made
		return ev, imp.Commit(tx)
	})
	if err != nil {
		return a, err
	}
	a = Applied{Index: done.Index, Glass: done.Event.Glass, Due: done.Event.Due}
	a.VersionInfo, err = s.registered(ctx, done.Event.Registration)
	return a, err
}

// applied builds the version of a revision's edits on its base.
func (s *Service) applied(ctx context.Context, d *draft, r *gov.Revision, imp *store.Import) (made gov.Registration, err error) {
	from := imported{imp, s.cache}
	if err := d.checkEdits(ctx, from, r); err != nil {
		return made, err
	}
	root, err := tree.Mutate(d.params, from, imp, d.base.Tree, d.relabelled(from, storedEdits(from, r.Edits, nil, nil)))
	if err != nil {
		return made, err
	}
	made = gov.Registration{
		Dataset: d.base.Dataset, Number: d.base.Number + 1, Tree: root, Parents: []gov.Digest{d.base.Digest},
		Counts:  gov.Counts{Changed: r.Touched, Unchanged: root.Records - r.Touched},
		Message: r.Why,
	}
	made.Digest = made.ComputeDigest()
	return made, nil
}

// decideApply holds the rules against the state. The revision must be the one
// that was built, since another may have come meanwhile.
func (s *Service) decideApply(tx *store.Tx, c Call, ch gov.Change, in ApplyChange, r *gov.Revision) (*ChangeApplied, error) {
	// What was applied by breaking the glass can be ready too, to be ratified.
	if err := mustBe(ch, gov.ChangeOpen); err != nil {
		return nil, err
	}
	k, err := s.caseOf(tx, ch, c.Actor.Person)
	if err != nil {
		return nil, err
	}
	newest := k.Revisions[len(k.Revisions)-1]
	if newest.Digest != r.Digest || !in.Expected.IsZero() && in.Expected != r.Digest {
		return nil, gov.Errorf(gov.Denied, review.StaleDigest, "revision %d is the newest of change %s, and is not the one you mean", newest.Number, ch.ID)
	}
	ev := &ChangeApplied{Change: ch.ID, Revision: r.Digest, Rules: k.Current.Digest()}
	v, err := review.MayApply(k, c.Actor.Person)
	if errors.Is(err, gov.Denied) && k.Glass != nil && !v.Ready {
		if broken := review.MayApplyBroken(k, c.Actor.Person); broken == nil {
			ev.Glass, ev.Due, err = true, tx.Now.Add(review.RatifyWithin(k)), nil
		}
	}
	if err != nil {
		return nil, err
	}
	ev.Approvers = v.Approvers()
	ev.Alarms, err = s.alarms(tx, k, ev.Approvers)
	return ev, err
}

// alarms returns the couples among author and approvers who approve each other
// suspiciously often and fast, this change included.
func (s *Service) alarms(tx *store.Tx, k *review.Case, approvers []gov.PersonID) (all []Couple, err error) {
	if k.Current.Alarm.Times == 0 || len(approvers) == 0 {
		return nil, nil // nobody to look for in the past
	}
	past, err := fastPast(tx, k, approvers)
	if err != nil {
		return nil, err
	}
	for _, couple := range review.Mutual(k.Current, past) {
		all = append(all, Couple{couple.A, couple.B, couple.AofB, couple.BofA})
	}
	return all, nil
}

// maxPast is how many of a dataset's changes, the newest first, are looked at
// for what people made of each other's.
const maxPast = 200

// fastPast returns the approvals of the dataset's newest changes that were
// applied, and of this one, between its author and its approvers.
func fastPast(tx *store.Tx, k *review.Case, approvers []gov.PersonID) (past []review.Approval, err error) {
	author := k.Change.Author
	between := func(a, b gov.PersonID) bool {
		return a == author && slices.Contains(approvers, b) || b == author && slices.Contains(approvers, a)
	}
	n := 0
	for ch, err := range tx.ChangesOf(k.Change.Dataset, 0) {
		if err != nil || n == maxPast {
			return past, err
		}
		n++
		if ch.State != gov.ChangeApplied && ch.ID != k.Change.ID {
			continue
		}
		last := map[gov.PersonID]gov.Vote{} // one of each reviewer, however often they approved
		for v, err := range tx.Votes(ch.ID) {
			if err != nil {
				return nil, err
			}
			if v.Kind == gov.Approve && between(ch.Author, v.Person) {
				last[v.Person] = v
			}
		}
		for who, v := range last {
			past = append(past, review.Approval{Author: ch.Author, Reviewer: who, Took: time.Duration(v.Looked.Seconds) * time.Second})
		}
	}
	return past, nil
}
