package govern_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/validate"
)

// A gateKit is a panel at whose project's door lots are inspected.
type gateKit struct{ *panel }

func newGateKit(t *testing.T) *gateKit {
	g := &gateKit{newPanel(t)}
	policy := strings.TrimSuffix(string(lenient(1, ", S3.intake: on")), "\n")
	setPolicy(t, g.Kit, []byte(policy+"\ninspections: [{id: intake, asks: intake, limit: 5%, confidence: 90%, accept: 0}]\n"))
	return g
}

// news are n records that no version has.
func news(n int) (all []*gov.Record) {
	for i := range n {
		name := []string{"fist", "palm"}[i%2]
		all = append(all, govtest.Record(fmt.Sprintf("new/%04d-%s.png", i, name), name))
	}
	return all
}

func brings(records ...*gov.Record) iter.Seq2[govern.Edit, error] {
	return func(yield func(govern.Edit, error) bool) {
		for _, r := range records {
			if !yield(govern.Edit{Put: r}, nil) {
				return
			}
		}
	}
}

func (g *gateKit) take(by *govtest.Actor, lot string, records ...*gov.Record) error {
	_, err := g.Service.TakeLot(ctx, by.Call(), govern.TakeLot{Dataset: digits, Lot: lot, Message: "of " + lot}, brings(records...))
	return err
}

func (g *gateKit) accept(by *govtest.Actor, lot string) (govern.Registered, error) {
	return g.Service.AcceptLot(ctx, by.Call(), govern.DecideLot{Dataset: digits, Lot: lot})
}

func (g *gateKit) reject(by *govtest.Actor, lot, why string) error {
	_, err := g.Service.RejectLot(ctx, by.Call(), govern.DecideLot{Dataset: digits, Lot: lot, Message: why})
	return err
}

// look draws an inspection of a lot and lets dan answer it.
func (g *gateKit) look(lot string, verdict func(govern.Task) inspect.Verdict) gov.InspectionID {
	g.t.Helper()
	p, err := g.Service.DrawInspection(ctx, g.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Lot: lot, Design: smallDesign()})
	g.must(err)
	_, _, _, err = g.Service.NextTask(ctx, g.ann.Call(), p.Inspection) // who made the versions of the dataset, or brought the lot
	if brought := g.lot(lot).By; brought == g.ann.ID {
		g.refused(err, "CONTRIBUTED")
	}
	g.work(g.dan, p.Inspection, verdict)
	return p.Inspection
}

// fit says whether the record shows what its key says.
func fit(task govern.Task) inspect.Verdict {
	if task.Asks != inspect.Intake || !strings.Contains(task.Key, task.Record.Labels[0].Name) {
		return inspect.Wrong
	}
	return inspect.OK
}

func (g *gateKit) lot(name string) govern.LotInfo {
	g.t.Helper()
	info, err := g.Service.LotWorkedOn(ctx, digits, name)
	g.must(err)
	return info
}

