package validate

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"

	"github.com/google/go-cmp/cmp"
)

func shipped(t testing.TB, stage gov.Stage) *Policy {
	t.Helper()
	p, err := Shipped(stage)
	if err != nil {
		t.Fatalf("stage %d: %v", stage, err)
	}
	return p
}

// Each stage asks for its own checks, and for all that the stages before it ask.
func TestShippedStagesGrow(t *testing.T) {
	for stage := gov.Stage(1); stage <= lastStage; stage++ {
		p := shipped(t, stage)
		for _, c := range Catalogue() {
			if got, want := p.Asks(c.ID), c.Stage <= stage; got != want {
				t.Errorf("stage %d asks for %s: %v, want %v", stage, c.ID, got, want)
			}
		}
		if p.Stage != stage {
			t.Errorf("stage%d.yaml is of stage %d", stage, p.Stage)
		}
	}
}

// What a report names by its digest does not change by accident.
func TestPolicyDigests(t *testing.T) {
	var b strings.Builder
	for stage := gov.Stage(1); stage <= lastStage; stage++ {
		p := shipped(t, stage)
		fmt.Fprintf(&b, "%s\n%s\n", p.Digest(), p.Document())
	}
	golden(t, "policies.txt", []byte(b.String()))
}

// golden compares with a file of testdata, which GOVD_UPDATE=1 rewrites.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if os.Getenv("GOVD_UPDATE") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

