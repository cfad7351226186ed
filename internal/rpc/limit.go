package rpc

import (
	"context"
	"sync"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
)

// Every refusal is recorded, and that costs a write. So a person who is refused
// more often than this waits: a bucket of so many refusals, refilled at so many
// a second. Credentials that do not hold need no such limit: nothing is written
// for them, and 256-bit secrets are not guessed.
const (
	refusalBurst = 60
	refusalRate  = 1.0
)

// refusals slows down people who are refused again and again.
type refusals struct {
	now   func() time.Time
	mu    sync.Mutex
	debts map[gov.PersonID]debt // as many as there are people, at most
}

// A debt is how many refusals a person has had of late.
type debt struct {
	n  float64
	at time.Time
}

func newRefusals(now func() time.Time) *refusals {
	return &refusals{now: now, debts: map[gov.PersonID]debt{}}
}

// layer does not look at a call while its caller's bucket is empty.
func (r *refusals) layer(ctx context.Context, _ string, next func(context.Context) error) error {
	who := reader(ctx).Actor.Person
	if r.owes(who) >= refusalBurst {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_REFUSALS", "you have been refused too often: wait a minute")
	}
	err := next(ctx)
	if govern.Refused(err) {
		r.add(who)
	}
	return err
}

func (r *refusals) owes(who gov.PersonID) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.debts[who].left(r.now())
}

func (r *refusals) add(who gov.PersonID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.debts[who] = debt{r.debts[who].left(now) + 1, now}
}

// left returns what is left of the debt.
func (d debt) left(now time.Time) float64 {
	return max(0, d.n-refusalRate*now.Sub(d.at).Seconds())
}
