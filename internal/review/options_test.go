package review

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
)

// enforced holds, for each option, a test that fails if the option is not
// obeyed: w is ready with the default rules, and the test sets the option.
var enforced = map[string]func(w *world){
	"stages.factors": func(w *world) {
		w.tune(func(r *Rules) { r.Stages[2] = StageRules{Factors: []Factor{{Role: gov.Steward, Need: 2}}} })
		w.revote(bob)
		w.blocked(Quorum)
		w.tune(func(r *Rules) {
			r.Stages[2] = StageRules{Factors: []Factor{{Role: gov.Steward, People: []gov.PersonID{cid}, Need: 1}}}
		})
		w.revote(bob)
		w.blocked(Quorum)
		w.revote(cid)
		w.ready(true)
	},
	"stages.extra": func(w *world) {
		at := func(f func(*gov.Revision)) {
			w.Votes = nil
			w.revise(ann, f)
			w.force(bob, gov.Approve)
		}
		at(func(r *gov.Revision) { r.Touched, r.Moved = 10, 50_000 }) // exactly 1 % and 5 %
		w.ready(true)
		at(func(r *gov.Revision) { r.Touched = 11 })
		w.blocked(Quorum)
		at(func(r *gov.Revision) { r.Moved = 50_001 })
		w.blocked(Quorum)
		at(func(r *gov.Revision) { r.Touched, r.Moved = 11, 50_001 })
		w.force(cid, gov.Approve)
		w.ready(true) // both thresholds together need one more, not two
	},
	"classes": func(w *world) {
		w.tune(func(r *Rules) {
			r.Classes = []Class{{"hard", []string{"pal*"}, []Factor{{Role: gov.Annotator, Need: 1}}}}
		})
		w.revote(bob)
		w.blocked(Quorum)
	},
	"signed_from": func(w *world) {
		w.tune(func(r *Rules) { r.SignedFrom = 3 })
		w.revote(bob)
		w.ready(true)
		w.tune(func(r *Rules) { r.SignedFrom = 2 })
		w.revote(bob)
		w.blocked(Quorum)
		w.void(bob, Unsigned)
		w.refused(Unsigned, bob, gov.Approve)
		w.cast(bob, gov.Approve, func(v *gov.Vote) { v.Signature = gov.Digest{1} })
		w.ready(true)
	},
	"vote_life": func(w *world) {
		w.tune(func(r *Rules) { r.VoteLife = Day })
		w.revote(bob)
		w.wait(24 * time.Hour)
		w.blocked(Quorum)
	},
	"change_life": func(w *world) {
		w.tune(func(r *Rules) { r.ChangeLife = Day })
		w.revote(bob)
		w.wait(24 * time.Hour)
		w.blocked(Expired)
		w.refused(Expired, cid, gov.Approve)
	},
	"min_age": func(w *world) {
		w.tune(func(r *Rules) { r.MinAge = 31 * Day })
		w.revote(bob)
		w.blocked(Quorum)
	},
	"look_edits": func(w *world) {
		w.tune(func(r *Rules) { r.LookEdits = 10 })
		w.revote(bob)
		w.blocked(Quorum)
		w.refused(NotLooked, bob, gov.Approve, func(v *gov.Vote) { v.Looked.Edits = 2 })
		w.cast(bob, gov.Approve, func(v *gov.Vote) { v.Looked.Edits = 3 }) // there are no more
		w.ready(true)
	},
	"look_time": func(w *world) {
		w.tune(func(r *Rules) { r.LookTime = Minute })
		w.revote(bob)
		w.blocked(Quorum)
		w.refused(NotLooked, bob, gov.Approve, func(v *gov.Vote) { v.Looked.Seconds = 59 })
		w.cast(bob, gov.Approve, func(v *gov.Vote) { v.Looked.Seconds = 60 })
		w.ready(true)
	},
	"lift_more": func(w *world) {
		w.tune(func(r *Rules) { r.LiftMore = 2 })
		w.revote(bob)
		w.cast(cid, gov.Veto)
		w.cast(bob, gov.Lift, of(cid))
		w.cast(dot, gov.Lift, of(cid))
		w.blocked(Vetoed)
	},
	"applier_not_contributor": func(w *world) {
		w.tune(func(r *Rules) { r.ApplierNotContributor = true })
		w.revote(bob)
		w.mayNotApply(ann)
	},
	"applier_not_approver": func(w *world) {
		w.tune(func(r *Rules) { r.ApplierNotApprover = true })
		w.revote(bob)
		w.mayNotApply(bob)
	},
	"exclusive": func(w *world) {
		w.tune(func(r *Rules) { r.Exclusive = []RolePair{{gov.Steward, gov.Viewer}} })
		w.edit(bob, func(p *Person) { p.Roles = w.person(gov.Steward, gov.Viewer).Roles })
		w.revote(bob)
		w.blocked(Quorum)
	},
	"break_glass.factors": func(w *world) {
		w.tune(func(r *Rules) { r.BreakGlass.Factors = []Factor{{Role: gov.Admin, Need: 2}} })
		w.broken(Quorum)
		w.Glass.Asked = append(w.Glass.Asked, w.Glass.Asked[0]) // twice is once
		if err := MayApplyBroken(&w.Case, gov.System); gov.ReasonOf(err) != Quorum {
			w.Error(err)
		}
		w.tune(func(r *Rules) { r.BreakGlass.Factors = nil })
		w.broken(GlassOff)
	},
	"break_glass.never": func(w *world) {
		w.tune(func(r *Rules) { r.BreakGlass.Never = true })
		w.broken(GlassOff)
		w.Glass = nil
		if err := MayBreak(&w.Case, eve, w.newest().Digest, 99); gov.ReasonOf(err) != GlassOff {
			w.Error(err)
		}
	},
	"break_glass.life": func(w *world) {
		w.tune(func(r *Rules) { r.BreakGlass.Life = Minute })
		w.broken("")
		w.wait(time.Minute)
		if err := MayApplyBroken(&w.Case, gov.System); gov.ReasonOf(err) != Quorum {
			w.Error(err)
		}
	},
	"break_glass.ratify": func(w *world) {
		w.tune(func(r *Rules) { r.BreakGlass.Ratify = Hour })
		w.Glass = &Breaking{Revision: w.newest().Digest, Applied: w.Now}
		w.wait(time.Hour)
		if got, _, _ := Ratify(&w.Case); got != Quarantined {
			w.Error(got)
		}
		w.Current = Default() // which gives more time; the pinned still hold
		if got, _, _ := Ratify(&w.Case); got != Quarantined {
			w.Error(got)
		}
	},
	"break_glass.reason": func(w *world) {
		w.tune(func(r *Rules) { r.BreakGlass.Reason = 50 })
		if err := MayBreak(&w.Case, eve, w.newest().Digest, 49); gov.ReasonOf(err) != ReasonTooShort {
			w.Error(err)
		}
	},
	"rule_need": func(w *world) {
		w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Admin).Roles })
		rc := RuleChange{By: eve, Consents: []Asked{{dot, w.Now}, {dot, w.Now}}}
		if _, ok := rc.Effective(&Rules{RuleNeed: 2}, w.People, w.Now); ok {
			w.Error("one is two")
		}
	},
	"rule_delay": func(w *world) {
		w.edit(dot, func(p *Person) { p.Roles = w.person(gov.Admin).Roles })
		rc := RuleChange{By: eve, Consents: []Asked{{dot, w.Now}}}
		if at, _ := rc.Effective(&Rules{RuleDelay: Day}, w.People, w.Now); !at.Equal(w.Now.AddDate(0, 0, 1)) {
			w.Error(at)
		}
	},
	"alarm.times": func(w *world) {
		all := []Approval{{ann, bob, 0}, {bob, ann, 0}, {ann, bob, 0}, {bob, ann, 0}}
		if Mutual(&Rules{Alarm: Alarm{1, Minute}}, all) == nil || Mutual(&Rules{Alarm: Alarm{2, Minute}}, all) != nil {
			w.Error("twice each way")
		}
	},
	"alarm.within": func(w *world) {
		all := []Approval{{ann, bob, time.Minute}, {bob, ann, 0}, {ann, bob, 0}, {bob, ann, 0}}
		if Mutual(&Rules{Alarm: Alarm{1, Minute}}, all) != nil || Mutual(&Rules{Alarm: Alarm{1, Minute + 1}}, all) == nil {
			w.Error("a minute")
		}
	},
}

