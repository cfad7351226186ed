package govern_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// The rules of approval, R1 to R40, where the server must ask for them. What each
// means in every case is for the tests of package review to say.

// newCalm is newSigns where half of 200 labels are fists and half palms, so that
// to change one takes the approval of one steward.
func newCalm(t *testing.T) *signs {
	t.Helper()
	var records []*gov.Record
	for i := range 200 {
		records = append(records, govtest.Record(calmKey(i), []string{"fist", "palm"}[i%2]))
	}
	return newSigns(t, records...)
}

func calmKey(i int) string { return fmt.Sprintf("%04d.png", i) }

// one is an edit that fits the nth fist.
func one(n int) gov.LabelEdit { return rename(calmKey(2*n), "fist", "palm") }

func (s *signs) apply(by *govtest.Actor, p govern.Proposed) (govern.Applied, error) {
	return s.Service.ApplyChange(ctx, by.Call(), govern.ApplyChange{Change: p.Change.ID})
}

// blocked holds that a change cannot be applied, and that explain says why.
func (s *signs) blocked(p govern.Proposed, reason gov.Reason) {
	s.t.Helper()
	v := s.verdict(p)
	if v.Ready || len(v.Reasons) == 0 || v.Reasons[0].Reason != reason {
		s.t.Errorf("explain says %+v, want %s", v.Reasons, reason)
	}
	before := s.Newest(s.ann, digits)
	_, err := s.apply(s.bob, p)
	if s.refused(err, reason); s.Newest(s.ann, digits) != before {
		s.t.Error("it was applied")
	}
}

func (s *signs) verdict(p govern.Proposed) review.Verdict {
	s.t.Helper()
	v, _, err := s.Service.ExplainChange(ctx, s.ann.Call(), p.Change.ID)
	s.must(err)
	return v
}

// void holds that the approval of somebody counts for nothing, and why.
func (s *signs) void(p govern.Proposed, who *govtest.Actor, reason gov.Reason) {
	s.t.Helper()
	if v := s.verdict(p); !slices.Contains(v.Void, review.Excluded{Person: who.ID, Reason: reason}) {
		s.t.Errorf("void %+v, want %s of %s", v.Void, reason, who.Name)
	}
}

func (s *signs) applied(p govern.Proposed) {
	s.t.Helper()
	_, err := s.apply(s.ann, p)
	s.must(err)
}

func (s *signs) revise(by *govtest.Actor, p govern.Proposed, what govern.Proposal, all ...gov.LabelEdit) govern.Proposed {
	s.t.Helper()
	q, err := s.Service.ReviseChange(ctx, by.Call(), govern.Revise{Change: p.Change.ID, Proposal: what}, edits(all...))
	s.must(err)
	return q
}

func (s *signs) have(p govern.Proposed) (n int) {
	for _, f := range s.verdict(p).Factors {
		n += f.Have
	}
	return n
}

func TestR1ProposerCannotApprove(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.bob, one(0))
	s.refused(s.vote(s.bob, p, gov.Approve), review.SelfApproval)
	if s.have(p) != 0 {
		t.Error("it counts")
	}
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.cid, p, gov.Approve))
	s.applied(p)
}

func TestR2NoContributorOfAnyRevisionApproves(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.revise(s.bob, p, govern.Proposal{}, one(1))
	p = s.revise(s.ann, p, govern.Proposal{}, one(2))
	s.refused(s.vote(s.bob, p, gov.Approve), review.Contributor)
	s.must(s.vote(s.cid, p, gov.Approve))
	s.applied(p)
}

func TestR3TheLastToReviseCannotApprove(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	p = s.revise(s.bob, p, govern.Proposal{}, one(0))
	s.refused(s.vote(s.bob, p, gov.Approve), review.Contributor)
	s.blocked(p, review.Quorum)
}

// R2 and R24: who brings evidence has worked on the change, and has not approved.
func TestR2WhoBringsEvidenceCannotApprove(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	_, err := s.Service.ImportVotes(ctx, s.bob.Call(), p.Change.ID, p.Change.Newest.Digest, outside(govern.OutsideVote{Item: calmKey(0), Reviewer: "crowd", Vote: "palm"}))
	s.must(err)
	s.void(p, s.bob, review.Contributor)
	s.blocked(p, review.Quorum)
}

