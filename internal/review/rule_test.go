package review

import (
	"slices"
	"testing"
	"time"

	"govd/internal/gov"
)

func TestR01SelfApproval(t *testing.T) {
	w := newWorld(t)
	w.edit(ann, func(p *Person) { p.Roles = append(p.Roles, Held{Role: gov.Steward, By: eve, Entry: 1}) })
	w.refused(SelfApproval, ann, gov.Approve)
	w.force(ann, gov.Approve)
	w.excluded(ann, SelfApproval)
	w.void(ann, SelfApproval)
	w.blocked(Quorum)
	w.cast(bob, gov.Approve)
	w.ready(true)
}

func TestR02ContributorOfAnyRevision(t *testing.T) {
	w := newWorld(t)
	w.revise(bob, func(r *gov.Revision) { r.Why = gov.Digest{1} })
	w.revise(ann, func(r *gov.Revision) { r.Why = gov.Digest{2} })
	w.refused(Contributor, bob, gov.Approve)
	w.excluded(bob, Contributor)
	w.Suppliers = []gov.PersonID{cid}
	w.refused(Contributor, cid, gov.Approve)
	w.edit(bot, func(p *Person) { p.Owner = cid })
	w.refused(Contributor, bot, gov.Approve)
	w.revise(ann, func(r *gov.Revision) { r.For = dot })
	w.refused(Contributor, dot, gov.Approve)
}

func TestR03LastPusher(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.revise(bob, func(*gov.Revision) {})
	w.force(bob, gov.Approve)
	w.void(bob, Contributor)
	w.refused(Contributor, bob, gov.Approve)
}

func TestR04SamePersonOtherCredential(t *testing.T) {
	w := newWorld(t) // ann proposes, her bot votes
	w.refused(SelfApproval, bot, gov.Approve)
	w.refused(SelfApproval, ann, gov.Approve)
}

func TestR04MachineProposes(t *testing.T) {
	w := newWorld(t)
	w.edit(ann, func(p *Person) { p.Roles = w.person(gov.Steward).Roles })
	w.Change.Author, w.Revisions[0].By = bot, bot
	w.refused(SelfApproval, ann, gov.Approve)
	w.Change.Author = cid
	w.refused(Contributor, ann, gov.Approve)
	w.People["sa:10"] = Person{Owner: bot} // a machine of a machine
	w.Revisions[0].By = "sa:10"
	w.refused(Contributor, ann, gov.Approve)
}

func TestR05MachinesNeverCount(t *testing.T) {
	w := newWorld(t)
	w.edit(bot, func(p *Person) { p.Owner = fay })
	w.refused(IsMachine, bot, gov.Approve)
	w.refused(IsMachine, bot, gov.Veto)
	w.excluded(bot, IsMachine)
	w.cast(bot, gov.Advisory)
	w.blocked(Quorum)
}

func TestR06VoteIsForOneDigest(t *testing.T) {
	w := newWorld(t)
	old := w.newest().Digest
	w.revise(ann, func(r *gov.Revision) { r.Why = gov.Digest{1} })
	for _, kind := range []gov.VoteKind{gov.Approve, gov.Veto, gov.Lift} {
		w.refused(StaleDigest, bob, kind, func(v *gov.Vote) { v.Revision = old })
		w.refused(StaleDigest, bob, kind, func(v *gov.Vote) { v.Revision = gov.Digest{} })
		w.refused(StaleDigest, bob, kind, func(v *gov.Vote) { v.Change = 8 })
	}
}

func TestR07RevisionVoidsApprovals(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.cast(cid, gov.Veto)
	w.revise(ann, func(r *gov.Revision) { r.Edits.Root = gov.Digest{9} })
	w.void(bob, StaleDigest)
	v := w.blocked(Vetoed)
	if v.Reasons[0].Person != cid {
		t.Errorf("the veto is that of %s", v.Reasons[0].Person)
	}
	w.cast(cid, gov.Lift)
	w.blocked(Quorum)
	w.cast(bob, gov.Approve)
	w.ready(true)
}

// A revision that repeats an older one to the letter does not inherit its votes.
func TestR07RepeatedRevision(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.revise(ann, func(r *gov.Revision) { r.Why = gov.Digest{1} })
	w.revise(ann, func(*gov.Revision) {})
	w.blocked(Quorum)
}

