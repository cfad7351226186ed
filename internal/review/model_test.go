package review

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// The reference: approval in the plainest words there are, for rules of the
// shape that the machine draws, n stewards and m trainers. It scans the log for
// each question, and knows of one way only to decide whether places can be
// filled (Hall's theorem for two factors).
type reference struct{ *world }

func needs(r *Rules) (stewards, trainers int) {
	for _, f := range r.Stages[2].Factors {
		switch f.Role {
		case gov.Steward:
			stewards = int(f.Need)
		case gov.Trainer:
			trainers = int(f.Need)
		}
	}
	return stewards, trainers
}

// last returns the last vote of a person that changes where they stand.
func (w reference) last(id gov.PersonID) (v gov.Vote) {
	for _, x := range w.Votes {
		own := x.Kind == gov.Approve || x.Kind == gov.Veto || x.Kind == gov.Lift && (x.Of == "" || x.Of == id)
		if x.Person == id && own {
			v = x
		}
	}
	return v
}

// vetoAt returns the log entry of the veto of a person that stands, or 0. An
// approval does not end a veto.
func (w reference) vetoAt(id gov.PersonID) (at uint64) {
	for _, x := range w.Votes {
		if x.Person == id && x.Kind == gov.Veto {
			at = x.Entry
		}
		if x.Person == id && x.Kind == gov.Lift && (x.Of == "" || x.Of == id) {
			at = 0
		}
	}
	return at
}

func (w reference) fresh(v gov.Vote, r *Rules) bool {
	return v.Revision == w.Revisions[len(w.Revisions)-1].Digest && v.Entry >= w.Change.Reopened &&
		w.Now.Sub(v.Time) < time.Duration(r.VoteLife)*time.Second
}

func (w reference) worked(id gov.PersonID) bool {
	if id == bot {
		id = ann // who owns it
	}
	if id == w.Change.Author || slices.Contains(w.Suppliers, id) {
		return true
	}
	return slices.ContainsFunc(w.Revisions, func(r gov.Revision) bool { return r.By == id || r.By == bot && id == ann })
}

func (w reference) counts(id gov.PersonID, role gov.Role) bool {
	p := w.People[id]
	if p.Disabled || id == bot || w.worked(id) {
		return false
	}
	return slices.ContainsFunc(p.Roles, func(h Held) bool {
		return h.Role == role && h.By != id && !(h.Entry > w.Change.Entry && w.worked(h.By))
	})
}

func (w reference) approves(id gov.PersonID, r *Rules) bool {
	v := w.last(id)
	return v.Kind == gov.Approve && w.fresh(v, r) && w.vetoAt(id) == 0
}

func (w reference) ready() bool {
	return w.Change.State == gov.ChangeOpen && w.readyUnder(w.Pinned) && w.readyUnder(w.Current) && w.Now.Before(w.Change.Expires)
}

func (w reference) readyUnder(r *Rules) bool {
	n, m := needs(r)
	var stewards, trainers, either int
	for id := range w.People {
		s, t := w.counts(id, gov.Steward), w.counts(id, gov.Trainer)
		if !w.approves(id, r) {
			continue
		}
		if s {
			stewards++
		}
		if t {
			trainers++
		}
		if s || t {
			either++
		}
	}
	for id := range w.People {
		if at := w.vetoAt(id); at > 0 && w.lifters(id, at, r) < max(n+m, 1)+1 {
			return false
		}
	}
	return stewards >= n && trainers >= m && either >= n+m
}

func (w reference) lifters(vetoer gov.PersonID, at uint64, r *Rules) int {
	_, m := needs(r)
	who := map[gov.PersonID]bool{}
	for _, v := range w.Votes {
		if v.Kind == gov.Lift && v.Of == vetoer && v.Person != vetoer && v.Entry > at {
			who[v.Person] = w.fresh(v, r) && (w.counts(v.Person, gov.Steward) || m > 0 && w.counts(v.Person, gov.Trainer))
		}
	}
	n := 0
	for _, yes := range who {
		if yes {
			n++
		}
	}
	return n
}

var cast = []gov.PersonID{ann, bob, cid, dot, eve, fay, bot}

func drawRules(t *rapid.T) *Rules {
	r := &Rules{Stages: map[gov.Stage]StageRules{}, VoteLife: Life(rapid.IntRange(1, 3).Draw(t, "life")) * Day}
	var s StageRules
	if n := rapid.IntRange(0, 2).Draw(t, "stewards"); n > 0 {
		s.Factors = append(s.Factors, Factor{Role: gov.Steward, Need: uint8(n)})
	}
	if rapid.IntRange(0, 2).Draw(t, "trainers") == 0 {
		s.Factors = append(s.Factors, Factor{Role: gov.Trainer, Need: 1})
	}
	r.Stages[2] = s
	return r
}

func person(t *rapid.T) gov.PersonID { return rapid.SampledFrom(cast).Draw(t, "who") }