// Whatever proves who somebody is, and whatever machine does it for them, they
// are one person.
func TestR4OnePersonIsOnePerson(t *testing.T) {
	s := newCalm(t)
	bot := s.Machine("bobs-bot", s.bob, gov.Steward, "signs")
	nested := s.Machine("bots-bot", bot, gov.Steward, "signs")
	s.Clock.Turn(8 * 24 * time.Hour)
	for name, by := range map[string]*govtest.Actor{"bot": bot, "bot of the bot": nested, "another token": s.Login(s.bob)} {
		p := s.propose(by, one(0))
		if err := s.vote(s.bob, p, gov.Approve); gov.ReasonOf(err) != review.SelfApproval {
			t.Errorf("%s proposes, bob approves: %v", name, err)
		}
		if s.have(p) != 0 {
			t.Errorf("%s proposes, bob's approval counts", name)
		}
	}
	p := s.propose(s.bob, one(1))
	s.refused(s.vote(s.Login(s.bob), p, gov.Approve), review.SelfApproval)
	linked, err := s.Service.LinkPerson(ctx, s.Admin().Call(), govern.LinkPerson{Person: "bob", Kind: gov.LocalUser, Subject: "1000"})
	s.must(err)
	other := *s.bob
	other.Token.ID = linked.Event.ID
	s.refused(s.vote(&other, p, gov.Approve), review.SelfApproval)
	for _, machine := range []*govtest.Actor{bot, nested} {
		s.must(s.vote(machine, p, gov.Approve))
	}
	if s.have(p) != 0 {
		t.Error("a machine's approval counts")
	}
	in := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Stage: 2, For: "bob"}}
	p, err = s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(one(2)))
	s.must(err)
	s.refused(s.vote(s.bob, p, gov.Approve), review.Contributor)
}

// A machine may say what it thinks; it is kept, and counts for nothing.
func TestR5MachinesAdvise(t *testing.T) {
	s := newCalm(t)
	bot := s.Machine("bot", s.eve, gov.Steward, "signs")
	s.Clock.Turn(8 * 24 * time.Hour)
	p := s.propose(s.ann, one(0))
	cast, err := s.Service.Vote(ctx, bot.Call(), ballot(p, gov.Approve))
	s.must(err)
	if cast.Kind != gov.Advisory || cast.Verdict.Ready || s.have(p) != 0 {
		t.Errorf("a machine approves: %+v", cast)
	}
	s.blocked(p, review.Quorum)
	s.refused(s.vote(bot, p, gov.Veto), review.IsMachine)
}

func TestR6AVoteIsForOneDigest(t *testing.T) {
	s := newCalm(t)
	old := s.propose(s.ann, one(0))
	p := s.revise(s.ann, old, govern.Proposal{}, one(1))
	for _, kind := range []gov.VoteKind{gov.Approve, gov.Veto} {
		s.refused(s.vote(s.bob, old, kind), review.StaleDigest)
	}
	whole, err := s.Service.Change(ctx, s.ann.Call(), p.Change.ID)
	if s.must(err); len(whole.Votes) != 0 {
		t.Errorf("votes %+v", whole.Votes)
	}
	_, err = s.Service.Vote(ctx, s.bob.Call(), govern.Ballot{Change: p.Change.ID, Kind: gov.Approve})
	s.refused(err, "NO_DIGEST")
	_, err = s.Service.ApplyChange(ctx, s.bob.Call(), govern.ApplyChange{Change: p.Change.ID, Expected: old.Change.Newest.Digest})
	s.refused(err, review.StaleDigest)
	_, err = s.Service.ReviseChange(ctx, s.bob.Call(), govern.Revise{Change: p.Change.ID, Expected: old.Change.Newest.Digest}, edits(one(2)))
	s.refused(err, review.StaleDigest)
}

