package govern

import (
	"context"
	"fmt"

	"govd/internal/gov"
	"govd/internal/policy"
	"govd/internal/store"
)

// A Policy is the policy of a place: its grants, the server's included.
type Policy struct {
	Revision uint64
	Grants   []gov.Grant
}

// Policy returns the policy of a place.
func (s *Service) Policy(ctx context.Context, c Call, at gov.Place) (p Policy, err error) {
	err = s.see(ctx, c, gov.PolicyRead, at, func(tx *store.Tx) error {
		rev := revisions(tx, at)
		p.Revision = max(rev.Server, rev.Project)
		all, err := grantsIn(tx)(at.Project())
		for _, g := range all {
			if g.Place.Holds(at) || at.Holds(g.Place) {
				p.Grants = append(p.Grants, g)
			}
		}
		return err
	})
	return p, err
}

// An Access is the answer to whether a person may do an action in a place.
type Access struct {
	Revision uint64
	policy.Explanation
}

// CheckAccess answers whether a person may do an action in a place, and why.
// Everyone may ask about themselves.
func (s *Service) CheckAccess(ctx context.Context, c Call, nameOrID string, do gov.Action, at gov.Place) (a Access, err error) {
	err = s.ask(ctx, c, nameOrID, at, func(who gov.Person, snap *policy.Snapshot, rev uint64) (err error) {
		a.Revision = rev
		a.Explanation, err = snap.Explain(policy.Query{Who: who.ID, Do: do, At: at})
		if who.Disabled {
			a.Allowed, a.Words = false, []string{fmt.Sprintf("%s is disabled, and may do nothing", who.Name)}
		}
		return err
	})
	return a, err
}

// WhatCan lists the actions that a person may do in a place.
func (s *Service) WhatCan(ctx context.Context, c Call, nameOrID string, at gov.Place) (acts []gov.Action, rev uint64, err error) {
	err = s.ask(ctx, c, nameOrID, at, func(who gov.Person, snap *policy.Snapshot, r uint64) (err error) {
		rev = r
		if !who.Disabled {
			acts, err = snap.WhatCan(who.ID, at, 0)
		}
		return err
	})
	return acts, rev, err
}

// WhoCan lists the people who may do an action in a place.
func (s *Service) WhoCan(ctx context.Context, c Call, do gov.Action, at gov.Place) (who []gov.Person, rev uint64, err error) {
	err = s.see(ctx, c, gov.PolicyRead, at, func(tx *store.Tx) error {
		snap, r, err := s.snapshot(tx, at)
		if err != nil {
			return err
		}
		rev = r
		ids, err := snap.WhoCan(do, at, 0)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if p, err := tx.Person(id); err != nil {
				return err
			} else if !p.Disabled {
				who = append(who, p)
			}
		}
		return nil
	})
	return who, rev, err
}

// ask answers a question about a person: anyone's own, others' for those who
// may read the policy.
func (s *Service) ask(ctx context.Context, c Call, nameOrID string, at gov.Place, fn func(gov.Person, *policy.Snapshot, uint64) error) error {
	answer := func(tx *store.Tx, who gov.Person) error {
		snap, rev, err := s.snapshot(tx, at)
		if err != nil {
			return err
		}
		return fn(who, snap, rev)
	}
	mine := false
	err := s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		p, err := tx.Person(c.Actor.Person)
		if err != nil {
			return err
		}
		if mine = nameOrID == "" || nameOrID == p.Name || nameOrID == string(p.ID); mine {
			return answer(tx, p)
		}
		return nil
	})
	if err != nil || mine {
		return err
	}
	return s.see(ctx, c, gov.PolicyRead, at, func(tx *store.Tx) error {
		p, err := findPerson(tx, nameOrID)
		if err != nil {
			return err
		}
		return answer(tx, p)
	})
}

func (s *Service) snapshot(tx *store.Tx, at gov.Place) (*policy.Snapshot, uint64, error) {
	rev := revisions(tx, at)
	snap, err := s.policy.Snapshot(rev, at.Project(), grantsIn(tx))
	return snap, max(rev.Server, rev.Project), err
}
