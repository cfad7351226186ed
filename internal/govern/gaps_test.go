package govern_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/lineage"
)

// bad returns the gaps of bad data that somebody sees, as subject, node, detail
// and the nodes of the way.
func (l *lab) bad(by *govtest.Actor, project gov.Project) (all []string) {
	l.t.Helper()
	gaps, complete, err := l.Service.Gaps(ctx, by.Call(), project)
	l.must(err)
	if !complete {
		l.t.Error("not complete")
	}
	for _, g := range gaps {
		if g.Kind != lineage.BadData {
			continue
		}
		words := []string{g.Subject.String(), g.Node.String(), g.Detail}
		for _, e := range g.Way {
			words = append(words, e.To.String())
		}
		all = append(all, strings.Join(words, " | "))
	}
	return all
}

// serving returns a deployed model that learned from versions, for a trial.
func (l *lab) serving(site string, inputs ...string) gov.ModelRef {
	l.t.Helper()
	m, err := l.model(l.tim, l.start(l.tim, inputs...), site)
	l.must(err)
	_, err = l.deploy(l.sue, m, site, true)
	l.must(err)
	return m
}

// What serves and learned from data that went bad is told, with the way there,
// while it serves and while the data is bad.
func TestDeployedOnDataThatWentBad(t *testing.T) {
	e := newEraser(t)
	e.fill()
	e.serving("clinic", "lab/poses", "lab/faces@v3")
	e.serving("lab", "lab/faces@v4")
	if got := e.bad(e.tom, "lab"); got != nil {
		t.Errorf("nothing went bad yet: %v", got)
	}
	hold, err := e.Service.PlaceHold(ctx, e.sue.Call(), govern.PlaceHold{Place: "lab/poses", Reason: "asked for by counsel"})
	e.must(err)
	held := "deployment:lab/clinic#1 | version:lab/poses@v1 | lab/poses@v1 is on hold 1 | model:lab/pose:v1 | version:lab/poses@v1"
	if d := cmp.Diff([]string{held}, e.bad(e.tom, "lab")); d != "" {
		t.Error(d)
	}
	for _, who := range []*govtest.Actor{e.sue, e.ben} {
		_, err := e.Service.LiftHold(ctx, who.Call(), govern.LiftHold{Hold: hold.Event.Hold, Reason: "settled"})
		e.must(err)
	}
	if got := e.bad(e.tom, "lab"); got != nil {
		t.Errorf("nothing is bad any more: %v", got)
	}
	e.erase(ofS17)
	erased := func(site, m, version string) string {
		return "deployment:lab/" + site + "#1 | version:" + version + " | " + version + " has records that were erased (erasure 1): use a version without them | model:lab/pose:" + m + " | version:" + version
	}
	want := []string{erased("clinic", "v1", "lab/faces@v3"), erased("lab", "v2", "lab/faces@v4")}
	if d := cmp.Diff(want, e.bad(e.tom, "lab")); d != "" {
		t.Error(d)
	}
	_, err = e.Service.UndeployModel(ctx, e.tim.Call(), govern.UndeployModel{Site: "lab/clinic"})
	e.must(err)
	if d := cmp.Diff(want[1:], e.bad(e.tom, "lab")); d != "" {
		t.Errorf("what does not serve any more: %s", d)
	}
}

// A report that fails makes what serves stand on bad data, unless a newer one
// passes. That an older version fails, which the one in use mended, is nothing.
func TestDeployedOnDataThatFailed(t *testing.T) {
	k := govtest.New(t)
	promoteStory(t, k)
	l := &lab{Kit: k, t: t, tim: k.Person("tim", gov.Trainer, "signs"), sue: k.Person("sue", gov.Steward, "signs")}
	l.Register(l.sue, "signs/going", govtest.Record("a"), govtest.Record("b"))
	serve := func(site string, version uint64) {
		ref := gov.Ref{Dataset: "signs/going", Number: version}
		run, err := l.Service.StartRun(ctx, l.tim.Call(), govern.StartRun{Job: "train", Purpose: "research", Inputs: []string{ref.String()}, Exploratory: true})
		l.must(err)
		in := govern.RegisterModel{Model: "signs/pose", Run: run.Event.Run, Files: []gov.ModelFile{{Name: site, Digest: outputsOf(site)[0].Digest}}}
		done, err := l.Service.RegisterModel(ctx, l.tim.Call(), in)
		l.must(err)
		_, err = l.deploy(l.sue, gov.ModelRef{Model: done.Event.Model, Number: done.Event.Number}, site, true)
		l.must(err)
	}
	serve("clinic", 1)
	serve("lab", 2)
	check := func(version uint64) {
		_, err := l.Service.RunCheck(ctx, l.sue.Call(), govern.Check{Ref: gov.Ref{Dataset: "signs/going", Number: version}, Stage: 2}, quiet)
		l.must(err)
	}
	check(1)
	if got := l.bad(l.tim, "signs"); got != nil {
		t.Errorf("it passes: %v", got)
	}
	setPolicy(t, k, []byte("extends: stage 2\npromotion: {stewards: 2}\n")) // which asks for more than one record
	l.tim, l.sue = l.Login(l.tim), l.Login(l.sue)
	check(1)
	want := "deployment:signs/clinic#1 | version:signs/going@v1 | the checks of stage 2 found signs/going@v1: fail | model:signs/pose:v1 | version:signs/going@v1"
	if d := cmp.Diff([]string{want}, l.bad(l.tim, "signs")); d != "" {
		t.Error(d)
	}
	setPolicy(t, k, lenient(2, ""))
	l.tim, l.sue = l.Login(l.tim), l.Login(l.sue)
	check(1)
	if got := l.bad(l.tim, "signs"); got != nil {
		t.Errorf("it passes again: %v", got)
	}
}

// A change that was applied by breaking the glass is a gap of the models that
// learned from it, and what serves stands on it, until it is ratified.
func TestDeployedOnUnratifiedChange(t *testing.T) {
	s := newCalm(t)
	s.broken()
	tim := s.Person("tim", gov.Trainer, "signs")
	l := &lab{Kit: s.Kit, t: t, tim: tim, sue: s.bob}
	run, err := l.Service.StartRun(ctx, tim.Call(), govern.StartRun{Job: "train", Purpose: "research", Inputs: []string{string(digits) + "@v2"}, Exploratory: true})
	l.must(err)
	done, err := l.Service.RegisterModel(ctx, tim.Call(), govern.RegisterModel{Model: "signs/reader", Run: run.Event.Run, Files: []gov.ModelFile{{Name: "w", Digest: gov.Digest{7}}}})
	l.must(err)
	_, err = l.Service.FinishRun(ctx, tim.Call(), govern.FinishRun{Run: run.Event.Run})
	l.must(err)
	_, err = l.deploy(s.bob, gov.ModelRef{Model: done.Event.Model, Number: 1}, "clinic", true)
	l.must(err)
	kinds := func() (all []lineage.GapKind) {
		gaps, _, err := l.Service.Gaps(ctx, tim.Call(), "signs")
		l.must(err)
		for _, g := range gaps {
			all = append(all, g.Kind)
		}
		return all
	}
	both := []lineage.GapKind{lineage.BadData, lineage.UnapprovedChange}
	if got := kinds(); !slices.Equal(got, both) {
		t.Errorf("gaps %v, want %v", got, both)
	}
	s.Clock.Turn(30 * 24 * time.Hour)
	if got := l.bad(l.Login(tim), "signs"); len(got) != 1 || !strings.Contains(got[0], "which was applied by breaking the glass and is QUARANTINED") {
		t.Errorf("after its time %v", got)
	}
}
