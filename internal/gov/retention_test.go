package gov_test

import (
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
)

// TestParseRetention: what is no retention is refused, and what is comes back in
// its one form.
func TestParseRetention(t *testing.T) {
	cases := map[string]string{
		`{"class":"consented photos","keep_days":3,"erase_after_days":3}`:           `{"class":"consented photos","keep_days":3,"erase_after_days":3}`,
		` {"erase_after_days": 36500, "class": "Fotos mit Einwilligung, geprüft"} `: `{"class":"Fotos mit Einwilligung, geprüft","erase_after_days":36500}`,
		`{"class":"a","keep_days":1}`:                                               `{"class":"a","keep_days":1}`,
		`{}`:                                                                        `{}`,
		`{"class":"a"}`:                                                             "",
		`{"class":""}`:                                                              `{}`,
		`{"keep_days":1}`:                                                           "",
		`{"class":" a","keep_days":1}`:                                              "",
		`{"class":"a\nb","keep_days":1}`:                                            "",
		`{"class":"a","keep_days":4,"erase_after_days":3}`:                          "",
		`{"class":"a","keep_days":36501}`:                                           "",
		`{"class":"a","erase_after_days":36501}`:                                    "",
		`{"class":"a","keep_days":-1}`:                                              "",
		`{"class":"a","keep_days":1.5}`:                                             "",
		`{"class":"a","keep_days":1,"why":"a law"}`:                                 "",
		`{"class":"a","keep_days":1}{"class":"b"}`:                                  "",
		`7`: "",
		``:  "",
	}
	cases[`{"class":"`+strings.Repeat("a", 65)+`","keep_days":1}`] = ""
	for doc, want := range cases {
		r, err := gov.ParseRetention([]byte(doc))
		switch {
		case want == "" && gov.ReasonOf(err) != "BAD_RETENTION":
			t.Errorf("%s is taken: %+v, %v", doc, r, err)
		case want != "" && (err != nil || string(r.Document()) != want):
			t.Errorf("%s is %s, %v; want %s", doc, r.Document(), err, want)
		}
	}
}

// TestRetentionTimes: from the floor on a record may be erased, and from the
// limit on it is due.
func TestRetentionTimes(t *testing.T) {
	registered := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := gov.Retention{Class: "a", Keep: 10, Erase: 20}
	if got, want := r.Until(registered), registered.AddDate(0, 0, 10); !got.Equal(want) {
		t.Errorf("it is kept until %v, want %v", got, want)
	}
	due := registered.AddDate(0, 0, 20)
	if r.Cutoff(due).Before(registered) || !r.Cutoff(due.Add(-1)).Before(registered) {
		t.Errorf("a record of %v is not due from %v on: the cutoffs are %v and before %v", registered, due, r.Cutoff(due), r.Cutoff(due.Add(-1)))
	}
	if none := (gov.Retention{}); !none.Until(registered).IsZero() || !none.Cutoff(due).IsZero() {
		t.Error("no retention keeps or erases something")
	}
}
