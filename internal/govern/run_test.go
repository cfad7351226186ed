package govern_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// A run that nothing stands behind does not start, and says what is lacking; an
// exploratory one does, and its models say so for ever.
func TestGatesHoldUpRuns(t *testing.T) {
	l := newLab(t, govtest.New(t))
	start := func(by *govtest.Actor, purpose string, exploratory bool, inputs ...string) error {
		_, err := l.Service.StartRun(ctx, by.Call(), govern.StartRun{Job: "train", Purpose: purpose, Inputs: inputs, Exploratory: exploratory})
		return err
	}
	before := l.LogSize()
	l.refused(start(l.tim, "research", false, "lab/poses@v1"), gov.Denied, "REPORT_MISSING")
	if e := l.Entry(before); e.Refused != "REPORT_MISSING" || e.Do != gov.RunStart {
		t.Errorf("the refusal is recorded as %+v", e)
	}
	l.refused(start(l.tim, "research", false, "lab/poses@v7"), gov.Denied, "INPUT_UNKNOWN")
	l.refused(start(l.tim, "research", false, "lab/nothing"), gov.NotFound, "NO_DATASET")
	l.refused(start(l.tim, "research", false, "lab/poses@v1", "lab/poses"), gov.Invalid, "INPUT_TWICE")
	l.refused(start(l.tim, "", true, "lab/poses@v1"), gov.Invalid, "BAD_WORD")
	l.refused(start(l.tim, "research", true, "lab/poses", "change:7"), gov.Invalid, "BAD_INPUT")
	l.refused(start(l.tim, "research", true), gov.Invalid, "NO_PROJECT_GIVEN")
	l.refused(start(l.sue, "research", true, "lab/poses"), gov.Denied, "NO_EXPLORING")
	l.must(start(l.tim, "research", true, "lab/poses"))
	_, err := l.Service.CreateDataset(ctx, l.sue.Call(), govern.CreateDataset{Name: "lab/private", Stage: 2, Purposes: []string{"care"}})
	l.must(err)
	l.Register(l.sue, "lab/private", govtest.Record("a"))
	l.refused(start(l.tim, "research", false, "lab/private"), gov.Denied, "PURPOSE_NOT_ALLOWED")

	run := l.start(l.tim, "lab/private", "lab/poses@v7")
	info, err := l.Service.Run(ctx, l.tim.Call(), run)
	l.must(err)
	var lacks []gov.Reason
	for _, g := range info.Found {
		for _, lack := range g.Lacks {
			lacks = append(lacks, lack.Reason)
		}
	}
	if want := []gov.Reason{"PURPOSE_NOT_ALLOWED", "REPORT_MISSING", "NOT_PROMOTED", "INPUT_UNKNOWN"}; !slices.Equal(lacks, want) {
		t.Errorf("the run's inputs lack %v, want %v", lacks, want)
	}
	if info.ByName != "tim" || info.Params["lr"] != "0.01" || info.State != gov.RunStarted {
		t.Errorf("the run is %+v", info)
	}
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	if got, err := l.Service.Model(ctx, l.tim.Call(), m.Model, ""); err != nil || !got.Exploratory || got.Run != run || len(got.List) != 1 {
		t.Errorf("the model is %+v (%v)", got, err)
	}
}

// A run ends once, by who started it, with a token that is good for it.
func TestRunsBelongToWhoStartedThem(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run, other := l.start(l.tim, "lab/poses"), l.start(l.tim, "lab/poses")
	finish := func(by *govtest.Actor, id gov.RunID) error {
		_, err := l.Service.FinishRun(ctx, by.Call(), govern.FinishRun{Run: id})
		return err
	}
	l.refused(finish(l.tom, run), gov.Denied, "NOT_YOUR_RUN")
	job := l.Login(l.tim, "run:"+string(other))
	l.refused(finish(job, run), gov.Denied, "WRONG_RUN")
	_, err := l.model(job, run, "weights")
	l.refused(err, gov.Denied, "WRONG_RUN")
	_, err = l.Service.StartRun(ctx, job.Call(), govern.StartRun{Project: "lab", Job: "train", Purpose: "research"})
	l.refused(err, gov.Denied, "WRONG_RUN")
	l.must(finish(job, other))
	l.must(finish(l.tim, run))
	l.refused(finish(l.tim, run), gov.Conflict, "RUN_ENDED")
	_, err = l.Service.FailRun(ctx, l.tim.Call(), govern.FailRun{Run: run})
	l.refused(err, gov.Conflict, "RUN_ENDED")
	l.refused(finish(l.tim, "0190a6e0-0000-7000-8000-00000000000f"), gov.NotFound, "NO_RUN")
	stranger := l.stranger()
	l.refused(finish(stranger, run), gov.NotFound, "NO_RUN")

	failed := l.start(l.tim)
	_, err = l.Service.FailRun(ctx, l.tim.Call(), govern.FailRun{Run: failed, Status: 9, Why: "killed"})
	l.must(err)
	_, err = l.model(l.tim, failed, "weights")
	l.refused(err, gov.Conflict, "RUN_ENDED")
	info, err := l.Service.Run(ctx, l.tom.Call(), failed)
	if l.must(err); info.Status != 9 || info.Reason != "killed" || info.Ended.IsZero() {
		t.Errorf("the run failed as %+v", info)
	}
	runs, err := l.Service.Runs(ctx, l.tom.Call(), "lab", 0, 10)
	if l.must(err); len(runs) != 3 || runs[0].ID != failed || runs[2].ID != run {
		t.Errorf("runs %+v", runs)
	}
}

