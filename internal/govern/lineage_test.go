package govern_test

import (
	"fmt"
	"math/rand/v2"
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

// runEvent is an OpenLineage event of the nth run, with an input and an output
// of another system.
func runEvent(n int, state, input, output string) string {
	list := func(name string) string {
		if name == "" {
			return "[]"
		}
		return fmt.Sprintf(`[{"namespace":"s3://lake","name":%q}]`, name)
	}
	return fmt.Sprintf(`{"eventType":%q,"eventTime":"2026-03-01T10:%02d:00Z","producer":"https://example.com/etl","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",`+
		`"run":{"runId":"0190a6e0-0000-7000-8000-%012d"},"job":{"namespace":"etl","name":"clean"},"inputs":%s,"outputs":%s}`,
		state, n%60, n, list(input), list(output))
}

func lines(events ...string) (all [][]byte) {
	for _, e := range events {
		all = append(all, []byte(e))
	}
	return all
}

// walk returns the steps of a walk as kind:name@depth, and its answer.
func (l *lab) walk(by *govtest.Actor, q govern.LineageQuery) (steps []string, a govern.LineageAnswer) {
	l.t.Helper()
	a, err := l.Service.Lineage(ctx, by.Call(), q)
	l.must(err)
	for _, s := range a.Steps {
		mark := ""
		if s.Unresolved {
			mark = "?"
		}
		steps = append(steps, fmt.Sprintf("%s%s/%d", s.Node, mark, s.Depth))
	}
	return steps, a
}

// An output is traced to its model, the run, the version and the change that
// touched it; an input that nobody knows is a gap that is told.
func TestOutputIsTracedToItsVersion(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "lab/poses", "lab/poses@v9", "external:kaggle#hands@3")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	_, err = l.Service.RecordOutputs(ctx, l.tim.Call(), m, outputsOf("one", "two"))
	l.must(err)
	out := gov.Node{Kind: gov.OutputNode, Name: outputsOf("two")[0].Digest.String()}
	want := []string{
		out.String() + "/0", "batch:1/1", "model:lab/pose:v1/2", "run:" + string(run) + "/3",
		"version:lab/poses@v1/3", "version:lab/poses@v9?/3", "external:kaggle#hands@3?/4",
	}
	steps, a := l.walk(l.tom, govern.LineageQuery{Node: out})
	if d := cmp.Diff(want, steps); d != "" || !a.Complete || len(a.Unresolved) != 2 {
		t.Errorf("trace (-want +got)\n%s%+v", d, a.Answer)
	}
	steps, _ = l.walk(l.tom, govern.LineageQuery{Node: gov.VersionOf("lab/poses", 1), Direction: lineage.Impact})
	if want := []string{"version:lab/poses@v1/0", "run:" + string(run) + "/1", "model:lab/pose:v1/1", "batch:1/2"}; !slices.Equal(steps, want) {
		t.Errorf("impact %v, want %v", steps, want)
	}
	gaps, complete, err := l.Service.Gaps(ctx, l.tom.Call(), "lab")
	l.must(err)
	var kinds []lineage.GapKind
	for _, g := range gaps {
		kinds = append(kinds, g.Kind)
	}
	if want := []lineage.GapKind{lineage.UnresolvedInput, lineage.UnresolvedInput, lineage.NeverEnded, lineage.UnresolvedInput, lineage.UnresolvedInput}; !complete || !slices.Equal(kinds, want) {
		t.Errorf("gaps %v", gaps)
	}
}

