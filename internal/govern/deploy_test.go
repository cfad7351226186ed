package govern_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/lineage"
)

// deploy lets a model serve.
func (l *lab) deploy(by *govtest.Actor, m gov.ModelRef, site string, trial bool) (gov.DeploymentRef, error) {
	done, err := l.Service.DeployModel(ctx, by.Call(), govern.DeployModel{Model: m, Site: site, Trial: trial, Note: "rolled out"})
	if err != nil {
		return gov.DeploymentRef{}, err
	}
	return gov.DeploymentRef{Site: done.Event.Site, Number: done.Event.Number}, nil
}

// sound registers a model that lacks nothing: its run used nothing.
func (l *lab) sound(content string) gov.ModelRef {
	l.t.Helper()
	run, err := l.Service.StartRun(ctx, l.tim.Call(), govern.StartRun{Project: "lab", Job: "train", Purpose: "research"})
	l.must(err)
	m, err := l.model(l.tim, run.Event.Run, content)
	l.must(err)
	return m
}

// deployments lists what is asked for as deployment=model, with + while it serves.
func (l *lab) deployments(q govern.DeploymentQuery) (all []string) {
	l.t.Helper()
	var after gov.DeploymentRef
	for {
		page, err := l.Service.Deployments(ctx, l.tom.Call(), q, after, 2)
		l.must(err)
		for _, d := range page {
			all = append(all, fmt.Sprintf("%s=%s%s", d.Ref(), d.Model, map[bool]string{true: "+"}[d.EndEntry == 0]))
		}
		if len(page) < 2 {
			return all
		}
		after = page[1].Ref()
	}
}

// A site serves one version at a time; what served before is kept, with who
// ended it.
func TestSitesServeOneVersion(t *testing.T) {
	l := newLab(t, govtest.New(t))
	m1, m2 := l.sound("one"), l.sound("two")
	_, err := l.deploy(l.tim, m1, "clinic", false)
	l.must(err)
	then := l.Clock.Now()
	l.Clock.Turn(time.Hour)
	_, err = l.deploy(l.tim, m1, "clinic", false)
	l.refused(err, gov.Exists, "DEPLOYED_ALREADY")
	_, err = l.deploy(l.tim, m1, "lab", false)
	l.must(err)
	second, err := l.deploy(l.sue, m2, "clinic", false)
	l.must(err)
	if e := l.Entry(l.LogSize() - 1); e.Event != "model.deployed" || e.At != "lab" {
		t.Errorf("the entry is %+v", e)
	}
	for what, test := range map[string]struct {
		q    govern.DeploymentQuery
		want []string
	}{
		"project":       {govern.DeploymentQuery{Project: "lab"}, []string{"lab/clinic#2=lab/pose:v2+", "lab/lab#1=lab/pose:v1+"}},
		"all":           {govern.DeploymentQuery{Project: "lab", Ended: true}, []string{"lab/clinic#1=lab/pose:v1", "lab/clinic#2=lab/pose:v2+", "lab/lab#1=lab/pose:v1+"}},
		"all of model":  {govern.DeploymentQuery{Project: "lab", Model: m1.Model, Ended: true}, []string{"lab/clinic#1=lab/pose:v1", "lab/lab#1=lab/pose:v1+", "lab/clinic#2=lab/pose:v2+"}},
		"one version":   {govern.DeploymentQuery{Project: "lab", Model: m1.Model, Version: 2}, []string{"lab/clinic#2=lab/pose:v2+"}},
		"at a time":     {govern.DeploymentQuery{Project: "lab", At: then}, []string{"lab/clinic#1=lab/pose:v1"}},
		"before it all": {govern.DeploymentQuery{Project: "lab", At: then.Add(-time.Hour)}, nil},
		"when it ended": {govern.DeploymentQuery{Project: "lab", At: l.Clock.Now()}, []string{"lab/clinic#2=lab/pose:v2+", "lab/lab#1=lab/pose:v1+"}},
	} {
		if d := cmp.Diff(test.want, l.deployments(test.q)); d != "" {
			t.Errorf("%s (-want +got)\n%s", what, d)
		}
	}
	undeploy := func(number uint64) error {
		in := govern.UndeployModel{Site: "lab/clinic", Number: number, Why: "recalled"}
		_, err := l.Service.UndeployModel(ctx, l.tim.Call(), in)
		return err
	}
	l.refused(undeploy(1), gov.Conflict, "NOT_SERVING")
	l.must(undeploy(2))
	l.refused(undeploy(0), gov.NotFound, "NO_DEPLOYMENT")
	info, err := l.Service.DeploymentWorkedOn(ctx, second)
	if l.must(err); info.ByName != "sue" || info.EndedByName != "tim" || info.NoteText != "rolled out" || info.EndText != "recalled" || info.EndEntry != l.LogSize()-1 {
		t.Errorf("the second was %+v", info)
	}
	third, err := l.deploy(l.tim, m1, "clinic", false)
	if l.must(err); third.Number != 3 {
		t.Errorf("the third is %s", third)
	}
}

