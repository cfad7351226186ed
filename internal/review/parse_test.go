package review

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"govd/internal/gov"
)

const frozenRules = `{"stages":{"1":{},"2":{"factors":[{"role":"steward","need":2}],"extra":[{"of":"label","over_ppm":1000,"role":"steward","need":1},{"of":"records","over_ppm":1000,"role":"steward","need":1}]},"3":{"factors":[{"role":"steward","need":1}],"extra":[{"of":"label","over_ppm":50000,"role":"steward","need":1},{"of":"records","over_ppm":10000,"role":"steward","need":1}]},"4":{"factors":[{"role":"steward","need":2}],"extra":[{"of":"label","over_ppm":50000,"role":"steward","need":1},{"of":"records","over_ppm":10000,"role":"steward","need":1}]},"5":{"factors":[{"role":"steward","need":2}],"extra":[{"of":"label","over_ppm":50000,"role":"steward","need":1},{"of":"records","over_ppm":10000,"role":"steward","need":1}]}},"classes":[{"name":"prints","labels":["fingerprint*","scar"],"factors":[{"role":"trainer","people":["user:7","user:8"],"need":2}]}],"signed_from":3,"vote_life":"1d","change_life":"2d","min_age":"30d","look_edits":50,"look_time":"1m","lift_more":2,"applier_not_contributor":true,"applier_not_approver":true,"exclusive":[["admin","auditor"],["admin","steward"],["annotator","auditor"],["auditor","steward"],["steward","trainer"]],"break_glass":{"factors":[{"role":"admin","need":2}],"never":true,"life":"30m","ratify":"1d","reason":40},"rule_need":2,"rule_delay":"1d","alarm":{"times":3,"within":"2m"}}`

// The document binds revisions to rules: it is frozen, and says every option.
func TestDocumentIsFrozen(t *testing.T) {
	if got := string(fullRules().Document()); got != frozenRules {
		t.Errorf("got\n%s", got)
	}
	r, err := ParseRules([]byte(frozenRules))
	if err != nil {
		t.Fatal(err)
	}
	if r.Digest() != gov.DocumentDigest([]byte(frozenRules)) {
		t.Errorf("came back as %s", r.Document())
	}
}

func TestDocumentDoesNotDependOnOrder(t *testing.T) {
	a, err := ParseRules([]byte(`{"stages":{"2":{"factors":[{"role":"steward","need":2},{"role":"annotator","need":1}]}},"vote_life":"24h"}`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseRules([]byte(` {"vote_life":"1d", "stages":{"2":{"extra":[],"factors":[{"need":1,"role":"annotator","people":[]},{"role":"steward","need":1},{"role":"steward","need":2}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Document(), b.Document()) {
		t.Errorf("\n%s\n%s", a.Document(), b.Document())
	}
}

func TestParseRulesRefuses(t *testing.T) {
	for doc, names := range map[string]string{
		``:                                    "not JSON",
		`[]`:                                  "array",
		`null`:                                "document",
		`{} {}`:                               "more after",
		`{"quorum":2}`:                        "quorum",
		`{"VOTE_LIFE":"1d"}`:                  "VOTE_LIFE",
		`{"vote_life":"1d","vote_life":"9d"}`: "vote_life",
		`{"vote_life":null}`:                  "vote_life",
		`{"vote_life":14}`:                    "vote_life",
		`{"vote_life":"0d"}`:                  "span",
		`{"vote_life":"14"}`:                  "span",
		`{"vote_life":"+1d"}`:                 "span",
		`{"vote_life":"3651d"}`:               "span",
		`{"signed_from":6}`:                   "signed_from",
		`{"signed_from":-1}`:                  "signed_from",
		`{"lift_more":300}`:                   "lift_more",
		`{"lift_more":17}`:                    "lift_more",
		`{"applier_not_approver":false}`:      "left out",
		`{"stages":{"6":{}}}`:                 `"6"`,
		`{"stages":{"02":{}}}`:                `"02"`,
		`{"stages":{"2":{"factors":[{"role":"owner","need":1}]}}}`:                            "stages.factors: stage 2",
		`{"stages":{"2":{"factors":[{"role":"auditor","need":1}]}}}`:                          "auditor",
		`{"stages":{"2":{"factors":[{"role":"steward"}]}}}`:                                   "need 0",
		`{"stages":{"2":{"factors":[{"role":"steward","need":17}]}}}`:                         "need 17",
		`{"stages":{"2":{"factors":[{"role":"steward","need":1,"people":["sa:4"]}]}}}`:        "sa:4",
		`{"stages":{"2":{"factors":[{"role":"steward","need":2,"people":["user:4"]}]}}}`:      "2 of 1",
		`{"stages":{"2":{"extra":[{"of":"bytes","over_ppm":1,"role":"steward","need":1}]}}}`:  "bytes",
		`{"classes":[{"name":"A b","labels":["x"],"factors":[{"role":"steward","need":1}]}]}`: "A b",
		`{"classes":[{"name":"a","labels":[],"factors":[{"role":"steward","need":1}]}]}`:      "class a",
		`{"classes":[{"name":"a","labels":["x"]}]}`:                                           "class a",
		`{"exclusive":[["steward","admin"]]}`:                                                 "exclusive",
		`{"exclusive":[["steward","king"]]}`:                                                  "king",
		`{"break_glass":{"life":"2h"}}`:                                                       "break_glass.life",
		`{"break_glass":{"ratify":"73h"}}`:                                                    "break_glass.ratify",
		`{"break_glass":{"reason":5000}}`:                                                     "break_glass.reason",
		`{"alarm":{"within":"2d"}}`:                                                           "alarm.within",
		`{"rule_delay":"31d"}`:                                                                "rule_delay",
		`{"stages":{"2":{"factors":[{"role":"steward","need":1,"extra":1}]}}}`:                "extra",
	} {
		r, err := ParseRules([]byte(doc))
		if !errors.Is(err, gov.Invalid) || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v, %v; want it to name %q", doc, r, err, names)
		}
	}
	if _, err := ParseRules(bytes.Repeat([]byte(" "), MaxDocument+1)); !errors.Is(err, gov.Invalid) {
		t.Error(err)
	}
}

func TestServerRulesAreComplete(t *testing.T) {
	if err := Default().CheckComplete(); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func(*Rules){
		"stage 3": func(r *Rules) { delete(r.Stages, 3) }, "vote_life": func(r *Rules) { r.VoteLife = 0 }, "change_life": func(r *Rules) { r.ChangeLife = 0 },
		"rule_need": func(r *Rules) { r.RuleNeed = 0 }, "rule_delay": func(r *Rules) { r.RuleDelay = 0 },
	} {
		r := Default()
		f(r)
		if err := r.CheckComplete(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add([]byte(frozenRules))
	f.Add(Default().Document())
	f.Add([]byte(`{"stages":{"2":{}},"vote_life":"90m"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := ParseRules(doc)
		if err != nil {
			return
		}
		again, err := ParseRules(r.Document())
		if err != nil || !bytes.Equal(again.Document(), r.Document()) {
			t.Fatalf("%s became %v, %v", r.Document(), again, err)
		}
		if err := CheckTightens(r, r); err != nil {
			t.Fatalf("%s is looser than itself: %v", doc, err)
		}
		if full := fullRules(); CheckTightens(full, Strictest(full, r)) != nil {
			t.Fatalf("the strictest of %s is looser", doc)
		}
	})
}