func TestR08NoTrivialChange(t *testing.T) {
	for name, f := range map[string]func(*gov.Revision){
		"why": func(r *gov.Revision) { r.Why = gov.Digest{1} }, "evidence": func(r *gov.Revision) { r.Evidence = []gov.Digest{{1}} },
		"stage": func(r *gov.Revision) { r.Stage = 1 }, "base": func(r *gov.Revision) { r.Base.Number = 2 },
		"rebase": func(r *gov.Revision) { r.Edits.Params = gov.Digest{1} }, "nothing": func(*gov.Revision) {},
	} {
		w := newWorld(t)
		w.cast(bob, gov.Approve)
		w.revise(ann, f)
		if v := w.blocked(Quorum); have(v) != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestR09BaseMoved(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.Head = gov.Digest{2}
	w.blocked(BaseMoved)
	w.revise(ann, func(*gov.Revision) {}) // rebased
	w.blocked(Quorum)
}

func TestR10ReopeningKeepsNoApprovals(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.Change.State = gov.ChangeWithdrawn
	w.blocked(NotOpen)
	w.refused(NotOpen, cid, gov.Approve)
	w.entry++
	w.Change.State, w.Change.Reopened = gov.ChangeOpen, w.entry
	w.blocked(Quorum)
	w.void(bob, Reopened)
	w.cast(bob, gov.Approve)
	w.ready(true)
}

func TestR11DistinctPersons(t *testing.T) {
	w := newWorld(t)
	w.Stage = 4
	w.cast(bob, gov.Approve)
	w.cast(bob, gov.Approve)
	if v := w.blocked(Quorum); have(v) != 1 || v.Factors[0].Missing != 1 {
		t.Errorf("%+v", v)
	}
	w.cast(cid, gov.Approve)
	w.ready(true)
}

func TestR12OnePersonFillsOneFactor(t *testing.T) {
	w := newWorld(t)
	w.tune(func(r *Rules) {
		r.Classes = []Class{{"owned", []string{"palm"}, []Factor{{Role: gov.Trainer, Need: 1}}}}
	})
	both := func(p *Person) { p.Roles = w.person(gov.Steward, gov.Trainer).Roles }
	w.edit(bob, both)
	w.cast(bob, gov.Approve)
	if v := w.blocked(Quorum); have(v) != 1 {
		t.Errorf("one person fills two factors: %+v", v)
	}
	// Greed would leave bob where only he can make room for cid.
	w.cast(cid, gov.Approve)
	v := w.ready(true)
	if !slices.Equal(v.Factors[0].By, []gov.PersonID{cid}) || !slices.Equal(v.Factors[1].By, []gov.PersonID{bob}) {
		t.Errorf("%+v", v.Factors)
	}
}

func TestR13StrictestScope(t *testing.T) {
	server, project := Default(), &Rules{Stages: map[gov.Stage]StageRules{4: {Factors: []Factor{{Role: gov.Steward, Need: 1}}}}}
	if err := CheckTightens(server, project); gov.ReasonOf(err) != "LOOSENS" {
		t.Errorf("one where the server says two: %v", err)
	}
	if got := Strictest(server, project); got.Digest() != server.Digest() {
		t.Errorf("the strictest is %s", got.Document())
	}
	dataset := &Rules{Classes: []Class{{"prints", []string{"fingerprint*"}, []Factor{{Role: gov.Trainer, Need: 1}}}}}
	if err := CheckTightens(server, dataset); err != nil {
		t.Error(err)
	}
	w := newWorld(t)
	w.setRules(Strictest(server, dataset))
	w.cast(bob, gov.Approve)
	w.ready(true) // no label of the class is touched
	w.revise(ann, func(r *gov.Revision) { r.Labels = []string{"fingerprint-loop"} })
	w.cast(bob, gov.Approve)
	if v := w.blocked(Quorum); v.Factors[1].Rule != "class-prints/trainer" {
		t.Errorf("%+v", v.Factors)
	}
}

// A revision cannot choose the milder rules of a lower stage.
func TestR13StageOfTheDatasetHolds(t *testing.T) {
	w := newWorld(t)
	w.revise(ann, func(r *gov.Revision) { r.Stage = 1 })
	w.blocked(Quorum)
	w.revise(ann, func(r *gov.Revision) { r.Stage = 4 })
	w.cast(bob, gov.Approve)
	w.blocked(Quorum)
}

func TestR15EligibleWhenVotingAndApplying(t *testing.T) {
	for why, f := range map[gov.Reason]func(*Person){
		NotEligible: func(p *Person) { p.Roles = nil }, Disabled: func(p *Person) { p.Disabled = true }, NoRead: func(p *Person) { p.Reads = false },
	} {
		w := newWorld(t)
		w.cast(bob, gov.Approve)
		w.ready(true)
		w.edit(bob, f)
		w.blocked(Quorum)
		w.void(bob, why)
		w.refused(why, bob, gov.Approve)
	}
	w := newWorld(t)
	w.refused(NotEligible, fay, gov.Approve)
	w.refused(NotEligible, "user:77", gov.Approve)
}

func TestR16GrantedByContributor(t *testing.T) {
	w := newWorld(t)
	grant := func(by gov.PersonID, entry uint64) {
		w.edit(fay, func(p *Person) { p.Roles = []Held{{gov.Steward, by, entry}} })
	}
	grant(ann, openedAt+1)
	w.refused(GrantedByWorker, fay, gov.Approve)
	w.excluded(fay, GrantedByWorker)
	grant(bot, openedAt+1) // by her machine
	w.refused(GrantedByWorker, fay, gov.Approve)
	grant(fay, 1)
	w.refused(GrantedBySelf, fay, gov.Approve)
	grant(eve, openedAt+1)
	w.cast(fay, gov.Approve)
	grant(ann, openedAt-1) // long before: that was not for this change
	w.ready(true)
	w.edit(fay, func(p *Person) { p.Roles = append(p.Roles, Held{gov.Steward, ann, openedAt + 1}) })
	w.ready(true) // one good grant is enough
}

func TestR18PinnedAndCurrentRules(t *testing.T) {
	strict, loose := Default(), Default()
	strict.Stages[2] = strict.Stages[4]
	for name, c := range map[string][2]*Rules{"loosened": {strict, loose}, "tightened": {loose, strict}} {
		w := newWorld(t)
		w.setRules(c[0])
		w.Current = c[1]
		w.cast(bob, gov.Approve)
		v := w.blocked(Quorum)
		if len(v.Factors) != 2 || v.Factors[0].Under != "pinned" || v.Factors[1].Under != "current" {
			t.Errorf("%s: %+v", name, v.Factors)
		}
		w.cast(cid, gov.Approve)
		w.ready(true)
	}
}

func TestR19RulesNeedFourEyesAndTime(t *testing.T) {
	w := newWorld(t)
	w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Admin).Roles })
	rc := &RuleChange{By: eve, Entry: 200, Proposed: w.Now}
	may := func(who gov.PersonID) gov.Reason {
		return gov.ReasonOf(rc.MayConsent(w.Current, w.People, who, w.Now))
	}
	w.edit(fay, func(p *Person) { p.Roles = []Held{{gov.Admin, eve, 201}} })
	for who, want := range map[gov.PersonID]gov.Reason{eve: SelfApproval, bob: NotEligible, bot: IsMachine, fay: GrantedByWorker, dot: ""} {
		if got := may(who); got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
	if _, ok := rc.Effective(w.Current, w.People, w.Now); ok {
		t.Error("one admin is enough")
	}
	rc.Consents = []Asked{{eve, w.Now}, {fay, w.Now}, {dot, w.Now.Add(time.Minute)}, {dot, w.Now}}
	if may(dot) != AlreadyAsked {
		t.Error("dot agrees twice")
	}
	at, ok := rc.Effective(w.Current, w.People, w.Now)
	if want := w.Now.Add(time.Minute + time.Hour); !ok || !at.Equal(want) {
		t.Errorf("effective %v, %v, want %v", at, ok, want)
	}
	w.edit(dot, func(p *Person) { p.Disabled = true })
	if _, ok := rc.Effective(w.Current, w.People, w.Now); ok {
		t.Error("the consent of a disabled person counts")
	}
}

