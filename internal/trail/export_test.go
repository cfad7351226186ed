package trail

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// subjects are what each format is tried about.
var subjects = []string{"output:" + gov.Digest{9}.String(), handsModel, handsVersion, handsRun, "change:17", "source:https://photos.example/lot-2?a=b", "deployment:hands/prod#1", "external:warehouse#t%20able@2026"}

// export writes the chain about a subject.
func export(t *testing.T, subject, format string) []byte {
	t.Helper()
	b, err := Export(about(hands(), subject), format)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExportGolden shows every format.
func TestExportGolden(t *testing.T) {
	for _, format := range Formats() {
		subject := handsModel
		if format == "croissant" {
			subject = handsVersion
		}
		got := export(t, subject, format)
		path := filepath.Join("testdata", "export", format)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		if !bytes.Equal(got, export(t, subject, format)) {
			t.Errorf("%s: other bytes for the same chain", format)
		}
	}
}

// TestExportSubjects says which format can be about what.
func TestExportSubjects(t *testing.T) {
	fits := map[string]string{"croissant": "version", "in-toto": "output model version"}
	for _, subject := range subjects {
		for _, format := range Formats() {
			kinds, picky := fits[format]
			_, err := Export(about(hands(), subject), format)
			if want := !picky || slices.Contains(strings.Fields(kinds), string(node(subject).Kind)); want != (err == nil) {
				t.Errorf("%s about %s: %v", format, subject, err)
			}
			if err != nil && gov.ReasonOf(err) != "NOT_FOR_FORMAT" {
				t.Errorf("%s about %s: %v", format, subject, err)
			}
		}
	}
	if _, err := Export(hands(), "xml"); gov.ReasonOf(err) != "UNKNOWN_FORMAT" {
		t.Errorf("unknown format: %v", err)
	}
}

// shared returns the path of a file of the data for conformance tests, which
// skip without it.
func shared(t *testing.T, path ...string) string {
	t.Helper()
	root := os.Getenv("GOVD_SHARED")
	if root == "" {
		t.Skip("GOVD_SHARED is not set")
	}
	return filepath.Join(append([]string{root, "data"}, path...)...)
}

// ecma compiles the patterns of SPDX, which look ahead.
func ecma(s string) (jsonschema.Regexp, error) {
	re, err := regexp2.Compile(s, regexp2.ECMAScript)
	return ecmaRegexp{re}, err
}

type ecmaRegexp struct{ *regexp2.Regexp }

func (r ecmaRegexp) MatchString(s string) bool {
	ok, err := r.Regexp.MatchString(s)
	return err == nil && ok
}

// schema compiles a schema; others beside it are found by their ids.
func schema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(ecma)
	c.AssertFormat()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	main := ""
	for _, p := range all {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		id := "file:///" + filepath.Base(p)
		if s, ok := doc.(map[string]any)["$id"].(string); ok && strings.Contains(s, ":") {
			id = s
		}
		if p == path {
			main = id
		}
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(main)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid checks a document of every subject, one with nothing in it, and the
// sample against the schema.
func valid(t *testing.T, s *jsonschema.Schema, format, sample string) {
	t.Helper()
	check := func(name string, b []byte) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s about %s: %v", format, name, err)
		}
	}
	b, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	check("the sample", b)
	for _, subject := range subjects {
		check(subject, export(t, subject, format))
	}
	b, err = Export(&Chain{Format: ChainFormat, Origin: "log.example", Subject: node("change:1"), Time: noon(0), Nodes: []Node{{ID: node("change:1"), Redacted: true}}}, format)
	if err != nil {
		t.Fatal(err)
	}
	check("little", b)
	complete := about(hands(), handsModel)
	complete.Unresolved = nil
	b, err = Export(complete, format)
	if err != nil {
		t.Fatal(err)
	}
	check("something complete", b)
}

// TestReferences holds that every name that a bill of materials or an SPDX
// document refers to is there, and once.
func TestReferences(t *testing.T) {
	for format, names := range map[string]struct{ id, refs string }{
		"cyclonedx": {"bom-ref", "ref dependsOn dependencies"},
		"spdx":      {"spdxId", "createdBy originatedBy suppliedBy from to rootElement"},
	} {
		for _, subject := range subjects {
			var doc any
			if err := json.Unmarshal(export(t, subject, format), &doc); err != nil {
				t.Fatal(err)
			}
			there, refs := map[string]int{}, map[string]bool{}
			collect(doc, func(name string, value any) {
				if s, text := value.(string); text && name == names.id {
					there[s]++
				} else if text && slices.Contains(strings.Fields(names.refs), name) {
					refs[s] = true
				}
			})
			for ref := range refs {
				if there[ref] != 1 {
					t.Errorf("%s about %s: %s is there %d times", format, subject, ref, there[ref])
				}
			}
			for id, n := range there {
				if n != 1 {
					t.Errorf("%s about %s: %s is there %d times", format, subject, id, n)
				}
			}
		}
	}
}