// revote leaves an approval of the newest revision and nothing else.
func (w *world) revote(id gov.PersonID) {
	w.Votes = nil
	w.force(id, gov.Approve)
}

func (w *world) mayNotApply(who gov.PersonID) {
	w.Helper()
	w.ready(true)
	if _, err := MayApply(&w.Case, who); gov.ReasonOf(err) != SamePerson {
		w.Error(err)
	}
}

// broken holds what comes of eve's breaking the glass.
func (w *world) broken(why gov.Reason) {
	w.Helper()
	w.Glass = &Breaking{Revision: w.newest().Digest, Asked: []Asked{{eve, w.Now}}}
	if err := MayApplyBroken(&w.Case, gov.System); gov.ReasonOf(err) != why {
		w.Errorf("%v, want %q", err, why)
	}
}

func TestR37EveryOptionIsEnforced(t *testing.T) {
	for _, o := range Options() {
		enforce, ok := enforced[o.Path]
		if !ok {
			t.Errorf("option %s has no test", o.Path)
			continue
		}
		t.Run(o.Path, func(t *testing.T) {
			w := newWorld(t)
			w.cast(bob, gov.Approve)
			w.ready(true)
			enforce(w)
		})
	}
	if len(enforced) != len(Options()) {
		t.Errorf("%d tests of %d options", len(enforced), len(Options()))
	}
}