// What was asked as of an entry or a time is answered the same for ever.
func TestAnswersAsOfAnEntryStay(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "lab/poses")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	then, at := l.LogSize()-1, l.Clock.Now()
	query := govern.LineageQuery{Node: gov.VersionOf("lab/poses", 1), Direction: lineage.Impact, AsOf: then, Between: true}
	_, before := l.walk(l.tim, query)
	l.Clock.Turn(time.Hour)
	_, err = l.Service.RecordOutputs(ctx, l.tim.Call(), m, outputsOf("one"))
	l.must(err)
	l.Register(l.sue, poses, govtest.Record("a"))
	_, after := l.walk(l.tim, query)
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("as of entry %d it was (-was +is)\n%s", then, d)
	}
	query.AsOf, query.Time = 0, at
	if _, byTime := l.walk(l.tim, query); cmp.Diff(before, byTime) != "" {
		t.Errorf("as of %v it is %+v, as of that entry %+v", at, byTime, before)
	}
	if steps, _ := l.walk(l.tim, govern.LineageQuery{Node: query.Node, Direction: lineage.Impact}); len(steps) != len(before.Steps)+2 {
		t.Errorf("now it is %v", steps)
	}
	query.Time = govtest.Noon.Add(-time.Hour)
	_, err = l.Service.Lineage(ctx, l.tim.Call(), query)
	l.refused(err, gov.NotFound, "NO_ENTRY")
}

// Nodes that may not be read are redacted, not left out; and who may read
// nothing is told nothing.
func TestWhatMayNotBeReadIsRedacted(t *testing.T) {
	l := newLab(t, govtest.New(t))
	l.Dataset("secret/scans")
	l.Grant(l.sue, gov.Steward, "secret")
	l.Grant(l.tim, gov.Trainer, "secret")
	l.Register(l.sue, "secret/scans", govtest.Record("a"))
	run := l.start(l.tim, "secret/scans", "lab/poses")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	steps, a := l.walk(l.tom, govern.LineageQuery{Node: m.Node(), Between: true})
	if want := []string{"model:lab/pose:v1/0", "run:" + string(run) + "/1", "version:lab/poses@v1/1", "version:/1"}; !slices.Equal(steps, want) || !a.Complete {
		t.Errorf("trace %v, want %v", steps, want)
	}
	for _, e := range a.Edges {
		if strings.Contains(e.To.Name+e.From.Name, "secret") {
			t.Errorf("edge %v names what may not be read", e)
		}
	}
	stan := l.stranger()
	for _, n := range []gov.Node{m.Node(), run.Node(), gov.VersionOf("lab/poses", 1), gov.VersionOf("lab/none", 1), {Kind: gov.ModelNode, Name: "lab/none:v1"}} {
		_, err := l.Service.Lineage(ctx, stan.Call(), govern.LineageQuery{Node: n})
		l.refused(err, gov.NotFound, "NO_NODE")
	}
}

// A page goes on where the one before it ended.
func TestPagesOfAWalkJoin(t *testing.T) {
	l := newLab(t, govtest.New(t))
	for range 7 {
		l.start(l.tim, "lab/poses")
	}
	q := govern.LineageQuery{Node: gov.VersionOf("lab/poses", 1), Direction: lineage.Impact}
	whole, _ := l.walk(l.tim, q)
	var joined []string
	for q.Nodes = 3; ; {
		page, a := l.walk(l.tim, q)
		if joined = append(joined, page...); a.Complete {
			break
		}
		if a.Because != lineage.ByNodes || len(page) != 3 {
			t.Fatalf("a page of %d ended because of %s", len(page), a.Because)
		}
		q.After = a.Next
	}
	if !slices.Equal(whole, joined) || len(whole) != 8 {
		t.Errorf("pages give %v, want %v", joined, whole)
	}
}

