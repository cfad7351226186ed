package lineage_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

const own = "govd://test"

// cells is the state of a test.
type cells map[string][]byte

func (c cells) Cell(key string) ([]byte, error) { return c[key], nil }

func (c cells) CellsUnder(prefix string) iter.Seq2[lineage.Cell, error] {
	return func(yield func(lineage.Cell, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(c)) {
			if strings.HasPrefix(k, prefix) && !yield(lineage.Cell{Key: k, Value: c[k]}, nil) {
				return
			}
		}
	}
}

// An importer does with effects what a server does.
type importer struct {
	cells    cells
	edges    map[string]lineage.Edge // standing ones, by what they say
	resolved map[gov.Node]bool
}

func newImporter() *importer {
	return &importer{cells{}, map[string]lineage.Edge{}, map[gov.Node]bool{}}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func said(e *lineage.Edge) string {
	return fmt.Sprintf("%s %s %s", e.From, e.Kind, e.To)
}

func (m *importer) take(t fataler, b []byte) lineage.Effect {
	t.Helper()
	e, err := lineage.ParseEvent(b)
	if err != nil {
		t.Fatalf("%.300s: %v", b, err)
	}
	eff, err := lineage.Fold(m.cells, e, own)
	if err != nil {
		t.Fatalf("%.300s: %v", b, err)
	}
	for _, e := range eff.Ended {
		if m.edges[said(&e)].Via != e.Via {
			t.Fatalf("%s ends and did not stand", said(&e))
		}
		delete(m.edges, said(&e))
	}
	for _, e := range eff.Begun {
		if _, stands := m.edges[said(&e)]; stands {
			t.Fatalf("%s begins and stood already", said(&e))
		}
		m.edges[said(&e)] = e
	}
	for _, n := range eff.Resolved {
		if m.resolved[n] {
			t.Fatalf("%s is resolved twice", n)
		}
		m.resolved[n] = true
	}
	for _, c := range eff.Cells {
		if len(c.Key) > gov.MaxKey || len(c.Value) > gov.MaxValue {
			t.Fatalf("cell %.99s has %d bytes", c.Key, len(c.Value))
		}
		if m.cells[c.Key] = c.Value; c.Value == nil {
			delete(m.cells, c.Key)
		}
	}
	return eff
}

// graph returns what stands, without times, which may depend on the order.
func (m *importer) graph() (lines []string) {
	for k, e := range m.edges {
		lines = append(lines, fmt.Sprintf("%s inferred %v via %s", k, e.Inferred, e.Via))
	}
	for n := range m.resolved {
		lines = append(lines, "resolved "+n.String())
	}
	slices.Sort(lines)
	return lines
}

type obj = map[string]any

// drawEvent draws an event from a small world, so that events collide.
func drawEvent(t *rapid.T) []byte {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	maybe := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	facet := func(fields obj) obj {
		f := obj{"_producer": "https://example.org/p", "_schemaURL": "https://example.org/s"}
		maps.Copy(f, fields)
		if maybe("deleted") {
			f["_deleted"] = true
		}
		return f
	}
	name := func() obj {
		ns := pick("namespace", "db", "db", own)
		of := []string{"a", "b", "c/d"}
		if ns == own {
			of = []string{"p/d", "p/d", "model:p/m:v1", "run:" + runs[0]}
		}
		return obj{"namespace": ns, "name": pick("name", of...)}
	}
	source := func() obj {
		if maybe("job source") {
			s := obj{"type": "JOB"}
			if maybe("bound") {
				s["runId"] = pick("run", runs...)
			}
			return s
		}
		s := name()
		s["type"] = "DATASET"
		return s
	}
	several := func(label string, of func() obj) (all []obj) {
		all = []obj{}
		for range rapid.IntRange(0, 3).Draw(t, label) {
			all = append(all, of())
		}
		return all
	}
	dataset := func() obj {
		d, fs := name(), obj{}
		if rapid.Bool().Draw(t, "version") {
			fs["version"] = facet(obj{"datasetVersion": pick("v", "v1", "2")})
		}
		if maybe("type") {
			fs["datasetType"] = facet(obj{"datasetType": "MODEL"})
		}
		if maybe("symlinks") {
			fs["symlinks"] = facet(obj{"identifiers": several("links", func() obj { n := name(); n["type"] = "TABLE"; return n })})
		}
		if maybe("lifecycle") {
			fs["lifecycleStateChange"] = facet(obj{"lifecycleStateChange": pick("change", "DROP", "CREATE", "RENAME"), "previousIdentifier": name()})
		}
		if maybe("columns") {
			fs["columnLineage"] = facet(obj{"fields": obj{"x": obj{"inputFields": several("fields", func() obj { n := name(); n["field"] = "y"; return n })}}})
		}
		if maybe("lineage") {
			fs["lineage"] = facet(obj{"inputs": several("sources", source)})
		}
		if maybe("plain") {
			fs["ownership"] = facet(obj{"owners": []string{pick("owner", "ann", "bob")}})
		}
		d["facets"] = fs
		return d
	}
	ev := obj{"producer": "https://example.org/p", "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json"}
	ev["eventTime"] = time.Unix(int64(rapid.IntRange(0, 6).Draw(t, "time")), 0).UTC().Format(time.RFC3339)
	kind := pick("kind", "run", "run", "run", "job", "dataset")
	if kind == "dataset" {
		ev["dataset"] = dataset()
		return encode(ev)
	}
	job := obj{"namespace": "airflow", "name": pick("job", "j1", "j2"), "facets": obj{}}
	if maybe("job lineage") {
		job["facets"].(obj)["lineage"] = facet(obj{"entries": several("entries", func() obj { s := source(); s["inputs"] = several("inputs", source); return s })})
	}
	if maybe("job type") {
		job["facets"].(obj)["jobType"] = facet(obj{"processingType": pick("processing", "BATCH", "STREAMING"), "integration": "SPARK"})
	}
	ev["job"], ev["inputs"], ev["outputs"] = job, several("inputs", dataset), several("outputs", dataset)
	if kind == "run" {
		run := obj{"runId": pick("run", runs...), "facets": obj{}}
		if maybe("parent") {
			run["facets"].(obj)["parent"] = facet(obj{"run": obj{"runId": pick("parent run", runs...)}, "job": obj{"namespace": "airflow", "name": "dag"}})
		}
		ev["run"], ev["eventType"] = run, pick("type", "START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER")
	}
	return encode(ev)
}

var runs = []string{"01939f3c-7a00-7000-8000-000000000001", "01939f3c-7a00-7000-8000-000000000002"}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func import_(t *testing.T, events ...string) *importer {
	t.Helper()
	m := newImporter()
	for _, e := range events {
		m.take(t, []byte(e))
	}
	return m
}