// step does one random thing. Votes are put into the log whether they may be
// cast or not: Judge must not rely on MayVote.
func (w *world) step(t *rapid.T) {
	switch rapid.IntRange(0, 11).Draw(t, "step") {
	case 0, 1, 2, 3:
		w.force(person(t), gov.Approve)
	case 4:
		w.force(person(t), gov.Veto)
	case 5:
		w.force(person(t), gov.Lift)
	case 6:
		w.force(person(t), gov.Lift, of(person(t)))
	case 7:
		w.revise(person(t), func(*gov.Revision) {})
	case 8:
		w.entry++
		role := rapid.SampledFrom([]gov.Role{gov.Steward, gov.Trainer}).Draw(t, "role")
		h := Held{role, person(t), w.entry}
		w.edit(person(t), func(p *Person) { p.Roles = append(slices.Clip(p.Roles), h) })
	case 9:
		id := person(t)
		if rapid.Bool().Draw(t, "disable") {
			w.edit(id, func(p *Person) { p.Disabled = !p.Disabled })
		} else {
			w.edit(id, func(p *Person) { p.Roles = nil })
		}
	case 10:
		w.Current = drawRules(t)
	case 11:
		w.wait(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
		w.entry++
		if rapid.Bool().Draw(t, "reopen") {
			w.Change.Reopened = w.entry
		}
		w.Change.State = rapid.SampledFrom([]gov.ChangeState{gov.ChangeOpen, gov.ChangeOpen, gov.ChangeWithdrawn}).Draw(t, "state")
	}
}

func TestJudgeAgreesWithReference(t *testing.T) {
	readies := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.edit(eve, func(p *Person) { p.Reads = true })
		w.edit(fay, func(p *Person) { p.Roles = w.person(gov.Trainer).Roles })
		w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Steward, gov.Trainer).Roles })
		w.Pinned = drawRules(rt)
		w.setRules(w.Pinned)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			w.step(rt)
			v := Judge(&w.Case)
			if want := (reference{w}).ready(); v.Ready != want {
				rt.Fatalf("ready %v, want %v: %+v", v.Ready, want, v)
			}
			if v.Ready {
				readies++
			}
			w.invariants(rt, v)
			w.laws(rt, v)
			w.voting(rt)
		}
	})
	if readies < 10 {
		t.Errorf("only %d verdicts of ready: the machine does not get there", readies)
	}
}

// invariants (a) and (b), and R36: what explain says is what apply does.
func (w *world) invariants(t *rapid.T, v Verdict) {
	seats := map[string]map[gov.PersonID]bool{}
	for _, f := range v.Factors {
		if seats[f.Under] == nil {
			seats[f.Under] = map[gov.PersonID]bool{}
		}
		rules := w.Current
		if f.Under == "pinned" {
			rules = w.Pinned
		}
		for _, id := range f.By {
			if seats[f.Under][id] {
				t.Fatalf("%s fills two places", id)
			}
			seats[f.Under][id] = true
			if ref := (reference{w}); !ref.counts(id, f.Role) || !ref.approves(id, rules) {
				t.Fatalf("%s fills a place of %s", id, f.Rule)
			}
		}
		if v.Ready && len(f.By) < f.Need || f.Missing != f.Need-f.Have || f.Have != len(f.By) {
			t.Fatalf("%+v", f)
		}
	}
	if _, err := MayApply(&w.Case, gov.System); v.Ready != (err == nil) {
		t.Fatalf("explain says %v, apply %v", v.Ready, err)
	}
}

// laws: what can only make a change less ready never makes it ready.
func (w *world) laws(t *rapid.T, before Verdict) {
	worse := map[string]func(*world){
		"a veto":        func(w *world) { w.force(person(t), gov.Veto) },
		"a contributor": func(w *world) { w.Suppliers = append(slices.Clip(w.Suppliers), person(t)) },
		"tighter rules": func(w *world) { w.Current = Strictest(w.Current, drawRules(t)) },
	}
	for name, f := range worse {
		then := *w
		f(&then)
		if after := Judge(&then.Case); after.Ready && !before.Ready {
			t.Fatalf("%s makes ready what was not: %+v", name, before)
		}
	}
}

// voting: an approval that may be cast is never void, and one that may not
// never makes ready.
func (w *world) voting(t *rapid.T) {
	id := person(t)
	err := MayVote(&w.Case, w.vote(id, gov.Approve))
	then := *w
	then.force(id, gov.Approve)
	before, after := Judge(&w.Case), Judge(&then.Case)
	void := slices.ContainsFunc(after.Void, func(e Excluded) bool { return e.Person == id })
	// Under two sets of rules the person may be fit under one alone.
	if one := len(after.Factors) == 0 || after.Factors[0].Under == ""; err == nil && void && one {
		t.Fatalf("%s may approve, and it is void: %v", id, after.Void)
	}
	if err != nil && after.Ready && !before.Ready {
		t.Fatalf("%s may not approve (%v), and it makes ready", id, err)
	}
}
