package validate

import (
	"testing"
	"time"

	"govd/internal/gov"
)

// TestWhere: an expression is asked of a record and of where it stands, and says
// beforehand whether it asks how old records are.
func TestWhere(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := &Candidate{&gov.Record{Key: "a", Size: 7, Labels: []gov.Label{{Name: "palm"}}}, "hands/signs", noon}
	for expression, want := range map[string]struct{ ages, picks, fails bool }{
		`record.size == 7`:                                       {picks: true},
		`dataset == "hands/signs"`:                               {picks: true},
		`dataset.startsWith("feet")`:                             {},
		`record.registered <= timestamp("2026-03-01T12:00:00Z")`: {ages: true, picks: true},
		`record.registered <= timestamp("2026-03-01T11:59:59Z")`: {ages: true},
		`dataset in ["feet/a", "hands/signs"] && record.registered < timestamp("2026-03-02T00:00:00Z") || false`: {ages: true, picks: true},
		`record.labels.exists(l, l == "palm" && record.registered > timestamp("2020-01-01T00:00:00Z"))`:          {ages: true, picks: true},
		`record.attributes["registered"] == "record.registered"`:                                                 {fails: true},
	} {
		w, err := CompileWhere(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		picks, err := w.Picks(c)
		if w.Ages != want.ages || picks != want.picks || (err != nil) != want.fails {
			t.Errorf("%s: ages %v, picks %v, %v; want %+v", expression, w.Ages, picks, err, want)
		}
	}
	for _, name := range []string{"dataset", "record.registered"} {
		r := Rule{ID: "a", Holds: name + " == " + name, Severity: "E"}
		if _, err := r.Compile(); gov.ReasonOf(err) != "BAD_RULE" {
			t.Errorf("a rule may name %s, which a record does not have: %v", name, err)
		}
	}
}
