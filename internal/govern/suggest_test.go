package govern_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/validate"
)

func predicted(all ...govern.Prediction) iter.Seq2[govern.Prediction, error] {
	return func(yield func(govern.Prediction, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// TestSuspectsAreSuggested: of records that all say what they show but for one,
// that one is found, and no more is changed than that this is recorded: nothing at
// all by a call without a request id.
func TestSuspectsAreSuggested(t *testing.T) {
	records, rows := govtest.Records(40, "fist"), []govern.Prediction{}
	for i, r := range records {
		p := govern.Prediction{Key: r.Key, Probabilities: []float64{0.95, 0.05}}
		if i%2 == 1 {
			r.Labels[0].Name, p.Probabilities = "palm", []float64{0.05, 0.95}
		}
		if i == 7 {
			r.Labels[0].Name = "fist"
		}
		rows = append(rows, p)
	}
	s := newSigns(t, records...)
	before := s.LogSize()
	in := govern.Suggest{Ref: gov.Ref{Dataset: digits}, Classes: []string{"fist", "palm"}}
	_, found, err := s.Service.SuggestChange(ctx, s.ann.Call(), in, predicted(rows...))
	s.must(err)
	want := []validate.Suspect{{Key: "0007.png", Given: "fist", Likely: "palm", Margin: 900_000, Sure: true}}
	if diff := cmp.Diff(want, found.List); diff != "" || found.Records != 40 || s.LogSize() != before+1 {
		t.Errorf("of %d records (-want +got):\n%s", found.Records, diff)
	}
	look := s.ann.Call()
	look.Request = govern.RequestID{}
	_, _, err = s.Service.SuggestChange(ctx, look, in, predicted(rows...))
	s.must(err)
	if s.LogSize() != before+1 {
		t.Error("a look is recorded")
	}
	s.propose(s.ann, rename("0007.png", "fist", "palm"))
}

func TestBadPredictionsAreRefused(t *testing.T) {
	s := newSigns(t)
	in := govern.Suggest{Ref: gov.Ref{Dataset: digits}, Classes: []string{"fist", "palm"}}
	for i, c := range []struct {
		row  govern.Prediction
		says string
	}{
		{govern.Prediction{Key: "0001.png", Probabilities: []float64{0.5, 0.4}}, `row 2: "0001.png" has probabilities that do not sum to one`},
		{govern.Prediction{Key: "nothing", Probabilities: []float64{0.5, 0.5}}, `row 2: "nothing" is no record of the version`},
		{govern.Prediction{Key: "0001.png", Probabilities: []float64{1}}, `row 2: "0001.png" has another number of probabilities`},
	} {
		good := govern.Prediction{Key: "0000.png", Probabilities: []float64{0.5, 0.5}}
		_, _, err := s.Service.SuggestChange(ctx, s.ann.Call(), in, predicted(good, c.row))
		wantText(t, fmt.Sprint(i), err, "BAD_PREDICTIONS", c.says)
	}
}
