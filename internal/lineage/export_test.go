package lineage_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// drawHistory draws a graph as our own operations and imports make it, with
// edges of every kind between nodes of every kind, and what is known of its runs.
func drawHistory(t *rapid.T) (*table, map[gov.Node]lineage.RunFacts) {
	texts := []string{
		"run:" + runs[0], "run:" + runs[1], "version:p/d@v1", "version:p/d@v2", "model:p/m:v1", "change:7", "inspection:3", "source:https://example.org/x#y",
		"external:db#a", "external:db#a@5", "external:govd://test#p/d", "job:airflow#a%23b", "batch:1", "deployment:p/c#1",
		"output:sha256:00000000000000000000000000000000000000000000000000000000000000ab",
	}
	g := newTable()
	known := map[string]bool{}
	for range rapid.IntRange(0, 25).Draw(t, "edges") {
		e := drawEdge(t)
		e.From, e.To = node(t, rapid.SampledFrom(texts).Draw(t, "from")), node(t, rapid.SampledFrom(texts).Draw(t, "to"))
		if rapid.Bool().Draw(t, "input") {
			e.From, e.Kind, e.To = node(t, texts[0]), lineage.Used, node(t, rapid.SampledFrom([]string{"external:db#a", "external:db#a@5"}).Draw(t, "dataset"))
		}
		if e.From == e.To || known[said(&e)] {
			continue // a state has each once, and nothing comes of itself
		}
		known[said(&e)] = true
		g.add(e)
	}
	if a := node(t, "external:db#a"); g.numbers[a] != 0 && rapid.Bool().Draw(t, "dropped") {
		g.dropped = map[gov.Node]time.Time{a: time.Unix(6, 5).UTC()}
	}
	facts := map[gov.Node]lineage.RunFacts{}
	for _, r := range texts[:2] {
		f := lineage.RunFacts{Job: gov.Outside{Namespace: own, Name: "p/train"}}
		if rapid.Bool().Draw(t, "started") {
			f.State, f.Started = gov.RunStarted, time.Unix(5, 7).UTC()
			if rapid.Bool().Draw(t, "ended") {
				f.State, f.Ended = rapid.SampledFrom([]gov.RunState{gov.RunFinished, gov.RunFailed, gov.RunAborted}).Draw(t, "end"), time.Unix(9, 0).UTC()
			}
		}
		facts[node(t, r)] = f
	}
	return g, facts
}

func numbers(n int) iter.Seq2[lineage.Number, error] {
	return func(yield func(lineage.Number, error) bool) {
		for i := range n {
			if !yield(lineage.Number(i+1), nil) {
				return
			}
		}
	}
}

func export(t fataler, x *lineage.Exporter, n int) (events [][]byte) {
	for b, err := range x.Events(numbers(n)) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, b)
	}
	return events
}

// TestExport: a graph that is exported and imported again, in any order, is the
// same graph: every edge with its ends, its kind, its time and who said so. So
// are the runs.
func TestExport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, facts := drawHistory(t)
		x := lineage.Exporter{Graph: g, AsOf: rapid.Uint64Range(0, 30).Draw(t, "as of"), Own: own, Run: func(n gov.Node) (lineage.RunFacts, error) { return facts[n], nil }}
		m, dropped := newImporter(), map[gov.Node]time.Time{}
		for _, b := range rapid.Permutation(export(t, &x, len(g.nodes))).Draw(t, "order") {
			e, err := lineage.ParseEvent(b)
			if err != nil || len(e.Warnings) > 0 {
				t.Fatalf("%s: %v, %v", b, e, err)
			}
			for _, d := range m.take(t, b).Dropped {
				dropped[d.Dataset] = d.Time
			}
		}
		if d := cmp.Diff(g.dropped, dropped, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		want := map[string]lineage.Edge{}
		for _, e := range g.edges {
			if e.At(x.AsOf) {
				e.Since, e.Until = 0, 0
				want[said(&e)] = e
			}
		}
		if d := cmp.Diff(want, m.edges); d != "" {
			t.Fatal(d)
		}
		for n, f := range facts {
			got, err := lineage.RunOf(m.cells, gov.RunID(n.Name))
			if g.numbers[n] == 0 || errors.Is(err, gov.NotFound) && f.State == "" {
				continue // nothing to say of it
			}
			if d := cmp.Diff(f, got); err != nil || d != "" {
				t.Fatal(err, d)
			}
		}
	})
}

// TestExportValid: what is exported is valid OpenLineage, facets of the standard
// included.
func TestExportValid(t *testing.T) {
	core, facet := schemas(t)
	version, kind, life := facet("DatasetVersionDatasetFacet"), facet("DatasetTypeDatasetFacet"), facet("LifecycleStateChangeDatasetFacet")
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		g, facts := drawHistory(t)
		x := lineage.Exporter{Graph: g, AsOf: 10, Own: own, Run: func(n gov.Node) (lineage.RunFacts, error) { return facts[n], nil }}
		for _, b := range export(t, &x, len(g.nodes)) {
			v := decode(t, b)
			if err := core.Validate(v); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			ev := v.(map[string]any)
			all := []any{ev["dataset"]}
			for _, list := range []string{"inputs", "outputs"} {
				if l, ok := ev[list].([]any); ok {
					all = append(all, l...)
				}
			}
			for _, d := range all {
				d, _ := d.(map[string]any)
				fs, _ := d["facets"].(map[string]any)
				if f := fs["version"]; f != nil {
					if err := version.Validate(f); err != nil {
						t.Fatal(err)
					}
					seen++
				}
				if f := fs["lifecycleStateChange"]; f != nil {
					if err := life.Validate(f); err != nil {
						t.Fatal(err)
					}
					seen++
				}
				if f := fs["datasetType"]; f != nil {
					if err := kind.Validate(f); err != nil {
						t.Fatal(err)
					}
					seen++
				}
			}
		}
	})
	if seen == 0 {
		t.Error("no facet was seen")
	}
}