// collect calls fn for every member of a document, and for each element of one
// that is a list.
func collect(v any, fn func(name string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			list, is := member.([]any)
			if !is {
				list = []any{member}
			}
			for _, e := range list {
				fn(name, e)
				collect(e, fn)
			}
		}
	case []any:
		for _, e := range v {
			collect(e, fn)
		}
	}
}

func TestCycloneDXSchema(t *testing.T) {
	valid(t, schema(t, shared(t, "schemas", "cyclonedx", "bom-1.7.schema.json")), "cyclonedx", shared(t, "examples", "mlbom.json"))
}

func TestSPDXSchema(t *testing.T) {
	valid(t, schema(t, shared(t, "schemas", "spdx", "spdx-3.0.1.schema.json")), "spdx", shared(t, "examples", "spdx3.json"))
}

// shape lists the paths of a document's members; those of arrays' elements
// count once.
func shape(v any, at string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			into[at+"/"+name] = true
			shape(member, at+"/"+name, into)
		}
	case []any:
		for _, e := range v {
			shape(e, at, into)
		}
	}
}

// TestSamples compares the members of our documents with those of the samples:
// what a sample has and ours lacks is listed here.
func TestSamples(t *testing.T) {
	for _, c := range []struct {
		format, subject, sample string
		lacks                   []string // beginnings of paths
	}{
		{"cyclonedx", handsModel, "mlbom.json", []string{
			"/components/data/governance/owners", "/components/data/governance/stewards", // the log knows who registered it
			"/components/data/sensitiveData", "/metadata/component/modelCard/modelParameters/approach", "/metadata/component/modelCard/modelParameters/task",
		}},
		{"spdx", handsModel, "spdx3.json", []string{"/@graph/ai_typeOfModel", "/@graph/dataset_confidentialityLevel", "/@graph/dataset_hasSensitivePersonalInformation"}},
		{"croissant", handsVersion, "croissant.json", []string{"/recordSet"}}, // records lie elsewhere
	} {
		b, err := os.ReadFile(shared(t, "examples", c.sample))
		if err != nil {
			t.Fatal(err)
		}
		var sample, ours any
		if err := json.Unmarshal(b, &sample); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(export(t, c.subject, c.format), &ours); err != nil {
			t.Fatal(err)
		}
		want, got := map[string]bool{}, map[string]bool{}
		shape(sample, "", want)
		shape(ours, "", got)
		for path := range want {
			known := slices.ContainsFunc(c.lacks, func(p string) bool { return strings.HasPrefix(path, p) })
			if got[path] == known {
				t.Errorf("%s: %s: ours has it: %v, and should lack it: %v", c.format, path, got[path], known)
			}
		}
	}
}

// A provReader is an independent reader of PROV-JSON: it knows which members a
// relation must have, and that they must name records of the right kind.
type provReader map[string]map[string]map[string]any

func readPROV(b []byte) error {
	var doc provReader
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	for kind, records := range doc {
		for id, r := range records {
			if err := doc.check(kind, id, r); err != nil {
				return fmt.Errorf("%s %s: %w", kind, id, err)
			}
		}
	}
	return nil
}

// UnmarshalJSON gives the prefixes, which are texts, the shape of records.
func (p *provReader) UnmarshalJSON(b []byte) error {
	var raw map[string]map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*p = provReader{}
	for kind, records := range raw {
		(*p)[kind] = map[string]map[string]any{}
		for id, r := range records {
			o, _ := r.(map[string]any)
			if kind == "prefix" {
				o = map[string]any{"iri": r}
			}
			(*p)[kind][id] = o
		}
	}
	return nil
}

// provEnds says for each relation which members it must have and what they name.
var provEnds = map[string][][2]string{
	"used":              {{"prov:activity", "activity"}, {"prov:entity", "entity"}},
	"wasGeneratedBy":    {{"prov:entity", "entity"}, {"prov:activity", "activity"}},
	"wasDerivedFrom":    {{"prov:generatedEntity", "entity"}, {"prov:usedEntity", "entity"}},
	"wasInformedBy":     {{"prov:informed", "activity"}, {"prov:informant", "activity"}},
	"wasAssociatedWith": {{"prov:activity", "activity"}, {"prov:agent", "agent"}},
	"wasAttributedTo":   {{"prov:entity", "entity"}, {"prov:agent", "agent"}},
	"hadMember":         {{"prov:collection", "entity"}, {"prov:entity", "entity"}},
	"alternateOf":       {{"prov:alternate1", "entity"}, {"prov:alternate2", "entity"}},
	"wasInfluencedBy":   {{"prov:influencee", "entity activity agent"}, {"prov:influencer", "entity activity agent"}},
}

