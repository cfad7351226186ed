package validate

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"

	"github.com/google/go-cmp/cmp"
)

type rows struct {
	classes []string
	keys    []string
	probs   [][]float64
}

func (r *rows) Classes() []string { return r.classes }

func (r *rows) All() iter.Seq2[string, []float64] {
	return func(yield func(string, []float64) bool) {
		for i, key := range r.keys {
			if !yield(key, r.probs[i]) {
				return
			}
		}
	}
}

// predicted returns a model that is right and sure, and labels of which some
// are wrong.
func predicted(n, wrong int, seed uint64) (*rows, map[string]string, []string) {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &rows{classes: []string{"back", "palm", "wrist"}}
	given, planted := map[string]string{}, []string{}
	for i := range n {
		truth := i % 3
		key := fmt.Sprintf("k%04d", i)
		probs := []float64{.06, .06, .06}
		probs[truth] = .88
		noise := .03 * r.Float64()
		probs[truth] -= noise
		probs[(truth+1)%3] += noise
		p.keys, p.probs = append(p.keys, key), append(p.probs, probs)
		given[key] = p.classes[truth]
		if i < wrong {
			given[key] = p.classes[(truth+1)%3]
			planted = append(planted, key)
		}
	}
	return p, given, planted
}

func lookup(given map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { label, ok := given[key]; return label, ok }
}

func TestSuspectsFindWrongLabels(t *testing.T) {
	for seed := range uint64(20) {
		p, given, planted := predicted(300, 9, seed)
		s, err := FindSuspects(p, lookup(given))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range s.List {
			got = append(got, x.Key)
		}
		slices.Sort(got)
		if d := cmp.Diff(planted, got); d != "" {
			t.Errorf("seed %d (-planted +found):\n%s", seed, d)
		}
		if want := stat.Near(9. / 300); s.Errors < want-4000 || s.Errors > want+4000 || s.Records != 300 {
			t.Errorf("seed %d: %s of %d records are wrong, want %s of 300", seed, s.Errors, s.Records, want)
		}
	}
}

func TestSuspectsDoNotDependOnOrder(t *testing.T) {
	p, given, _ := predicted(200, 12, 5)
	first, err := FindSuspects(p, lookup(given))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(p.keys)
	slices.Reverse(p.probs)
	again, err := FindSuspects(p, lookup(given))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first, again); d != "" {
		t.Error(d)
	}
}

func TestSuspectsRefuse(t *testing.T) {
	for _, test := range []struct {
		name string
		bend func(*rows)
		want string
	}{
		{"sum", func(p *rows) { p.probs[3] = []float64{.5, .2, .2}; p.probs[7] = []float64{2, 0, 0} }, `row 4: "k0003" has probabilities that do not sum to one; 2 rows`},
		{"unknown", func(p *rows) { p.keys[2] = "nobody" }, `row 3: "nobody" is no record of the version; 1 rows`},
		{"twice", func(p *rows) { p.keys[2] = p.keys[1] }, `"k0001" is there twice`},
		{"not a number", func(p *rows) { p.probs[0][0] = math.NaN() }, "a probability that is none"},
		{"negative", func(p *rows) { p.probs[0] = []float64{-.5, .5, 1} }, "a probability that is none"},
		{"ragged", func(p *rows) { p.probs[0] = p.probs[0][:2] }, "another number of probabilities"},
		{"empty", func(p *rows) { p.keys = nil }, "there are no predictions"},
		{"one class", func(p *rows) { p.classes = p.classes[:1] }, "of 1 classes"},
		{"class twice", func(p *rows) { p.classes = []string{"a", "b", "a"} }, `class "a" is there twice`},
	} {
		p, given, _ := predicted(30, 0, 1)
		test.bend(p)
		_, err := FindSuspects(p, lookup(given))
		if err == nil || !strings.Contains(err.Error(), test.want) || gov.ReasonOf(err) != "BAD_PREDICTIONS" {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
