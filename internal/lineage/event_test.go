package lineage_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

const head = `"eventTime":"2026-01-02T03:04:05.678+02:00","producer":"https://p.org","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json"`

// event writes an event with the usual head.
func event(body string) string { return "{" + head + "," + body + "}" }

const (
	runPart = `"run":{"runId":"01939f3c-7a00-7000-8000-000000000001"}`
	jobPart = `"job":{"namespace":"airflow","name":"train"}`
	stamp   = `"_producer":"https://p.org","_schemaURL":"https://s.org"`
)

var good = map[string]string{
	"run":                       event(`"eventType":"START",` + runPart + `,` + jobPart + `,"inputs":[{"namespace":"db","name":"a"}],"outputs":[]`),
	"run without a type":        event(runPart + `,` + jobPart),
	"run in capitals":           event(`"run":{"runId":"01939F3C-7A00-7000-8000-000000000001"},` + jobPart),
	"run with foreign fields":   event(`"x":{"y":[1e3]},` + runPart + `,` + jobPart + `,"dataset":{"namespace":"123","name":"1"}`),
	"job":                       event(jobPart + `,"inputs":[],"eventType":7`),
	"dataset":                   event(`"dataset":{"namespace":"db","name":"a","facets":{}}`),
	"dataset with foreign run":  event(`"dataset":{"namespace":"db","name":"a"},"run":7`),
	"awkward names":             event(`"dataset":{"namespace":"s3://b","name":"a#b@c %\u0000"}`),
	"input and output facets":   event(runPart + `,` + jobPart + `,"inputs":[{"namespace":"db","name":"a","inputFacets":{"x":{` + stamp + `}}}],"outputs":[{"namespace":"db","name":"a","outputFacets":{}}]`),
	"facet faults are warnings": event(`"dataset":{"namespace":"db","name":"a","facets":{"version":7,"symlinks":{"identifiers":{}}}}`),
}

var bad = map[string]string{
	"nothing":             `{` + head + `}`,
	"no object":           `[]`,
	"no zone":             strings.Replace(good["job"], "+02:00", "", 1),
	"no time of day":      strings.Replace(good["job"], "T03:04:05.678+02:00", "", 1),
	"time with a comma":   strings.Replace(good["job"], ".678", ",678", 1),
	"hour of one digit":   strings.Replace(good["job"], "T03", "T3", 1),
	"zone beyond":         strings.Replace(good["job"], "+02:00", "+25:00", 1),
	"zone minutes":        strings.Replace(good["job"], "+02:00", "+02:60", 1),
	"hour 24":             strings.Replace(good["job"], "T03", "T24", 1),
	"time in lower case":  strings.Replace(good["job"], "02T03", "02t03", 1),
	"too early":           strings.Replace(good["job"], "2026", "1969", 1),
	"too late":            strings.Replace(good["job"], "2026", "2262", 1),
	"time is a number":    strings.Replace(good["job"], `"2026-01-02T03:04:05.678+02:00"`, "7", 1),
	"no producer":         strings.Replace(good["job"], `"producer"`, `"Producer"`, 1),
	"relative producer":   strings.Replace(good["job"], "https://p.org", "p", 1),
	"no schema":           strings.Replace(good["job"], "schemaURL", "schemaUrl", 1),
	"run without job":     event(runPart),
	"run id":              event(`"run":{"runId":"7"},` + jobPart),
	"run is a text":       event(`"run":"x",` + jobPart),
	"type":                event(`"eventType":"DONE",` + runPart + `,` + jobPart),
	"type is null":        event(`"eventType":null,` + runPart + `,` + jobPart),
	"job without name":    event(`"job":{"namespace":"a"}`),
	"job of empty name":   event(`"job":{"namespace":"a","name":""}`),
	"job and dataset":     event(jobPart + `,"dataset":{"namespace":"db","name":"a"}`),
	"dataset is null":     event(`"dataset":null`),
	"name is a number":    event(`"dataset":{"namespace":"db","name":7}`),
	"name is too long":    event(`"dataset":{"namespace":"db","name":"` + strings.Repeat("a", gov.MaxNode) + `"}`),
	"inputs are null":     event(jobPart + `,"inputs":null`),
	"inputs are no array": event(jobPart + `,"inputs":{}`),
	"input is a text":     event(jobPart + `,"inputs":["x"]`),
	"facets are null":     event(`"dataset":{"namespace":"db","name":"a","facets":null}`),
	"input facets":        event(jobPart + `,"inputs":[{"namespace":"db","name":"a","inputFacets":[]}]`),
	"job facets":          event(`"job":{"namespace":"a","name":"b","facets":7}`),
	"run facets":          event(`"run":{"runId":"01939f3c-7a00-7000-8000-000000000001","facets":7},` + jobPart),
	"name twice":          event(jobPart + `,"inputs":[],"inputs":[]`),
}

