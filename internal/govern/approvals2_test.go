package govern_test

import (
	"slices"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// The rules of approval that are about people, time and rules.

// setRules proposes rules of a place that differ from those that govd comes with,
// or from none for a narrower place.
func (s *signs) setRules(at gov.Place, change func(*review.Rules)) (govern.RuleRef, error) {
	rules := &review.Rules{}
	if at == gov.Server {
		rules = review.Default()
	}
	change(rules)
	done, err := s.Service.SetRules(ctx, s.Admin().Call(), govern.SetRules{Place: at, Document: rules.Document()})
	if err != nil {
		return govern.RuleRef{}, err
	}
	return govern.RuleRef{Place: at, Number: done.Event.Number, Expected: done.Event.Document}, nil
}

// rule puts rules into force.
func (s *signs) rule(at gov.Place, change func(*review.Rules)) {
	s.t.Helper()
	ref, err := s.setRules(at, change)
	s.must(err)
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), ref)
	s.must(err)
	s.Clock.Turn(time.Hour)
}

func need(stewards uint8) func(*review.Rules) {
	return func(r *review.Rules) {
		r.Stages[2] = review.StageRules{Factors: []review.Factor{{Role: gov.Steward, Need: stewards}}}
	}
}

func TestR12OnePersonFillsOnePlace(t *testing.T) {
	s := newCalm(t)
	s.rule(gov.Server, func(r *review.Rules) {
		r.Stages[2] = review.StageRules{Factors: []review.Factor{{Role: gov.Steward, Need: 1}, {Role: gov.Trainer, Need: 1}}}
	})
	s.Grant(s.bob, gov.Trainer, "signs")
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	if s.have(p) != 1 {
		t.Error("bob fills two places")
	}
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.cid, p, gov.Approve)) // and bob moves over
	s.applied(p)
}

// R13: the rules of the dataset are the strictest of three, and narrower places
// can only tighten.
func TestR13NarrowerPlacesOnlyTighten(t *testing.T) {
	s := newCalm(t)
	s.rule(gov.Server, need(2))
	for _, at := range []gov.Place{"signs", gov.Place(digits)} {
		_, err := s.setRules(at, func(r *review.Rules) { r.Stages = map[gov.Stage]review.StageRules{}; need(1)(r) })
		s.refused(err, "LOOSENS")
	}
	s.rule("signs", func(r *review.Rules) {
		r.Classes = []review.Class{{Name: "soft", Labels: []string{"palm"}, Factors: []review.Factor{{Role: gov.Trainer, Need: 1}}}}
	})
	_, err := s.Service.SetRules(ctx, s.Admin().Call(), govern.SetRules{Place: gov.Server, Document: []byte(`{}`)})
	s.refused(err, "BAD_RULES")
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.must(s.vote(s.cid, p, gov.Approve))
	s.blocked(p, review.Quorum) // the trainer is missing
	fay := s.Person("fay", gov.Trainer, gov.Place(digits))
	s.Clock.Turn(7 * 24 * time.Hour)
	s.must(s.vote(fay, p, gov.Approve))
	s.applied(p)
}

func TestR15EligibilityIsAskedWhenApplying(t *testing.T) {
	s := newCalm(t)
	p, q := s.propose(s.ann, one(0)), s.propose(s.ann, one(1))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.must(s.vote(s.cid, q, gov.Approve))
	s.Revoke(s.bob, gov.Steward, "signs")
	s.void(p, s.bob, review.NoRead)
	_, err := s.apply(s.ann, p)
	s.refused(err, review.Quorum)
	s.refused(s.vote(s.bob, q, gov.Approve), "NO_CHANGE") // he may not know of it
	s.Grant(s.bob, gov.Steward, "signs")
	if !s.verdict(p).Ready {
		t.Error("bob holds the role again")
	}
	_, err = s.Service.DisablePerson(ctx, s.Admin().Call(), "cid")
	s.must(err)
	s.void(q, s.cid, review.Disabled)
	s.blocked(q, review.Quorum)
}

func TestR16AContributorsGrantDoesNotCount(t *testing.T) {
	s := newCalm(t)
	s.Grant(s.ann, gov.Admin, "signs")
	joe := s.Person("joe", "", "")
	s.Clock.Turn(8 * 24 * time.Hour)
	p := s.propose(s.ann, one(0))
	_, err := s.Service.GrantRole(ctx, s.ann.Call(), govern.Role{Person: "joe", Role: gov.Steward, Place: "signs"})
	s.must(err)
	s.refused(s.vote(joe, p, gov.Approve), review.GrantedByWorker)
	s.blocked(p, review.Quorum)
	q := s.propose(s.bob, one(1))
	s.must(s.vote(joe, q, gov.Approve)) // ann has no hand in that one
	_, err = s.Service.GrantRole(ctx, s.ann.Call(), govern.Role{Person: string(s.ann.ID), Role: gov.Trainer, Place: "signs"})
	s.refused(err, "SELF_GRANT")
}

