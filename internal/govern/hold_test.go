package govern_test

import (
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// lacking returns the reasons for which a version does not start a run.
func (l *lab) lacking(ref string) map[gov.Reason]bool {
	l.t.Helper()
	info, err := l.Service.Run(ctx, l.tim.Call(), l.start(l.tim, ref))
	l.must(err)
	all := map[gov.Reason]bool{}
	for _, g := range info.Found {
		for _, lack := range g.Lacks {
			all[lack.Reason] = true
		}
	}
	return all
}

func (l *lab) holdOn(in govern.PlaceHold) gov.HoldID {
	l.t.Helper()
	in.Reason = "a case"
	done, err := l.Service.PlaceHold(ctx, l.sue.Call(), in)
	l.must(err)
	return done.Event.Hold
}

// What each kind of hold is on.
func TestHoldsCover(t *testing.T) {
	l := newLab(t, govtest.New(t))
	l.Edit(l.sue, poses, govern.Edit{Delete: "a"})
	l.Dataset("lab/other")
	l.Register(l.sue, "lab/other", govtest.Record("a"))
	ben := l.Person("ben", gov.Steward, "lab")
	l.Clock.Turn(8 * 24 * time.Hour)
	for what, c := range map[string]struct {
		in   govern.PlaceHold
		held map[string]bool
	}{
		"a project": {govern.PlaceHold{Place: "lab"}, map[string]bool{"lab/poses@v1": true, "lab/poses@v2": true, "lab/other@v1": true}},
		"a dataset": {govern.PlaceHold{Place: gov.Place(poses)}, map[string]bool{"lab/poses@v1": true, "lab/poses@v2": true}},
		"a version": {govern.PlaceHold{Place: gov.Place(poses), Ref: gov.Ref{Dataset: poses, Number: 2}}, map[string]bool{"lab/poses@v2": true}},
		"a record":  {govern.PlaceHold{Place: gov.Place(poses), Keys: []string{"a"}}, map[string]bool{"lab/poses@v1": true}},
		"a record of a version": {
			govern.PlaceHold{Place: gov.Place(poses), Ref: gov.Ref{Dataset: poses, Number: 1}, Keys: []string{"b", "b"}}, map[string]bool{"lab/poses@v1": true},
		},
	} {
		id := l.holdOn(c.in)
		for _, ref := range []string{"lab/poses@v1", "lab/poses@v2", "lab/other@v1"} {
			if got := l.lacking(ref)["ON_HOLD"]; got != c.held[ref] {
				t.Errorf("a hold on %s: %s is held %v, want %v", what, ref, got, c.held[ref])
			}
		}
		_, err := l.Service.LiftHold(ctx, l.sue.Call(), govern.LiftHold{Hold: id, Reason: "settled"})
		l.must(err)
		if !l.lacking("lab/poses@v1")["ON_HOLD"] && c.held["lab/poses@v1"] {
			t.Errorf("a hold on %s is lifted by one person", what)
		}
		_, err = l.Service.LiftHold(ctx, ben.Call(), govern.LiftHold{Hold: id})
		l.must(err)
	}
	for _, ref := range []string{"lab/poses@v1", "lab/poses@v2", "lab/other@v1"} {
		if l.lacking(ref)["ON_HOLD"] {
			t.Errorf("%s is held although every hold is lifted", ref)
		}
	}
}

// To lift a hold takes two people, who may both do so at the time.
func TestLiftingTakesTwo(t *testing.T) {
	l := newLab(t, govtest.New(t))
	ben := l.Person("ben", gov.Steward, "lab")
	bot := l.Machine("bot", l.sue, gov.Steward, "lab")
	l.Clock.Turn(8 * 24 * time.Hour)
	lift := func(by govern.Call, id gov.HoldID, why string) error {
		_, err := l.Service.LiftHold(ctx, by, govern.LiftHold{Hold: id, Reason: why})
		return err
	}
	id := l.holdOn(govern.PlaceHold{Place: "lab"})
	l.refused(lift(l.tim.Call(), id, "why not"), gov.Denied, "DENIED")
	l.refused(lift(ben.Call(), id, ""), gov.Invalid, "NO_REASON")
	asked := bot.Call()
	l.must(lift(asked, id, "settled"))
	l.must(lift(asked, id, "settled")) // the same request
	l.refused(lift(bot.Call(), id, "again"), gov.Denied, "SELF_APPROVAL")
	l.refused(lift(l.sue.Call(), id, "it is my machine"), gov.Denied, "SELF_APPROVAL")
	if info, err := l.Service.Hold(ctx, l.tim.Call(), id); err != nil || !info.Live() {
		t.Fatalf("one person has lifted the hold: %+v, %v", info, err)
	}
	l.Revoke(bot, gov.Steward, "lab")
	l.must(lift(ben.Call(), id, "who asked may not any more: it is ben who asks"))
	if info, _ := l.Service.Hold(ctx, l.tim.Call(), id); !info.Live() || info.Asker != "ben" {
		t.Fatalf("lifted on the word of who may not: %+v", info)
	}
	l.must(lift(l.sue.Call(), id, ""))
	l.refused(lift(ben.Call(), id, "once more"), gov.Conflict, "HOLD_LIFTED")
	l.refused(lift(ben.Call(), 77, "none"), gov.NotFound, "NO_HOLD")
	stan := l.stranger()
	l.refused(lift(stan.Call(), id, "hidden"), gov.NotFound, "NO_HOLD")
	page, _, err := l.Service.Holds(ctx, l.tim.Call(), "lab", true, 0, 10)
	if l.must(err); len(page) != 1 || page[0].Lifter != "sue" || page[0].Reason != "a case" {
		t.Errorf("holds %+v", page)
	}
	if page, _, err = l.Service.Holds(ctx, stan.Call(), "", true, 0, 10); err != nil || len(page) != 0 {
		t.Errorf("a stranger sees %+v, %v", page, err)
	}
}

// holdStory makes every event of holds happen.
func holdStory(t *testing.T, k *govtest.Kit) {
	k.Dataset("court/cases")
	pia, pam := k.Person("pia", gov.Steward, "court"), k.Person("pam", gov.Steward, "court")
	k.Register(pia, "court/cases", govtest.Record("a"))
	k.Clock.Turn(8 * 24 * time.Hour)
	in := govern.PlaceHold{Place: "court/cases", Ref: gov.Ref{Dataset: "court/cases"}, Keys: []string{"a"}, Reason: "case 7"}
	done, err := k.Service.PlaceHold(ctx, pia.Call(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []*govtest.Actor{pia, pam} {
		if _, err := k.Service.LiftHold(ctx, by.Call(), govern.LiftHold{Hold: done.Event.Hold, Reason: "settled"}); err != nil {
			t.Fatal(err)
		}
	}
}