func (p provReader) check(kind, id string, r map[string]any) error {
	for name, value := range r {
		if err := p.attribute(name, value); err != nil {
			return err
		}
	}
	switch kind {
	case "prefix":
		return nil
	case "entity", "activity", "agent":
		return p.name(id)
	}
	ends, known := provEnds[kind]
	if !known {
		return fmt.Errorf("no such relation")
	}
	for _, end := range ends {
		target, _ := r[end[0]].(string)
		found := false
		for _, k := range strings.Fields(end[1]) {
			_, is := p[k][target]
			found = found || is
		}
		if !found {
			return fmt.Errorf("%s names %q, which is no %s", end[0], target, end[1])
		}
	}
	return nil
}

// name checks that an id begins with a prefix that is declared.
func (p provReader) name(id string) error {
	prefix, _, ok := strings.Cut(id, ":")
	if _, declared := p["prefix"][prefix]; !ok || !declared {
		return fmt.Errorf("%q has no prefix", id)
	}
	return nil
}

func (p provReader) attribute(name string, value any) error {
	if name != "iri" {
		if err := p.name(name); err != nil {
			return err
		}
	}
	if name == "prov:startTime" || name == "prov:endTime" || name == "prov:time" {
		_, err := time.Parse(time.RFC3339, fmt.Sprint(value))
		return err
	}
	if o, typed := value.(map[string]any); typed {
		if _, ok := o["$"].(string); !ok || len(o) != 2 {
			return fmt.Errorf("%s is no typed value", name)
		}
		if o["type"] == "prov:QUALIFIED_NAME" {
			return p.name(o["$"].(string))
		}
		return p.name(fmt.Sprint(o["type"]))
	}
	return nil
}

