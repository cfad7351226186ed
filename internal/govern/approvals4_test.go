package govern_test

import (
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// A change belongs to one dataset; the rules of every place that holds it must
// all be met, and votes on another dataset's change are of no use.
func TestR14EveryPlaceMustBeContent(t *testing.T) {
	s := newCalm(t)
	s.Dataset("signs/other")
	s.Register(s.ann, "signs/other", govtest.Record("a", "fist"), govtest.Record("b", "palm"))
	in := govern.Propose{Ref: gov.Ref{Dataset: "signs/other"}, Proposal: govern.Proposal{Stage: 2}}
	other, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(gov.LabelEdit{Key: "a", Label: "x", To: "palm"}))
	s.must(err)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, other, gov.Approve))
	s.blocked(p, review.Quorum)
	s.rule(gov.Place(digits), func(r *review.Rules) {
		r.Stages = map[gov.Stage]review.StageRules{2: {Factors: []review.Factor{{Role: gov.Steward, Need: 2}}}}
	})
	q := s.revise(s.ann, p, govern.Proposal{}, one(1))
	s.must(s.vote(s.bob, q, gov.Approve))
	s.blocked(q, review.Quorum) // enough for the server, not for the dataset
	s.must(s.vote(s.cid, q, gov.Approve))
	s.applied(q)
}

// There are no groups that somebody could be let into: a role is a person's.
func TestR17RolesArePersons(t *testing.T) {
	s := newCalm(t)
	for _, name := range []string{"group:stewards", "everyone/all", "*"} {
		_, err := s.Service.GrantRole(ctx, s.Admin().Call(), govern.Role{Person: name, Role: gov.Steward, Place: "signs"})
		s.refused(err, "BAD_NAME")
	}
}

// Nothing but an approval approves.
func TestR24NothingElseApproves(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.bob, one(0))
	s.must(s.vote(s.cid, p, gov.Comment))
	p = s.revise(s.bob, p, govern.Proposal{}, one(1))
	_, err := s.Service.StatChange(ctx, s.cid.Call(), p.Change.ID, 0)
	s.must(err)
	if s.have(p) != 0 {
		t.Errorf("%d approvals of a change that nobody approved", s.have(p))
	}
	s.blocked(p, review.Quorum)
}

// A deputy votes for themselves, and on whose behalf something is proposed has a
// hand in it.
func TestR34NobodyVotesForAnother(t *testing.T) {
	s := newCalm(t)
	in := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Stage: 2, For: "cid"}}
	p, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(one(0)))
	s.must(err)
	s.refused(s.vote(s.cid, p, gov.Approve), review.Contributor)
	s.must(s.vote(s.bob, p, gov.Approve))
	s.must(s.vote(s.bob, p, gov.Approve))
	if s.have(p) != 1 {
		t.Errorf("bob counts %d times", s.have(p))
	}
}

// A training job changes no labels: it applies nothing, and its word counts for
// nothing. That it ends its own run alone is TestRunsBelongToWhoStartedThem's.
func TestR35JobsChangeNoLabels(t *testing.T) {
	s := newCalm(t)
	job := s.Machine("job", s.bob, gov.Trainer, "signs")
	p := s.propose(s.ann, one(0))
	s.must(s.vote(job, p, gov.Approve))
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	_, err := s.apply(job, p)
	s.refused(err, "DENIED")
	s.applied(p)
}

// What explain says is what apply does, at each step.
func TestR36ExplainIsApply(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.cid, p, gov.Veto))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.blocked(p, review.Vetoed)
	s.must(s.vote(s.cid, p, gov.Lift))
	p = s.revise(s.ann, p, govern.Proposal{}, one(1))
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	if v := s.verdict(p); !v.Ready {
		t.Fatalf("it is not ready: %+v", v.Reasons)
	}
	s.applied(p)
}
