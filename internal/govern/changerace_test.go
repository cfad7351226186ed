package govern_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// TestChangesAtOnce lets several callers do things to the same changes at once,
// and has the witness read afterwards what is in the log: whatever order things
// came in, each was allowed when it came, and the tables are what the log makes.
func TestChangesAtOnce(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	// How callers meet is chance, and so is how much of it leads to a version: the
	// test goes on until there was enough to see.
	applied := 0
	for round := 0; round < rounds || applied < rounds && round < 20*rounds; round++ {
		m := &changeMachine{Kit: govtest.New(t), witness: newWitness()}
		m.crowd(t, uint64(round))
		for m.witness.size < m.LogSize() {
			if wrong := m.witness.see(m.witness.size, m.Entry(m.witness.size)); wrong != "" {
				t.Fatal(wrong)
			}
		}
		for id, p := range m.witness.changes {
			v, _, err := m.Service.ExplainChange(ctx, m.Admin().Call(), id)
			if err != nil || v.Ready != m.witness.ready(p, m.Clock.Now()) {
				t.Errorf("change %d: explain says ready %v (%v)", id, v.Ready, err)
			}
			checkSeats(t, v)
		}
		if d := cmp.Diff(m.Tables(), govtest.Tables(t, m.Replay())); d != "" {
			t.Errorf("replaying the log gives other tables (-state +replayed)\n%s", d)
		}
		applied += m.witness.applied
	}
	if applied < rounds {
		t.Errorf("%d changes were applied in %d rounds", applied, rounds)
	}
}