// What holds a record is what its impact begins with: versions without it are
// not among it, though they were made from ones with it.
func TestImpactOfARecord(t *testing.T) {
	l := newLab(t, govtest.New(t))
	l.Register(l.sue, poses, govtest.Record("b", "palm"))
	with, without := l.start(l.tim, "lab/poses@v1"), l.start(l.tim, "lab/poses@v2")
	m1, err := l.model(l.tim, with, "one")
	l.must(err)
	_, err = l.model(l.tim, without, "two")
	l.must(err)
	a, err := l.Service.RecordImpact(ctx, l.tim.Call(), gov.Ref{Dataset: poses}, "a")
	l.must(err)
	var got []string
	for _, s := range a.Steps {
		got = append(got, s.Node.String())
	}
	if want := []string{"version:lab/poses@v1", "run:" + string(with), m1.Node().String()}; !slices.Equal(got, want) || !a.Complete || a.Nodes != 3 {
		t.Errorf("impact %v, want %v", got, want)
	}
	_, err = l.Service.RecordImpact(ctx, l.tim.Call(), gov.Ref{Dataset: poses}, "z")
	l.refused(err, gov.NotFound, "NO_RECORD")
	d, err := l.Service.CompareLineage(ctx, l.tim.Call(), m1.Node(), gov.Node{Kind: gov.ModelNode, Name: "lab/pose:v2"}, 0)
	if l.must(err); len(d.OnlyA) != 2 || len(d.OnlyB) != 3 || d.Both != 1 {
		t.Errorf("difference %+v", d)
	}
}

// Events amount to the same state in any order, repeated and batched at will.
func TestImportedStateIsOfTheSetOfEvents(t *testing.T) {
	var events []string
	for i := range 30 {
		events = append(events, runEvent(i, "START", fmt.Sprint("raw", i%5), ""), runEvent(i, []string{"COMPLETE", "FAIL"}[i%2], fmt.Sprint("raw", i%5), fmt.Sprint("clean", i%7)))
	}
	state := func(seed uint64) string {
		l := newLab(t, govtest.New(t))
		r := rand.New(rand.NewPCG(seed, 1))
		sent := slices.Concat(events, events[:int(seed)*7])
		r.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
		for batch := range slices.Chunk(sent, int(seed)*9+1) {
			_, err := l.Service.ImportLineage(ctx, l.tim.Call(), "lab", lines(batch...))
			l.must(err)
		}
		var cells []string
		for _, line := range strings.Split(l.Tables(), "\n") {
			if strings.HasPrefix(line, "lineage.cell") {
				cells = append(cells, line)
			}
		}
		steps, _ := l.walk(l.tim, govern.LineageQuery{Node: gov.Node{Kind: gov.ExternalNode, Name: "s3://lake#raw1"}, Direction: lineage.Impact})
		slices.Sort(steps)
		return strings.Join(append(cells, steps...), "\n")
	}
	first := state(0)
	for seed := uint64(1); seed < 5; seed++ {
		if d := cmp.Diff(first, state(seed)); d != "" {
			t.Errorf("seed %d gives another state\n%s", seed, d)
		}
	}
}

// Nothing of a batch with a bad event is taken in.
func TestImportIsAllOrNothing(t *testing.T) {
	l := newLab(t, govtest.New(t))
	imp := func(by *govtest.Actor, events ...string) (govern.Imported, error) {
		return l.Service.ImportLineage(ctx, by.Call(), "lab", lines(events...))
	}
	before := l.LogSize()
	_, err := imp(l.tim, runEvent(1, "START", "raw", ""), `{"eventTime":"2026-03-01T10:00:00"}`, `nonsense`)
	if l.refused(err, gov.Invalid, "BAD_EVENT"); err == nil || !strings.Contains(err.Error(), "event 2") || !strings.Contains(err.Error(), "1 more") {
		t.Errorf("the error is %v", err)
	}
	run := l.start(l.tim, "lab/poses")
	mine := strings.Replace(runEvent(1, "COMPLETE", "", ""), "0190a6e0-0000-7000-8000-000000000001", string(run), 1)
	_, err = imp(l.tom, mine)
	l.refused(err, gov.Denied, "NOT_YOUR_RUN")
	if n := l.LogSize(); n != before+1 {
		t.Errorf("%d entries were added", n-before-1)
	}
	first, err := imp(l.tim, runEvent(1, "START", "raw", ""), runEvent(1, "START", "raw", ""))
	if l.must(err); first.Count != 2 || first.Again != 1 || first.Index == 0 {
		t.Errorf("imported %+v", first)
	}
	if again, err := imp(l.tim, runEvent(1, "START", "raw", "")); err != nil || again.Again != 1 || again.Index != 0 {
		t.Errorf("imported again %+v (%v)", again, err)
	}
	_, err = imp(l.Person("vic", gov.Viewer, "lab"), runEvent(2, "START", "raw", ""))
	l.refused(err, gov.Denied, "DENIED")
}

