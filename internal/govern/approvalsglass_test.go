package govern_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/review"
)

// R29: the glass is broken by the right person, with a reason and a ticket, for
// one digest and one hour; it stands in for approvals alone; and what was applied
// so is marked for ever, and frozen unless it is ratified in time.

func (s *signs) breakGlass(p govern.Proposed, reason string) (govern.Broken, error) {
	return s.Service.BreakGlass(ctx, s.eve.Call(), govern.BreakGlass{Change: p.Change.ID, Revision: p.Change.Newest.Digest, Reason: reason, Ticket: "OPS-7"})
}

const urgent = "the model is live and wrong"

func TestR29WhoBreaksTheGlassAndHow(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	for name, c := range map[string]struct {
		in   govern.BreakGlass
		call govern.Call
		want gov.Reason
	}{
		"no reason":     {govern.BreakGlass{Ticket: "OPS-7"}, s.eve.Call(), review.ReasonTooShort},
		"short reason":  {govern.BreakGlass{Ticket: "OPS-7", Reason: strings.Repeat("x", 19)}, s.eve.Call(), review.ReasonTooShort},
		"no ticket":     {govern.BreakGlass{Reason: urgent}, s.eve.Call(), "NO_TICKET"},
		"other digest":  {govern.BreakGlass{Ticket: "OPS-7", Reason: urgent, Revision: gov.Digest{1}}, s.eve.Call(), review.StaleDigest},
		"a steward":     {govern.BreakGlass{Ticket: "OPS-7", Reason: urgent}, s.bob.Call(), "DENIED"},
		"the author":    {govern.BreakGlass{Ticket: "OPS-7", Reason: urgent}, s.ann.Call(), "DENIED"},
		"no such thing": {govern.BreakGlass{Ticket: "OPS-7", Reason: urgent, Change: 99}, s.eve.Call(), "NO_CHANGE"},
	} {
		if c.in.Change == 0 {
			c.in.Change = p.Change.ID
		}
		if c.in.Revision.IsZero() {
			c.in.Revision = p.Change.Newest.Digest
		}
		before := s.Tables()
		_, err := s.Service.BreakGlass(ctx, c.call, c.in)
		if gov.ReasonOf(err) != c.want || !govern.Refused(err) && before != s.Tables() {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	n := s.LogSize()
	b, err := s.breakGlass(p, urgent)
	s.must(err)
	if !b.Enough || !b.Expires.Equal(s.Clock.Now().Add(time.Hour)) || s.Entry(n).Event != "glass.asked" {
		t.Errorf("%+v", b)
	}
	_, err = s.breakGlass(p, urgent)
	s.refused(err, review.AlreadyAsked)
	if strings.Contains(string(s.Entry(n).Data), urgent) {
		t.Error("the reason is in the log, where it cannot be erased")
	}
}

func TestR29TheGlassIsForOneHourAndOneRevision(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	_, err := s.breakGlass(p, urgent)
	s.must(err)
	s.Clock.Turn(time.Hour)
	s.blocked(p, review.Quorum)
	p = s.propose(s.ann, one(1))
	_, err = s.breakGlass(p, urgent)
	s.must(err)
	s.blocked(s.revise(s.ann, p, govern.Proposal{}, one(1)), review.Quorum)
}

func TestR29TheGlassStandsInForApprovalsAlone(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	_, err := s.breakGlass(p, urgent)
	s.must(err)
	s.must(s.vote(s.cid, p, gov.Veto))
	s.blocked(p, review.Vetoed)
	s.must(s.vote(s.cid, p, gov.Lift))
	_, err = s.apply(s.eve, p)
	s.refused(err, "DENIED") // who breaks it does not apply it
	s.rule("signs", func(r *review.Rules) { r.BreakGlass.Never = true })
	_, err = s.breakGlass(s.propose(s.ann, one(1)), urgent)
	s.refused(err, review.GlassOff)
	q := s.propose(s.ann, one(2))
	s.must(s.vote(s.bob, q, gov.Approve))
	s.applied(q)
	s.blocked(p, review.BaseMoved)
}

// broken applies a change by breaking the glass.
func (s *signs) broken() (p govern.Proposed, done govern.Applied) {
	s.t.Helper()
	p = s.propose(s.ann, one(0))
	_, err := s.breakGlass(p, urgent)
	s.must(err)
	done, err = s.apply(s.bob, p)
	s.must(err)
	return p, done
}

// ratification returns how the version stands, by every way to ask.
func (s *signs) ratification(number uint64) (state review.Ratification) {
	s.t.Helper()
	v, err := s.Service.Version(ctx, s.ann.Call(), gov.Ref{Dataset: digits, Number: number})
	s.must(err)
	all, err := s.Service.Versions(ctx, s.ann.Call(), gov.Ref{Dataset: digits, Number: number}, 1)
	s.must(err)
	ch, err := s.Service.Change(ctx, s.ann.Call(), v.Change)
	s.must(err)
	if all[0].Ratification != v.Ratification || ch.Ratification != v.Ratification {
		s.t.Errorf("the version is %q, in the list %q, and its change %q", v.Ratification, all[0].Ratification, ch.Ratification)
	}
	return v.Ratification
}

func TestR29RatifiedInTime(t *testing.T) {
	s := newCalm(t)
	p, done := s.broken()
	var said struct {
		Glass     bool
		Due       time.Time
		Approvers []gov.PersonID
	}
	s.must(json.Unmarshal(s.Entry(done.Index).Data, &said))
	if due := s.Clock.Now().Add(72 * time.Hour); !done.Glass || !done.Due.Equal(due) || !said.Glass || !said.Due.Equal(due) || len(said.Approvers) != 0 {
		t.Errorf("applied %+v, the entry says %+v", done, said)
	}
	_, err := s.Service.RatifyChange(ctx, s.bob.Call(), p.Change.ID)
	s.refused(err, review.Quorum)
	_, err = s.apply(s.bob, p)
	s.refused(err, review.NotOpen)
	s.Clock.Turn(72*time.Hour - time.Second)
	if got := s.ratification(2); got != review.Pending {
		t.Errorf("the version is %s", got)
	}
	s.refused(s.vote(s.ann, p, gov.Approve), review.SelfApproval)
	s.must(s.vote(s.cid, p, gov.Approve))
	_, err = s.apply(s.bob, p)
	s.refused(err, review.NotOpen) // it is ready to be ratified, not to be applied again
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), p.Change.ID)
	s.must(err)
	s.Clock.Turn(1000 * time.Hour)
	if got := s.ratification(2); got != review.Ratified {
		t.Errorf("the version is %s", got)
	}
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), p.Change.ID)
	s.refused(err, "RATIFIED")
	all, err := s.Service.Blame(ctx, s.ann.Call(), gov.Ref{Dataset: digits}, calmKey(0))
	if s.must(err); len(all) != 1 || !all[0].Glass || len(all[0].Approvers) != 1 || all[0].Approvers[0].ID != s.cid.ID {
		t.Errorf("blame %+v", all)
	}
}