// A model that was made for exploration, or by nobody knows what, or from a base
// that was, serves on trial alone: and that takes a right of its own.
func TestGatesHoldUpDeployments(t *testing.T) {
	l := newLab(t, govtest.New(t))
	exploratory, err := l.model(l.tim, l.start(l.tim, "lab/poses", "lab/poses@v9"), "weights")
	l.must(err)
	unknown, err := l.model(l.tim, "", "bought")
	l.must(err)
	run, err := l.Service.StartRun(ctx, l.tim.Call(), govern.StartRun{Project: "lab", Job: "tune", Purpose: "research", Inputs: []string{unknown.Node().String()}})
	l.must(err)
	tuned, err := l.model(l.tim, run.Event.Run, "tuned")
	l.must(err)
	for m, reason := range map[gov.ModelRef]gov.Reason{exploratory: "MODEL_EXPLORATORY", unknown: "NO_RUN_KNOWN", tuned: "NO_RUN_KNOWN"} {
		before := l.LogSize()
		_, err := l.deploy(l.sue, m, "clinic", false)
		l.refused(err, gov.Denied, reason)
		if e := l.Entry(before); e.Refused != reason || e.Do != gov.ModelDeploy {
			t.Errorf("the refusal is recorded as %+v", e)
		}
	}
	_, err = l.deploy(l.tim, exploratory, "clinic", true)
	l.refused(err, gov.Denied, "NO_TRIALS")
	ref, err := l.deploy(l.sue, exploratory, "clinic", true)
	l.must(err)
	info, err := l.Service.DeploymentWorkedOn(ctx, ref)
	l.must(err)
	var lacks []gov.Reason
	for _, g := range info.Found {
		for _, lack := range g.Lacks {
			lacks = append(lacks, lack.Reason)
		}
	}
	if want := []gov.Reason{"MODEL_EXPLORATORY", "INPUT_UNKNOWN"}; !info.Trial || !slices.Equal(lacks, want) {
		t.Errorf("it lacks %v, want %v", lacks, want)
	}
	_, err = l.deploy(l.sue, gov.ModelRef{Model: "lab/pose", Number: 9}, "clinic", false)
	l.refused(err, gov.NotFound, "NO_MODEL")
	_, err = l.deploy(l.sue, exploratory, "the clinic", false)
	l.refused(err, gov.Invalid, "BAD_NAME")
	stan := l.stranger()
	_, err = l.deploy(stan, exploratory, "clinic", false)
	l.refused(err, gov.NotFound, "NO_PROJECT")
	job := l.Login(l.tim, "run:"+string(run.Event.Run))
	_, err = l.deploy(job, exploratory, "clinic", false)
	l.refused(err, gov.Denied, "WRONG_RUN")
}