// The list has a row for every field that a document can have.
func TestR37EveryFieldIsAnOption(t *testing.T) {
	var paths []string
	var walk func(prefix string, typ reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch path := prefix + name; f.Type {
			case reflect.TypeFor[map[gov.Stage]StageRules]():
				walk(path+".", reflect.TypeFor[StageRules]())
			case reflect.TypeFor[BreakGlass](), reflect.TypeFor[Alarm]():
				walk(path+".", f.Type)
			default:
				paths = append(paths, path)
			}
		}
	}
	walk("", reflect.TypeFor[Rules]())
	var listed []string
	for _, o := range Options() {
		listed = append(listed, o.Path)
		if o.Says == "" {
			t.Errorf("option %s says nothing", o.Path)
		}
	}
	slices.Sort(paths)
	slices.Sort(listed)
	if !slices.Equal(paths, listed) {
		t.Errorf("fields\n%v\noptions\n%v", paths, listed)
	}
}

// loosened holds, for each option that can be loosened, rules that ask for less
// than full does.
func TestEveryOptionIsCheckedForLoosening(t *testing.T) {
	full := fullRules()
	loose := map[string]*Rules{
		"stages.factors":      {Stages: map[gov.Stage]StageRules{2: {Factors: []Factor{{Role: gov.Steward, Need: 1}}}}},
		"stages.extra":        {Stages: map[gov.Stage]StageRules{2: {Extra: []Extra{{ByRecords, 2000, gov.Steward, 1}}}}},
		"classes":             {Classes: []Class{{"prints", []string{"scar"}, []Factor{{gov.Trainer, []gov.PersonID{"user:8", "user:7"}, 1}}}}},
		"signed_from":         {SignedFrom: 4},
		"vote_life":           {VoteLife: 2 * Day},
		"change_life":         {ChangeLife: 3 * Day},
		"min_age":             {MinAge: Day},
		"look_edits":          {LookEdits: 1},
		"look_time":           {LookTime: 1},
		"lift_more":           {LiftMore: 1},
		"break_glass.factors": {BreakGlass: BreakGlass{Factors: []Factor{{Role: gov.Admin, Need: 1}}}},
		"break_glass.life":    {BreakGlass: BreakGlass{Life: Hour}},
		"break_glass.ratify":  {BreakGlass: BreakGlass{Ratify: 2 * Day}},
		"break_glass.reason":  {BreakGlass: BreakGlass{Reason: 1}},
		"rule_need":           {RuleNeed: 1},
		"rule_delay":          {RuleDelay: Minute},
		"alarm.times":         {Alarm: Alarm{Times: 9}},
		"alarm.within":        {Alarm: Alarm{Within: 1}},
	}
	adds := []string{"applier_not_contributor", "applier_not_approver", "exclusive", "break_glass.never"} // can only be added
	for _, o := range Options() {
		lower, ok := loose[o.Path]
		if !ok {
			if !slices.Contains(adds, o.Path) {
				t.Errorf("%s: nothing to loosen it with", o.Path)
			}
			continue
		}
		err := CheckTightens(full, lower)
		if gov.ReasonOf(err) != "LOOSENS" || !strings.HasPrefix(err.Error(), o.Path+":") {
			t.Errorf("%s: %v", o.Path, err)
		}
		if got := Strictest(full, lower); got.Digest() != full.Digest() {
			t.Errorf("%s: loosened to %s", o.Path, got.Document())
		}
	}
	if err := CheckTightens(full, full); err != nil {
		t.Error(err)
	}
	if err := CheckTightens(full, &Rules{}); err != nil {
		t.Error(err)
	}
	if err := CheckTightens(Default(), full); err != nil {
		t.Error(err)
	}
}

// fullRules sets every option, more strictly than Default.
func fullRules() *Rules {
	r := Default()
	r.Stages[2] = StageRules{Factors: []Factor{{Role: gov.Steward, Need: 2}}, Extra: []Extra{
		{ByLabel, 1000, gov.Steward, 1}, {ByRecords, 1000, gov.Steward, 1},
	}}
	r.Classes = []Class{{"prints", []string{"fingerprint*", "scar"}, []Factor{{gov.Trainer, []gov.PersonID{"user:7", "user:8"}, 2}}}}
	r.SignedFrom, r.VoteLife, r.ChangeLife, r.MinAge = 3, Day, 2*Day, 30*Day
	r.LookEdits, r.LookTime, r.LiftMore = 50, Minute, 2
	r.ApplierNotContributor, r.ApplierNotApprover, r.BreakGlass.Never = true, true, true
	r.Exclusive = append(r.Exclusive, RolePair{gov.Steward, gov.Trainer})
	r.BreakGlass.Factors, r.BreakGlass.Life, r.BreakGlass.Ratify, r.BreakGlass.Reason = []Factor{{Role: gov.Admin, Need: 2}}, 30*Minute, Day, 40
	r.RuleNeed, r.RuleDelay, r.Alarm = 2, Day, Alarm{3, 2 * Minute}
	return r
}

// ExampleOptions prints what documentation is made from.
func ExampleOptions() {
	for _, o := range Options()[3:5] {
		fmt.Printf("%s: %s\n", o.Path, o.Says)
	}
	// Output:
	// signed_from: the stage from which approvals must be signed
	// vote_life: how long an approval counts
}