func TestR18BothRulesHold(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.rule(gov.Server, need(2))
	s.blocked(p, review.Quorum) // tightened since
	v, rules, err := s.Service.ExplainChange(ctx, s.ann.Call(), p.Change.ID)
	s.must(err)
	if len(rules) != 2 || v.Factors[0].Under != "pinned" || v.Factors[len(v.Factors)-1].Under != "current" {
		t.Errorf("explain does not tell the two apart: %+v", v.Factors)
	}
	s.must(s.vote(s.cid, p, gov.Approve))
	s.applied(p)
	q := s.propose(s.ann, one(1))
	s.must(s.vote(s.bob, q, gov.Approve))
	s.rule(gov.Server, need(1))
	s.blocked(q, review.Quorum) // loosened since
	q = s.revise(s.ann, q, govern.Proposal{}, one(1))
	s.must(s.vote(s.bob, q, gov.Approve))
	s.applied(q)
}

func TestR19RulesNeedFourEyesAndTime(t *testing.T) {
	s := newCalm(t)
	ref, err := s.setRules(gov.Server, need(2))
	s.must(err)
	s.neededNow(1) // one admin alone changes nothing
	s.Clock.Turn(2 * time.Hour)
	s.neededNow(1)
	for by, why := range map[*govtest.Actor]gov.Reason{s.Admin(): review.SelfApproval, s.bob: "DENIED"} {
		_, err = s.Service.ConsentToRules(ctx, by.Call(), ref)
		s.refused(err, why)
	}
	young := s.Person("young", gov.Admin, gov.Server)
	_, err = s.Service.ConsentToRules(ctx, young.Call(), ref)
	s.refused(err, review.TooNew)
	bot := s.Machine("bot", s.eve, gov.Admin, gov.Server)
	_, err = s.Service.ConsentToRules(ctx, bot.Call(), ref)
	s.refused(err, review.IsMachine)
	stale := ref
	stale.Expected = gov.Digest{1}
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), stale)
	s.refused(err, review.StaleDigest)
	done, err := s.Service.ConsentToRules(ctx, s.eve.Call(), ref)
	s.must(err)
	if want := s.Clock.Now().Add(time.Hour); !done.Event.Effective.Equal(want) {
		t.Errorf("in force at %v, want %v", done.Event.Effective, want)
	}
	s.neededNow(1)
	s.Clock.Turn(time.Hour - time.Second)
	s.neededNow(1)
	s.Clock.Turn(time.Second)
	s.neededNow(2)
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), ref)
	s.refused(err, "RULES_IN_FORCE")
	_, err = s.Service.WithdrawRules(ctx, s.eve.Call(), ref)
	s.refused(err, "RULES_IN_FORCE")
}

// neededNow holds how many stewards a change to stage 2 needs.
func (s *signs) neededNow(n int) {
	s.t.Helper()
	r, err := s.Service.Rules(ctx, s.ann.Call(), gov.Place(digits))
	s.must(err)
	if got := r.All.Stages[2].Factors[0].Need; int(got) != n {
		s.t.Errorf("%d stewards are needed, want %d", got, n)
	}
}

// Whoever switches rules off to apply a change and on again finds that the change
// still needs what it needed when it was made.
func TestR19OffApplyOnIsImpossible(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	off, err := s.setRules(gov.Server, func(r *review.Rules) { r.Stages[2] = review.StageRules{} })
	s.must(err)
	s.blocked(p, review.Quorum)
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), off)
	s.must(err)
	s.blocked(p, review.Quorum) // in the delay
	_, err = s.Service.WithdrawRules(ctx, s.eve.Call(), off)
	s.must(err)
	s.Clock.Turn(2 * time.Hour)
	s.neededNow(1) // one admin who wakes up in time is enough
	s.rule(gov.Server, func(r *review.Rules) { r.Stages[2] = review.StageRules{} })
	s.blocked(p, review.Quorum) // they hold now, and the change is older
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), off)
	s.refused(err, "RULES_WITHDRAWN")
}

