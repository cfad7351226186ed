package govern_test

import (
	"context"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/review"
)

// A meanwhile is a context that does something else when it is asked for the nth
// time whether it has ended: in the midst of what it is given to.
type meanwhile struct {
	context.Context
	left int
	do   func()
}

// Err counts down.
func (m *meanwhile) Err() error {
	if m.left--; m.left == 0 {
		m.do()
	}
	return m.Context.Err()
}

// TestR11AnApprovedRevisionMeanwhile: whenever it is that another revision comes
// and is approved while a change is being applied, what was built of the one is
// not applied as the other.
func TestR11AnApprovedRevisionMeanwhile(t *testing.T) {
	seen := map[gov.Reason]int{}
	for n := range 12 {
		s := newCalm(t)
		p := s.propose(s.ann, one(0))
		s.must(s.vote(s.bob, p, gov.Approve))
		came := false
		m := &meanwhile{Context: ctx, left: n + 1, do: func() {
			if ch, err := s.Service.Change(ctx, s.ann.Call(), p.Change.ID); err != nil || ch.State != gov.ChangeOpen {
				return // too late
			}
			came = true
			q := s.revise(s.ann, p, govern.Proposal{}, one(1))
			s.must(s.vote(s.bob, q, gov.Approve))
		}}
		_, err := s.Service.ApplyChange(m, s.bob.Call(), govern.ApplyChange{Change: p.Change.ID})
		first, second := s.label(calmKey(0)), s.label(calmKey(2))
		switch why := gov.ReasonOf(err); {
		case err != nil && why == review.StaleDigest && first == "fist" && second == "fist":
		case err == nil && !came && first == "palm" && second == "fist": // it never came
		case err == nil && came && first == "fist" && second == "palm": // it came first
		default:
			t.Fatalf("at %d: %v; the labels are %s and %s", n, err, first, second)
		}
		seen[gov.ReasonOf(err)]++
	}
	if seen[review.StaleDigest] == 0 || seen[""] == 0 {
		t.Errorf("the other revision never came in between: %v", seen)
	}
}
