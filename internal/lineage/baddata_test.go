package lineage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// badGaps finds what went bad under deployment:p/clinic#1, each as kind, node,
// detail and way.
func badGaps(t *testing.T, g *table, q lineage.Query, faults map[gov.Node][]lineage.Fault) (got []string) {
	t.Helper()
	for n := range g.nodes {
		g.resolved[lineage.Number(n+1)] = 0
	}
	err := lineage.Gaps(g, facts{faults: faults}, q, all(node(t, "deployment:p/clinic#1")), func(p lineage.Gap) error {
		words := []string{string(p.Kind), p.Node.String(), p.Detail}
		for _, e := range p.Way {
			words = append(words, e.Kind.String(), e.To.String())
		}
		got = append(got, strings.Join(words, " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestBadData: what a deployed model learned from is found however far it is:
// itself, by the model that it was made from, and by a version that a run made of
// another. What an older version of a dataset had does not count.
func TestBadData(t *testing.T) {
	deployed := edge(t, "deployment:p/clinic#1", "serves", "model:p/pose:v1")
	train, make := "run:"+runs[0], "run:"+runs[1]
	g := newTable().add(
		deployed, edge(t, "model:p/pose:v1", "generated-by", train), edge(t, train, "used", "version:p/signs@v3"), edge(t, "model:p/pose:v1", "trained-on", "version:p/signs@v3"),
		edge(t, train, "used", "model:p/base:v1"), edge(t, "model:p/base:v1", "trained-on", "version:p/old@v1"),
		edge(t, "version:p/signs@v3", "derived-from", "version:p/signs@v2"), edge(t, "version:p/signs@v3", "touched-by", "change:7"),
		edge(t, "change:7", "derived-from", "version:p/signs@v2"), edge(t, "version:p/signs@v3", "checked-by", "inspection:1"),
		edge(t, "version:p/signs@v3", "generated-by", make), edge(t, make, "used", "version:p/raw@v1"),
		edge(t, "model:p/pose:v1", "derived-from", "model:p/pose:v1"), // a cycle
	)
	held := lineage.Fault{Reason: "ON_HOLD", Words: "it is on hold 3"}
	faults := map[gov.Node][]lineage.Fault{
		node(t, "version:p/signs@v2"): {held},
		node(t, "version:p/old@v1"):   {held, {Reason: "ERASED", Words: "it has records that were erased"}},
		node(t, "version:p/raw@v1"):   {held},
	}
	old := " serves model:p/pose:v1 generated-by " + train + " used model:p/base:v1 trained-on version:p/old@v1"
	raw := "bad-data version:p/raw@v1 it is on hold 3 serves model:p/pose:v1 trained-on version:p/signs@v3 generated-by " + make + " used version:p/raw@v1"
	want := []string{"bad-data version:p/old@v1 it is on hold 3" + old, "bad-data version:p/old@v1 it has records that were erased" + old, raw}
	if d := cmp.Diff(want, badGaps(t, g, lineage.Query{}, faults)); d != "" {
		t.Error(d)
	}
	hidden := badGaps(t, g, lineage.Query{Readable: func(n gov.Node) bool { return !strings.Contains(n.Name, "raw") }}, faults)
	if want := strings.ReplaceAll(strings.ReplaceAll(raw, "version:p/raw@v1", "version:"), "it is on hold 3", "ON_HOLD"); hidden[2] != want {
		t.Errorf("got %s, want %s", hidden[2], want)
	}
	if got := badGaps(t, g, lineage.Query{Nodes: 2}, faults); !cmp.Equal(got, []string{"truncated  nodes"}) {
		t.Errorf("got %v", got)
	}
	g.add(edge(t, "model:p/pose:v1", "trained-on", "version:p/signs@v2")) // it learned from that one, too
	if got := badGaps(t, g, lineage.Query{}, faults); len(got) != 4 || got[0] != "bad-data version:p/signs@v2 it is on hold 3 serves model:p/pose:v1 trained-on version:p/signs@v2" {
		t.Errorf("got %v", got)
	}
}

// TestLongWay: of a long way its beginning is shown.
func TestLongWay(t *testing.T) {
	g := newTable().add(edge(t, "deployment:p/clinic#1", "serves", "model:p/pose:v1"))
	for i := 1; i <= 50; i++ {
		g.add(edge(t, fmt.Sprintf("model:p/pose:v%d", i), "derived-from", fmt.Sprintf("model:p/pose:v%d", i+1)))
	}
	last := node(t, "version:p/signs@v1")
	g.add(edge(t, "model:p/pose:v51", "trained-on", last.String()))
	got := badGaps(t, g, lineage.Query{}, map[gov.Node][]lineage.Fault{last: {{Words: "bad"}}})
	if want := lineage.MaxWay; len(got) != 1 || strings.Count(got[0], "model:") != want || !strings.HasSuffix(got[0], fmt.Sprintf("model:p/pose:v%d", want)) {
		t.Errorf("got %v", got)
	}
}
