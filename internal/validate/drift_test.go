package validate

import (
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"
)

// What a stage is for is no drift when it first comes: gestures at stage 5. A
// label that was there before drifts, and so does one of an earlier stage.
func TestLabelsOfTheStageAreNoDrift(t *testing.T) {
	before := drawnHands(t, hands.Options{Seed: 1, Stage: 4}).Records()
	grown := drawnHands(t, hands.Options{Seed: 1, Stage: 5}).Records()
	some := func(records []*gov.Record, label string) []*gov.Record {
		for _, r := range records[:200] {
			r.Key, r.Labels = "new/"+r.Key, []gov.Label{{ID: "1", Name: label}}
		}
		return records
	}
	for _, test := range []struct {
		name      string
		then, now []*gov.Record
		want      Verdict
	}{
		{"frames with gestures", before, grown, Pass},
		{"gestures of one kind after others", grown, append(some(drawnHands(t, hands.Options{Seed: 2, Stage: 5}).Records(), "wave"), grown...), Fail},
		{"a label of stage 2", before, append(some(drawnHands(t, hands.Options{Seed: 2, Stage: 4}).Records()[:200], "thenar"), before...), Fail},
	} {
		suite, err := NewSuite(handPolicy(t, 5, "", ""), handTaxonomy(t))
		must(t, err)
		e := measured(t, suite, test.now, test.then)
		f := suite.Judge(e).Finding("S5.drift")
		got := Pass
		for _, p := range f.Parts {
			if p.Name == "label" {
				got = p.Verdict
			}
		}
		if got != test.want {
			t.Errorf("%s: %s, %+v", test.name, got, f.Parts)
		}
	}
}
