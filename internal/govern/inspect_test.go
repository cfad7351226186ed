package govern_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/inspect"
	"govd/internal/store"
)

// smallDesign is over soon: about sixty records and twenty gold items.
func smallDesign() inspect.Design {
	return inspect.Design{
		Limit: 50_000, Confidence: 900_000, Accept: 0, Reviewers: 1, Sensitivity: 700_000, MinGold: 10, MinAccuracy: 500_000,
	}
}

// A panel is a dataset of a thousand records, and people to inspect them.
type panel struct {
	*signs
	dan, fay *govtest.Actor // annotators who made nothing
}

func newPanel(t *testing.T) *panel {
	records := append(govtest.Records(500, "fist"), govtest.Records(1000, "palm")[500:]...)
	h := &panel{signs: newSigns(t, records...)}
	h.dan, h.fay = h.Person("dan", gov.Annotator, "signs"), h.Person("fay", gov.Annotator, "signs")
	return h
}

func (h *panel) draw(d inspect.Design, gold ...govern.Gold) govern.InspectionPlan {
	h.t.Helper()
	p, err := h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: d, Gold: gold})
	h.must(err)
	return p
}

func (h *panel) next(who *govtest.Actor, id gov.InspectionID) (govern.Task, bool) {
	h.t.Helper()
	task, some, _, err := h.Service.NextTask(ctx, who.Call(), id)
	h.must(err)
	return task, some
}

func (h *panel) answer(who *govtest.Actor, id gov.InspectionID, item inspect.ItemID, v inspect.Verdict) error {
	_, err := h.Service.Answer(ctx, who.Call(), govern.Answer{Inspection: id, Item: item, Verdict: v})
	return err
}

// work lets somebody answer whatever is next, and returns how many that was.
func (h *panel) work(who *govtest.Actor, id gov.InspectionID, verdict func(govern.Task) inspect.Verdict) (n int) {
	h.t.Helper()
	for {
		task, some := h.next(who, id)
		if !some {
			return n
		}
		h.must(h.answer(who, id, task.Item, verdict(task)))
		n++
	}
}

func (h *panel) inspection(who *govtest.Actor, id gov.InspectionID) govern.InspectionInfo {
	h.t.Helper()
	info, err := h.Service.Inspection(ctx, who.Call(), id)
	h.must(err)
	return info
}

// truth says what is so: the first half are fists, the others palms.
func truth(task govern.Task) inspect.Verdict {
	want := "palm"
	if task.Key < "0500" {
		want = "fist"
	}
	if task.Record.Labels[0].Name == want {
		return inspect.OK
	}
	return inspect.Wrong
}

func TestAnInspectionPasses(t *testing.T) {
	h := newPanel(t)
	p := h.draw(smallDesign())
	if p.Inspection != 1 || len(p.Plans) != 1 || p.Golds == 0 || len(p.Curves[0]) == 0 {
		t.Fatalf("drawn %+v", p)
	}
	open := h.inspection(h.dan, 1)
	if !open.Planted || !open.Ahead || open.Status.Errors != nil || open.Status.Bound != nil || open.Status.Answered != 0 || open.End != nil {
		t.Errorf("open: %+v", open)
	}
	half := int(open.Status.N / 2)
	for range half {
		task, _ := h.next(h.dan, 1)
		h.must(h.answer(h.dan, 1, task.Item, truth(task)))
	}
	if n := h.work(h.fay, 1, truth); n+half != int(open.Status.N) {
		t.Errorf("%d and %d answers for %d items", half, n, open.Status.N)
	}
	over := h.inspection(h.dan, 1)
	if over.State != gov.InspectionPassed || over.Result == nil || *over.Status.Errors != 0 || over.Result.Bound > over.Design.Limit {
		t.Fatalf("over: %+v, %+v", over, over.Result)
	}
	if over.Result.GoldErrors == 0 || over.Result.Noticed != over.Result.GoldErrors {
		t.Errorf("noticed %d of %d planted errors", over.Result.Noticed, over.Result.GoldErrors)
	}
	h.revealed(over)
	_, err := h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: smallDesign()})
	h.must(err) // after one that passed, another does no harm
}

