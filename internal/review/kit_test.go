package review

import (
	"errors"
	"slices"
	"testing"
	"time"

	"govd/internal/gov"
)

var (
	day0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // everyone has been there since
	day9 = day0.AddDate(0, 0, 30)                      // the change is opened
)

const (
	ann, bob, cid, dot, eve, fay gov.PersonID = "user:1", "user:2", "user:3", "user:4", "user:5", "user:6"

	bot gov.PersonID = "sa:9" // ann's

	openedAt = 100 // the log entry that opened the change
)

// world is a case that tests change step by step, as the log would.
type world struct {
	testing.TB
	Case
	entry uint64
}

// newWorld: ann, an annotator, proposes a small change at stage 2. Bob, cid and
// dot are stewards, eve is admin, fay a viewer; bot is a steward that ann owns.
func newWorld(t testing.TB) *world {
	w := &world{TB: t, entry: openedAt}
	w.People = People{
		ann: w.person(gov.Annotator), bob: w.person(gov.Steward), cid: w.person(gov.Steward), dot: w.person(gov.Steward),
		eve: w.person(gov.Admin), fay: w.person(gov.Viewer), bot: w.person(gov.Steward),
	}
	w.edit(bot, func(p *Person) { p.Owner = ann })
	w.edit(eve, func(p *Person) { p.Reads = false })
	w.Stage, w.Head, w.Now = 2, gov.Digest{1}, day9
	w.setRules(Default())
	w.Change = gov.Change{ID: 7, Dataset: "p/d", Author: ann, State: gov.ChangeOpen, Entry: openedAt, Opened: day9, Expires: day9.AddDate(0, 0, 30)}
	w.revise(ann, func(*gov.Revision) {})
	return w
}

func (w *world) person(roles ...gov.Role) Person {
	p := Person{Created: day0, Seen: day0, Reads: true}
	for _, r := range roles {
		p.Roles = append(p.Roles, Held{Role: r, By: "user:99", Entry: 1})
	}
	return p
}

func (w *world) edit(id gov.PersonID, f func(*Person)) {
	p := w.People[id]
	f(&p)
	w.People[id] = p
}

// setRules is before the change.
func (w *world) setRules(r *Rules) {
	w.Pinned, w.Current = r, r
	for i := range w.Revisions {
		w.Revisions[i].Rules = r.Digest()
		w.Revisions[i].Digest = w.Revisions[i].ComputeDigest()
	}
}

// tune sets the rules to the default with changes.
func (w *world) tune(f func(*Rules)) {
	r := Default()
	f(r)
	w.setRules(r)
}

// revise adds a revision, which pins the current rules.
func (w *world) revise(by gov.PersonID, f func(*gov.Revision)) {
	w.entry++
	r := gov.Revision{
		Change: 7, Number: uint64(len(w.Revisions) + 1), Dataset: "p/d", Base: gov.Base{Number: 1, Digest: w.Head, Records: 1000},
		Edits: gov.Tree{Records: 3}, Touched: 3, Moved: 100, Labels: []string{"fist", "palm"}, Stage: 2,
		Rules: w.Current.Digest(), By: by, Created: w.Now,
	}
	f(&r)
	r.Digest = r.ComputeDigest()
	w.Pinned = w.Current
	w.Revisions = append(slices.Clip(w.Revisions), r)
	w.Change.Revision = r.Number
}

// force records a vote without asking whether it may be cast.
func (w *world) force(id gov.PersonID, kind gov.VoteKind, f ...func(*gov.Vote)) {
	w.entry++
	v := w.vote(id, kind, f...)
	v.Entry, v.Time = w.entry, w.Now
	w.Votes = append(slices.Clip(w.Votes), v)
}

func (w *world) vote(id gov.PersonID, kind gov.VoteKind, f ...func(*gov.Vote)) gov.Vote {
	v := gov.Vote{Change: 7, Revision: w.newest().Digest, Person: id, Kind: kind}
	for _, f := range f {
		f(&v)
	}
	return v
}

func of(id gov.PersonID) func(*gov.Vote) { return func(v *gov.Vote) { v.Of = id } }

// cast records a vote that must be allowed.
func (w *world) cast(id gov.PersonID, kind gov.VoteKind, f ...func(*gov.Vote)) {
	w.Helper()
	if err := MayVote(&w.Case, w.vote(id, kind, f...)); err != nil {
		w.Fatalf("%s, %s: %v", id, kind, err)
	}
	w.force(id, kind, f...)
}

// refused holds that a vote is refused with a reason when voting, and does not
// help if it is in the log all the same.
func (w *world) refused(why gov.Reason, id gov.PersonID, kind gov.VoteKind, f ...func(*gov.Vote)) {
	w.Helper()
	err := MayVote(&w.Case, w.vote(id, kind, f...))
	if gov.ReasonOf(err) != why || !errors.Is(err, gov.Denied) {
		w.Errorf("%s, %s: %v (%s), want %s", id, kind, err, gov.ReasonOf(err), why)
	}
	before := Judge(&w.Case)
	votes := w.Votes
	w.force(id, kind, f...)
	gated := why == NotOpen || why == Expired || why == ClockBack // whatever the votes
	if after := Judge(&w.Case); !gated && have(after) > have(before) || after.Ready && !before.Ready {
		w.Errorf("a refused %s of %s counts: %+v", kind, id, after)
	}
	w.Votes = votes
}

func have(v Verdict) (n int) {
	for _, f := range v.Factors {
		n += f.Have
	}
	return n
}

func (w *world) ready(want bool) Verdict {
	w.Helper()
	v := Judge(&w.Case)
	if v.Ready != want {
		w.Errorf("ready is %v, want %v: %+v", v.Ready, want, v)
	}
	return v
}

// blocked holds that the gravest reason is why, and that applying says so.
func (w *world) blocked(why gov.Reason) Verdict {
	w.Helper()
	v := w.ready(false)
	if len(v.Reasons) > 0 && v.Reasons[0].Reason != why {
		w.Errorf("blocked by %v, want %s", v.Reasons, why)
	}
	if _, err := MayApply(&w.Case, gov.System); gov.ReasonOf(err) != why {
		w.Errorf("applying: %v, want %s", err, why)
	}
	return v
}

// void holds that the approval of a person counts for nothing, and why.
func (w *world) void(id gov.PersonID, why gov.Reason) {
	w.Helper()
	v := Judge(&w.Case)
	if !slices.Contains(v.Void, Excluded{id, why}) {
		w.Errorf("void %v, want %s %s", v.Void, id, why)
	}
}

func (w *world) excluded(id gov.PersonID, why gov.Reason) {
	w.Helper()
	v := Judge(&w.Case)
	for _, f := range v.Factors {
		if !slices.Contains(f.Excluded, Excluded{id, why}) {
			w.Errorf("%s excludes %v, want %s %s", f.Rule, f.Excluded, id, why)
		}
	}
}

func (w *world) wait(d time.Duration) { w.Now = w.Now.Add(d) }