// Data that was approved for training and has failed its checks since holds up
// what learned from it; what serves already goes on.
func TestDataThatFailedSinceHoldsUpDeployments(t *testing.T) {
	k := govtest.New(t)
	promoteStory(t, k)
	l := &lab{Kit: k, t: t, tim: k.Person("tim", gov.Trainer, "signs"), tom: k.Person("tom", gov.Viewer, "signs"), sue: k.Person("sue", gov.Steward, "signs")}
	ben := k.Person("ben", gov.Steward, "signs")
	run, err := l.Service.StartRun(ctx, l.tim.Call(), govern.StartRun{Job: "train", Purpose: "research", Inputs: []string{"signs/going@v1"}})
	l.must(err)
	register := func(name string) gov.ModelRef {
		in := govern.RegisterModel{Model: "signs/pose", Run: run.Event.Run, Files: []gov.ModelFile{{Name: name, Digest: outputsOf(name)[0].Digest}}}
		done, err := l.Service.RegisterModel(ctx, l.tim.Call(), in)
		l.must(err)
		return gov.ModelRef{Model: done.Event.Model, Number: done.Event.Number}
	}
	_, err = l.deploy(l.tim, register("one"), "clinic", false)
	l.must(err)
	check := func(stage gov.Stage) {
		_, err := l.Service.RunCheck(ctx, l.sue.Call(), govern.Check{Ref: gov.Ref{Dataset: "signs/going"}, Stage: stage}, quiet)
		l.must(err)
	}
	check(3) // fails, and is not asked for yet
	_, err = l.deploy(l.tim, register("two"), "lab", false)
	l.must(err)
	setPolicy(t, k, []byte("extends: stage 2\npromotion: {stewards: 2}\n")) // which asks for more than one record
	l.tim, l.sue = l.Login(l.tim), l.Login(l.sue)
	hold, err := l.Service.PlaceHold(ctx, l.sue.Call(), govern.PlaceHold{Place: "signs/going", Reason: "asked for by counsel"})
	l.must(err)
	_, err = l.deploy(l.tim, register("three"), "clinic", false)
	l.refused(err, gov.Denied, "ON_HOLD")
	for _, who := range []*govtest.Actor{l.sue, l.Login(ben)} {
		_, err := l.Service.LiftHold(ctx, who.Call(), govern.LiftHold{Hold: hold.Event.Hold, Reason: "settled"})
		l.must(err)
	}
	check(2)
	_, err = l.deploy(l.tim, register("four"), "clinic", false)
	l.refused(err, gov.Denied, "REPORT_FAILED")
	if got := l.deployments(govern.DeploymentQuery{Project: "signs"}); len(got) != 2 {
		t.Errorf("%v serves", got)
	}
}

// A version whose change is not ratified holds up what learned from it.
func TestQuarantineIsFoundAtDeployment(t *testing.T) {
	s := newCalm(t)
	s.broken()
	tim := s.Person("tim", gov.Trainer, "signs")
	l := &lab{Kit: s.Kit, t: t, tim: tim, tom: tim, sue: s.bob}
	run, err := l.Service.StartRun(ctx, tim.Call(), govern.StartRun{Job: "train", Purpose: "research", Inputs: []string{string(digits) + "@v2"}, Exploratory: true})
	l.must(err)
	done, err := l.Service.RegisterModel(ctx, tim.Call(), govern.RegisterModel{Model: "signs/reader", Run: run.Event.Run, Files: []gov.ModelFile{{Name: "w", Digest: gov.Digest{7}}}})
	l.must(err)
	ref, err := l.deploy(s.bob, gov.ModelRef{Model: done.Event.Model, Number: 1}, "clinic", true)
	l.must(err)
	info, err := l.Service.DeploymentWorkedOn(ctx, ref)
	if l.must(err); len(info.Found) != 2 || len(info.Found[1].Lacks) != 1 || info.Found[1].Lacks[0].Reason != "QUARANTINED" {
		t.Errorf("found %+v", info.Found)
	}
}

