package inspect

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

func result(t *testing.T, i *Inspection) Result {
	t.Helper()
	r, over := i.Result()
	if !over {
		t.Fatalf("the inspection is %s: %+v", i.State(), i.Status(""))
	}
	return r
}

// TestCertifies follows one inspection with nothing wrong to its numbers.
func TestCertifies(t *testing.T) {
	i := begin(t, fixedDesign(), 5000, gov.Digest{1}, People{})
	n := work(t, i, ann, truthful(nil))
	r := result(t, i)
	gold := n - int(r.N)
	seen := stat.UpperOf(5000, 0, r.N, 920_000)
	sensitivity := stat.Lower(uint64(gold), uint64(gold), 980_000)
	bound := stat.Up(float64(seen) / 5000 / sensitivity.Float())
	switch {
	case r.State != Passed || r.Reason != "" || r.Errors != 0 || r.GoldErrors != uint64(gold) || r.Noticed != uint64(gold):
		t.Errorf("%+v", r)
	case r.Sensitivity != sensitivity || math.Abs(float64(r.Bound-bound)) > 1 || r.Bound > r.Limit || r.Bound != r.Strata[0].Bound:
		t.Errorf("sensitivity %v and bound %v, want %v and %v", r.Sensitivity, r.Bound, sensitivity, bound)
	case len(r.Reviewers) != 1 || !r.Reviewers[0].Measured || r.Reviewers[0].Accuracy != stat.Lower(uint64(gold), uint64(gold), 900_000):
		t.Errorf("%+v", r.Reviewers)
	}
	b, err := json.Marshal(i.Status("i7"))
	want := `{"inspection":"i7","n":91,"answered":91,"errors":0,"bound":` + r.Bound.String() + `,"confidence":0.900000,"state":"passed"}`
	if err != nil || string(b) != want {
		t.Errorf("status %s, want %s", b, want)
	}
}

// TestErrorsFail holds that one error more than the plan accepts fails, and that
// what stays unclear is one.
func TestErrorsFail(t *testing.T) {
	for _, v := range []Verdict{Wrong, Unclear} {
		for errs, want := range []State{Passed, Passed, Failed} {
			i := begin(t, fixedDesign(), 5000, gov.Digest{1}, People{})
			bad := map[string]bool{}
			for _, key := range keys(i.sheet, 0)[:errs] {
				bad[key] = true
			}
			answer := func(task Task) Verdict {
				if bad[task.Key] {
					return v
				}
				return truthful(nil)(task)
			}
			work(t, i, ann, answer)
			work(t, i, bob, answer) // adjudicates what is unclear
			if r := result(t, i); r.State != want || r.Errors != uint64(errs) || (r.Bound <= r.Limit) != (want == Passed) {
				t.Errorf("%d %s: %s with %d errors and bound %v, want %s", errs, v, r.State, r.Errors, r.Bound, want)
			}
		}
	}
}

// TestSensitivity holds that what inspectors overlook is paid for, and that a
// guarantee of which that is not known is void.
func TestSensitivity(t *testing.T) {
	d := fixedDesign()
	d.MinGold = 1 << 20
	overlook := func(every int) func(Task) Verdict {
		n := 0
		return func(task Task) Verdict {
			if n++; isGold(task.Key) && n%every != 0 {
				return OK
			}
			return truthful(nil)(task)
		}
	}
	i := begin(t, d, 5000, gov.Digest{1}, People{})
	work(t, i, ann, overlook(2))
	if r := result(t, i); r.State != Failed || r.Sensitivity > 600_000 || r.Bound < stat.Micro(float64(r.Limit)*1.2) {
		t.Errorf("half is overlooked: %s, sensitivity %v, bound %v", r.State, r.Sensitivity, r.Bound)
	}
	i = begin(t, d, 5000, gov.Digest{1}, People{})
	work(t, i, ann, always(OK))
	if r := result(t, i); r.State != Failed || r.Sensitivity != 0 || r.Bound != stat.One || !strings.Contains(r.Reason, "nothing is certified") {
		t.Errorf("all is overlooked: %+v", r)
	}
}

