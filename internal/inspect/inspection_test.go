package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"govd/internal/gov"
	"pgregory.net/rapid"
)

const ann, bob, cem, dan = gov.PersonID("user:1"), gov.PersonID("user:2"), gov.PersonID("user:3"), gov.PersonID("user:4")

// TestOutcome is all there is to say about up to three reviewers.
func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		reviewers int
		given     string // o, e, u in the order they came
		want      Verdict
	}{
		{1, "", ""},
		{1, "o", OK},
		{1, "e", Wrong},
		{1, "u", ""},
		{1, "uo", OK},
		{1, "ue", Wrong},
		{1, "uu", Unclear},
		{2, "o", ""},
		{2, "oo", OK},
		{2, "ee", Wrong},
		{2, "oe", ""},
		{2, "uu", ""},
		{2, "oeo", OK},
		{2, "eoe", Wrong},
		{2, "uue", Wrong},
		{2, "oeu", Unclear},
		{3, "oo", ""},
		{3, "ooo", OK},
		{3, "ooe", ""},
		{3, "ooee", Wrong},
		{3, "eeeo", Wrong},
	} {
		var w answers
		for n, v := range c.given {
			verdict := map[rune]Verdict{'o': OK, 'e': Wrong, 'u': Unclear}[v]
			w = append(w, Answer{Inspector: gov.NewPersonID(uint64(n), false), Verdict: verdict})
		}
		if got, settled := w.outcome(c.reviewers); got != c.want || settled != (c.want != "") {
			t.Errorf("%d reviewers, %q: %q, %v; want %q", c.reviewers, c.given, got, settled, c.want)
		}
	}
}

// A transcript is everything that inspectors and onlookers see of an inspection
// up to the last answer before it ends.
func transcript(t *testing.T, i *Inspection, verdict func(Task) Verdict, people ...gov.PersonID) (seen []string) {
	t.Helper()
	for turn := 0; i.State() == Open; turn++ {
		who := people[turn%len(people)]
		task, some, err := i.Next(who)
		if err != nil || !some {
			t.Fatalf("%s has nothing to do, %v", who, err)
		}
		status, err := json.Marshal(i.Status("i1"))
		if err != nil {
			t.Fatal(err)
		}
		_, over := i.Result()
		seen = append(seen, fmt.Sprint(who, " ", task, " ", string(status), " ", over))
		if err := i.Answer(Answer{Item: task.Item, Inspector: who, Verdict: verdict(task)}); err != nil {
			t.Fatal(err)
		}
	}
	return seen
}

// TestNoEarlyPeek holds that until a fixed plan is complete, nothing that can be
// seen depends on the verdicts.
func TestNoEarlyPeek(t *testing.T) {
	seed := secret(3).Seed(gov.Digest{}, gov.Digest{})
	good := begin(t, fixedDesign(), 5000, seed, People{})
	bad := begin(t, fixedDesign(), 5000, seed, People{})
	a := transcript(t, good, truthful(nil), ann, bob)
	b := transcript(t, bad, always(Wrong), ann, bob)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the verdicts show: %s", diff)
	}
	if good.State() != Passed || bad.State() != Failed {
		t.Errorf("all right: %s; all wrong: %s", good.State(), bad.State())
	}
	if strings.Contains(strings.Join(a, ""), `"errors":0`) || !strings.Contains(a[0], `"errors":null,"bound":null`) {
		t.Errorf("an open inspection shows numbers: %s", a[0])
	}
}

// TestGoldIsHidden holds that which items are gold makes no difference to
// anything that can be seen before the end: before what is left over in the
// window when a sequential plan has been decided.
func TestGoldIsHidden(t *testing.T) {
	for _, d := range []*Design{fixedDesign(), sequentialDesign()} {
		d.MinGold = 1 << 20 // nobody is excluded
		seed := secret(5).Seed(gov.Digest{}, gov.Digest{})
		one := begin(t, d, 5000, seed, People{})
		sheet := *one.sheet
		sheet.Items = slices.Clone(sheet.Items)
		for at := 1; at < len(sheet.Items); at += 2 { // trade what two neighbours are
			a, b := &sheet.Items[at-1], &sheet.Items[at]
			a.Truth, b.Truth = b.Truth, a.Truth
		}
		a := transcript(t, one, always(OK), ann, bob)
		b := transcript(t, Begin(d, seed, &sheet, People{}), always(OK), ann, bob)
		n := min(len(a), len(b)) - window
		if diff := cmp.Diff(a[:n], b[:n]); diff != "" || n < 20 {
			t.Errorf("after %d answers, gold shows: %s", n, diff)
		}
	}
}

// TestBlind holds that what an inspector is given does not depend on how others
// answered, as long as the items are settled.
func TestBlind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, seed := fixedDesign(), secret(rapid.Uint64Range(0, 9).Draw(t, "secret")).Seed(gov.Digest{}, gov.Digest{})
		d.Reviewers = 2
		one, two := begin(t, d, 500, seed, People{}), begin(t, d, 500, seed, People{})
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			who := rapid.SampledFrom([]gov.PersonID{ann, bob}).Draw(t, "who")
			task, _, _ := one.Next(who)
			other, _, _ := two.Next(who)
			if task != other {
				t.Fatalf("%s gets %v and %v", who, task, other)
			}
			// In the second run all answers are turned, so reviewers agree on the same items.
			v := rapid.SampledFrom([]Verdict{OK, Wrong}).Draw(t, "verdict")
			turned := map[Verdict]Verdict{OK: Wrong, Wrong: OK}[v]
			if err := errors.Join(one.Answer(Answer{Item: task.Item, Inspector: who, Verdict: v}), two.Answer(Answer{Item: task.Item, Inspector: who, Verdict: turned})); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestWhoMayAnswer drives an inspection at random and holds, of every item: no
