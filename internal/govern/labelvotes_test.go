package govern_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
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

// A jury is a panel whose project judges what people say in its checks.
type jury struct{ *panel }

func newJury(t *testing.T) *jury {
	j := &jury{newPanel(t)}
	setPolicy(t, j.Kit, lenient(1, ", S2.agree: on, S2.reviewer: {items: 5}, S2.cl: on, S5.lineage: on"))
	return j
}

func brought(votes ...govern.LabelVote) iter.Seq2[govern.LabelVote, error] {
	return func(yield func(govern.LabelVote, error) bool) {
		for _, v := range votes {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (j *jury) bring(votes ...govern.LabelVote) gov.LabelVotes {
	j.t.Helper()
	row, err := j.Service.RecordVotes(ctx, j.dan.Call(), gov.Ref{Dataset: digits}, brought(votes...))
	j.must(err)
	return row
}

func (j *jury) report(only ...string) *validate.Report {
	j.t.Helper()
	done, err := j.Service.RunCheck(ctx, j.bob.Call(), govern.Check{Ref: gov.Ref{Dataset: digits}, Stage: 2, Only: only}, quiet)
	j.must(err)
	return done.Document
}

// finds asks for the verdict and the witnesses of a check.
func (j *jury) finds(what, check string, want validate.Verdict, witnesses ...string) {
	j.t.Helper()
	f := j.report().Finding(check)
	if f.Verdict != want || !slices.Equal(f.Witnesses, witnesses) && len(f.Witnesses)+len(witnesses) > 0 {
		j.t.Errorf("%s: %s is %s %v (%s), want %s %v", what, check, f.Verdict, f.Witnesses, f.Why, want, witnesses)
	}
}

// fair are two annotators' right votes on twenty records of each half, ten of
// which are gold.
func fair() (votes []govern.LabelVote) {
	for i := range 40 {
		key, label := fmt.Sprintf("%04d.png", i), "fist"
		if i >= 20 {
			key, label = fmt.Sprintf("%04d.png", 500+i), "palm"
		}
		for _, by := range []string{"a1", "a2"} {
			v := govern.LabelVote{Key: key, Annotator: by, Label: label}
			if i%4 == 0 {
				v.Truth = label
			}
			votes = append(votes, v)
		}
	}
	return votes
}

func TestVotesAreEvidence(t *testing.T) {
	j := newJury(t)
	j.finds("nobody voted", "S2.agree", validate.Unknown)
	j.finds("nobody voted", "S2.reviewer", validate.Unknown)
	row := j.bring(fair()...)
	if row.Count != 80 || row.Records != 40 || row.Gold != 10 || row.Annotators != 2 {
		t.Errorf("recorded %+v", row)
	}
	j.finds("two who agree", "S2.agree", validate.Pass)
	j.finds("two who are right", "S2.reviewer", validate.Pass)
	votes := fair()
	for i := range votes {
		if v := &votes[i]; v.Annotator == "a2" && v.Truth == "fist" {
			v.Label = "palm"
		}
	}
	j.bring(votes...)
	j.finds("one who is wrong", "S2.reviewer", validate.Fail, "a2")
	j.finds("one who is wrong", "S2.agree", validate.Warn, "0000.png", "0004.png", "0008.png", "0012.png", "0016.png")
	j.bring(fair()...)
	j.finds("a new file takes the place", "S2.agree", validate.Pass)
	if e := j.Entry(row.Entry); strings.Contains(string(e.Data), `"a1"`) || strings.Contains(string(e.Data), ".png") {
		t.Errorf("the log holds votes: %s", e.Data)
	}
}

// TestVotesInAnyOrder give the same report, to the byte.
func TestVotesInAnyOrder(t *testing.T) {
	j := newJury(t)
	var reports [][]byte
	for seed := range uint64(3) {
		votes := fair()
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(votes), func(a, b int) { votes[a], votes[b] = votes[b], votes[a] })
		j.bring(append(votes, votes[:7]...)...)
		reports = append(reports, j.report().Document())
	}
	if !bytes.Equal(reports[0], reports[1]) || !bytes.Equal(reports[0], reports[2]) {
		t.Errorf("another order, another report:\n%s\n%s\n%s", reports[0], reports[1], reports[2])
	}
}

// TestVotesOutliveVersions on the records that stay as they are.
func TestVotesOutliveVersions(t *testing.T) {
	j := newJury(t)
	votes := fair()
	votes[1].Label, votes[3].Label = "palm", "palm" // on records 0 and 1
	j.bring(votes...)
	j.finds("at first", "S2.agree", validate.Pass, "0000.png", "0001.png")
	j.Edit(j.ann, digits, govern.Edit{Put: govtest.Record("0000.png", "palm")}, govern.Edit{Put: govtest.Record("new.png", "palm")})
	j.finds("after a change of a record", "S2.agree", validate.Pass, "0001.png")
	j.Edit(j.ann, digits, govern.Edit{Delete: "0001.png"})
	j.finds("after another went", "S2.agree", validate.Pass)
	j.Edit(j.ann, digits, govern.Edit{Put: govtest.Record("0000.png", "fist")})
	j.finds("when it is as it was", "S2.agree", validate.Pass, "0000.png")
}

func TestBadVotesAreRefused(t *testing.T) {
	j := newJury(t)
	v := func(key, by, label, truth string) govern.LabelVote {
		return govern.LabelVote{Key: key, Annotator: by, Label: label, Truth: truth}
	}
	good := v("0000.png", "a1", "fist", "")
	for _, c := range []struct {
		votes []govern.LabelVote
		says  string
	}{
		{nil, "not a single vote"},
		{[]govern.LabelVote{good, v("none.png", "a1", "fist", "")}, `line 2: record "none.png" is not in signs/digits@v1`},
		{[]govern.LabelVote{v("none.png", "a1", "", ""), good, v("none.png", "a1", "fist", "")}, "line 1: the annotator, the label or the truth is empty, has more than 255 bytes or is not plain text; and 1 more vote is wrong"},
		{[]govern.LabelVote{good, v("0001.png", "", "fist", "")}, "line 2: the annotator"},
		{[]govern.LabelVote{good, v("0001.png", "a\n1", "fist", "")}, "line 2: the annotator"},
		{[]govern.LabelVote{good, v("0001.png", "user:1", "fist", "")}, `line 2: annotator "user:1" is named like a person`},
		{[]govern.LabelVote{good, v("0001.png", "a1", "palm", ""), v("0000.png", "a1", "palm", "")}, `line 3: annotator "a1" says two things of record "0000.png"`},
		{[]govern.LabelVote{v("0000.png", "a1", "fist", "fist"), v("0000.png", "a2", "fist", "palm")}, `line 2: record "0000.png" is said to show two things`},
		{[]govern.LabelVote{{Key: "none.png", Annotator: "a", Label: "b", Line: 17}}, "line 17: "},
	} {
		before := j.LogSize()
		_, err := j.Service.RecordVotes(ctx, j.dan.Call(), gov.Ref{Dataset: digits}, brought(c.votes...))
		if err == nil || !strings.Contains(err.Error(), c.says) || j.LogSize() != before {
			t.Errorf("%v: %v, want %q and nothing recorded", c.votes, err, c.says)
		}
	}
	_, err := j.Service.RecordVotes(ctx, j.dan.Call(), gov.Ref{Dataset: digits}, func(yield func(govern.LabelVote, error) bool) {
		for i := range 100_001 {
			if !yield(v("0000.png", fmt.Sprint("a", i), "fist", ""), nil) {
				return
			}
		}
	})
	wantErr(t, "too many", err, gov.Exhausted, "TOO_MANY_VOTES")
}

// TestInspectionsAreEvidence: what two inspectors answered of the same records
// shows whether they agree and know their gold items, once it is over, and of
// those who were left out nothing counts.
func TestInspectionsAreEvidence(t *testing.T) {
	j := newJury(t)
	d := smallDesign()
	d.Reviewers = 2
	j.draw(d)
	j.work(j.dan, 1, truth)
	j.finds("while it is open", "S2.agree", validate.Unknown)
	n := 0
	j.work(j.fay, 1, func(task govern.Task) inspect.Verdict {
		if n == 0 && truth(task) == inspect.OK {
			n++
			return inspect.Unclear
		}
		return truth(task)
	})
	j.work(j.bob, 1, truth) // settles it
	if info := j.inspection(j.dan, 1); info.State != gov.InspectionPassed {
		t.Fatalf("%+v", info)
	}
	agree, known := j.report().Finding("S2.agree"), j.report().Finding("S2.reviewer")
	if agree.Verdict != validate.Pass || agree.Count != 1 || agree.Value == 1_000_000 {
		t.Errorf("of all votes but one alike: %+v", agree)
	}
	if known.Verdict != validate.Pass || len(known.Parts) != 2 {
		t.Errorf("of two who know their gold: %+v", known)
	}
	j.Edit(j.ann, digits, govern.Edit{Put: govtest.Record(agree.Witnesses[0], "nail")})
	if again := j.report().Finding("S2.agree"); again.Count != 0 {
		t.Errorf("on a record that changed: %+v", again)
	}
}

func TestWhoWasLeftOutIsNoEvidence(t *testing.T) {
	j := newJury(t)
	j.draw(smallDesign())
	for {
		task, some, _, err := j.Service.NextTask(ctx, j.dan.Call(), 1)
		if err != nil || !some {
			break
		}
		j.must(j.answer(j.dan, 1, task.Item, inspect.OK))
	}
	j.work(j.fay, 1, truth)
	if f := j.report().Finding("S2.reviewer"); f.Verdict != validate.Pass || len(f.Parts) != 1 {
		t.Errorf("%+v", f)
	}
}

// TestDoubtsAreShown of the version that they were found in, and of no other.
func TestDoubtsAreShown(t *testing.T) {
	j := newJury(t)
	j.finds("without predictions", "S2.cl", validate.Skipped)
	var rows []govern.Prediction
	for i := range 1000 {
		p := []float64{0.95, 0.05}
		if i >= 500 != (i < 30) {
			p = []float64{0.05, 0.95}
		}
		rows = append(rows, govern.Prediction{Key: fmt.Sprintf("%04d.png", i), Probabilities: p})
	}
	in := govern.Suggest{Ref: gov.Ref{Dataset: digits}, Classes: []string{"fist", "palm"}}
	v, found, err := j.Service.SuggestChange(ctx, j.ann.Call(), in, predicted(rows...))
	j.must(err)
	f := j.report().Finding("S2.cl")
	if f.Verdict != validate.Pass || f.Count != 30 || f.Value != found.Errors || len(f.Witnesses) != validate.MaxWitnesses || f.Witnesses[0] != "0000.png" {
		t.Errorf("%+v", f)
	}
	j.View(func(tx *store.Tx) error {
		for row, err := range tx.Doubts(digits, v.Number) {
			j.must(err)
			if text, err := tx.Text(row.Suspects); err != nil || strings.Count(text.Text, "key") != validate.MaxWitnesses {
				t.Errorf("kept is %q, %v", text.Text, err)
			}
		}
		return nil
	})
	j.Edit(j.ann, digits, govern.Edit{Put: govtest.Record("0000.png", "palm")})
	j.finds("of the next version", "S2.cl", validate.Skipped)
}

// TestRunsAreLookedUp: those of this server and those of imported events are
// known, and no others.
func TestRunsAreLookedUp(t *testing.T) {
	const imported, unknown = "0196a111-0000-7000-8000-000000000001", "0196a111-0000-7000-8000-00000000ffff"
	j := newJury(t)
	j.finds("no run is named", "S5.lineage", validate.Skipped)
	tom := j.Person("tom", gov.Trainer, "signs")
	done, err := j.Service.StartRun(ctx, tom.Call(), govern.StartRun{Project: "signs", Job: "crop", Purpose: "research"})
	j.must(err)
	event := fmt.Sprintf(`{"eventType":"COMPLETE","eventTime":"2026-03-01T10:00:00Z","producer":"https://example.com","schemaURL":"https://example.com","run":{"runId":%q},"job":{"namespace":"etl","name":"crop"}}`, imported)
	_, err = j.Service.ImportLineage(ctx, j.bob.Call(), "signs", [][]byte{[]byte(event)})
	j.must(err)
	made := func(key, run string) govern.Edit {
		r := govtest.Record(key, "fist")
		r.Attributes = map[string]string{"run": run}
		return govern.Edit{Put: r}
	}
	j.Edit(j.ann, digits, made("0001.png", string(done.Event.Run)), made("0002.png", imported))
	j.finds("two that are known", "S5.lineage", validate.Pass)
	j.Edit(j.ann, digits, made("0003.png", unknown), made("0004.png", "a run of mine"))
	j.finds("two that are not", "S5.lineage", validate.Fail, unknown, "a run of mine")
}

// TestVotesReplay: the tables of votes and doubts are a fold of the log.
func TestVotesReplay(t *testing.T) {
	j := newJury(t)
	j.bring(fair()...)
	if diff := cmp.Diff(j.Tables(), govtest.Tables(t, j.Replay())); diff != "" {
		t.Errorf("replaying the log gives other tables\n%s", diff)
	}
}
