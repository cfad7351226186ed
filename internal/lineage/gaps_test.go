package lineage_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/lineage"
)

type facts struct {
	runs     map[gov.Node]lineage.RunFacts
	approved map[gov.Node]bool
	faults   map[gov.Node][]lineage.Fault
}

func (f facts) Run(n gov.Node, _ uint64) (lineage.RunFacts, error) { return f.runs[n], nil }
func (f facts) Approved(n gov.Node, _ uint64) (bool, error)        { return f.approved[n], nil }
func (f facts) Faults(n gov.Node) ([]lineage.Fault, error)         { return f.faults[n], nil }

func node(t fataler, s string) gov.Node {
	t.Helper()
	n, err := gov.ParseNode(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// edges parses "from kind to" for each.
func edge(t fataler, from, kind, to string) lineage.Edge {
	k, err := lineage.ParseEdgeKind(kind)
	if err != nil {
		t.Fatal(err)
	}
	return lineage.Edge{From: node(t, from), Kind: k, To: node(t, to)}
}

func all(ns ...gov.Node) iter.Seq2[gov.Node, error] {
	return func(yield func(gov.Node, error) bool) {
		for _, n := range ns {
			if !yield(n, nil) {
				return
			}
		}
	}
}

// TestGaps: each kind of gap is found, and what is whole has none.
func TestGaps(t *testing.T) {
	run := []string{"run:" + runs[0], "run:" + runs[1], "run:01939f3c-7a00-7000-8000-000000000003"}
	g := newTable().add(
		edge(t, "model:p/good:v1", "generated-by", run[0]), edge(t, run[0], "used", "version:p/d@v1"),
		edge(t, "version:p/d@v1", "touched-by", "change:1"),
		edge(t, "model:p/bad:v1", "generated-by", run[1]), edge(t, run[1], "used", "external:db#t@9"),
		edge(t, run[1], "used", "model:p/base:v1"),
		edge(t, "model:p/base:v1", "derived-from", "version:p/d@v2"), edge(t, "version:p/d@v2", "touched-by", "change:2"),
		edge(t, run[2], "used", "external:db#u"), edge(t, "model:p/none:v1", "generated-by", run[2]),
	)
	for n := range g.nodes {
		if g.nodes[n].String() != "external:db#t@9" {
			g.resolved[lineage.Number(n+1)] = 0
		}
	}
	f := facts{runs: map[gov.Node]lineage.RunFacts{
		node(t, run[0]): {State: gov.RunFinished},
		node(t, run[1]): {State: gov.RunStarted},
		node(t, run[2]): {State: gov.RunStarted, Endless: true},
	}, approved: map[gov.Node]bool{node(t, "change:1"): true}}
	subjects := all(node(t, "model:p/good:v1"), node(t, "model:p/bad:v1"), node(t, "model:p/none:v1"), node(t, run[0]), node(t, run[1]), node(t, run[2]))
	find := func(q lineage.Query) (got []lineage.Gap) {
		if err := lineage.Gaps(g, f, q, subjects, func(p lineage.Gap) error { got = append(got, p); return nil }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	bad, none, second := node(t, "model:p/bad:v1"), node(t, "model:p/none:v1"), node(t, run[1])
	want := []lineage.Gap{
		{Kind: lineage.UnresolvedInput, Subject: bad, Node: node(t, "external:db#t@9")},
		{Kind: lineage.UnapprovedChange, Subject: bad, Node: node(t, "change:2")},
		{Kind: lineage.NoVersion, Subject: none},
		{Kind: lineage.NeverEnded, Subject: second, Detail: "started"},
		{Kind: lineage.UnresolvedInput, Subject: second, Node: node(t, "external:db#t@9")},
	}
	if d := cmp.Diff(want, find(lineage.Query{})); d != "" {
		t.Error(d)
	}
	hidden := find(lineage.Query{Readable: func(n gov.Node) bool { return n.Kind != gov.ExternalNode }})
	if hidden[0].Node != (gov.Node{Kind: gov.ExternalNode}) {
		t.Errorf("got %v", hidden[0])
	}
	hidden = find(lineage.Query{Readable: func(n gov.Node) bool { return n.Kind != gov.ChangeNode }})
	if want := (lineage.Gap{Kind: lineage.UnapprovedChange, Subject: bad, Node: gov.Node{Kind: gov.ChangeNode}}); !cmp.Equal(hidden[1], want) {
		t.Errorf("got %v", hidden[1])
	}
	short := find(lineage.Query{Nodes: 2})
	if !cmp.Equal(short[0], lineage.Gap{Kind: lineage.NotAllSeen, Subject: node(t, "model:p/good:v1"), Detail: lineage.ByNodes}) {
		t.Errorf("got %v", short[0])
	}
	stop := errors.New("enough")
	if err := lineage.Gaps(g, f, lineage.Query{}, subjects, func(lineage.Gap) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