// TestExclusion holds that a reviewer who is wrong on gold loses their answers,
// whatever they were, and that others must answer instead.
func TestExclusion(t *testing.T) {
	for _, careless := range []Verdict{OK, Wrong} {
		d := fixedDesign()
		i := begin(t, d, 5000, gov.Digest{1}, People{})
		turned := func(task Task) Verdict {
			if careless == Wrong { // calls gold right and all else an error
				return map[Verdict]Verdict{OK: Wrong, Wrong: OK}[truthful(nil)(task)]
			}
			return OK
		}
		work(t, i, bob, turned)
		if i.State() != Open || i.May(bob) == nil {
			t.Fatalf("the inspection is %s, and bob may %v", i.State(), i.May(bob))
		}
		work(t, i, ann, truthful(nil))
		r := result(t, i)
		if r.State != Passed || r.Errors != 0 || r.Noticed != r.GoldErrors {
			t.Errorf("%+v", r)
		}
		if b := r.Reviewers[1]; b.Person != bob || !b.Excluded || b.Right != 0 || b.Gold != r.GoldErrors {
			t.Errorf("%+v", r.Reviewers)
		}
		if !slices.ContainsFunc(r.Assumptions, func(s string) bool { return strings.Contains(s, "user:2 was right on 0 of") }) {
			t.Errorf("the result does not say so: %q", r.Assumptions)
		}
	}
}

// TestStrata holds that each stratum keeps the limit by itself, and that the
// whole is bounded by the strata's weights.
func TestStrata(t *testing.T) {
	d := fixedDesign()
	d.By, d.Strata = "tone", []string{"dark", "light"}
	w := draw(t, d, gov.Digest{4})
	for i := range 3000 {
		add(t, w, record(i), d.Strata[min(i%3, 1)])
	}
	i := Begin(d, gov.Digest{4}, closed(t, w, pool(400, 0)), People{})
	bad := map[string]bool{}
	for _, key := range keys(i.sheet, 0)[:4] {
		bad[key] = true
	}
	work(t, i, ann, truthful(bad))
	r := result(t, i)
	dark, light := r.Strata[0], r.Strata[1]
	if r.State != Failed || dark.Passed || !light.Passed || dark.Errors != 4 || !strings.Contains(r.Reason, `"dark"`) {
		t.Errorf("%+v", r)
	}
	if want := (dark.Bound + 2*light.Bound + 2) / 3; dark.Total != 1000 || light.Total != 2000 || r.Bound != want {
		t.Errorf("bound %v, want %v", r.Bound, want)
	}
}

// TestPassesAsTheCurveSays inspects many random lots and compares how often they
// pass with the curve that was shown before.
func TestPassesAsTheCurveSays(t *testing.T) {
	const lots, records = 200, 1000
	r := random(t)
	for name, d := range map[string]*Design{"fixed": fixedDesign(), "sequential": sequentialDesign()} {
		plans, err := d.Plans([]uint64{records})
		if err != nil {
			t.Fatal(err)
		}
		for _, point := range d.Curve(&plans[0], []stat.Micro{d.Limit / 20, d.Limit / 4, d.Limit / 2, d.Limit}) {
			passed, items := 0.0, 0.0
			for n := range uint64(lots) {
				bad := map[string]bool{}
				for len(bad) < int(uint64(d.seen(point.Rate))*records/uint64(stat.One)) {
					bad[record(r.IntN(records))] = true
				}
				i := begin(t, d, records, secret(n).Seed(gov.Digest{}, gov.Digest{}), People{})
				work(t, i, ann, truthful(bad))
				got := result(t, i)
				if items += float64(got.N); got.State == Passed {
					passed++
				}
			}
			want, mean := point.Accept.Float(), point.MeanN.Float()
			if math.Abs(passed/lots-want) > 0.1 || math.Abs(items/lots/mean-1) > 0.12 {
				t.Errorf("%s at %v: %v pass with %v items in the mean; the curve says %v and %v", name, point.Rate, passed/lots, items/lots, want, mean)
			}
		}
	}
}