// TestExportBytes holds what others read.
func TestExportBytes(t *testing.T) {
	g := newTable().add(
		edge(t, run1, "used", "version:p/d@v1"), edge(t, "model:p/m:v1", "generated-by", run1), edge(t, "version:p/d@v1", "touched-by", "change:7"))
	x := lineage.Exporter{Graph: g, Own: own, Run: func(gov.Node) (lineage.RunFacts, error) {
		return lineage.RunFacts{State: gov.RunFinished, Started: time.Unix(1, 0), Ended: time.Unix(2, 0), Job: gov.Outside{Namespace: own, Name: "p/train"}}, nil
	}}
	g = newTable()
	for _, e := range x.Graph.(*table).edges {
		e.Time = time.Unix(1, 5e8)
		g.add(e)
	}
	x.Graph = g
	var got []string
	for _, b := range export(t, &x, len(g.nodes)) {
		got = append(got, string(b))
	}
	const (
		base = `"producer":"govd://test","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/`
		run  = `"run":{"runId":"01939f3c-7a00-7000-8000-000000000001"},"job":{"namespace":"govd://test","name":"p/train"}`
		v1   = `{"namespace":"govd://test","name":"p/d","facets":{§"version":{"_producer":"govd://test","_schemaURL":"https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet","datasetVersion":"v1"}}`
		own1 = `{"govd_edge":{"_producer":"govd://test","_schemaURL":"urn:govd:facet:GovdEdgeFacet:1-0-0","kind":"`
	)
	want := []string{
		`{"eventTime":"1970-01-01T00:00:01Z",` + base + `RunEvent","eventType":"START",` + run + `}`,
		`{"eventTime":"1970-01-01T00:00:01.5Z",` + base + `RunEvent","eventType":"OTHER",` + run + `,"inputs":[` + strings.Replace(v1, "§", "", 1) + `,"inputFacets":` + own1 + `used"}}}],` +
			`"outputs":[{"namespace":"govd://test","name":"model:p/m:v1","facets":{"datasetType":{"_producer":"govd://test","_schemaURL":"https://openlineage.io/spec/facets/1-0-1/DatasetTypeDatasetFacet.json#/$defs/DatasetTypeDatasetFacet","datasetType":"MODEL"}},"outputFacets":` + own1 + `generated-by"}}}]}`,
		`{"eventTime":"1970-01-01T00:00:02Z",` + base + `RunEvent","eventType":"COMPLETE",` + run + `}`,
		`{"eventTime":"1970-01-01T00:00:01.5Z",` + base + `DatasetEvent","dataset":` +
			strings.Replace(v1, "§", `"govd_edges":{"_producer":"govd://test","_schemaURL":"urn:govd:facet:GovdEdgesDatasetFacet:1-0-0","edges":[{"kind":"touched-by","namespace":"govd://test","name":"change:7"}]},`, 1) + `}}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestExportLimits: many edges become many events, what may not be read is left
// out, and errors end it.
func TestExportLimits(t *testing.T) {
	g := newTable()
	for i := range 1201 {
		g.add(lineage.Edge{From: node(t, run1), Kind: lineage.Used, To: gov.VersionOf("p/d", uint64(i+1)), Time: time.Unix(1, 0)},
			lineage.Edge{From: node(t, "model:p/m:v1"), Kind: lineage.TrainedOn, To: gov.VersionOf("p/d", uint64(i+1)), Time: time.Unix(1, 0)})
	}
	broken := error(nil)
	x := lineage.Exporter{Graph: g, Own: own, Run: func(gov.Node) (lineage.RunFacts, error) {
		return lineage.RunFacts{Job: gov.Outside{Namespace: "a", Name: "b"}}, broken
	}}
	events := export(t, &x, len(g.nodes))
	m := newImporter()
	for _, b := range events {
		m.take(t, b)
	}
	if len(events) != 6 || len(m.edges) != 2402 {
		t.Errorf("%d events, %d edges", len(events), len(m.edges))
	}
	x.Skip = func(n gov.Node) bool { return n.Kind == gov.ModelNode || n == gov.VersionOf("p/d", 3) }
	if all := fmt.Sprintf("%s", export(t, &x, len(g.nodes))); strings.Contains(all, "p/m") || strings.Contains(all, `"v3"`) || !strings.Contains(all, `"v4"`) {
		t.Error("what may not be read is written, or more is missing")
	}
	broken = errors.New("broken")
	for _, err := range x.Events(numbers(1)) {
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}