// R20: a change says nothing of rules, and rules that are not there are nobody's.
func TestR20ForeignRulesAreNotFound(t *testing.T) {
	s := newCalm(t)
	for _, ref := range []govern.RuleRef{{Place: gov.Server, Number: 1}, {Place: "signs", Number: 0}, {Place: gov.Place(digits), Number: 9}} {
		_, err := s.Service.ConsentToRules(ctx, s.eve.Call(), ref)
		wantErr(t, "rules that are not there", err, gov.NotFound, gov.ReasonOf(err))
	}
	a, b := s.propose(s.ann, one(0)), s.propose(s.ann, one(1))
	if a.Change.Newest.Rules != b.Change.Newest.Rules || a.Change.Newest.Rules != review.Default().Digest() {
		t.Error("a change is under other rules than those in force")
	}
}

func TestR21AVetoIsLifted(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.must(s.vote(s.bob, p, gov.Veto))
	s.refused(s.vote(s.bob, p, gov.Approve), review.Vetoed)
	s.must(s.vote(s.bob, p, gov.Lift))
	s.blocked(p, review.Quorum) // which revives nothing
	s.must(s.vote(s.bob, p, gov.Veto))
	dot := s.Person("dot", gov.Steward, "signs")
	s.Clock.Turn(8 * 24 * time.Hour)
	lift := ballot(p, gov.Lift)
	lift.Of, lift.Message = "bob", ""
	_, err := s.Service.Vote(ctx, s.cid.Call(), lift)
	s.refused(err, "NO_REASON")
	lift.Message = "he is away, and wrong"
	for _, by := range []*govtest.Actor{s.cid, dot} {
		s.blocked(p, review.Vetoed)
		_, err = s.Service.Vote(ctx, by.Call(), lift)
		s.must(err)
	}
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.cid, p, gov.Approve))
	s.applied(p)
}

// R22: what was said stays said.
func TestR22HistoryShowsAll(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	said := []gov.VoteKind{gov.Approve, gov.Veto, gov.Lift, gov.Comment, gov.Approve}
	for _, kind := range said {
		s.must(s.vote(s.bob, p, kind))
	}
	whole, err := s.Service.Change(ctx, s.ann.Call(), p.Change.ID)
	s.must(err)
	var got []gov.VoteKind
	for i, v := range whole.Votes {
		got = append(got, v.Kind)
		if v.PersonName != "bob" || v.Message != "because" || i > 0 && v.Entry <= whole.Votes[i-1].Entry {
			t.Errorf("vote %+v", v)
		}
	}
	if !slices.Equal(got, said) {
		t.Errorf("history %v, want %v", got, said)
	}
}

func TestR23ApprovalsAndChangesExpire(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	if want := s.Clock.Now().Add(30 * 24 * time.Hour); !p.Change.Expires.Equal(want) {
		t.Errorf("expires at %v, want %v", p.Change.Expires, want)
	}
	s.must(s.vote(s.bob, p, gov.Approve))
	s.Clock.Turn(14*24*time.Hour - time.Second)
	if !s.verdict(p).Ready {
		t.Error("it has not expired yet")
	}
	s.Clock.Turn(time.Second)
	s.void(p, s.bob, review.Expired)
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	s.Clock.Turn(10 * 24 * time.Hour)
	if !s.verdict(p).Ready {
		t.Error("it was approved anew")
	}
	s.Clock.Turn(6 * 24 * time.Hour)
	s.blocked(p, review.Expired)
	s.refused(s.vote(s.cid, p, gov.Approve), review.Expired)
	_, err := s.Service.ReviseChange(ctx, s.ann.Call(), govern.Revise{Change: p.Change.ID}, edits(one(1)))
	s.refused(err, review.Expired)
	_, err = s.Service.WithdrawChange(ctx, s.ann.Call(), p.Change.ID, "")
	s.must(err)
	_, err = s.Service.ReopenChange(ctx, s.ann.Call(), p.Change.ID)
	s.refused(err, review.Expired)
}

// R23: where the machine's clock goes back, the server's time stands still.
func TestR23TimeNeverGoesBack(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.Clock.Turn(14 * 24 * time.Hour)
	s.blocked(p, review.Quorum)
	last := s.Entry(s.LogSize() - 1).Time
	s.Clock.Turn(-time.Hour)
	s.blocked(p, review.Quorum)
	if e := s.Entry(s.LogSize() - 1); e.Time.Before(last) {
		t.Errorf("an entry of %v follows one of %v", e.Time, last)
	}
}