func TestPolicyRefusesWithLines(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"nothing", "", "is empty"},
		{"no YAML", "a: [", "no YAML"},
		{"a list", "- a", "line 1"},
		{"two documents", "stage: 1\n---\nstage: 2", "more after the policy"},
		{"unknown key", "extends: stage 1\nchekcs: {}", `line 2: a policy has no key "chekcs"`},
		{"unknown check", "extends: stage 1\nchecks:\n  S9.magic: on", `line 3: there is no check "S9.magic"`},
		{"unknown parameter", "extends: stage 1\nchecks:\n  S1.size:\n    weight: 3", `line 4: S1.size takes no "weight"`},
		{"impossible share", "extends: stage 1\nchecks:\n  S1.schema: {max: 150%}", "line 3: 150% is impossible: from 0.000000 to 1.000000"},
		{"impossible radius", "extends: stage 3\nchecks:\n  S3.nearDup: {radius: 60}", "line 3: 60 is impossible"},
		{"negative", "extends: stage 1\nchecks:\n  S1.classes: {min: -1}", "line 3: -1 is impossible"},
		{"no number", "extends: stage 1\nchecks:\n  S1.classes: {min: many}", `line 3: "many" is not a number`},
		{"warning above failing", "extends: stage 3\nchecks:\n  S3.source: {warn: 0.5}", "line 3: S3.source: warn is 0.500000 and must not be above fail"},
		{"severity", "extends: stage 1\nchecks:\n  S1.size: {severity: F}", `line 3: "F" is none of E, W`},
		{"twice", "extends: stage 1\nname: a\nname: b", `"name" `},
		{"stage", "extends: stage 9", "line 1: extends is stage 1 to stage 5"},
		{"splits", "extends: stage 1\nsplits: {train: 50%, test: 20%}", "line 2: the shares make 0.7"},
		{"role", "extends: stage 1\nattributes: {colour: tone}", `line 2: no attribute has the role "colour"`},
		{"rule that does not type", "extends: stage 1\nrules:\n  - {id: a, holds: 'record.size > \"big\"'}", "line 3: rule \"a\""},
		{"rule of another type", "extends: stage 1\nrules:\n  - {id: a, holds: 'record.size'}", "must be true or false"},
		{"alias", "extends: stage 1\nname: &a x\nrequired: *a", "aliases"},
		{"coverage", "extends: stage 5\ncoverage: {angle: []}", "combinations"},
		{"coverage of four", "extends: stage 5\ncoverage: {angle: [a], light: [b], motion: [c], camera: [d]}", "line 2: coverage combines 3 roles at most"},
		{"sample without limit", "extends: stage 1\ncontent: {verify: sample}", "line 2: a sample of content needs limit and confidence"},
		{"whole, without a budget", "stage: 1\nname: x\ncontent: {verify: declared}\nchecks: {S1.size: on}", "has a budget"},
		{"size", "extends: stage 1\nbudget: {memory: much}", `line 2: "much" is no size`},
		{"too large", strings.Repeat("# a\n", MaxPolicy/4+1), "at most"},
	} {
		_, err := ParsePolicy([]byte(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if err != nil && gov.ReasonOf(err) != "BAD_POLICY" {
			t.Errorf("%s: reason %s", test.name, gov.ReasonOf(err))
		}
	}
}

// An overlay changes what it says and nothing else.
func TestOverlay(t *testing.T) {
	p, err := ParsePolicy([]byte(`
extends: stage 2
attributes: {subject: person}
checks:
  S1.size: {iqr: 5}
  S2.cl: off
rules:
  - {id: named, holds: 'record.key != ""', severity: E}
`))
	if err != nil {
		t.Fatal(err)
	}
	base := shipped(t, 2)
	if p.Digest() == base.Digest() {
		t.Error("another policy has the same digest")
	}
	if got := p.Checks["S1.size"].Params["iqr"]; got != 5*stat.One {
		t.Errorf("iqr is %s", got)
	}
	if got, want := p.Checks["S1.size"].Params["max"], base.Checks["S1.size"].Params["max"]; got != want {
		t.Errorf("max is %s, want that of the stage, %s", got, want)
	}
	if p.Asks("S2.cl") || p.Attribute(Subject) != "person" || p.Attribute(Camera) != "camera" || len(p.Rules) != 1 {
		t.Errorf("the overlay did not hold: %s", p.Document())
	}
	delete(base.Checks, "S2.cl")
	if d := cmp.Diff(slices.Sorted(maps.Keys(base.Checks)), slices.Sorted(maps.Keys(p.Checks))); d != "" {
		t.Error(d)
	}
}

// Order and form of the file do not matter, what it says does.
func TestPolicyDocumentIsCanonical(t *testing.T) {
	parse := func(file string) gov.Digest {
		t.Helper()
		p, err := ParsePolicy([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest()
	}
	a := parse("extends: stage 1\nrequired: [palm, back]\nsplits: {train: 80%, test: 20%}")
	b := parse("splits:\n  test: 0.2\n  train: 0.80\nrequired:\n- back\n- palm\nextends: stage 1\n")
	if a != b {
		t.Error("the same policy has two digests")
	}
	if c := parse("extends: stage 1\nrequired: [palm]\nsplits: {train: 80%, test: 20%}"); c == a {
		t.Error("two policies have one digest")
	}
}

// Every check says what it is, and its numbers lie within their own limits.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Catalogue() {
		if seen[c.ID] || c.Asks == "" || c.Formula == "" || c.Silent == "" || len(c.Measures) == 0 || c.judge == nil {
			t.Errorf("%s is there twice or incomplete", c.ID)
		}
		seen[c.ID] = true
		if want := fmt.Sprintf("S%d.", c.Stage); !strings.HasPrefix(c.ID, want) {
			t.Errorf("%s is of stage %d", c.ID, c.Stage)
		}
		for _, p := range c.Params {
			if _, known := c.Param(p.Below); p.Below != "" && !known || p.Means == "" || !p.List && (p.Default < p.Min || p.Default > p.Max) {
				t.Errorf("%s: parameter %s is wrong", c.ID, p.Name)
			}
		}
		if !strings.Contains(CatalogueTable(), "| `"+c.ID+"` |") {
			t.Errorf("the table lacks %s", c.ID)
		}
	}
	if len(seen) != 52 {
		t.Errorf("%d checks", len(seen))
	}
}

func FuzzParsePolicy(f *testing.F) {
	for stage := 1; stage <= lastStage; stage++ {
		b, err := stages.ReadFile(fmt.Sprintf("stages/stage%d.yaml", stage))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("extends: stage 1\nrules:\n  - {id: a, holds: 'record.labels.all(l, l in record.attributes)'}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePolicy(b)
		if err != nil {
			if gov.ReasonOf(err) == "" {
				t.Errorf("an error without a reason: %v", err)
			}
			return
		}
		if _, err := NewSuite(p, nil); err != nil {
			t.Errorf("a policy that parses is not made ready: %v", err)
		}
	})
}