func TestR29QuarantinedWhenLate(t *testing.T) {
	s := newCalm(t)
	p, _ := s.broken()
	s.must(s.vote(s.cid, p, gov.Approve))
	s.Clock.Turn(72 * time.Hour)
	if got := s.ratification(2); got != review.Quarantined {
		t.Errorf("the version is %s", got)
	}
	_, err := s.Service.RatifyChange(ctx, s.bob.Call(), p.Change.ID)
	s.refused(err, review.Expired)
	if got := s.ratification(2); got != review.Quarantined {
		t.Errorf("late is not too late: %s", got)
	}
	q := s.propose(s.ann, one(1))
	s.must(s.vote(s.bob, q, gov.Approve))
	s.applied(q)
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), q.Change.ID)
	s.refused(err, "NO_GLASS")
	_, err = s.Service.SetTag(ctx, s.bob.Call(), gov.Ref{Dataset: digits, Number: 2}, "gold")
	s.refused(err, "QUARANTINED")
	_, err = s.Service.SetTag(ctx, s.bob.Call(), gov.Ref{Dataset: digits, Number: 1}, "gold")
	s.must(err)
}

// Who asked has spoken for the change and cannot ratify it, whatever roles they
// come by afterwards.
func TestR29WhoBreaksItDoesNotRatifyIt(t *testing.T) {
	s := newCalm(t)
	s.rule(gov.Server, func(r *review.Rules) { r.Exclusive = nil })
	s.Grant(s.eve, gov.Trainer, "signs")
	p, _ := s.broken()
	s.Grant(s.eve, gov.Steward, "signs")
	s.refused(s.vote(s.eve, p, gov.Approve), review.Contributor)
}
