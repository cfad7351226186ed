package govern_test

import (
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/lineage"
)

// Every way from one node to another is told, whichever of them comes first, k
// of n; as of an entry, and redacted where the caller may not read.
func TestWaysBetweenNodes(t *testing.T) {
	l := newLab(t, govtest.New(t))
	l.Dataset("secret/scans")
	l.Grant(l.tim, gov.Trainer, "secret")
	base, err := l.model(l.tim, l.start(l.tim, "lab/poses"), "base")
	l.must(err)
	then := l.LogSize() - 1
	in := govern.StartRun{Project: "secret", Job: "tune", Purpose: "research", Inputs: []string{"lab/poses@v1", base.Node().String()}, Exploratory: true}
	run, err := l.Service.StartRun(ctx, l.tim.Call(), in)
	l.must(err)
	_, err = l.Service.FinishRun(ctx, l.tim.Call(), govern.FinishRun{Run: run.Event.Run, Outputs: []string{"external:s3#features"}})
	l.must(err)
	tuned, err := l.model(l.tim, l.start(l.tim, "external:s3#features"), "tuned")
	l.must(err)
	data := gov.VersionOf("lab/poses", 1)
	ways := func(by *govtest.Actor, q govern.PathsQuery, shown int, total uint64) govern.LineagePaths {
		t.Helper()
		p, err := l.Service.LineagePaths(ctx, by.Call(), q)
		if l.must(err); len(p.Shown) != shown || p.Total != total || !p.Counted || p.Because != "" {
			t.Errorf("%d of %d (%v, %q), want %d of %d", len(p.Shown), p.Total, p.Counted, p.Because, shown, total)
		}
		return p
	}
	// The tuned model came of features, by a run that used the data itself and
	// the base model, which came of the data in two ways.
	p := ways(l.tim, govern.PathsQuery{From: tuned.Node(), To: data}, 3, 3)
	for _, way := range p.Shown {
		if p.Direction != lineage.Trace || way[0].From != tuned.Node() || way[len(way)-1].To != data {
			t.Errorf("a way is %v", way)
		}
		for i := 1; i < len(way); i++ {
			if way[i].From != way[i-1].To {
				t.Errorf("a way has a gap: %v", way)
			}
		}
	}
	if p := ways(l.tim, govern.PathsQuery{From: data, To: tuned.Node(), Most: 2}, 2, 3); p.Direction != lineage.Impact || p.Shown[0][0].To != data {
		t.Errorf("the other way round it is %+v", p)
	}
	if p := ways(l.tim, govern.PathsQuery{From: data, To: base.Node(), AsOf: then}, 2, 2); p.AsOf != then {
		t.Errorf("as of %d", p.AsOf)
	}
	ways(l.tim, govern.PathsQuery{From: tuned.Node(), To: gov.Node{Kind: gov.ExternalNode, Name: "s3#features"}, AsOf: l.LogSize()}, 1, 1)
	// Tom may not read the project of the tuning run: it is on the way, without
	// its name.
	for _, way := range ways(l.tom, govern.PathsQuery{From: tuned.Node(), To: data}, 3, 3).Shown {
		redacted := false
		for _, e := range way {
			redacted = redacted || e.To == gov.Node{Kind: gov.RunNode}
			if e.To == run.Event.Run.Node() || e.From == run.Event.Run.Node() {
				t.Errorf("%v names what may not be read", e)
			}
		}
		if !redacted {
			t.Errorf("the way %v does not say that something is hidden", way)
		}
	}
	for _, q := range []govern.PathsQuery{
		{From: data, To: run.Event.Run.Node()}, {From: run.Event.Run.Node(), To: data}, {From: data, To: gov.VersionOf("lab/poses", 9)},
	} {
		_, err := l.Service.LineagePaths(ctx, l.tom.Call(), q)
		l.refused(err, gov.NotFound, "NO_NODE")
	}
	_, err = l.Service.LineagePaths(ctx, l.tim.Call(), govern.PathsQuery{From: data, To: data, Most: 1001})
	l.refused(err, gov.Invalid, "BAD_LIMIT")
}