func TestR7ARevisionVoidsApprovalsAndNoVeto(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.must(s.vote(s.cid, p, gov.Veto))
	s.blocked(p, review.Vetoed)
	p = s.revise(s.ann, p, govern.Proposal{}, one(1))
	s.void(p, s.bob, review.StaleDigest)
	s.blocked(p, review.Vetoed)
	s.must(s.vote(s.cid, p, gov.Lift))
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	s.applied(p)
}

// Nothing about a revision is too small to ask for its approval anew.
func TestR8EveryRevisionNeedsApprovalAnew(t *testing.T) {
	for name, revise := range map[string]func(*signs, govern.Proposed){
		"edits":       func(s *signs, p govern.Proposed) { s.revise(s.ann, p, govern.Proposal{}, one(1)) },
		"nothing":     func(s *signs, p govern.Proposed) { s.revise(s.ann, p, govern.Proposal{}, one(0)) },
		"the message": func(s *signs, p govern.Proposed) { s.revise(s.ann, p, govern.Proposal{Message: "x"}, one(0)) },
		"the stage":   func(s *signs, p govern.Proposed) { s.revise(s.ann, p, govern.Proposal{Stage: 3}, one(0)) },
		"evidence": func(s *signs, p govern.Proposed) {
			s.revise(s.ann, p, govern.Proposal{Evidence: []gov.Digest{{9}}}, one(0))
		},
		"a rebase": func(s *signs, p govern.Proposed) {
			s.Edit(s.ann, digits, govern.Edit{Put: govtest.Record(calmKey(7), "fist")})
			r, err := s.Service.RebaseChange(ctx, s.ann.Call(), govern.Rebase{Change: p.Change.ID})
			if s.must(err); r.NoChange || r.Conflict != 0 {
				s.t.Errorf("rebased: %+v", r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newCalm(t)
			p := s.propose(s.ann, one(0))
			s.must(s.vote(s.bob, p, gov.Approve))
			if !s.verdict(p).Ready {
				t.Fatal("not ready")
			}
			revise(s, p)
			s.void(p, s.bob, review.StaleDigest)
			s.blocked(p, review.Quorum)
		})
	}
}

func TestR9AMovedBaseNeedsARebaseAndApproval(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	s.Edit(s.ann, digits, govern.Edit{Put: govtest.Record(calmKey(7), "fist")})
	s.blocked(p, review.BaseMoved)
	r, err := s.Service.RebaseChange(ctx, s.ann.Call(), govern.Rebase{Change: p.Change.ID})
	s.must(err)
	s.blocked(r.Proposed, review.Quorum)
	s.must(s.vote(s.bob, r.Proposed, gov.Approve))
	s.applied(r.Proposed)
	if s.label(calmKey(0)) != "palm" || s.label(calmKey(7)) != "fist" {
		t.Error("the version is not what both sides made")
	}
}

func TestR10ReopeningKeepsNoApproval(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	_, err := s.Service.WithdrawChange(ctx, s.bob.Call(), p.Change.ID, "no")
	s.refused(err, "NOT_AUTHOR")
	_, err = s.Service.WithdrawChange(ctx, s.ann.Call(), p.Change.ID, "not yet")
	s.must(err)
	s.blocked(p, review.NotOpen)
	s.refused(s.vote(s.cid, p, gov.Approve), review.NotOpen)
	_, err = s.Service.ReopenChange(ctx, s.bob.Call(), p.Change.ID)
	s.refused(err, "NOT_AUTHOR")
	_, err = s.Service.ReopenChange(ctx, s.ann.Call(), p.Change.ID)
	s.must(err)
	s.void(p, s.bob, review.Reopened)
	s.blocked(p, review.Quorum)
	_, err = s.Service.ReopenChange(ctx, s.ann.Call(), p.Change.ID)
	s.refused(err, review.NotOpen)
	s.must(s.vote(s.bob, p, gov.Approve))
	s.applied(p)
}

func TestR11VotesOfOnePersonAreOne(t *testing.T) {
	s := newSigns(t) // where to change one label needs two
	p := s.propose(s.ann, rename(calmKey(0), "fist", "palm"))
	for range 3 {
		s.must(s.vote(s.bob, p, gov.Approve))
	}
	if s.have(p) != 1 {
		t.Errorf("one person has %d votes", s.have(p))
	}
	s.blocked(p, review.Quorum)
}
