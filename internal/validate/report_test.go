package validate

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"regexp"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sample is a report with every verdict in it.
func sample() *Report {
	r := &Report{
		Dataset: "hands/stage4", Version: gov.Digest{1}, Number: 12, Against: gov.Digest{2}, Stage: 4, Policy: gov.Digest{3}, Records: 1200, Bytes: 34_000_000,
		Findings: []Finding{
			{
				Check: "S3.blur", Severity: Waiver, Verdict: Warn, Value: 2500, Limit: 0, Count: 3, Witnesses: []string{"train/palm/0003.png", "train/palm/<b>&.png", "val/back/0007.png"},
				Parts: []Facet{{Name: "blurred", Verdict: Warn, Value: 2500, Count: 3, Witnesses: []string{"train/palm/0003.png"}}},
			},
			{Check: "S1.schema", Severity: Blocks, Verdict: Pass, Witnesses: []string{}},
			{Check: "S1.completeness", Severity: Blocks, Verdict: Fail, Value: 990_000, Limit: stat.One, Count: 12, Witnesses: []string{"a"}, Parts: []Facet{
				{Name: "label", Verdict: Fail, Value: 990_000, Limit: stat.One, Count: 12}, {Name: "subject", Verdict: Pass, Value: stat.One, Limit: 950_000},
			}},
			{Check: "S2.auditRate", Severity: Blocks, Verdict: Unknown, Why: "inspection labels has no result", Witnesses: []string{}},
			{Check: "S5.mono", Severity: Blocks, Verdict: Skipped, Why: "no record is part of a sequence", Witnesses: []string{}},
			{Check: "rule.adult", Severity: Blocks, Verdict: Pass, Witnesses: []string{}},
		},
		Tables: []Table{
			{Name: "Labels", Rows: []Row{{"palm", []stat.Micro{whole(700)}}, {"back", []stat.Micro{whole(500)}}}},
			{Name: "Tone group by label", Columns: []string{"dark", "light"}, Rows: []Row{{"palm", []stat.Micro{whole(300), whole(400)}}}, More: 2},
		},
	}
	r.seal()
	return r
}

// The bytes that people sign are frozen.
func TestReportDocument(t *testing.T) { golden(t, "report.json", append(sample().Document(), '\n')) }

func TestReportLines(t *testing.T) { golden(t, "report.jsonl", sample().Lines("r7")) }

func TestReportVerdict(t *testing.T) {
	for _, test := range []struct {
		name     string
		findings []Finding
		partial  []string
		want     Verdict
	}{
		{"nothing", nil, nil, Pass},
		{"skipped", []Finding{{Verdict: Skipped, Severity: Blocks}}, nil, Pass},
		{"a warning", []Finding{{Verdict: Pass}, {Verdict: Warn, Severity: Waiver}}, nil, Warn},
		{"a block", []Finding{{Verdict: Fail, Severity: Blocks}, {Verdict: Warn, Severity: Waiver}}, nil, Fail},
		{"unknown that blocks", []Finding{{Verdict: Unknown, Severity: Blocks}, {Verdict: Warn, Severity: Waiver}}, nil, Unknown},
		{"unknown that does not", []Finding{{Verdict: Unknown, Severity: Waiver}}, nil, Warn},
		{"cut short", []Finding{{Verdict: Pass}}, []string{"the time was up"}, Unknown},
		{"cut short and failed", []Finding{{Verdict: Fail, Severity: Blocks}}, []string{"the time was up"}, Fail},
	} {
		r := &Report{Findings: test.findings, Partial: test.partial}
		if r.seal(); r.Verdict != test.want {
			t.Errorf("%s: %s, want %s", test.name, r.Verdict, test.want)
		}
	}
}

// A digest says the verdict: no two reports share one.
func TestReportDigest(t *testing.T) {
	a, b := sample(), sample()
	if a.Digest() != b.Digest() {
		t.Error("the same report has two digests")
	}
	b.Findings[0].Count++
	if a.Digest() == b.Digest() {
		t.Error("another count, the same digest")
	}
}

func TestCompareReports(t *testing.T) {
	was, is := sample(), sample()
	is.Finding("S1.completeness").Verdict = Pass
	is.Finding("S3.blur").Count = 5
	is.Findings = append(is.Findings, Finding{Check: "S4.repr", Verdict: Pass})
	got := map[string]string{}
	for _, m := range CompareReports(was, is) {
		switch {
		case m.Was == nil:
			got[m.Check] = "new"
		case m.Better:
			got[m.Check] = "better"
		case m.Worse:
			got[m.Check] = "worse"
		}
	}
	if d := cmp.Diff(map[string]string{"S1.completeness": "better", "S3.blur": "worse", "S4.repr": "new"}, got); d != "" {
		t.Error(d)
	}
}

func TestJUnit(t *testing.T) {
	b := sample().JUnit()
	golden(t, "report.xml", b)
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name string `xml:"name,attr"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(b, &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Tests != 6 || len(suite.Cases) != 6 || suite.Failures != 1 || suite.Errors != 1 || suite.Skipped != 1 {
		t.Errorf("%+v", suite)
	}
}

// The facets hold to the schemas that OpenLineage publishes.
func TestOpenLineageFacets(t *testing.T) {
	facets := sample().OpenLineage("https://example.org/govd")
	if b := facets["dataQualityAssertions"]; strings.Contains(string(b), "S5.mono") {
		t.Error("what was skipped is asserted")
	}
	shared := os.Getenv("GOVD_SHARED")
	if shared == "" {
		t.Skip("no GOVD_SHARED")
	}
	c := jsonschema.NewCompiler()
	add := func(url, path string) {
		f, err := os.Open(shared + "/data/schemas/openlineage/" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	add("https://openlineage.io/spec/2-0-2/OpenLineage.json", "OpenLineage.json")
	for name, file := range map[string]string{"dataQualityAssertions": "DataQualityAssertionsDatasetFacet.json", "dataQualityMetrics": "DataQualityMetricsInputDatasetFacet.json"} {
		var head struct {
			Schema string `json:"_schemaURL"`
		}
		if err := json.Unmarshal(facets[name], &head); err != nil {
			t.Fatal(err)
		}
		url, _, _ := strings.Cut(head.Schema, "#")
		add(url, "facets/"+file)
		schema, err := c.Compile(head.Schema)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(facets[name]))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The page stands alone, runs nothing, and shows what strangers named as text.
func TestHTML(t *testing.T) {
	page, err := sample().HTML()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.html", page)
	s := string(page)
	for _, never := range []string{"<script", "<b>&.png", "javascript:", "ZgotmplZ"} {
		if strings.Contains(s, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if links := regexp.MustCompile(`(src|href)=`).FindString(s); links != "" {
		t.Errorf("the page loads something: %s", links)
	}
	if verdict, finding := strings.Index(s, "This version fails"), strings.Index(s, "S1.completeness"); verdict < 0 || finding < verdict {
		t.Error("the verdict is not first")
	}
	if fails, passes := strings.Index(s, "<code>S1.completeness"), strings.Index(s, "<code>S1.schema"); fails > passes {
		t.Error("what passes comes before what fails")
	}
	if !strings.Contains(s, "prefers-color-scheme: dark") || !strings.Contains(s, "@media print") {
		t.Error("the page has one colour scheme, or does not print")
	}
}
