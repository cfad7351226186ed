package govern_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// A lab is a dataset that nobody has checked, and people who train on it.
type lab struct {
	*govtest.Kit
	t        *testing.T
	tim, tom *govtest.Actor // trainers
	sue      *govtest.Actor // steward
}

const poses = gov.DatasetName("lab/poses")

func newLab(t *testing.T, k *govtest.Kit) *lab {
	t.Helper()
	k.Dataset(poses)
	l := &lab{Kit: k, t: t, tim: k.Person("tim", gov.Trainer, "lab"), tom: k.Person("tom", gov.Trainer, "lab"), sue: k.Person("sue", gov.Steward, "lab")}
	k.Register(l.sue, poses, govtest.Record("a", "fist"), govtest.Record("b", "palm"))
	return l
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) refused(err error, kind gov.Kind, reason gov.Reason) {
	l.t.Helper()
	if e, ok := err.(*gov.Error); gov.ReasonOf(err) != reason || ok && e.Kind != kind {
		l.t.Errorf("got %v (%s), want %s", err, gov.ReasonOf(err), reason)
	}
}

// start starts a run that the gates do not hold up.
func (l *lab) start(by *govtest.Actor, inputs ...string) gov.RunID {
	l.t.Helper()
	in := govern.StartRun{Project: "lab", Job: "train-pose", Purpose: "research", Inputs: inputs, Params: map[string]string{"lr": "0.01"}, Exploratory: true}
	done, err := l.Service.StartRun(ctx, by.Call(), in)
	l.must(err)
	return done.Event.Run
}

func (l *lab) model(by *govtest.Actor, run gov.RunID, content string) (gov.ModelRef, error) {
	files := []gov.ModelFile{{Name: "weights.bin", Digest: sha256.Sum256([]byte(content)), Size: uint64(len(content))}}
	done, err := l.Service.RegisterModel(ctx, by.Call(), govern.RegisterModel{Model: "lab/pose", Run: run, Files: files})
	if err != nil {
		return gov.ModelRef{}, err
	}
	return gov.ModelRef{Model: done.Event.Model, Number: done.Event.Number}, nil
}

func outputsOf(contents ...string) (all []gov.Output) {
	for _, c := range contents {
		all = append(all, gov.Output{Digest: sha256.Sum256([]byte(c)), Name: "id-" + c})
	}
	return all
}

// runStory makes every event of runs, models and outputs happen.
func runStory(t *testing.T, k *govtest.Kit) {
	l := newLab(t, k)
	run := l.start(l.tim, "lab/poses", "external:kaggle#hands@3", "lab/poses@v9")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	_, err = l.Service.FinishRun(ctx, l.tim.Call(), govern.FinishRun{Run: run, Outputs: []string{"external:s3#evaluation"}})
	l.must(err)
	_, err = l.Service.FailRun(ctx, l.tom.Call(), govern.FailRun{Run: l.start(l.tom), Status: 3, Why: "out of memory"})
	l.must(err)
	_, err = l.Service.TagModel(ctx, l.tim.Call(), m, "live")
	l.must(err)
	_, err = l.Service.UntagModel(ctx, l.sue.Call(), m.Model, "live")
	l.must(err)
	_, err = l.Service.RecordOutputs(ctx, l.tim.Call(), m, outputsOf("one", "two", "three"))
	l.must(err)
	for range 2 {
		second, err := l.model(l.tim, run, fmt.Sprint("weights", l.LogSize()))
		l.must(err)
		_, err = l.deploy(l.sue, second, "clinic", true)
		l.must(err)
		_, err = l.Service.RecordServed(ctx, l.tim.Call(), second, "clinic", outputsOf("four"))
		l.must(err)
	}
	_, err = l.Service.UndeployModel(ctx, l.tim.Call(), govern.UndeployModel{Site: "lab/clinic", Why: "enough"})
	l.must(err)
	_, err = l.Service.ImportLineage(ctx, l.tim.Call(), "lab", lines(runEvent(1, "START", "raw", ""), runEvent(1, "COMPLETE", "raw", "clean")))
	l.must(err)
}