// revealed draws the sample again from what is public once it is over.
func (h *panel) revealed(info govern.InspectionInfo) {
	h.t.Helper()
	b, err := hex.DecodeString(info.End.Secret)
	h.must(err)
	h.must(inspect.Secret(b).Reveal(info.Commitment))
	if e := h.Entry(info.Committed); !strings.Contains(string(e.Data), info.Commitment.String()) {
		h.t.Errorf("entry %d, a %s, does not publish the commitment", info.Committed, e.Event)
	}
}

// TestTheSecretStaysSecret: as long as an inspection is open, no entry of the
// log and nothing that anyone is told has the secret, a key or a verdict.
func TestTheSecretStaysSecret(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	task, _ := h.next(h.dan, 1)
	h.must(h.answer(h.dan, 1, task.Item, inspect.Wrong))
	var secret [32]byte
	h.View(func(tx *store.Tx) (err error) {
		row, err := tx.Inspection(1)
		h.must(err)
		secret, err = tx.Secret(row.Commitment)
		text, lost := tx.Text(row.Last)
		if lost != nil || text.Salt == [16]byte{} {
			t.Errorf("the answer can be guessed from its digest: %v", lost)
		}
		return err
	})
	for i := range h.LogSize() {
		line := string(h.Entry(i).Data)
		for _, word := range []string{hex.EncodeToString(secret[:]), `"` + task.Key + `"`, `"error"`} {
			if strings.Contains(line, word) {
				t.Errorf("entry %d says %s: %s", i, word, line)
			}
		}
	}
}

// TestNobodyPeeks: what one inspector has said changes nothing that another sees
// of an item, and nothing is counted that both could see.
func TestNobodyPeeks(t *testing.T) {
	h := newPanel(t)
	d := smallDesign()
	d.Reviewers = 2
	h.draw(d)
	before, _ := h.next(h.fay, 1)
	h.must(h.answer(h.dan, 1, before.Item, inspect.Wrong))
	after, _ := h.next(h.fay, 1)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("fay sees that dan has answered:\n%s", diff)
	}
	if again, _ := h.next(h.dan, 1); again.Item == before.Item {
		t.Error("dan is asked twice")
	}
	if st := h.inspection(h.fay, 1).Status; st.Errors != nil || st.Bound != nil || st.Answered != 0 {
		t.Errorf("an open inspection tells %+v", st)
	}
	h.refused(h.answer(h.dan, 1, before.Item, inspect.OK), "NOT_WANTED")
}

// TestWhoMadeItDoesNotInspectIt, by no credential, and neither does a machine.
func TestWhoMadeItDoesNotInspectIt(t *testing.T) {
	h := newPanel(t)
	robot := h.Machine("robot", h.cid, gov.Annotator, "signs")
	h.Edit(robot, digits, govern.Edit{Put: govtest.Record("robot.png", "fist")})
	h.draw(smallDesign())
	for _, c := range []struct {
		who    *govtest.Actor
		reason gov.Reason
	}{{h.ann, "CONTRIBUTED"}, {h.cid, "CONTRIBUTED"}, {robot, "NOT_HUMAN"}} {
		_, _, _, err := h.Service.NextTask(ctx, c.who.Call(), 1)
		h.refused(err, c.reason)
		entries := h.LogSize()
		h.refused(h.answer(c.who, 1, "any", inspect.OK), c.reason)
		if h.LogSize() != entries+1 {
			t.Errorf("the refusal of %s is not recorded", c.who.Name)
		}
	}
	task, _ := h.next(h.bob, 1) // drew it, and knows nothing of it
	h.must(h.answer(h.bob, 1, task.Item, truth(task)))
}