func TestPROV(t *testing.T) {
	for _, subject := range subjects {
		if err := readPROV(export(t, subject, "prov")); err != nil {
			t.Errorf("about %s: %v", subject, err)
		}
	}
	doc := string(export(t, handsModel, "prov"))
	for bad, good := range map[string]string{`"prov:activity": "govd:nothing"`: `"prov:activity": "govd:run/` + runID + `"`, `"x:y"`: `"govd:chain"`} {
		if readPROV([]byte(strings.ReplaceAll(doc, good, bad))) == nil {
			t.Errorf("the reader takes %s", bad)
		}
	}
	sample, err := os.ReadFile(shared(t, "examples", "prov.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := readPROV(sample); err != nil {
		t.Errorf("the sample: %v", err)
	}
}

// readCroissant is an independent reader of what Croissant 1.1 requires.
func readCroissant(b []byte) error {
	var doc struct {
		Context      map[string]any `json:"@context"`
		Type         string         `json:"@type"`
		ConformsTo   any            `json:"conformsTo"`
		Name         string         `json:"name"`
		Description  string         `json:"description"`
		License      string         `json:"license"`
		URL          string         `json:"url"`
		Published    string         `json:"datePublished"`
		Version      string         `json:"version"`
		Creator      map[string]any `json:"creator"`
		Distribution []struct {
			Type     string `json:"@type"`
			ID       string `json:"@id"`
			Name     string `json:"name"`
			Content  string `json:"contentUrl"`
			Encoding string `json:"encodingFormat"`
			SHA256   string `json:"sha256"`
		} `json:"distribution"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	if doc.Type != "sc:Dataset" || !strings.Contains(fmt.Sprint(doc.ConformsTo), "http://mlcommons.org/croissant/1.1") || doc.Context["cr"] != "http://mlcommons.org/croissant/" {
		return fmt.Errorf("not a Croissant 1.1 dataset")
	}
	for name, s := range map[string]string{"name": doc.Name, "description": doc.Description, "license": doc.License, "url": doc.URL, "creator": fmt.Sprint(doc.Creator["name"])} {
		if s == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	if _, err := time.Parse(time.DateOnly, doc.Published); err != nil {
		return err
	}
	if n := strings.Count(doc.Version, "."); n != 2 || len(doc.Distribution) == 0 {
		return fmt.Errorf("version %s, %d files", doc.Version, len(doc.Distribution))
	}
	for _, f := range doc.Distribution {
		if f.Type != "cr:FileObject" || f.ID == "" || f.Name == "" || f.Content == "" || f.Encoding == "" || len(f.SHA256) != 64 {
			return fmt.Errorf("file %+v", f)
		}
	}
	return nil
}

func TestCroissant(t *testing.T) {
	b := export(t, handsVersion, "croissant")
	if err := readCroissant(b); err != nil {
		t.Error(err)
	}
	var doc struct {
		Biases       string `json:"rai:dataBiases"`
		Distribution []struct {
			ContentURL string `json:"contentUrl"`
			SHA256     string `json:"sha256"`
		} `json:"distribution"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(doc.Distribution[0].ContentURL, "data:application/json;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	var r gov.Registration
	if err := json.Unmarshal(data, &r); err != nil || r.ComputeDigest() != r.Digest || doc.Biases != "few scars" || bytes.Contains(b, []byte("left out")) {
		t.Errorf("%v: %s", err, b)
	}
	sample, err := os.ReadFile(shared(t, "examples", "croissant.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := readCroissant(sample); err != nil {
		t.Errorf("the sample: %v", err)
	}
}

// TestInToto holds what in-toto Statement v1 and SLSA provenance v1 require.
func TestInToto(t *testing.T) {
	var s struct {
		Type    string `json:"_type"`
		Subject []struct {
			Name   string
			Digest map[string]string
		}
		PredicateType string
		Predicate     struct {
			BuildDefinition struct {
				BuildType            string
				ExternalParameters   map[string]any
				ResolvedDependencies []struct {
					URI    string
					Name   string
					Digest map[string]string
				}
			}
			RunDetails struct {
				Builder  struct{ ID string }
				Metadata struct{ InvocationID string }
			}
		}
	}
	for subject, names := range map[string]int{handsModel: 3, handsVersion: 1, subjects[0]: 1} {
		if err := json.Unmarshal(export(t, subject, "in-toto"), &s); err != nil {
			t.Fatal(err)
		}
		def := s.Predicate.BuildDefinition
		if s.Type != "https://in-toto.io/Statement/v1" || s.PredicateType != "https://slsa.dev/provenance/v1" || len(s.Subject) != names ||
			!strings.Contains(def.BuildType, ":") || def.ExternalParameters == nil || !strings.Contains(s.Predicate.RunDetails.Builder.ID, ":") {
			t.Errorf("%s: %+v", subject, s)
		}
		for _, d := range def.ResolvedDependencies {
			if len(d.Digest["sha256"]) != 64 && node(d.Name).Kind == gov.VersionNode || !strings.HasPrefix(d.URI, "govd://log.example/hands/") {
				t.Errorf("%s: %+v", subject, d)
			}
		}
	}
}

// TestCSV holds that each row has a cell for each column.
func TestCSV(t *testing.T) {
	for format, want := range map[string]int{"csv": len(hands().Edges), "csv-nodes": len(hands().Nodes)} {
		rows, err := csv.NewReader(bytes.NewReader(export(t, handsModel, format))).ReadAll()
		if err != nil || len(rows) != want+1 {
			t.Errorf("%s: %d rows, %v", format, len(rows), err)
		}
	}
}

// TestStageOfVersion: a version that was not promoted has no stage, whatever its
// dataset has reached.
func TestStageOfVersion(t *testing.T) {
	node := gov.VersionOf("hands/parts", 3)
	c := &Chain{Format: ChainFormat, Subject: node, Nodes: []Node{{ID: node, Version: &Version{Stage: 5}}}}
	stage := func() (stage string) {
		d, err := Card(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Facts {
			if f.Name == "stage" {
				stage = f.Value
			}
		}
		return stage
	}
	if got := stage(); got != "none: it was not promoted; its dataset is at stage 5" {
		t.Error(got)
	}
	if rows := newView(c).versionTable().Rows; rows[0][3] != "" {
		t.Errorf("%q", rows[0])
	}
	c.Nodes[0].Version.Promotions = []Promotion{{To: 1}, {To: 2}}
	if got := stage(); got != "2" {
		t.Error(got)
	}
}

// TestReportOfVersion: a failed report is told with the version that it is of,
// which need not be the subject.
func TestReportOfVersion(t *testing.T) {
	old, subject, failed := gov.VersionOf("hands/parts", 3), gov.VersionOf("hands/parts", 4), gov.Node{Kind: gov.ReportNode, Name: gov.Digest{7}.String()}
	c := &Chain{
		Format: ChainFormat, Subject: subject, Complete: true,
		Nodes: []Node{{ID: subject, Version: &Version{}}, {ID: old, Version: &Version{}}, {ID: failed, Report: &Report{Stage: 2, Checks: 9, Failed: 1}}},
		Edges: []lineage.Edge{{From: subject, Kind: lineage.DerivedFrom, To: old}, {From: old, Kind: lineage.CheckedBy, To: failed}},
	}
	v := newView(c)
	if row := v.reportTable().Rows[0]; row[1] != "hands/parts@v3" {
		t.Errorf("%q", row)
	}
	verdicts := v.verdicts()
	if last := verdicts[len(verdicts)-1]; last.Holds || last.Why != "not so: sha256:070000000000 of hands/parts@v3 for stage 2" {
		t.Errorf("%+v", last)
	}
}
