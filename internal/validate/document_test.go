package validate

import (
	"bytes"
	"testing"

	"govd/internal/gov"

	"github.com/google/go-cmp/cmp"
)

func TestDocumentsRoundTrip(t *testing.T) {
	doc := sample().Document()
	r, err := ParseReport(doc)
	must(t, err)
	if d := cmp.Diff(doc, r.Document()); d != "" {
		t.Error(d)
	}
	for stage := gov.Stage(1); stage <= lastStage; stage++ {
		p, err := ParsePolicyDocument(shipped(t, stage).Document())
		must(t, err)
		if p.Digest() != shipped(t, stage).Digest() {
			t.Errorf("stage %d: another digest", stage)
		}
	}
	for _, bad := range [][]byte{nil, []byte("{}"), append([]byte(" "), doc...), append(bytes.Clone(doc), doc...), bytes.Replace(doc, []byte(`"stage"`), []byte(`"Stage"`), 1)} {
		if _, err := ParseReport(bad); gov.ReasonOf(err) != "BAD_REPORT" {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
	unknown := bytes.Replace(shipped(t, 1).Document(), []byte("S1.hash"), []byte("S1.hasX"), 1)
	if _, err := ParsePolicyDocument(unknown); gov.ReasonOf(err) != "BAD_POLICY" {
		t.Errorf("an unknown check: %v", err)
	}
}

func TestOnly(t *testing.T) {
	p, err := ParsePolicy([]byte("extends: stage 1\nrules:\n  - {id: a, holds: 'true'}"))
	must(t, err)
	q, err := p.Only("S1.size", "rule.a")
	must(t, err)
	if len(q.Checks) != 1 || !q.Asks("S1.size") || len(q.Rules) != 1 || q.Digest() == p.Digest() || !p.Asks("S1.hash") {
		t.Errorf("%s", q.Document())
	}
	if _, err := p.Only("S4.repr"); gov.ReasonOf(err) != "NO_CHECK" {
		t.Error(err)
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add(sample().Document())
	f.Add((&Report{Findings: []Finding{}}).Document())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReport(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Document(), b) {
			t.Error("it parses and is written otherwise")
		}
		if _, err := r.HTML(); err != nil {
			t.Error(err)
		}
		r.JUnit()
		r.Lines("1")
	})
}