// An output leads to the deployment that gave it, also when another model serves
// there by now, and to no other model.
func TestOutputsLeadToTheirDeployment(t *testing.T) {
	l := newLab(t, govtest.New(t))
	m1, m2 := l.sound("one"), l.sound("two")
	first, err := l.deploy(l.tim, m1, "clinic", false)
	l.must(err)
	record := func(m gov.ModelRef, by string, content string) error {
		_, err := l.Service.RecordServed(ctx, l.tim.Call(), m, by, outputsOf(content))
		return err
	}
	l.must(record(m1, "clinic", "in time"))
	then := l.LogSize() - 1
	l.refused(record(m2, "clinic", "x"), gov.Conflict, "OTHER_MODEL")
	l.refused(record(m1, "lab", "x"), gov.NotFound, "NO_DEPLOYMENT")
	l.refused(record(m1, "lab/clinic#9", "x"), gov.NotFound, "NO_DEPLOYMENT")
	l.refused(record(m1, "lab/clinic", "x"), gov.Invalid, "BAD_DEPLOYMENT")
	_, err = l.deploy(l.tim, m2, "clinic", false)
	l.must(err)
	l.refused(record(m1, "clinic", "late"), gov.Conflict, "OTHER_MODEL")
	l.must(record(m1, first.String(), "late"))

	steps, a := l.walk(l.tom, govern.LineageQuery{Node: gov.Node{Kind: gov.OutputNode, Name: outputsOf("late")[0].Digest.String()}})
	run := steps[4]
	want := []string{steps[0], "batch:2/1", "model:lab/pose:v1/2", "deployment:lab/clinic#1/2", run}
	if d := cmp.Diff(want, steps); d != "" || !a.Complete || len(a.Unresolved) > 0 {
		t.Errorf("trace (-want +got)\n%s", d)
	}
	steps, _ = l.walk(l.tom, govern.LineageQuery{Node: m1.Node(), Direction: lineage.Impact})
	if want := []string{"model:lab/pose:v1/0", "batch:1/1", "batch:2/1", "deployment:lab/clinic#1/1"}; !slices.Equal(steps, want) {
		t.Errorf("impact %v, want %v", steps, want)
	}
	steps, _ = l.walk(l.tom, govern.LineageQuery{Node: first.Node(), Direction: lineage.Impact, AsOf: then})
	if want := []string{"deployment:lab/clinic#1/0", "batch:1/1"}; !slices.Equal(steps, want) {
		t.Errorf("impact as of entry %d %v, want %v", then, steps, want)
	}
	stan := l.stranger()
	_, err = l.Service.Lineage(ctx, stan.Call(), govern.LineageQuery{Node: first.Node()})
	l.refused(err, gov.NotFound, "NO_NODE")
}

// The trail of an output proves which deployment gave it, and that of a model
// tells where it serves.
func TestTrailTellsOfDeployments(t *testing.T) {
	s := newCalm(t)
	output, node := s.trained()
	tim := s.Person("tia", gov.Trainer, "signs")
	m := gov.ModelRef{Model: "signs/reader", Number: 1}
	for _, note := range []string{"first", "again"} {
		_, err := s.Service.DeployModel(ctx, s.bob.Call(), govern.DeployModel{Model: m, Site: "clinic", Trial: true, Note: note})
		s.must(err)
		_, err = s.Service.RecordServed(ctx, tim.Call(), m, "clinic", []gov.Output{{Digest: output}})
		s.must(err)
		_, err = s.Service.UndeployModel(ctx, s.bob.Call(), govern.UndeployModel{Site: "signs/clinic", Why: "enough"})
		s.must(err)
	}
	aud := s.auditor()
	s.proves(s.export(aud, node, govern.BundleFormat),
		"model signs/reader:v1 was deployed, on trial as signs/clinic#1 by "+string(s.bob.ID), "batch:2 was given by deployment signs/clinic#1",
		"deployment signs/clinic#1 ended by "+string(s.bob.ID), "batch:3 was given by deployment signs/clinic#2")
	kinds := 0
	for _, n := range s.chainOf(aud, m.Node().String()).Nodes {
		if n.Deployment != nil && n.Deployment.EndEntry != 0 && n.Deployment.Trial {
			kinds++
		}
	}
	if kinds != 2 {
		t.Errorf("the model's chain tells of %d deployments", kinds)
	}
}

// A dataset elsewhere that was dropped is still what things were made of, and the
// trail says that it is gone.
func TestTrailTellsOfWhatWasDropped(t *testing.T) {
	s := newCalm(t)
	tim := s.Person("tim", gov.Trainer, "signs")
	drop := `{"eventTime":"2026-03-02T10:00:00Z","producer":"https://example.com/etl","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",` +
		`"dataset":{"namespace":"s3://lake","name":"raw","facets":{"lifecycleStateChange":{"_producer":"https://example.com/etl",` +
		`"_schemaURL":"https://openlineage.io/spec/facets/1-0-1/LifecycleStateChangeDatasetFacet.json","lifecycleStateChange":"DROP"}}}}`
	_, err := s.Service.ImportLineage(ctx, tim.Call(), "signs", lines(runEvent(1, "START", "raw", ""), runEvent(1, "COMPLETE", "raw", "clean"), drop))
	s.must(err)
	marks := map[string][]string{}
	for _, n := range s.chainOf(s.auditor(), "external:s3://lake#clean").Nodes {
		marks[n.ID.String()] = n.Marks
	}
	if got := marks["external:s3://lake#raw"]; !slices.Equal(got, []string{"dropped on 2026-03-02"}) || len(marks["external:s3://lake#clean"]) > 0 || len(marks) != 3 {
		t.Errorf("marks %v", marks)
	}
}
