package review

import (
	"testing"

	"govd/internal/gov"
)

// The second person is another human who holds the role, and not by the grace
// of the first.
func TestFourEyes(t *testing.T) {
	w := newWorld(t)
	w.edit(fay, func(p *Person) { p.Roles = append(p.Roles, Held{Role: gov.Steward, By: bob, Entry: openedAt + 1}) })
	ask := &Request{What: "to lift hold 3", By: bob, Entry: openedAt, Role: gov.Steward}
	for who, want := range map[gov.PersonID]gov.Reason{
		bob: SelfApproval, bot: IsMachine, ann: NotEligible, eve: NotEligible, fay: GrantedByWorker, "user:77": NotEligible, cid: "",
	} {
		if got := gov.ReasonOf(ask.MayAgree(w.Current, w.People, who, w.Now)); got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
	w.edit(cid, func(p *Person) { p.Created = w.Now })
	w.edit(dot, func(p *Person) { p.Disabled = true })
	for who, want := range map[gov.PersonID]gov.Reason{cid: TooNew, dot: Disabled} {
		if got := gov.ReasonOf(ask.MayAgree(w.Current, w.People, who, w.Now)); got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
	ask.By = bot // ann's
	if got := gov.ReasonOf(ask.MayAgree(w.Current, w.People, ann, w.Now)); got != SelfApproval {
		t.Errorf("the owner of the machine that asked: %q, want %q", got, SelfApproval)
	}
}
