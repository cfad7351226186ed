package govern_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
)

// A run does not start on what was looked through before values of it went, or
// before its name meant it; what is still so is not looked through again.
func TestRunsLookForWhatWasErased(t *testing.T) {
	e := newEraser(t)
	e.fill()
	id := e.request(ofS17)
	e.approve(id)
	start := func(ref string, between func()) error {
		in := govern.StartRun{Project: "lab", Job: "train-pose", Purpose: "research", Inputs: []string{ref}, Exploratory: true}
		return govern.StartRunLater(ctx, e.Service, e.tim.Call(), in, between)
	}
	if err := start("lab/faces@v1", func() { e.must(e.run(id)) }); !errors.Is(err, govern.ErrNotLooked) {
		t.Errorf("values went meanwhile: %v", err)
	}
	before := e.LogSize()
	push := func() { e.Register(e.sue, faces, subject("a", "s1"), subject("c", "s2", "palm")) }
	if err := start("lab/faces@latest", push); !errors.Is(err, govern.ErrNotLooked) {
		t.Errorf("the name means another version: %v", err)
	}
	if now := e.LogSize(); now != before+1 {
		t.Errorf("a run that must look again is in the log: %d entries, want %d", now, before+1)
	}
	for _, ref := range []string{"lab/faces@v1", "lab/faces@latest", "lab/faces@v9"} {
		if err := start(ref, func() {}); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for ref, gone := range map[string]bool{"lab/faces@v1": true, "lab/faces@latest": false} {
		if e.lacking(ref)["ERASED"] != gone {
			t.Errorf("a run on %s is held up for what was erased: %v, want %v", ref, !gone, gone)
		}
	}
}

// A meddling context does something when it has been asked so many times whether
// it has ended.
type meddling struct {
	context.Context
	left int
	do   func()
}

func (m *meddling) Err() error {
	if m.left--; m.left == 0 {
		m.do()
	}
	return m.Context.Err()
}

// A run that was overtaken looks again, and starts on what its input means then.
func TestOvertakenRunsLookAgain(t *testing.T) {
	e := newEraser(t)
	e.fill()
	e.erase(ofS17)
	e.Register(e.sue, faces, subject("a", "s1"))
	for at := 1; ; at++ {
		meddled := false
		during := &meddling{ctx, at, func() {
			meddled = true
			e.Edit(e.sue, faces, govern.Edit{Put: subject("a", "s1", fmt.Sprint(at))})
		}}
		in := govern.StartRun{Project: "lab", Job: "train-pose", Purpose: "research", Inputs: []string{"lab/faces@latest"}, Exploratory: true}
		done, err := e.Service.StartRun(during, e.tim.Call(), in)
		e.must(err)
		v, err := e.Service.Version(ctx, e.sue.Call(), gov.Ref{Dataset: faces})
		if e.must(err); done.Event.Inputs[0].Digest != v.Digest {
			t.Errorf("overtaken at look %d, the run is on %v, and the newest is %v", at, done.Event.Inputs[0].Node, v.Ref())
		}
		if !meddled {
			if at < 4 {
				t.Errorf("a run was overtaken %d times alone: the test shows little", at)
			}
			return
		}
	}
}