// Pinned rules that are not those of the revision's digest decide nothing.
func TestR20ForeignRules(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.Pinned = &Rules{}
	w.blocked(DataLoss)
}

func TestR21LiftingAVeto(t *testing.T) {
	w := newWorld(t)
	w.refused(NothingToLift, bob, gov.Lift)
	w.refused(NothingToLift, bob, gov.Lift, of(cid))
	w.cast(bob, gov.Approve)
	w.cast(bob, gov.Veto)
	if v := w.blocked(Vetoed); len(v.Void) > 0 {
		t.Errorf("the yes is not void but gone: %v", v.Void)
	}
	w.refused(Vetoed, bob, gov.Approve)
	w.cast(bob, gov.Lift)
	w.blocked(Quorum) // the yes of before does not come back
}

func TestR21LiftedByAHigherQuorum(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.cast(cid, gov.Veto)
	w.refused(SelfApproval, ann, gov.Lift, of(cid))
	w.cast(dot, gov.Lift, of(cid))
	w.cast(dot, gov.Lift, of(cid)) // twice is once
	w.blocked(Vetoed)
	w.cast(bob, gov.Lift, of(cid)) // which does not touch bob's own yes
	w.ready(true)
	w.edit(dot, func(p *Person) { p.Roles = nil })
	w.blocked(Vetoed)
	w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Steward).Roles })
	w.cast(cid, gov.Veto) // a new one stands until they speak again
	w.blocked(Vetoed)
	w.cast(dot, gov.Lift, of(cid))
	w.cast(bob, gov.Lift, of(cid))
	w.ready(true)
	w.revise(ann, func(*gov.Revision) {}) // of which they have not spoken
	w.cast(bob, gov.Approve)
	w.blocked(Vetoed)
}