// dropEvent says that a dataset of another system was dropped at a minute.
func dropEvent(name string, minute int) string {
	return fmt.Sprintf(`{"eventTime":"2026-03-02T10:%02d:00Z","producer":"https://example.com/etl","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",`+
		`"dataset":{"namespace":"s3://lake","name":%q,"facets":{%s}}}`, minute, name, facetOf("lifecycleStateChange", `,"lifecycleStateChange":"DROP"`))
}

// What was dropped elsewhere is marked in every walk from the entry on that told
// it, by the last drop that was known of then; versions of it, too.
func TestDropsAreToldAsOfAnEntry(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "external:s3://lake#raw@3", "external:s3://lake#raw", "external:s3://lake#other")
	m, err := l.model(l.tim, run, "weights")
	l.must(err)
	var at []uint64
	tell := func(events ...string) {
		_, err := l.Service.ImportLineage(ctx, l.tim.Call(), "lab", lines(events...))
		l.must(err)
		at = append(at, l.LogSize()-1)
	}
	tell(runEvent(1, "START", "raw", ""))
	tell(dropEvent("raw", 5))
	tell(dropEvent("raw", 3), dropEvent("elsewhere", 1))
	tell(dropEvent("raw", 9), dropEvent("raw", 7))
	dropped := func(by *govtest.Actor, asOf uint64) (all []string) {
		_, a := l.walk(by, govern.LineageQuery{Node: m.Node(), AsOf: asOf})
		for _, s := range a.Steps {
			if !s.Dropped.IsZero() {
				all = append(all, fmt.Sprintf("%s %d", s.Node, s.Dropped.Minute()))
			}
		}
		return all
	}
	for i, minute := range []int{0, 5, 5, 9} {
		var want []string
		if minute > 0 {
			want = []string{fmt.Sprint("external:s3://lake#raw@3 ", minute), fmt.Sprint("external:s3://lake#raw ", minute)}
		}
		if d := cmp.Diff(want, dropped(l.tom, at[i])); d != "" {
			t.Errorf("as of entry %d: %s", at[i], d)
		}
	}
	impact, _ := l.Service.Lineage(ctx, l.tom.Call(), govern.LineageQuery{Node: gov.Node{Kind: gov.ExternalNode, Name: "s3://lake#raw"}, Direction: lineage.Impact})
	if len(impact.Steps) == 0 || impact.Steps[0].Dropped.Minute() != 9 {
		t.Errorf("impact %+v", impact.Steps)
	}
}

// That a dataset was dropped is not told to who may not know of it.
func TestHiddenDropsAreNotTold(t *testing.T) {
	l := newLab(t, govtest.New(t))
	l.Dataset("secret/scans")
	l.Grant(l.tim, gov.Trainer, "secret")
	start := govern.StartRun{Project: "secret", Job: "clean", Purpose: "research", Inputs: []string{"external:s3://lake#raw"}, Exploratory: true}
	hidden, err := l.Service.StartRun(ctx, l.tim.Call(), start)
	l.must(err)
	_, err = l.Service.FinishRun(ctx, l.tim.Call(), govern.FinishRun{Run: hidden.Event.Run, Outputs: []string{"external:s3://lake#clean"}})
	l.must(err)
	m, err := l.model(l.tim, l.start(l.tim, "external:s3://lake#clean"), "weights")
	l.must(err)
	_, err = l.Service.ImportLineage(ctx, l.tim.Call(), "secret", lines(dropEvent("raw", 5)))
	l.must(err)
	_, a := l.walk(l.tom, govern.LineageQuery{Node: m.Node()})
	if last := a.Steps[len(a.Steps)-1]; !last.Redacted || last.Node.Kind != gov.ExternalNode || !last.Dropped.IsZero() {
		t.Errorf("the last step is %+v", last)
	}
}