// TestSequentialStops holds that a sequential plan stops by itself, early, and
// does not jump over an item that is not settled.
func TestSequentialStops(t *testing.T) {
	d := sequentialDesign()
	i := begin(t, d, 5000, gov.Digest{2}, People{})
	p := i.sheet.Plans[0].Sequential
	n := work(t, i, ann, truthful(nil))
	if r := result(t, i); r.State != Passed || r.N != p.Accepting(0) || n >= len(i.sheet.Items) || r.Bound > d.Limit {
		t.Errorf("after %d of %d answers: %+v", n, len(i.sheet.Items), r)
	}
	inTime := uint64(0)
	for _, it := range i.sheet.Items[:i.lines[0].places[i.lines[0].used-1]] {
		if it.gold() {
			inTime++
		}
	}
	if r := result(t, i); r.GoldErrors != inTime || r.Noticed != inTime {
		t.Errorf("of %d gold items in time, %d count and %d were noticed", inTime, r.GoldErrors, r.Noticed)
	}
	i = begin(t, d, 5000, gov.Digest{2}, People{})
	work(t, i, ann, always(Wrong))
	if r := result(t, i); r.State != Failed || r.Bound != stat.One || r.N > 5 {
		t.Errorf("with nothing but errors: %+v", r)
	}

	i = begin(t, d, 5000, gov.Digest{2}, People{})
	first := keys(i.sheet, 0)[0]
	for n := range i.sheet.Items {
		if it := &i.sheet.Items[n]; it.Key != first {
			if err := i.Answer(Answer{Item: it.ID, Inspector: ann, Verdict: truthful(nil)(Task{it.ID, it.Key})}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if i.State() != Open || i.lines[0].used != 0 {
		t.Errorf("the first item was jumped over: %s after %d", i.State(), i.lines[0].used)
	}
}

// TestAgreement holds alpha against a count by hand: of the reviews of the
// sample, one item in two is disputed.
func TestAgreement(t *testing.T) {
	d := fixedDesign()
	d.Reviewers, d.MinGold = 2, 1<<20
	i := begin(t, d, 5000, gov.Digest{1}, People{})
	disputed := map[string]bool{}
	for n, key := range keys(i.sheet, 0) {
		disputed[key] = n%2 == 0
	}
	work(t, i, ann, truthful(nil))
	work(t, i, bob, truthful(disputed))
	work(t, i, cem, truthful(nil))
	r := result(t, i)
	errors, n := float64((r.N+1)/2), float64(2*r.N)
	want := 1 - (n-1)*2*errors/(2*errors*(n-errors))
	if r.Agreement == nil || math.Abs(r.Agreement.Float()-want) > 1e-6 || r.Errors != 0 {
		t.Errorf("alpha %v with %d errors, want %v", r.Agreement, r.Errors, want)
	}
	if r := result(t, finished(t)); r.Agreement != nil {
		t.Errorf("one reviewer agrees with themselves: %v", r.Agreement)
	}
}

func finished(t *testing.T) *Inspection {
	t.Helper()
	i := begin(t, fixedDesign(), 5000, gov.Digest{1}, People{})
	work(t, i, ann, truthful(nil))
	return i
}

// TestAssumptions holds that a result says what it rests on.
func TestAssumptions(t *testing.T) {
	d := fixedDesign()
	d.MinGold = 1000
	w := draw(t, d, gov.Digest{1})
	for i := range 500 {
		add(t, w, record(i), "")
	}
	add(t, w, "gold/000", "")
	i := Begin(d, gov.Digest{1}, closed(t, w, pool(400, 0)), People{})
	work(t, i, ann, truthful(nil))
	r := result(t, i)
	all := strings.Join(r.Assumptions, "\n")
	for _, want := range []string{"commitment", "gold items", "neither each other's", "unclear", "discarded", "one answer settles", "1 records were left out", "user:1 answered"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q:\n%s", want, all)
		}
	}
}
