package validate

import (
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"
	"govd/internal/validate/stat"

	"go.yaml.in/yaml/v3"
)

func handTaxonomy(t testing.TB) *gov.Taxonomy {
	t.Helper()
	var tax gov.Taxonomy
	var doc struct {
		Labels []struct {
			Name, Parent string
			Since        int
			Max          uint32
		}
	}
	must(t, yaml.Unmarshal(hands.Taxonomy(), &doc))
	for _, l := range doc.Labels {
		tax.Labels = append(tax.Labels, gov.TaxonomyLabel{Name: l.Name, Parent: l.Parent, Since: gov.Stage(l.Since), Max: l.Max})
	}
	must(t, tax.Check())
	return &tax
}

// drawnHands is a set of hands with what people and models say of it.
func drawnHands(t testing.TB, o hands.Options) *hands.Set {
	t.Helper()
	s, err := hands.New(o)
	must(t, err)
	return s
}

// judgeHands reports on a drawn set with the policy of its stage and these
// checks besides; if so asked, against the set as it is without faults.
func judgeHands(t testing.TB, o hands.Options, checks, lines string, against bool) (*Report, *hands.Set) {
	t.Helper()
	set := drawnHands(t, o)
	suite, err := NewSuite(handPolicy(t, gov.Stage(o.Stage), checks, lines), handTaxonomy(t))
	must(t, err)
	var before []*gov.Record
	if against {
		o.Faults = nil
		before = drawnHands(t, o).Records()
	}
	e := measured(t, suite, set.Records(), before)
	people(t, e, set)
	return suite.Judge(e), set
}

// people adds what people and models say: inspections that look at every
// record, votes, predictions, approvals, and a reading of all contents.
func people(t testing.TB, e *Evidence, set *hands.Set) {
	t.Helper()
	truth := set.Truth()
	records := set.Records()
	wrong := slices.Concat(truth[hands.WrongLabel], truth[hands.ToneError])
	inspect := func(id, asks, group string, n uint64, wrong []string, confidence stat.Micro) {
		k := uint64(len(wrong))
		e.Inspections = append(e.Inspections, Inspected{
			ID: id, Asks: asks, Group: group, N: n, Errors: k, Bound: stat.Upper(k, n, confidence), Confidence: confidence, Wrong: wrong,
		})
	}
	const answers = 598
	inspect("labels", "label", "", answers, wrong, 950_000)
	inspect("relevance", "relevance", "", answers, truth[hands.Irrelevant], 950_000)
	group := map[string]string{}
	for _, r := range records {
		group[r.Key] = r.Attributes["tone_group"]
	}
	for _, g := range []string{"dark", "light", "medium"} {
		var theirs []string
		for _, k := range wrong {
			if group[k] == g {
				theirs = append(theirs, k)
			}
		}
		inspect("labels-by-tone", "label", g, answers, theirs, 983_334)
	}
	for _, v := range set.Votes() {
		vote := Vote{Key: v.Key, By: v.Annotator, Name: v.Name}
		if v.Gold {
			vote.Right = set.Shows(v.Key)
		}
		e.Votes = append(e.Votes, vote)
	}
	e.Approvals = &Approvals{}
	e.Lots = []Intake{{"lot-1", true}, {"lot-2", len(truth[hands.Irrelevant]) == 0}, {"lot-3", true}}
	bad := slices.Concat(truth[hands.WrongHash], truth[hands.WrongSize], truth[hands.WrongType])
	n := uint64(len(records))
	e.Contents(n, bad, truth[hands.Truncated])
	e.Suspects = suspectsOf(t, set, records)
	e.Runs = map[string]bool{}
	for _, r := range records {
		if run := r.Attributes["run"]; run != "" {
			e.Runs[run] = true
		}
	}
}

// Contents says that all contents were read.
func (e *Evidence) Contents(n uint64, wrong, broken []string) {
	e.Content = &Contents{Of: n, Read: n, Wrong: wrong, WrongAll: uint64(len(wrong)), Broken: broken, BrokenAll: uint64(len(broken))}
}

type handPredictions []hands.Prediction

func (p handPredictions) Classes() []string { return hands.Classes() }

func (p handPredictions) All() iter.Seq2[string, []float64] {
	return func(yield func(string, []float64) bool) {
		for _, x := range p {
			if !yield(x.Key, x.P) {
				return
			}
		}
	}
}

func suspectsOf(t testing.TB, set *hands.Set, records []*gov.Record) *Suspects {
	t.Helper()
	given := map[string]string{}
	for _, r := range records {
		given[r.Key] = ""
		for _, l := range r.Labels {
			if l.ID == "1" {
				given[r.Key] = l.Name
			}
		}
	}
	s, err := FindSuspects(handPredictions(set.Predictions()), lookup(given))
	must(t, err)
	return s
}

// raised are the checks that are neither passed nor skipped.
func raised(r *Report) (ids []string) {
	for _, f := range r.Findings {
		if f.Verdict != Pass && f.Verdict != Skipped {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

func explain(r *Report, ids []string) string {
	var b strings.Builder
	for _, id := range ids {
		f := r.Finding(id)
		b.WriteString("\n  " + id + " " + string(f.Verdict) + ": " + f.says())
		for _, p := range f.Parts {
			if p.Verdict != Pass {
				b.WriteString("\n    " + p.Name + " " + plain(p.Value) + " against " + plain(p.Limit) + " " + p.Note + " " + strings.Join(p.Witnesses[:min(3, len(p.Witnesses))], " "))
			}
		}
	}
	return b.String()
}

// Good data raises no alarm.
func TestGoodHandsPass(t *testing.T) {
	for stage := 1; stage <= lastStage; stage++ {
		for seed := range seeds(t, stage) {
			r, _ := judgeHands(t, hands.Options{Seed: seed, Stage: stage}, "", "", true)
			if ids := raised(r); len(ids) > 0 {
				t.Errorf("stage %d seed %d: %s", stage, seed, explain(r, ids))
			}
		}
	}
}

// seeds is how many seeds a test of a stage tries. All fifty of `make seeds` take
// half an hour: GOVD_SEEDS=50.
func seeds(t *testing.T, stage int) uint64 {
	t.Helper()
	if n, err := strconv.ParseUint(os.Getenv("GOVD_SEEDS"), 10, 16); err == nil {
		return n
	}
	if testing.Short() || stage > 2 {
		return 1
	}
	return 4
}