// Stopping is safe: whoever has a role that approves may, contributors too, and
// the veto outlives the role.
func TestR21WhoMayVeto(t *testing.T) {
	w := newWorld(t)
	w.refused(NotEligible, fay, gov.Veto)
	w.refused(NotEligible, ann, gov.Veto)
	w.tune(func(r *Rules) {
		r.Classes = []Class{
			{"palms", []string{"palm"}, []Factor{{Role: gov.Annotator, Need: 1}}},
			{"nails", []string{"nail"}, []Factor{{Role: gov.Trainer, Need: 1}}},
		}
	})
	w.edit(fay, func(p *Person) { p.Roles = w.person(gov.Trainer).Roles })
	w.refused(NotEligible, fay, gov.Veto) // no nail is touched
	w.cast(ann, gov.Veto)
	w.edit(ann, func(p *Person) { p.Roles = nil })
	w.blocked(Vetoed)
	w.cast(ann, gov.Lift)
	w.blocked(Quorum)
}

func TestR22LatestVoteCounts(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.ready(true)
	w.cast(bob, gov.Lift)
	w.blocked(Quorum)
	w.cast(bob, gov.Approve)
	w.ready(true)
	if len(w.Votes) != 3 {
		t.Error("history shows all three")
	}
}

func TestR23Expiry(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.wait(14*24*time.Hour - time.Second)
	w.ready(true)
	w.wait(time.Second)
	w.blocked(Quorum)
	w.void(bob, Expired)
	w.cast(bob, gov.Approve)
	w.ready(true)
	w.wait(16 * 24 * time.Hour)
	w.blocked(Expired)
	w.refused(Expired, cid, gov.Approve)
	w.Now = w.Votes[1].Time.Add(-time.Second)
	w.blocked(ClockBack)
	w.refused(ClockBack, cid, gov.Approve)
}

// A change expires at the time it was given, too.
func TestR23ChangeExpires(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.Change.Expires = day9.Add(time.Hour)
	w.wait(time.Hour)
	w.blocked(Expired)
	w.refused(Expired, cid, gov.Approve)
}