// TestWhoBringsGoldDoesNotInspect, knowing which items are.
func TestWhoBringsGoldDoesNotInspect(t *testing.T) {
	h := newPanel(t)
	var gold []govern.Gold
	for _, key := range h.keys(40) {
		gold = append(gold, govern.Gold{Key: key, Truth: inspect.Wrong, Shown: "palm"})
	}
	gold[3] = govern.Gold{Key: gold[3].Key, Truth: inspect.OK}
	h.draw(smallDesign(), gold...)
	_, _, _, err := h.Service.NextTask(ctx, h.bob.Call(), 1)
	h.refused(err, "CONTRIBUTED")
	h.work(h.dan, 1, truth)
	if info := h.inspection(h.dan, 1); info.State != gov.InspectionPassed || info.Planted || info.Result.Except != 40 {
		t.Errorf("%s: %+v", info.State, info.Result)
	}
}

func TestBadGoldIsRefused(t *testing.T) {
	h := newPanel(t)
	for _, c := range []struct {
		gold []govern.Gold
		want gov.Reason
	}{
		{[]govern.Gold{{Key: "nothing", Truth: inspect.Wrong}}, "UNKNOWN_RECORD"},
		{[]govern.Gold{{Key: "0001.png", Truth: "maybe"}}, "BAD_GOLD"},
		{[]govern.Gold{{Key: "0001.png", Truth: inspect.Wrong}, {Key: "0001.png", Truth: inspect.OK}}, "BAD_GOLD"},
		{[]govern.Gold{{Key: "0001.png", Truth: inspect.OK, Shown: "palm"}}, "BAD_GOLD"},
		{[]govern.Gold{{Key: "0001.png", Truth: inspect.Wrong, Shown: "fist"}}, "BAD_GOLD"},
		{[]govern.Gold{{Key: "0001.png", Truth: inspect.Wrong}}, "TOO_LITTLE_GOLD"},
	} {
		before := h.LogSize()
		_, err := h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: smallDesign(), Gold: c.gold})
		h.refused(err, c.want)
		if h.LogSize() != before {
			t.Errorf("%v left something behind", c.gold)
		}
	}
}

// TestAFailedInspectionIsFinal: there is no second draw until it fits.
func TestAFailedInspectionIsFinal(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	_, err := h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: smallDesign()})
	h.refused(err, "INSPECTION_OPEN")
	_, err = h.Service.StopInspection(ctx, h.bob.Call(), 1, "a mistake in the design")
	h.must(err)
	_, some := h.next(h.dan, 1)
	if stopped := h.inspection(h.dan, 1); some || stopped.State != gov.InspectionStopped || stopped.Why != "a mistake in the design" || stopped.Result != nil {
		t.Errorf("stopped: %+v", stopped)
	}
	h.draw(smallDesign())
	h.work(h.dan, 2, func(govern.Task) inspect.Verdict { return inspect.Wrong })
	failed := h.inspection(h.dan, 2)
	if failed.State != gov.InspectionFailed || len(failed.Discarded) != 1 || failed.Ahead {
		t.Errorf("failed: %+v", failed)
	}
	h.refused(h.answer(h.fay, 2, "any", inspect.OK), "NOT_OPEN")
	_, err = h.Service.StopInspection(ctx, h.bob.Call(), 2, "")
	h.refused(err, "NOT_OPEN")
	_, err = h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: smallDesign()})
	h.refused(err, "INSPECTION_FAILED")
	h.Edit(h.ann, digits, govern.Edit{Put: govtest.Record("1000.png", "palm")}) // rightly: whether the sample would have a wrong one is chance
	p := h.draw(smallDesign())
	h.work(h.dan, p.Inspection, truth)
	if info := h.inspection(h.dan, p.Inspection); info.State != gov.InspectionPassed || len(info.Discarded) != 0 || !info.Ahead {
		t.Errorf("of what was mended: %+v", info)
	}
}

// TestWhoOverlooksIsLeftOut: their answers count no more, and others go on.
func TestWhoOverlooksIsLeftOut(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	for {
		task, some, _, err := h.Service.NextTask(ctx, h.dan.Call(), 1)
		if err != nil {
			h.refused(err, "EXCLUDED")
			break
		}
		if !some {
			t.Fatal("who overlooks everything has said it all")
		}
		h.must(h.answer(h.dan, 1, task.Item, inspect.OK))
	}
	h.work(h.fay, 1, truth)
	if r := h.inspection(h.fay, 1).Result; r == nil || !r.Reviewers[0].Excluded || r.Reviewers[1].Excluded {
		t.Errorf("%+v", r)
	}
}