// machine, nobody barred, nobody twice, no more than the reviewers and one
// adjudicator, who is one of those named.
func TestWhoMayAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fixedDesign()
		d.Limit, d.Reviewers, d.MinGold, d.MinAccuracy = 300_000, 2, 4, 500_000
		people := People{Barred: map[gov.PersonID]bool{dan: true}, Adjudicators: map[gov.PersonID]bool{cem: true, dan: true}}
		i := begin(t, d, 60, secret(1).Seed(gov.Digest{}, gov.Digest{}), people)
		for range 150 {
			who := rapid.SampledFrom([]gov.PersonID{ann, bob, cem, dan, "sa:9"}).Draw(t, "who")
			a := Answer{Inspector: who, Verdict: rapid.SampledFrom([]Verdict{OK, OK, Wrong, Unclear}).Draw(t, "verdict")}
			if task, some, _ := i.Next(who); some && rapid.Bool().Draw(t, "obey") {
				a.Item = task.Item
			} else {
				a.Item = i.sheet.Items[rapid.IntRange(0, len(i.sheet.Items)-1).Draw(t, "item")].ID
			}
			i.Answer(a) // refused or not
			for at, w := range i.answers {
				if len(w) > 3 || len(w) == 3 && (w[:2].agree(2) || w[2].Inspector != cem) {
					t.Fatalf("item %d: %v", at, w)
				}
				for n, a := range w {
					if w[:n].by(a.Inspector) || a.Inspector == dan || a.Inspector.Machine() || i.scores[a.Inspector].excluded {
						t.Fatalf("item %d: %v", at, w)
					}
				}
			}
		}
	})
}

func TestAnswerRefuses(t *testing.T) {
	i := begin(t, fixedDesign(), 5000, gov.Digest{1}, People{Barred: map[gov.PersonID]bool{bob: true}})
	task, _, err := i.Next(ann)
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := i.Next(ann)
	if again != task {
		t.Errorf("asking twice gives %v and %v", task, again)
	}
	for reason, a := range map[gov.Reason]Answer{
		"UNKNOWN_VERDICT": {Item: task.Item, Inspector: ann, Verdict: "fine"},
		"BAD_ANSWER":      {Item: task.Item, Inspector: ann, Verdict: OK, Label: "thumb"},
		"NOT_HUMAN":       {Item: task.Item, Inspector: "sa:1", Verdict: OK},
		"CONTRIBUTED":     {Item: task.Item, Inspector: bob, Verdict: OK},
		"NO_ITEM":         {Item: "0123", Inspector: ann, Verdict: OK},
	} {
		if err := i.Answer(a); gov.ReasonOf(err) != reason {
			t.Errorf("%+v: %v, want %s", a, err, reason)
		}
	}
	long := Answer{Item: task.Item, Inspector: ann, Verdict: Wrong, Label: strings.Repeat("x", gov.MaxText+1)}
	if err := i.Answer(long); gov.ReasonOf(err) != "BAD_ANSWER" {
		t.Errorf("a long label: %v", err)
	}
	if _, _, err := i.Next(bob); !errors.Is(err, gov.Denied) {
		t.Errorf("who contributed is given something: %v", err)
	}
	ok := Answer{Item: task.Item, Inspector: ann, Verdict: Wrong, Label: "thumb"}
	if err := i.Answer(ok); err != nil {
		t.Error(err)
	}
	for _, who := range []gov.PersonID{ann, cem} {
		if err := i.Answer(Answer{Item: task.Item, Inspector: who, Verdict: OK}); gov.ReasonOf(err) != "NOT_WANTED" {
			t.Errorf("%s answers what is settled: %v", who, err)
		}
	}
}

// TestStopped holds that giving up certifies nothing, and is final.
func TestStopped(t *testing.T) {
	i := begin(t, fixedDesign(), 5000, gov.Digest{1}, People{})
	if err := i.Stop(); err != nil {
		t.Fatal(err)
	}
	s := i.Status("i1")
	if _, over := i.Result(); over || s.Errors != nil || s.Bound != nil || s.State != Stopped {
		t.Errorf("%+v", s)
	}
	if _, some, err := i.Next(ann); some || err != nil {
		t.Errorf("something is left to do: %v", err)
	}
	if err := i.Answer(Answer{Item: i.sheet.Items[0].ID, Inspector: ann, Verdict: OK}); gov.ReasonOf(err) != "NOT_OPEN" {
		t.Errorf("an answer to nothing: %v", err)
	}
	if err := i.Stop(); !errors.Is(err, gov.Conflict) {
		t.Errorf("it stops twice: %v", err)
	}
}

// TestReplay holds that answers in the log's order give the same result.
func TestReplay(t *testing.T) {
	d, seed := fixedDesign(), secret(8).Seed(gov.Digest{}, gov.Digest{})
	d.Reviewers = 2
	i := begin(t, d, 5000, seed, People{})
	var log []Answer
	r := random(t)
	for i.State() == Open {
		who := gov.NewPersonID(r.Uint64N(4), false)
		task, some, err := i.Next(who)
		if err != nil || !some {
			continue
		}
		a := Answer{Item: task.Item, Inspector: who, Verdict: truthful(nil)(task)}
		if r.Uint64N(10) == 0 {
			a.Verdict = Unclear
		}
		if err := i.Answer(a); err != nil {
			t.Fatal(err)
		}
		log = append(log, a)
	}
	again := begin(t, d, 5000, seed, People{})
	for _, a := range log {
		if err := again.Answer(a); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := i.Result()
	got, _ := again.Result()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
