package validate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A check that panics fails by itself, loudly, and the others are judged.
func TestPanicFailsOneCheck(t *testing.T) {
	suite, err := NewSuite(shipped(t, 1), nil)
	must(t, err)
	e := measured(t, suite, drawnHands(t, hands.Options{Seed: 1}).Records(), nil)
	check := Check{ID: "S1.test", judge: func(j *judged) {
		j.shown(Facet{Name: "before"})
		panic("index out of range")
	}}
	f := suite.run(&check, Setting{Severity: Waiver}, e)
	if f.Verdict != Fail || !strings.Contains(f.Why, "index out of range") {
		t.Errorf("%s: %s", f.Verdict, f.Why)
	}
	if r := suite.Judge(e); r.Finding("S1.schema").Verdict != Pass {
		t.Error("the others were not judged")
	}
	nothing := suite.Judge(&Evidence{})
	for _, f := range nothing.Findings {
		if f.Verdict != Unknown || f.Why == "" {
			t.Errorf("without any evidence %s is %s: %s", f.Check, f.Verdict, f.Why)
		}
	}
	if nothing.Verdict != Unknown {
		t.Errorf("without any evidence the report says %s", nothing.Verdict)
	}
}

// A report is a function of the records, the policy and what people said: not
// of the order that anything came in.
func TestReportDoesNotDependOnOrder(t *testing.T) {
	set := drawnHands(t, hands.Options{Seed: 3, Stage: 4, Faults: map[hands.Fault]int{hands.Blur: 30, hands.WrongLabel: 4, hands.Duplicate: 3}})
	policy := handPolicy(t, 4, "S5.dupSplit", "rules:\n  - {id: large, holds: 'record.size > 3000', severity: W}")
	report := func(r *rand.Rand) string {
		suite, err := NewSuite(policy, handTaxonomy(t))
		must(t, err)
		records := set.Records()
		shuffle(r, records)
		e := measured(t, suite, records, nil)
		people(t, e, set)
		shuffle(r, e.Votes)
		shuffle(r, e.Lots)
		return string(suite.Judge(e).Document())
	}
	first := report(rand.New(rand.NewPCG(1, 1)))
	for i := range uint64(4) {
		if again := report(rand.New(rand.NewPCG(2, i))); again != first {
			t.Fatalf("another order, another report:\n%s\n%s", first, again)
		}
	}
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// Without what people say the checks that need it are unknown, and the version
// does not pass; cut short, it does not pass either.
func TestUnknownDoesNotPass(t *testing.T) {
	set := drawnHands(t, hands.Options{Seed: 2, Stage: 2})
	suite, err := NewSuite(handPolicy(t, 2, "", ""), handTaxonomy(t))
	must(t, err)
	e := measured(t, suite, set.Records(), nil)
	r := suite.Judge(e)
	for _, id := range []string{"S2.auditRate", "S2.agree", "S2.reviewer", "S2.fourEyes"} {
		if f := r.Finding(id); f.Verdict != Unknown || f.Why == "" {
			t.Errorf("%s is %s: %s", id, f.Verdict, f.Why)
		}
	}
	if r.Verdict != Unknown {
		t.Errorf("the report says %s", r.Verdict)
	}
	people(t, e, set)
	e.Partial = []string{"the time was up"}
	if r := suite.Judge(e); r.Verdict != Unknown || len(r.Partial) != 1 {
		t.Errorf("cut short, the report says %s", r.Verdict)
	}
}

// A policy that reads contents again is not satisfied with fewer than its
// sample.
func TestContentSample(t *testing.T) {
	policy := handPolicy(t, 1, "", "content: {verify: sample, limit: 0.5%, confidence: 95%}")
	suite, err := NewSuite(policy, nil)
	must(t, err)
	e := measured(t, suite, drawnHands(t, hands.Options{Seed: 2}).Records(), nil)
	for _, test := range []struct {
		c    *Contents
		want Verdict
	}{
		{nil, Unknown},
		{&Contents{Of: 10_000, Read: 569}, Unknown},
		{&Contents{Of: 10_000, Read: 570}, Pass},
		{&Contents{Of: 10_000, Read: 570, Wrong: []string{"a"}, WrongAll: 1}, Fail},
	} {
		e.Content = test.c
		if f := suite.Judge(e).Finding("S1.hash"); f.Verdict != test.want {
			t.Errorf("%+v: %s, %s", test.c, f.Verdict, f.says())
		}
	}
}

// A rule of a dataset's own counts exactly and shows at most twenty witnesses.
func TestOwnRule(t *testing.T) {
	policy := handPolicy(t, 1, "", "rules:\n  - {id: no-wrist, says: no wrists here, holds: '!(\"wrist\" in record.labels)', severity: E}")
	suite, err := NewSuite(policy, nil)
	must(t, err)
	f := suite.Judge(measured(t, suite, drawnHands(t, hands.Options{Seed: 2}).Records(), nil)).Finding("rule.no-wrist")
	if f.Verdict != Fail || f.Count != 50 || len(f.Witnesses) != MaxWitnesses || f.Value != stat.Near(50./400) || f.Why != "no wrists here" {
		t.Errorf("%+v", f)
	}
	if !slices.IsSorted(f.Witnesses) || !strings.Contains(f.Witnesses[0], "/wrist/") {
		t.Errorf("witnesses %v", f.Witnesses)
	}
}

// Drift is flagged when it is both large and significant, and always there.
func TestDriftNeedsBoth(t *testing.T) {
	for _, test := range []struct {
		name       string
		added, far int // records added, and of them from the other camera
		want       Verdict
	}{
		{"few, far", 20, 20, Pass},
		{"many, near", 400, 210, Pass},
		{"many, far", 400, 390, Fail},
	} {
		before := drawnHands(t, hands.Options{Seed: 4}).Records()
		var now []*gov.Record
		for i := range test.added {
			r := *before[i]
			r.Key = "added/" + r.Key
			r.Attributes = map[string]string{"camera": "cam-a"}
			if i < test.far {
				r.Attributes["camera"] = "cam-b"
			}
			now = append(now, &r)
		}
		suite, err := NewSuite(handPolicy(t, 1, "S5.drift", ""), nil)
		must(t, err)
		f := suite.Judge(measured(t, suite, append(now, before...), before)).Finding("S5.drift")
		i := slices.IndexFunc(f.Parts, func(p Facet) bool { return p.Name == "camera" })
		if i < 0 || f.Parts[i].Verdict != test.want || f.Parts[i].Note == "" {
			t.Errorf("%s: %+v", test.name, f)
		}
	}
}

// BenchmarkJudge is what a report costs once everything is measured, to be
// compared with the fold of the same records.
func BenchmarkJudge(b *testing.B) {
	set := drawnHands(b, hands.Options{Seed: 1, Stage: 4})
	suite, err := NewSuite(handPolicy(b, 4, "", ""), handTaxonomy(b))
	must(b, err)
	e := measured(b, suite, set.Records(), nil)
	people(b, e, set)
	b.Run("report", func(b *testing.B) {
		for b.Loop() {
			suite.Judge(e)
		}
	})
	e.Votes = nil
	b.Run("measures alone", func(b *testing.B) {
		for b.Loop() {
			suite.Judge(e)
		}
	})
}