// TestASequentialInspectionStops before its cap when the labels are right.
func TestASequentialInspectionStops(t *testing.T) {
	h := newPanel(t)
	d := smallDesign()
	d.Limit, d.Good, d.Risk = 100_000, 10_000, 100_000
	p := h.draw(d)
	n := h.work(h.dan, 1, truth)
	info := h.inspection(h.dan, 1)
	if items := p.Plans[0].Sequential.Cap + p.Golds; info.State != gov.InspectionPassed || uint64(n) > items*2/3 {
		t.Errorf("%s after %d answers of %d: %+v", info.State, n, items, info.Result)
	}
}

// TestStrata: each keeps the limit by itself, also that of the records without
// the attribute.
func TestStrata(t *testing.T) {
	h := newPanel(t)
	all := govtest.Records(1000, "palm")
	for i, r := range all[:900] {
		r.Attributes = map[string]string{"camera": []string{"a", "b"}[i%2]}
		if i < 500 {
			r.Labels[0].Name = "fist"
		}
	}
	h.Register(h.ann, digits, all...)
	d := smallDesign()
	d.Limit, d.By = 100_000, "camera"
	p := h.draw(d)
	h.work(h.dan, 1, truth)
	info := h.inspection(h.dan, 1)
	if diff := cmp.Diff([]string{"", "a", "b"}, p.Design.Strata); diff != "" || info.State != gov.InspectionPassed || len(info.Result.Strata) != 3 {
		t.Errorf("%s\n%+v", diff, info.Result)
	}
	d.By = "asset"
	for i, r := range all {
		r.Attributes = map[string]string{"asset": fmt.Sprint(i)}
	}
	h.Register(h.ann, digits, all...)
	_, err := h.Service.DrawInspection(ctx, h.bob.Call(), govern.DrawInspection{Ref: gov.Ref{Dataset: digits}, Design: d})
	h.refused(err, "TOO_MANY_STRATA")
}

// TestAnInspectionReplays, with another server going on in its middle.
func TestAnInspectionReplays(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	for range 10 {
		task, _ := h.next(h.dan, 1)
		h.must(h.answer(h.dan, 1, task.Item, truth(task)))
	}
	if diff := cmp.Diff(h.Tables(), govtest.Tables(t, h.Replay())); diff != "" {
		t.Errorf("replaying the log gives other tables\n%s", diff)
	}
	want, _ := h.next(h.fay, 1)
	h.Restart()
	got, _ := h.next(h.fay, 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after a restart the next task is another\n%s", diff)
	}
	h.Clock.Turn(time.Hour)
	h.work(h.fay, 1, truth)
	if info := h.inspection(h.dan, 1); info.State != gov.InspectionPassed {
		t.Errorf("%+v", info)
	}
}

// inspectStory makes every event of an inspection happen: one is given up after
// an answer, and one is answered to its end.
func inspectStory(t *testing.T, k *govtest.Kit) {
	h := &panel{signs: &signs{Kit: k, t: t}}
	h.bob, h.dan = k.Person("ned", gov.Steward, "hands"), k.Person("oda", gov.Annotator, "hands")
	in := govern.DrawInspection{Ref: gov.Ref{Dataset: "hands/dirty"}, Design: smallDesign()}
	for n := range gov.InspectionID(2) {
		p, err := h.Service.DrawInspection(ctx, h.bob.Call(), in)
		h.must(err)
		if n == 1 {
			h.work(h.dan, p.Inspection, func(govern.Task) inspect.Verdict { return inspect.Wrong })
			break
		}
		task, _ := h.next(h.dan, p.Inspection)
		h.must(h.answer(h.dan, p.Inspection, task.Item, inspect.OK))
		_, err = h.Service.StopInspection(ctx, h.bob.Call(), p.Inspection, "the wrong limit")
		h.must(err)
	}
	if info := h.inspection(h.dan, 2); info.State != gov.InspectionFailed {
		t.Errorf("%+v", info)
	}
}
