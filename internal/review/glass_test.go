package review

import (
	"testing"
	"time"

	"govd/internal/gov"
)

const reason = 20 // bytes

func TestR29BreakGlass(t *testing.T) {
	w := newWorld(t)
	w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Admin).Roles })
	digest := w.newest().Digest
	may := func(who gov.PersonID, d gov.Digest, n int) gov.Reason {
		return gov.ReasonOf(MayBreak(&w.Case, who, d, n))
	}
	for name, c := range map[string][2]gov.Reason{
		"no reason":    {may(eve, digest, reason-1), ReasonTooShort},
		"other digest": {may(eve, gov.Digest{1}, reason), StaleDigest},
		"a steward":    {may(bob, digest, reason), NotEligible},
		"the author":   {may(ann, digest, reason), SelfApproval},
		"a machine":    {may(bot, digest, reason), SelfApproval},
		"an admin":     {may(eve, digest, reason), ""},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %q, want %q", name, c[0], c[1])
		}
	}
	apply := func() gov.Reason { return gov.ReasonOf(MayApplyBroken(&w.Case, gov.System)) }
	if apply() != Quorum {
		t.Error("applied though nobody asked")
	}
	w.Glass = &Breaking{Revision: digest, Asked: []Asked{{eve, w.Now}}}
	if why := apply(); why != "" {
		t.Error(why)
	}
	if may(eve, digest, reason) != AlreadyAsked {
		t.Error("eve asks twice")
	}
	w.blocked(Quorum) // asking is no approval
	w.edit(eve, func(p *Person) { p.Disabled = true })
	if apply() != Quorum {
		t.Error("applied on what a disabled person asked")
	}
	w.edit(eve, func(p *Person) { p.Disabled = false })
	w.wait(time.Hour)
	if apply() != Quorum {
		t.Error("applied on what was asked an hour ago")
	}
	w.wait(-time.Hour)
	w.Glass.Revision = gov.Digest{1}
	if apply() != Quorum {
		t.Error("applied on what was asked of another revision")
	}
}

func TestR29GlassSkipsApprovalsOnly(t *testing.T) {
	for why, f := range map[gov.Reason]func(*world){
		Vetoed:    func(w *world) { w.cast(bob, gov.Veto) },
		BaseMoved: func(w *world) { w.Head = gov.Digest{9} },
		DataLoss:  func(w *world) { w.Revisions[0].Moved++ },
		NotOpen:   func(w *world) { w.Change.State = gov.ChangeWithdrawn },
		Expired:   func(w *world) { w.Change.Expires = w.Now },
	} {
		w := newWorld(t)
		w.Glass = &Breaking{Revision: w.newest().Digest, Asked: []Asked{{eve, w.Now}}}
		f(w)
		if err := MayApplyBroken(&w.Case, gov.System); gov.ReasonOf(err) != why {
			t.Errorf("%v, want %s", err, why)
		}
	}
}

// The glass stands in for approvals, not for the seats that the rules keep apart.
func TestR29GlassKeepsSeatsApart(t *testing.T) {
	w := newWorld(t)
	w.tune(func(r *Rules) { r.ApplierNotContributor = true })
	w.Glass = &Breaking{Revision: w.newest().Digest, Asked: []Asked{{eve, w.Now}}}
	for who, want := range map[gov.PersonID]gov.Reason{ann: SamePerson, bot: SamePerson, eve: SamePerson, bob: ""} {
		if err := MayApplyBroken(&w.Case, who); gov.ReasonOf(err) != want {
			t.Errorf("%s applies: %v, want %s", who, err, want)
		}
	}
}

func TestR29RatifiedOrQuarantined(t *testing.T) {
	w := newWorld(t)
	w.edit(eve, func(p *Person) { p.Reads, p.Roles = true, w.person(gov.Admin, gov.Steward).Roles })
	w.tune(func(r *Rules) { r.Exclusive = nil })
	w.Glass = &Breaking{Revision: w.newest().Digest, Asked: []Asked{{eve, w.Now}}, Applied: w.Now}
	w.Change.State, w.Head = gov.ChangeApplied, gov.Digest{2}
	state := func(want Ratification) {
		t.Helper()
		if got, due, v := Ratify(&w.Case); got != want || !due.Equal(day9.Add(72*time.Hour)) {
			t.Errorf("%s until %v, want %s: %+v", got, due, want, v)
		}
	}
	w.wait(72*time.Hour - time.Second)
	state(Pending)
	w.refused(Contributor, eve, gov.Approve) // who broke it cannot ratify it
	w.cast(bob, gov.Approve)
	state(Ratified)
	w.wait(time.Second)
	state(Quarantined)
}