// A run's output cannot be what it came of.
func TestRunsMakeNoCircles(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "external:s3#raw")
	_, err := l.Service.FinishRun(ctx, l.tim.Call(), govern.FinishRun{Run: run, Outputs: []string{"external:s3#raw"}})
	l.refused(err, gov.Conflict, "LINEAGE_CYCLE")
	_, err = l.Service.FinishRun(ctx, l.tim.Call(), govern.FinishRun{Run: run, Outputs: []string{"model:lab/pose:v1"}})
	l.refused(err, gov.NotFound, "NO_MODEL")
}

// Models are what their files are, and outputs are found by their bytes.
func TestModelsAndOutputs(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "lab/poses")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	_, err = l.model(l.tim, run, "weights")
	l.refused(err, gov.Exists, "MODEL_EXISTS")
	second, err := l.model(l.tim, "", "others")
	if l.must(err); second.Number != 2 {
		t.Errorf("the second is %v", second)
	}
	done, err := l.Service.RecordOutputs(ctx, l.tim.Call(), m, outputsOf("one", "two"))
	l.must(err)
	again, err := l.Service.RecordOutputs(ctx, l.tim.Call(), second, outputsOf("three", "one"))
	l.must(err)
	found, err := l.Service.FindOutput(ctx, l.tom.Call(), outputsOf("one")[0].Digest)
	l.must(err)
	var places []gov.OutputPlace
	for _, f := range found {
		places = append(places, f.OutputPlace)
	}
	if want := []gov.OutputPlace{{Batch: done.Event.Batch, Index: 0}, {Batch: again.Event.Batch, Index: 1}}; cmp.Diff(places, want) != "" || found[0].Output.Name != "id-one" {
		t.Errorf("found %+v", found)
	}
	_, err = l.Service.FindOutput(ctx, l.tom.Call(), outputsOf("four")[0].Digest)
	l.refused(err, gov.NotFound, "NO_OUTPUT")
	_, err = l.Service.FindOutput(ctx, l.stranger().Call(), outputsOf("one")[0].Digest)
	l.refused(err, gov.NotFound, "NO_OUTPUT")
	_, err = l.Service.RecordOutputs(ctx, l.tim.Call(), m, nil)
	l.refused(err, gov.Invalid, "BAD_BATCH")
}

// stranger is a trainer of another project.
func (l *lab) stranger() *govtest.Actor {
	l.Dataset("elsewhere/data")
	return l.Person("stan", gov.Trainer, "elsewhere")
}

// A version that was checked and promoted may be used, and the next one may not
// before it was too.
func TestGatesLetThroughWhatWasPromoted(t *testing.T) {
	k := govtest.New(t)
	promoteStory(t, k)
	l := &lab{Kit: k, t: t, tim: k.Person("tim", gov.Trainer, "signs"), sue: k.Person("sue", gov.Steward, "signs")}
	start := func(input string) error {
		_, err := l.Service.StartRun(ctx, l.tim.Call(), govern.StartRun{Job: "train", Purpose: "research", Inputs: []string{input}})
		return err
	}
	l.must(start("signs/going@v1"))
	l.Register(l.sue, "signs/going", govtest.Record("a"), govtest.Record("b"))
	l.refused(start("signs/going"), gov.Denied, "REPORT_MISSING")
	_, err := l.Service.RunCheck(ctx, l.sue.Call(), govern.Check{Ref: gov.Ref{Dataset: "signs/going"}, Stage: 2}, quiet)
	l.must(err)
	l.refused(start("signs/going"), gov.Denied, "NOT_PROMOTED")
	l.must(start("signs/going@v1"))
}