// crowd has four callers do a hundred things each.
func (m *changeMachine) crowd(t *testing.T, round uint64) {
	m.people(t)
	laws := []law{{stewards: 1, votes: 48 * time.Hour}, {stewards: 2, votes: 48 * time.Hour}, {stewards: 1, trainers: 1, votes: 48 * time.Hour}}
	for _, l := range laws {
		m.enact(t, l)
	}
	var wg sync.WaitGroup
	for i := range uint64(4) {
		wg.Go(func() {
			b := bustle{m, rand.New(rand.NewPCG(round, i)), laws}
			for range 100 {
				if err := b.something(); errors.Is(err, gov.Internal) {
					t.Errorf("an internal error: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// A bustle does things at random, not knowing what others do.
type bustle struct {
	*changeMachine
	*rand.Rand
	laws []law
}

func (b *bustle) who() govern.Call { return b.actors[b.IntN(len(b.actors))].Call() }

// change returns a change as it is now, or was a moment ago.
func (b *bustle) change() (gov.ChangeID, gov.Digest) {
	all, _, err := b.Service.Changes(ctx, b.actors[0].Call(), govern.ChangeFilter{}, 0, 4)
	if err != nil || len(all) == 0 {
		return 1, gov.Digest{1}
	}
	ch := all[b.IntN(len(all))]
	return ch.ID, ch.Newest.Digest
}

func (b *bustle) edit() gov.LabelEdit {
	return rename(handKeys[b.IntN(len(handKeys))], handNames[b.IntN(3)], handNames[b.IntN(3)])
}

func (b *bustle) something() (err error) {
	id, digest := b.change()
	c := b.who()
	vote := func(kind gov.VoteKind) error {
		_, err := b.Service.Vote(ctx, c, govern.Ballot{Change: id, Revision: digest, Kind: kind, Message: "because"})
		return err
	}
	switch b.IntN(20) {
	case 0, 1, 2:
		_, err = b.Service.ProposeChange(ctx, c, govern.Propose{Ref: gov.Ref{Dataset: hands}, Proposal: govern.Proposal{Stage: 2}}, edits(b.edit()))
	case 3:
		_, err = b.Service.ReviseChange(ctx, c, govern.Revise{Change: id}, edits(b.edit()))
	case 4, 5, 6, 7, 8:
		err = vote(gov.Approve)
	case 9:
		err = vote([]gov.VoteKind{gov.Veto, gov.Lift, gov.Lift, gov.Comment}[b.IntN(4)])
	case 10, 11, 12, 13:
		_, err = b.Service.ApplyChange(ctx, c, govern.ApplyChange{Change: id})
	case 14:
		_, err = b.Service.RebaseChange(ctx, c, govern.Rebase{Change: id, DropConflicts: true})
	case 15:
		if _, err = b.Service.WithdrawChange(ctx, c, id, "no"); err == nil {
			c.Request = b.Request()
			_, err = b.Service.ReopenChange(ctx, c, id)
		}
	case 16:
		if _, err = b.Service.BreakGlass(ctx, c, govern.BreakGlass{Change: id, Revision: digest, Reason: urgent, Ticket: "OPS-7"}); err == nil {
			_, err = b.Service.RatifyChange(ctx, b.who(), id)
		}
	case 17:
		n := b.IntN(len(b.actors)-1) + 1
		in := govern.Role{Person: string(b.actors[n].ID), Role: gov.Steward, Place: "p"}
		if _, err = b.Service.RevokeRole(ctx, b.actors[0].Call(), in); err == nil && b.IntN(2) == 0 {
			_, err = b.Service.GrantRole(ctx, b.actors[0].Call(), in)
		}
	case 18:
		err = b.legislate(c)
	default:
		b.Clock.Turn(10 * time.Minute)
	}
	return err
}

// legislate proposes a law, or agrees to the newest bill, which others may have
// taken back or agreed to meanwhile.
func (b *bustle) legislate(c govern.Call) error {
	if b.IntN(2) == 0 {
		l := b.laws[b.IntN(len(b.laws))]
		_, err := b.Service.SetRules(ctx, c, govern.SetRules{Place: gov.Server, Document: []byte(l.document())})
		return err
	}
	all, err := b.Service.ListRules(ctx, b.actors[0].Call(), govern.RulesQuery{Place: gov.Server})
	if err != nil || len(all) == 0 {
		return err
	}
	ref := govern.RuleRef{Place: gov.Server, Number: all[0].Number, Expected: all[0].Document}
	if b.IntN(4) == 0 {
		_, err = b.Service.WithdrawRules(ctx, c, ref)
	} else {
		_, err = b.Service.ConsentToRules(ctx, c, ref)
	}
	return err
}

// TestR11LastVoteAndEditAtOnce: of the last approval with what applies it, and a
// revision that comes at the same time, one wins.
func TestR11LastVoteAndEditAtOnce(t *testing.T) {
	s := newCalm(t)
	wins := map[string]int{}
	for i := range 20 {
		p := s.propose(s.ann, one(i))
		digest := p.Change.Newest.Digest
		var applied, revised error
		var wg sync.WaitGroup
		wg.Go(func() {
			if applied = s.vote(s.bob, p, gov.Approve); applied == nil {
				_, applied = s.Service.ApplyChange(ctx, s.bob.Call(), govern.ApplyChange{Change: p.Change.ID})
			}
		})
		wg.Go(func() {
			for range i % 5 { // who comes first varies
				_, _ = s.Service.Change(ctx, s.ann.Call(), p.Change.ID)
			}
			_, revised = s.Service.ReviseChange(ctx, s.ann.Call(), govern.Revise{Change: p.Change.ID, Expected: digest}, edits(one(i), one(i+50)))
		})
		wg.Wait()
		switch why := gov.ReasonOf(applied); {
		case applied == nil && gov.ReasonOf(revised) == review.NotOpen:
			wins["apply"]++
		case revised == nil && (why == review.StaleDigest || why == review.Quorum):
			wins["revise"]++
		default:
			t.Fatalf("applied: %v; revised: %v", applied, revised)
		}
		if want := map[bool]string{true: "palm", false: "fist"}[applied == nil]; s.label(calmKey(2*i)) != want {
			t.Fatal("what won is not what the version holds")
		}
	}
	t.Logf("who won: %v", wins)
}

// TestR38ApprovingManyIsApprovingEach: changes that are approved at once by many
// are each judged alone.
func TestR38ApprovingManyIsApprovingEach(t *testing.T) {
	s := newCalm(t)
	var all []govern.Proposed
	for i := range 8 {
		by := []*govtest.Actor{s.ann, s.bob}[i%2]
		all = append(all, s.propose(by, one(i)))
	}
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() {
			want := []gov.Reason{"", review.SelfApproval}[i%2]
			if err := s.vote(s.bob, p, gov.Approve); gov.ReasonOf(err) != want {
				t.Errorf("change %d: %v, want %q", i, err, want)
			}
		})
	}
	wg.Wait()
	for i, p := range all {
		if ready := s.verdict(p).Ready; ready != (i%2 == 0) {
			t.Errorf("change %d is ready: %v", i, ready)
		}
	}
}

// TestAReviseDoesNotUndoARebase that comes while its edits do.
func TestAReviseDoesNotUndoARebase(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.Edit(s.ann, digits, govern.Edit{Put: govtest.Record(calmKey(7), "fist")})
	_, err := s.Service.ReviseChange(ctx, s.ann.Call(), govern.Revise{Change: p.Change.ID}, func(yield func(gov.LabelEdit, error) bool) {
		_, err := s.Service.RebaseChange(ctx, s.ann.Call(), govern.Rebase{Change: p.Change.ID})
		s.must(err)
		yield(one(1), nil)
	})
	s.refused(err, review.StaleDigest)
	ch, err := s.Service.Change(ctx, s.ann.Call(), p.Change.ID)
	if s.must(err); ch.BaseMoved || ch.Newest.Base.Number != 2 {
		t.Errorf("the change is on %+v", ch.Newest.Base)
	}
}

// TestAskingAgainForAChange: who lost the answer to a proposal gets it, whatever
// has become of the dataset since.
func TestAskingAgainForAChange(t *testing.T) {
	s := newCalm(t)
	in, c := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Stage: 2}}, s.ann.Call()
	p, err := s.Service.ProposeChange(ctx, c, in, edits(one(0)))
	s.must(err)
	s.Edit(s.ann, digits, govern.Edit{Put: govtest.Record(calmKey(0), "palm")}) // which the edit does not fit
	again, err := s.Service.ProposeChange(ctx, c, in, edits(one(0)))
	if s.must(err); again.Index != p.Index || again.Change.ID != p.Change.ID {
		t.Errorf("asked again: change %s of entry %d, want %s of %d", again.Change.ID, again.Index, p.Change.ID, p.Index)
	}
	_, err = s.Service.ProposeChange(ctx, c, in, edits(rename(calmKey(2), "fist", "palm")))
	s.refused(err, "REQUEST_ID_REUSED")
}