// TestALotWaitsIsInspectedAndComesIn: nothing of it is in the dataset before.
func TestALotWaitsIsInspectedAndComesIn(t *testing.T) {
	g := newGateKit(t)
	g.must(g.take(g.ann, "may", news(300)...))
	d, _, err := g.Service.Dataset(ctx, g.ann.Call(), digits)
	if g.must(err); d.Versions != 1 {
		t.Errorf("a lot that waits makes a version: %d", d.Versions)
	}
	if _, _, err := g.Service.Record(ctx, g.bob.Call(), gov.Ref{Dataset: digits}, "new/0000-fist.png"); gov.ReasonOf(err) != "NO_RECORD" {
		t.Errorf("a record of a lot that waits is read: %v", err)
	}
	_, err = g.accept(g.cid, "may")
	g.refused(err, "INSPECTION_MISSING")
	id := g.look("may", fit)
	if info := g.inspection(g.dan, id); info.State != gov.InspectionPassed || info.Lot != "may" || info.Number != 0 {
		t.Fatalf("inspected: %+v, %+v", info, info.Result)
	}
	call := g.cid.Call()
	done, err := g.Service.AcceptLot(ctx, call, govern.DecideLot{Dataset: digits, Lot: "may"})
	g.must(err)
	if done.Number != 2 || done.Lot != "may" || done.Counts != (gov.Counts{Added: 300, Unchanged: 1000}) || done.Tree.Records != 1300 {
		t.Errorf("accepted: %+v", done)
	}
	again, err := g.Service.AcceptLot(ctx, call, govern.DecideLot{Dataset: digits, Lot: "may"})
	if g.must(err); again.Index != done.Index || again.Number != 2 {
		t.Errorf("asked again: %+v", again)
	}
	if l := g.lot("may"); l.State != gov.LotAccepted || l.Lot.Number != 2 || l.Lot.Inspection != id || l.EndedBy != g.cid.ID || l.Message != "of may" {
		t.Errorf("the lot: %+v", l)
	}
	r, _, err := g.Service.Record(ctx, g.bob.Call(), gov.Ref{Dataset: digits}, "new/0000-fist.png")
	if g.must(err); r.Attributes["lot"] != "may" {
		t.Errorf("it says that it is of the lot %q", r.Attributes["lot"])
	}
	_, err = g.accept(g.cid, "may")
	g.refused(err, "LOT_DECIDED")
	if diff := cmp.Diff(g.Tables(), govtest.Tables(t, g.Replay())); diff != "" {
		t.Errorf("replaying the log gives other tables\n%s", diff)
	}
}

// TestNobodyAcceptsTheirOwnLot, by no credential, and neither does a machine.
func TestNobodyAcceptsTheirOwnLot(t *testing.T) {
	g := newGateKit(t)
	robot := g.Machine("robot", g.cid, gov.Steward, "signs")
	g.must(g.take(g.bob, "one", news(300)...))
	g.look("one", fit)
	before := g.LogSize()
	_, err := g.accept(g.bob, "one")
	g.refused(err, "OWN_LOT")
	if g.LogSize() != before+1 {
		t.Error("the refusal is not recorded")
	}
	_, err = g.accept(robot, "one")
	g.refused(err, "NOT_HUMAN")
	_, err = g.accept(g.ann, "one")
	g.refused(err, "DENIED")
	g.must(g.take(robot, "two", govtest.Record("zzz.png", "palm")))
	_, err = g.accept(g.cid, "two")
	g.refused(err, "OWN_LOT")
	if _, err := g.accept(g.cid, "one"); err != nil {
		t.Errorf("by another steward: %v", err)
	}
}

// TestAFailedLotStaysOut: it is not drawn again until it fits, and what it held is
// swept once it is rejected.
func TestAFailedLotStaysOut(t *testing.T) {
	g := newGateKit(t)
	g.must(g.take(g.ann, "bad", news(300)...))
	g.look("bad", func(govern.Task) inspect.Verdict { return inspect.Wrong })
	_, err := g.accept(g.cid, "bad")
	g.refused(err, "INSPECTION_MISSING")
	_, err = g.Service.DrawInspection(ctx, g.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Lot: "bad", Design: smallDesign()})
	g.refused(err, "INSPECTION_FAILED")
	root := g.lot("bad").Tree.Root
	stays := func(want bool) {
		t.Helper()
		_, err := g.Service.Sweep(ctx)
		g.must(err)
		g.View(func(tx *store.Tx) error {
			if _, err := tx.Node(root); (err == nil) != want {
				t.Errorf("after a sweep: %v", err)
			}
			return nil
		})
	}
	g.Edit(g.ann, digits, govern.Edit{Put: govtest.Record("calm.png", "palm")}) // the newest nodes are never swept
	stays(true)
	g.refused(g.reject(g.cid, "bad", ""), "NO_REASON")
	g.must(g.reject(g.cid, "bad", "no hands"))
	stays(false)
	if l := g.lot("bad"); l.State != gov.LotRejected || l.Why != "no hands" {
		t.Errorf("%+v", l)
	}
	g.refused(g.take(g.ann, "bad", news(3)...), "LOT_EXISTS")
	g.must(g.take(g.ann, "mended", news(300)...))
	p, err := g.Service.DrawInspection(ctx, g.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Lot: "bad", Design: smallDesign()})
	g.refused(err, "LOT_DECIDED")
	if p.Inspection != 0 {
		t.Errorf("drawn %+v", p)
	}
}

