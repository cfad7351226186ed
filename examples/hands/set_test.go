package hands

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"govd/internal/gov"
)

// seeds are few, so that each test takes moments.
const seeds = 2

func newSet(t *testing.T, o Options) *Set {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eachGood calls f with the records of good sets of every stage.
func eachGood(t *testing.T, f func(t *testing.T, o Options, records []*gov.Record)) {
	for stage := 1; stage <= 5; stage++ {
		t.Run(fmt.Sprintf("stage-%d", stage), func(t *testing.T) {
			for seed := range uint64(seeds) {
				o := Options{Seed: seed, Stage: stage, PerClass: 20}.withDefaults()
				f(t, o, newSet(t, o).Records())
			}
		})
	}
}

func TestRecordsAreSound(t *testing.T) {
	eachGood(t, func(t *testing.T, o Options, records []*gov.Record) {
		assets, contents := map[string]string{}, map[gov.Digest]string{}
		for i, r := range records {
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			if i > 0 && records[i-1].Key >= r.Key {
				t.Errorf("%s follows %s", r.Key, records[i-1].Key)
			}
			if _, err := gov.NewSealer([16]byte{}).Seal(r); err != nil {
				t.Error(err)
			}
			if twin := contents[r.Content]; twin != "" {
				t.Errorf("%s and %s have one content", r.Key, twin)
			}
			if twin := assets[r.Attributes["asset"]]; twin != "" {
				t.Errorf("%s and %s have one asset", r.Key, twin)
			}
			contents[r.Content], assets[r.Attributes["asset"]] = r.Key, r.Key
			for _, name := range []string{"license", "source", "consent", "captured", "subject", "session", "camera", "annotator", "lot", "side", "view"} {
				if r.Attributes[name] == "" {
					t.Errorf("%s has no %s", r.Key, name)
				}
			}
		}
	})
}

func TestSubjectsAreInOneSplit(t *testing.T) {
	eachGood(t, func(t *testing.T, o Options, records []*gov.Record) {
		split := map[string]string{}
		for _, r := range records {
			sub := r.Attributes["subject"]
			if first := split[sub]; first != "" && first != r.Split {
				t.Fatalf("%s is in %s and %s", sub, first, r.Split)
			}
			split[sub] = r.Split
		}
	})
}

// The labels are those of the taxonomy that are in use at the stage, no more of
// one than it allows, each with what it is a part of.
func TestLabelsAreOfTheTaxonomy(t *testing.T) {
	var taxonomy struct {
		Labels []struct {
			Name, Parent string
			Since, Max   int
		}
	}
	if err := yaml.Unmarshal(Taxonomy(), &taxonomy); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	eachGood(t, func(t *testing.T, o Options, records []*gov.Record) {
		for _, r := range records {
			count := map[string]int{}
			for _, l := range r.Labels {
				count[l.Name]++
			}
			for _, known := range taxonomy.Labels {
				n := count[known.Name]
				delete(count, known.Name)
				if n > 0 {
					used[known.Name] = true
				}
				if n > 0 && known.Since > o.Stage || known.Max > 0 && n > known.Max {
					t.Fatalf("%s has %s %d times at stage %d", r.Key, known.Name, n, o.Stage)
				}
			}
			if len(count) > 0 {
				t.Fatalf("%s has labels that the taxonomy lacks: %v", r.Key, count)
			}
		}
	})
	for _, known := range taxonomy.Labels {
		if !used[known.Name] {
			t.Errorf("%s is never drawn", known.Name)
		}
	}
}

// wrongGeometry says what is wrong with a geometry in a picture, or "".
func wrongGeometry(g *gov.Geometry, f *gov.ImageFacts) string {
	w, h := int64(f.Width)*1000, int64(f.Height)*1000
	inside := func(x, y int64) bool { return x >= 0 && y >= 0 && x <= w && y <= h }
	p := g.Parts[0]
	switch g.Kind {
	case gov.Box:
		if p[2] < 1000 || p[3] < 1000 || !inside(p[0], p[1]) || !inside(p[0]+p[2], p[1]+p[3]) {
			return fmt.Sprint("box ", p)
		}
	case gov.Polygon:
		area := int64(0)
		for i := 0; i < len(p); i += 2 {
			j := (i + 2) % len(p)
			area += p[i]*p[j+1] - p[j]*p[i+1]
			if !inside(p[i], p[i+1]) {
				return fmt.Sprint("polygon ", p)
			}
		}
		if max(area, -area) < 2*1000*1000 {
			return fmt.Sprint("area ", area)
		}
	case gov.Keypoints:
		for i := 0; i < len(p); i += 3 {
			if !inside(p[i], p[i+1]) || p[i+2] > 2 {
				return fmt.Sprint("keypoints ", p)
			}
		}
	case gov.Mask:
		sum, on := int64(0), int64(0)
		for i, run := range g.Parts[1] {
			sum += run
			on += run * int64(i%2)
		}
		if p[0]*1000 != h || p[1]*1000 != w || sum != p[0]*p[1] || on < sum/50 {
			return fmt.Sprint("mask ", p, sum, on)
		}
	}
	return ""
}

func TestGeometry(t *testing.T) {
	eachGood(t, func(t *testing.T, o Options, records []*gov.Record) {
		for _, r := range records {
			for _, l := range r.Labels {
				if l.Geometry == nil {
					if o.Stage > 1 {
						t.Errorf("%s: %s has no geometry", r.Key, l.ID)
					}
					continue
				}
				if wrong := wrongGeometry(l.Geometry, r.Facts); wrong != "" {
					t.Errorf("%s: %s: %s", r.Key, l.ID, wrong)
				}
			}
		}
	})
}

// Labels say where things are drawn: nearly all pixels of a finger's mask are
// of the hand, and a nail's corners are within its finger's box.
func TestGeometryIsTrue(t *testing.T) {
	for _, sh := range newSet(t, Options{Stage: 3, PerClass: 6}).shots {
		if !slices.Contains(fingerNames, sh.class) {
			continue
		}
		f := sh.scene().newField(sh.size)
		runs := sh.record.Labels[0].Geometry.Parts[1]
		at, wrong, all := 0, 0, 0
		for i, run := range runs {
			for range run {
				if i%2 == 1 {
					all++
					if f.distance(at/sh.size, at%sh.size) > 2*f.step {
						wrong++
					}
				}
				at++
			}
		}
		if wrong*50 > all {
			t.Errorf("%s: %d of %d pixels of the mask are not of the hand", sh.record.Key, wrong, all)
		}
	}
}

// counts counts the combinations of what the records say.
func counts(records []*gov.Record, names ...string) map[string]int {
	n := map[string]int{}
	for _, r := range records {
		var cell []string
		for _, name := range names {
			switch name {
			case "split":
				cell = append(cell, r.Split)
			case "label":
				cell = append(cell, r.Labels[0].Name)
			default:
				cell = append(cell, r.Attributes[name])
			}
		}
		n[strings.Join(cell, " ")]++
	}
	return n
}

// With fifty subjects, each tone has the same share of every split, source,
// camera, annotator, side of the hand and label.
func TestTonesAreBalanced(t *testing.T) {
	for stage := 4; stage <= 5; stage++ {
		records := newSet(t, Options{Stage: stage}).Records()
		for _, name := range []string{"split", "source", "camera", "annotator", "label", "view"} {
			all := counts(records, name)
			for cell, n := range counts(records, name, "tone") {
				value, _, _ := strings.Cut(cell, " ")
				if n*10 != all[value] {
					t.Errorf("stage %d: %d of %d records of %s %s", stage, n, all[value], name, cell)
				}
			}
		}
	}
}

func TestCoverage(t *testing.T) {
	records := slices.DeleteFunc(newSet(t, Options{Stage: 5, PerClass: 24}).Records(), func(r *gov.Record) bool {
		return r.Attributes["sequence"] == ""
	})
	cells := counts(records, "label", "angle", "light", "motion")
	for cell, n := range cells {
		if n < 30 {
			t.Errorf("%d frames of %s", n, cell)
		}
	}
	if len(cells) != 4*3*2*2 {
		t.Errorf("%d cells", len(cells))
	}
}

// Frames are in order, evenly spaced, and the two streams in step; their
// parents are there.
func TestSequences(t *testing.T) {
	records := newSet(t, Options{Stage: 5, PerClass: 6}).Records()
	keys := map[string]*gov.Record{}
	for _, r := range records {
		keys[r.Key] = r
	}
	for i, r := range records {
		a := r.Attributes
		if a["sequence"] == "" {
			continue
		}
		if p := keys[a["parent"]]; p == nil || p.Attributes["subject"] != a["subject"] {
			t.Errorf("%s has no parent %s", r.Key, a["parent"])
		}
		frame, _ := strconv.Atoi(a["frame"])
		at, _ := strconv.Atoi(a["time_us"])
		want := 0
		if frame > 0 {
			before, _ := strconv.Atoi(records[i-1].Attributes["time_us"])
			want = before + 1_000_000/fps
		} else if a["stream"] == "cam-b" {
			want = 3000
		}
		if at != want || a["frames"] != "8" || frame > 7 {
			t.Errorf("%s: frame %d of %s at %d, want %d", r.Key, frame, a["frames"], at, want)
		}
	}
}

// A stage keeps the records of the one before: all keys with their subjects,
// splits and labels, and the content too where nothing new can be seen.
func TestStagesGrow(t *testing.T) {
	for stage := 2; stage <= 5; stage++ {
		o := Options{Stage: stage - 1, PerClass: 10}
		before := newSet(t, o).Records()
		o.Stage = stage
		now := map[string]*gov.Record{}
		for _, r := range newSet(t, o).Records() {
			now[r.Key] = r
		}
		for _, r := range before {
			n := now[r.Key]
			if n == nil || n.Split != r.Split || n.Attributes["subject"] != r.Attributes["subject"] {
				t.Fatalf("stage %d lost %s", stage, r.Key)
			}
			if stage == 2 && n.Content != r.Content {
				t.Errorf("stage 2 changes %s", r.Key)
			}
			for _, l := range r.Labels {
				if !slices.ContainsFunc(n.Labels, func(m gov.Label) bool { return m.ID == l.ID && m.Name == l.Name }) {
					t.Errorf("stage %d lost the label %s of %s", stage, l.ID, r.Key)
				}
			}
		}
	}
}

// More subjects leave the records of the others as they were.
func TestSubjectsAreAdded(t *testing.T) {
	few, many := newSet(t, Options{Stage: 5, PerClass: 4}).Records(), newSet(t, Options{Stage: 5, PerClass: 7}).Records()
	known := map[string]*gov.Record{}
	for _, r := range many {
		known[r.Key] = r
	}
	for _, r := range few {
		if d := cmp.Diff(r, known[r.Key]); d != "" {
			t.Fatal(d)
		}
	}
}

func TestPredictionsAndVotes(t *testing.T) {
	s := newSet(t, Options{Stage: 2, PerClass: 12, Faults: map[Fault]int{WrongLabel: 5, Careless: 4}})
	label := map[string]string{}
	for _, r := range s.Records() {
		label[r.Key] = r.Labels[0].Name
	}
	truth := s.Truth()
	for _, p := range s.Predictions() {
		best, sum := 0, 0.0
		for i, v := range p.P {
			sum += v
			if v > p.P[best] {
				best = i
			}
		}
		if sum < 1-1e-9 || sum > 1+1e-9 || p.P[best] < .8 {
			t.Errorf("%s: %v", p.Key, p.P)
		}
		if suspect := Classes()[best] != label[p.Key]; suspect != slices.Contains(truth[WrongLabel], p.Key) {
			t.Errorf("%s is labelled %s and predicted %s", p.Key, label[p.Key], Classes()[best])
		}
	}
	for _, v := range s.Votes() {
		careless := slices.Contains(truth[Careless], v.Key) && v.Annotator == "a04"
		if (v.Name != s.Shows(v.Key)) != careless {
			t.Errorf("%+v of %s", v, s.Shows(v.Key))
		}
	}
}