func TestR24NoImplicitApprovals(t *testing.T) {
	w := newWorld(t)
	w.Change.Author, w.Revisions[0].By = bob, bob
	w.cast(cid, gov.Comment)
	w.cast(dot, gov.Advisory)
	if v := w.blocked(Quorum); have(v) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestR25ApplyIsAnotherRight(t *testing.T) {
	w := newWorld(t)
	if _, err := MayApply(&w.Case, ann); gov.ReasonOf(err) != Quorum {
		t.Error(err)
	}
	w.cast(bob, gov.Approve)
	for who, want := range map[gov.PersonID]gov.Reason{ann: "", bob: "", gov.System: "", "user:77": NotEligible} {
		if _, err := MayApply(&w.Case, who); gov.ReasonOf(err) != want {
			t.Errorf("%s: %v", who, err)
		}
	}
	w.edit(ann, func(p *Person) { p.Disabled = true })
	for _, who := range []gov.PersonID{ann, bot} {
		if _, err := MayApply(&w.Case, who); gov.ReasonOf(err) != Disabled {
			t.Errorf("%s: %v", who, err)
		}
	}
}

func TestR26WhatWasApprovedIsApplied(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.Revisions[0].Edits.Root[0] ^= 1
	w.blocked(DataLoss)
}

func TestR27ReviewersMustReadAndLook(t *testing.T) {
	w := newWorld(t)
	w.edit(bob, func(p *Person) { p.Reads = false })
	for _, kind := range []gov.VoteKind{gov.Approve, gov.Veto, gov.Comment, gov.Advisory} {
		w.refused(NoRead, bob, kind)
	}
}

func TestR28PoolTooSmall(t *testing.T) {
	w := newWorld(t)
	w.Stage = 4
	if v := w.ready(false); slices.ContainsFunc(v.Reasons, func(b Block) bool { return b.Reason == NoQuorum }) {
		t.Errorf("three stewards could: %v", v.Reasons)
	}
	w.edit(cid, func(p *Person) { p.Disabled = true })
	w.edit(dot, func(p *Person) { p.Roles = nil })
	v := w.blocked(Quorum)
	if v.Reasons[1].Reason != NoQuorum {
		t.Errorf("%v", v.Reasons)
	}
	w.cast(bob, gov.Approve)
	w.blocked(Quorum)
}

func TestR30AdminsHaveNoBypass(t *testing.T) {
	w := newWorld(t)
	if _, err := MayApply(&w.Case, eve); gov.ReasonOf(err) != Quorum {
		t.Error(err)
	}
	w.edit(eve, func(p *Person) { p.Reads = true })
	w.refused(NotEligible, eve, gov.Approve)
}

func TestR31AuditorsDoNotVote(t *testing.T) {
	w := newWorld(t)
	w.edit(bob, func(p *Person) { p.Roles = append(p.Roles, Held{gov.Auditor, eve, 1}) })
	w.refused(IsAuditor, bob, gov.Approve)
	w.refused(IsAuditor, bob, gov.Veto)
}

func TestR32ExclusiveRoles(t *testing.T) {
	r := Default()
	for _, role := range []gov.Role{gov.Steward, gov.Annotator, gov.Admin} {
		if err := CheckGrant(r, []gov.Role{gov.Viewer, role}, gov.Auditor); gov.ReasonOf(err) != "SOD_CONFLICT" {
			t.Errorf("%s: %v", role, err)
		}
		if err := CheckGrant(r, []gov.Role{gov.Auditor}, role); gov.ReasonOf(err) != "SOD_CONFLICT" {
			t.Errorf("%s: %v", role, err)
		}
	}
	if err := CheckGrant(r, []gov.Role{gov.Annotator, gov.Viewer}, gov.Steward); err != nil {
		t.Error(err)
	}
	w := newWorld(t) // a conflict that is there already
	w.edit(bob, func(p *Person) { p.Roles = append(p.Roles, Held{gov.Admin, "user:99", 1}) })
	w.refused(Conflict, bob, gov.Approve)
}

func TestR33Seats(t *testing.T) {
	w := newWorld(t)
	w.tune(func(r *Rules) { r.ApplierNotContributor, r.ApplierNotApprover = true, true })
	w.cast(bob, gov.Approve)
	for who, want := range map[gov.PersonID]gov.Reason{ann: SamePerson, bot: SamePerson, bob: SamePerson, cid: "", gov.System: ""} {
		if _, err := MayApply(&w.Case, who); gov.ReasonOf(err) != want {
			t.Errorf("%s: %v, want %q", who, err, want)
		}
	}
}

func TestR39NewPersonsDoNotCount(t *testing.T) {
	w := newWorld(t)
	w.edit(bob, func(p *Person) { p.Created = w.Now.AddDate(0, 0, -7).Add(time.Second) })
	w.refused(TooNew, bob, gov.Approve)
	w.wait(time.Second)
	w.cast(bob, gov.Approve)
	w.ready(true)
	w.edit(bob, func(p *Person) { p.Seen = time.Time{} })
	w.void(bob, TooNew)
	w.blocked(Quorum)
}

func TestR40MutualApproval(t *testing.T) {
	r := Default()
	var all []Approval
	add := func(n int, author, reviewer gov.PersonID, took time.Duration) {
		for range n {
			all = append(all, Approval{author, reviewer, took})
		}
	}
	add(6, bob, ann, time.Second)
	add(5, ann, bob, time.Second)
	add(9, ann, bob, time.Minute) // not fast
	add(9, ann, cid, time.Second) // one way
	if got := Mutual(r, all); got != nil {
		t.Errorf("alarm %v", got)
	}
	add(1, ann, bob, time.Second)
	if got, want := Mutual(r, all), []Couple{{ann, bob, 6, 6, Minute}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