func TestBadLotsAreRefused(t *testing.T) {
	g := newGateKit(t)
	other := govtest.Record("other.png", "palm")
	other.Attributes = map[string]string{"lot": "june"}
	for _, c := range []struct {
		lot     string
		records []*gov.Record
		says    string
	}{
		{"Ma y", news(1), "lot"},
		{"may", nil, "no records"},
		{"may", []*gov.Record{govtest.Record("0001.png", "palm"), govtest.Record("0002.png", "palm"), govtest.Record("new.png", "palm")}, `record "0001.png" is in signs/digits@v1 already: a lot brings new records; and 1 more record is wrong`},
		{"may", []*gov.Record{other}, `record "other.png" says that it is of the lot "june"`},
		{"may", []*gov.Record{govtest.Record("new.png", "hoof")}, `label "hoof" is not in the dataset's taxonomy`},
	} {
		before := g.LogSize()
		if err := g.take(g.ann, c.lot, c.records...); err == nil || !strings.Contains(err.Error(), c.says) || g.LogSize() != before {
			t.Errorf("%s: %v, want %q and nothing recorded", c.lot, err, c.says)
		}
	}
	g.must(g.take(g.ann, "may", news(300)...))
	g.Edit(g.ann, digits, govern.Edit{Put: news(1)[0]})
	g.look("may", fit)
	_, err := g.accept(g.cid, "may")
	g.refused(err, "KEY_TAKEN")
	_, err = g.Service.DrawInspection(ctx, g.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: inspect.Design{Asks: inspect.Intake}})
	g.refused(err, "NO_LOT")
}

// TestLotsAreEvidence: each lot that records name must have been accepted, or have
// been there when the dataset was promoted; a version later it must still.
func TestLotsAreEvidence(t *testing.T) {
	g := newGateKit(t)
	finds := func(what string, want validate.Verdict, witnesses ...string) {
		t.Helper()
		done, err := g.Service.RunCheck(ctx, g.bob.Call(), govern.Check{Ref: gov.Ref{Dataset: digits}, Stage: 2}, quiet)
		g.must(err)
		if f := done.Document.Finding("S3.intake"); f.Verdict != want || strings.Join(f.Witnesses, " ") != strings.Join(witnesses, " ") {
			t.Errorf("%s: %+v", what, f)
		}
	}
	of := func(key, lot string) govern.Edit {
		r := govtest.Record(key, "palm")
		r.Attributes = map[string]string{"lot": lot}
		return govern.Edit{Put: r}
	}
	finds("no lot", validate.Skipped)
	g.must(g.take(g.ann, "may", news(300)...))
	g.look("may", fit)
	_, err := g.accept(g.cid, "may")
	g.must(err)
	finds("accepted", validate.Pass)
	g.Edit(g.ann, digits, of("sneaked.png", "june"))
	finds("pushed in", validate.Fail, "june")
	g.Edit(g.ann, digits, govern.Edit{Put: govtest.Record("calm.png", "palm")})
	finds("a version later", validate.Fail, "june")
	g.Edit(g.ann, digits, govern.Edit{Delete: "sneaked.png"})
	finds("taken out", validate.Pass)
	g.must(g.take(g.ann, "late", govtest.Record("late.png", "palm")))
	g.Edit(g.ann, digits, of("other.png", "late"))
	finds("of a lot that waits", validate.Fail, "late")
}

// lotStory makes every event of lots happen.
func lotStory(t *testing.T, k *govtest.Kit, by, other *govtest.Actor) {
	g := &gateKit{&panel{signs: &signs{Kit: k, t: t}}}
	for _, lot := range []string{"in", "out"} {
		_, err := g.Service.TakeLot(ctx, by.Call(), govern.TakeLot{Dataset: "signs/digits", Lot: lot, Message: "new"}, brings(govtest.Record("lot-"+lot, "fist")))
		g.must(err)
	}
	_, err := g.Service.AcceptLot(ctx, other.Call(), govern.DecideLot{Dataset: "signs/digits", Lot: "in", Message: "good"})
	g.must(err)
	g.must(g.reject(other, "out", "bad"))
}