// TestParseEvent: the core is strict, what is foreign is left alone.
func TestParseEvent(t *testing.T) {
	for name, in := range good {
		if e, err := lineage.ParseEvent([]byte(in)); err != nil || e.Digest.IsZero() || e.Time.IsZero() || e.Producer != "https://p.org" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	for name, in := range bad {
		if _, err := lineage.ParseEvent([]byte(in)); gov.ReasonOf(err) != "BAD_EVENT" && gov.ReasonOf(err) != "BAD_JSON" {
			t.Errorf("%s: %v", name, err)
		}
	}
	e, err := lineage.ParseEvent([]byte(good["run"]))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{e.Kind, e.Type, e.Run, e.Job, e.Inputs[0].Outside, len(e.Outputs), e.Time.Format("15:04:05.000 MST")}
	want := []any{lineage.RunEvent, lineage.Start, gov.RunID(runs[0]), gov.Outside{Namespace: "airflow", Name: "train"}, gov.Outside{Namespace: "db", Name: "a"}, 0, "01:04:05.678 UTC"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestEventDigest: one event has one digest however it is written. The digest is
// frozen: it names the stored bytes.
func TestEventDigest(t *testing.T) {
	a, err := lineage.ParseEvent([]byte(good["run"]))
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer(`,"run"`, ` , "run"`, "airflow", `air\u0066low`, "https://p", `https:\/\/p`).Replace(good["run"])
	b, err := lineage.ParseEvent([]byte(other))
	if err != nil || a.Digest != b.Digest || other == good["run"] {
		t.Errorf("digests %v and %v, %v", a.Digest, b.Digest, err)
	}
	c, err := lineage.ParseEvent([]byte(strings.Replace(good["run"], "airflow", "airflop", 1)))
	if err != nil || a.Digest == c.Digest {
		t.Errorf("two events with digest %v, %v", a.Digest, err)
	}
	if got := hex.EncodeToString(a.Digest[:]); got != "abc92bc38e1471effe1e91bfb3c755a2d34d5f0eefcdfecc2bed9e9fb1cf25b9" {
		t.Errorf("digest %s", got)
	}
}

// TestWarnings: a facet that is at fault is named, and the event holds without it.
func TestWarnings(t *testing.T) {
	dataset := func(facets string) string {
		return event(`"dataset":{"namespace":"db","name":"a","facets":{` + facets + `}}`)
	}
	for _, c := range []struct{ facets, at string }{
		{`"version":7`, "/dataset/facets/version"},
		{`"version":{` + stamp + `}`, "/dataset/facets/version"},
		{`"version":{` + stamp + `,"datasetVersion":""}`, "/dataset/facets/version"},
		{`"version":{` + stamp + `,"datasetVersion":"` + strings.Repeat("v", gov.MaxNode) + `"}`, "/dataset/facets/version"},
		{`"x":{"_producer":"p","_schemaURL":"https://s.org"}`, "/dataset/facets/x"},
		{`"x":{"_producer":"https://p.org"}`, "/dataset/facets/x"},
		{`"x":{` + stamp + `,"_deleted":1}`, "/dataset/facets/x/_deleted"},
		{`"` + strings.Repeat("x", 65) + `":{` + stamp + `}`, "/dataset/facets/" + strings.Repeat("x", 64)},
		{`"symlinks":{` + stamp + `,"identifiers":[{"namespace":"n","name":"m"}]}`, "/dataset/facets/symlinks"},
		{`"lifecycleStateChange":{` + stamp + `,"lifecycleStateChange":"GONE"}`, "/dataset/facets/lifecycleStateChange"},
		{`"lifecycleStateChange":{` + stamp + `,"lifecycleStateChange":"RENAME"}`, "/dataset/facets/lifecycleStateChange"},
		{`"columnLineage":{` + stamp + `}`, "/dataset/facets/columnLineage"},
		{`"columnLineage":{` + stamp + `,"fields":{"x":{}}}`, "/dataset/facets/columnLineage"},
		{`"lineage":{` + stamp + `,"inputs":[{"type":"TABLE","namespace":"n","name":"m"}]}`, "/dataset/facets/lineage"},
		{`"lineage":{` + stamp + `,"inputs":[{"type":"JOB","namespace":"n"}]}`, "/dataset/facets/lineage"},
		{`"lineage":{` + stamp + `,"fields":{"x":7}}`, "/dataset/facets/lineage"},
		{`"govd_edges":{` + stamp + `,"edges":[{"kind":"made-of"}]}`, "/dataset/facets/govd_edges"},
	} {
		e, err := lineage.ParseEvent([]byte(dataset(c.facets)))
		if err != nil || len(e.Warnings) != 1 || !strings.HasPrefix(e.Warnings[0].At, c.at[:min(len(c.at), 80)]) || e.Dataset.Version != "" {
			t.Errorf("%s: %+v, %v", c.facets, e, err)
		}
		if m := import_(t, dataset(c.facets)); len(m.edges) > 0 {
			t.Errorf("%s: half of the facet was taken: %v", c.facets, m.graph())
		}
	}
	many := dataset(strings.TrimPrefix(strings.Repeat(`,"§":7`, 200), ","))
	for n := range 200 {
		many = strings.Replace(many, "§", "x"+string(rune('0'+n/100))+string(rune('0'+n/10%10))+string(rune('0'+n%10)), 1)
	}
	if e, err := lineage.ParseEvent([]byte(many)); err != nil || len(e.Warnings) != 100 {
		t.Errorf("%d warnings, %v", len(e.Warnings), err)
	}
}

// schemas compiles what the OpenLineage project publishes.
func schemas(t testing.TB) (core *jsonschema.Schema, facet func(name string) *jsonschema.Schema) {
	dir := filepath.Join(os.Getenv("GOVD_SHARED"), "data/schemas/openlineage")
	if os.Getenv("GOVD_SHARED") == "" {
		t.Skip("GOVD_SHARED is not set")
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	add := func(path, url string) {
		f, err := os.Open(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err == nil {
			err = c.AddResource(url, doc)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const base = "https://openlineage.io/spec/"
	add("OpenLineage.json", base+"2-0-2/OpenLineage.json")
	add("facets/DatasetVersionDatasetFacet.json", base+"facets/1-0-1/DatasetVersionDatasetFacet.json")
	add("facets/DatasetTypeDatasetFacet.json", base+"facets/1-0-1/DatasetTypeDatasetFacet.json")
	add("facets/LifecycleStateChangeDatasetFacet.json", base+"facets/1-0-1/LifecycleStateChangeDatasetFacet.json")
	compile := func(url string) *jsonschema.Schema {
		s, err := c.Compile(url)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return compile(base + "2-0-2/OpenLineage.json"), func(name string) *jsonschema.Schema {
		return compile(base + "facets/1-0-1/" + name + ".json#/$defs/" + name)
	}
}

func decode(t fataler, b []byte) any {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// withoutFaults takes away facets that have not the base of a facet, which is
// all that an accepted event may lack.
func withoutFaults(v any, inFacets bool) any {
	m, ok := v.(map[string]any)
	if !ok {
		if l, ok := v.([]any); ok {
			for i := range l {
				l[i] = withoutFaults(l[i], false)
			}
		}
		return v
	}
	for k := range maps.Clone(m) {
		if inFacets {
			delete(m, k)
			continue
		}
		m[k] = withoutFaults(m[k], k == "facets" || k == "inputFacets" || k == "outputFacets")
	}
	return m
}

// TestAgainstSchema: what is accepted is valid but for faults in facets, and the
// good are good as they stand.
func TestAgainstSchema(t *testing.T) {
	core, _ := schemas(t)
	for name, in := range good {
		if err := core.Validate(decode(t, []byte(in))); (err != nil) != (name == "facet faults are warnings") {
			t.Errorf("%s: %v", name, err)
		}
	}
	stricter := map[string]bool{"time in lower case": true, "too early": true, "too late": true, "job of empty name": true, "name is too long": true, "job and dataset": false, "name twice": true}
	for name, in := range bad {
		if name == "name twice" {
			continue // a decoder that does not see it decides
		}
		if err := core.Validate(decode(t, []byte(in))); (err == nil) != stricter[name] {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
	sample, err := os.ReadFile(filepath.Join(os.Getenv("GOVD_SHARED"), "data/examples/openlineage_event.json"))
	if err != nil {
		t.Fatal(err)
	}
	if e, err := lineage.ParseEvent(sample); err != nil || len(e.Warnings) > 0 {
		t.Errorf("the sample: %+v, %v", e, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := decode(t, drawEvent(t))
		for range rapid.IntRange(0, 3).Draw(t, "faults") {
			damage(t, v.(map[string]any))
		}
		b, _ := json.Marshal(v)
		valid := core.Validate(decode(t, b))
		_, err := lineage.ParseEvent(b)
		if err == nil && core.Validate(withoutFaults(decode(t, b), false)) != nil {
			t.Fatalf("accepted and not valid: %s\n%v", b, valid)
		}
		if err != nil && valid == nil && !strings.Contains(err.Error(), "both of a job and of a dataset") && !strings.Contains(err.Error(), "want a namespace and a name") {
			t.Fatalf("valid and refused: %s\n%v", b, err)
		}
	})
}

// damage changes or takes away something, somewhere.
func damage(t *rapid.T, m map[string]any) {
	for k := range m {
		if rapid.IntRange(0, 2).Draw(t, "here "+k) > 0 {
			continue
		}
		if in, ok := m[k].(map[string]any); ok && len(in) > 0 && rapid.Bool().Draw(t, "inside "+k) {
			damage(t, in)
			continue
		}
		switch rapid.IntRange(0, 4).Draw(t, "fault") {
		case 0:
			delete(m, k)
		case 1:
			m[k] = nil
		case 2:
			m[k] = ""
		case 3:
			m[k] = []any{map[string]any{}}
		default:
			m[k+"x"] = m[k]
		}
		return
	}
}

// FuzzParseEvent: whatever comes, it is refused, or it folds into a state, and
// twice is as once. Where the schemas are at hand, what is taken is valid.
func FuzzParseEvent(f *testing.F) {
	for _, in := range good {
		f.Add([]byte(in))
	}
	for _, in := range bad {
		f.Add([]byte(in))
	}
	var core *jsonschema.Schema
	if os.Getenv("GOVD_SHARED") != "" {
		core, _ = schemas(f)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := lineage.ParseEvent(b)
		if err != nil {
			return
		}
		if core != nil {
			if err := core.Validate(withoutFaults(decode(t, b), false)); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
		}
		if _, err := lineage.Fold(cells{}, e, own); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		m := import_(t, string(b))
		if eff := m.take(t, b); len(eff.Cells) > 0 {
			t.Fatalf("%s: changes %v the second time", b, eff.Cells)
		}
	})
}
