package measure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// rowOf returns the record as a row.
func rowOf(t testing.TB, rec *gov.Record) *Row {
	t.Helper()
	rec.Key, rec.Content = "k", gov.Digest{1}
	must(t, rec.Check())
	v, err := gov.NewSealer([16]byte{1}).Seal(rec)
	must(t, err)
	r := new(Row)
	must(t, r.Read([]byte("k"), v))
	return r
}

// TestRules shows for every rule a record that it does not look at, one that
// keeps it and one with each fault.
func TestRules(t *testing.T) {
	taxonomy := &gov.Taxonomy{Labels: []gov.TaxonomyLabel{
		{Name: "palm", Since: 1, Max: 1}, {Name: "crease", Parent: "palm", Since: 2}, {Name: "scar", Since: 4}, {Name: "back", Since: 1},
	}}
	vocabulary := NewVocabulary(taxonomy, 2, true, [2]string{"palm", "back"})
	present := Present{[]string{"split", "label", "media", "size", "facts", "attr:licence"}}
	splits, formed := Allowed{Split, []string{"train", "val"}, false}, func(f Form) Formed { return Formed{"a", f} }
	optional := Allowed{Label, []string{"palm"}, true}
	bounds := Bounds{{Side, 32, 4096}, {Dark, 3200, MaxNumber}}
	crease := Required{"palm", "crease", 1, 1, true}
	labels := func(names ...string) *gov.Record {
		rec := &gov.Record{}
		for i, n := range names {
			rec.Labels = append(rec.Labels, gov.Label{ID: fmt.Sprint(i), Name: n})
		}
		return rec
	}
	placed := func(kind gov.GeometryKind, parts ...[]int64) *gov.Record {
		rec := labels("crease", "palm")
		rec.Facts = &gov.ImageFacts{Width: 100, Height: 50}
		rec.Labels[0].Geometry = &gov.Geometry{Kind: kind, Parts: parts}
		return rec
	}
	a := func(v string) *gov.Record { return &gov.Record{Attributes: map[string]string{"a": v}} }
	facts := func(w, h, dark uint32) *gov.Record {
		return &gov.Record{Facts: &gov.ImageFacts{Width: w, Height: h, Dark: dark}}
	}
	unsized := placed(gov.Box, []int64{0, 0, 1000, 1000})
	unsized.Facts = nil
	whole := &gov.Record{Split: "train", Size: 1, MediaType: "image/png", Facts: &gov.ImageFacts{}, Attributes: map[string]string{"licence": "x"}}
	whole.Labels = labels("palm").Labels
	area := Geometry{MinArea: 4}
	for _, c := range []struct {
		rule Rule
		rec  *gov.Record
		want string // codes, or - if it is not looked at
	}{
		{present, whole, ""},
		{present, &gov.Record{}, "attr:licence facts label media size split"},
		{splits, &gov.Record{Split: "val"}, ""},
		{splits, &gov.Record{Split: "dev"}, "unknown"},
		{splits, &gov.Record{}, "unknown"},
		{optional, labels(), "-"},
		{optional, labels("palm"), ""},
		{optional, labels("palm", "nail"), "unknown"},
		{formed(Integer), a("-12"), ""},
		{formed(Integer), a("1.5"), "form"},
		{formed(Integer), a(""), "form"},
		{formed(Integer), labels(), "-"},
		{formed(Decimal), a("1.5"), ""},
		{formed(Decimal), a("1,5"), "form"},
		{formed(Date), a("2026-05-01"), ""},
		{formed(Date), a("2026-05-01T10:00:00Z"), ""},
		{formed(Date), a("2026-13-01"), "form"},
		{formed(Hash), a(gov.Digest{1}.String()), ""},
		{formed(Hash), a("sha256:12"), "form"},
		{bounds, labels(), "-"},
		{bounds, facts(32, 4096, 3200), ""},
		{bounds, facts(31, 9999, 3199), "dark:low side:low"},
		{bounds, facts(5000, 4097, 9000), "side:high"},
		{vocabulary, labels(), "-"},
		{vocabulary, labels("palm", "crease", "crease"), ""},
		{vocabulary, labels("nail"), "unknown"},
		{vocabulary, labels("scar"), "early"},
		{vocabulary, labels("palm", "palm"), "many"},
		{vocabulary, labels("crease"), "orphan"},
		{vocabulary, labels("palm", "back"), "forbidden"},
		{crease, labels("back"), "-"},
		{crease, placed(gov.Box, []int64{0, 0, 1000, 1000}), ""},
		{crease, labels("palm", "crease"), "missing"},
		{Required{"", "crease", 0, 1, false}, labels("crease", "crease"), "many"},
		{area, labels("palm"), "-"},
		{area, placed(gov.Box, []int64{0, 0, 100_000, 50_000}), ""},
		{area, placed(gov.Box, []int64{0, 0, 100_001, 50_000}), "outside"},
		{area, placed(gov.Box, []int64{-1, 0, 9000, 5000}), "outside"},
		{area, placed(gov.Box, []int64{0, 0, 0, 5000}), "flat"},
		{area, placed(gov.Box, []int64{0, 0, 2000, 1999}), "small"},
		{area, placed(gov.Box, []int64{0, 0, 2000, 2000}), ""},
		{area, placed(gov.Box, []int64{1 << 62, 0, 1 << 62, 2000}), "outside"},
		{area, placed(gov.Box, []int64{0, 0, 1 << 62, 2000}), "outside"},
		{area, unsized, "small unsized"},
		{area, placed(gov.Polygon, []int64{0, 0, 4000, 0, 0, 2000}), ""},
		{area, placed(gov.Polygon, []int64{0, 2000, 4000, 0, 0, 0}), ""}, // the other way round
		{area, placed(gov.Polygon, []int64{0, 0, 4000, 0, 0, 1999}), "small"},
		{area, placed(gov.Polygon, []int64{0, 0, 4000, 4000, 2000, 2000}), "flat"},
		{area, placed(gov.Polygon, []int64{0, 0, 4000, 0, 0, 50_001}), "outside"},
		{area, placed(gov.Polygon, []int64{-1 << 63, 0, 4000, 0, 0, 5}), "outside"},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{0, 5000}), ""},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{1, 4998}), "mask"},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{1, 5000}), "mask"},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{-1, 5001}), "mask"},
		{area, placed(gov.Mask, []int64{1 << 40, 1 << 40}, []int64{1}), "mask"},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{5000}), "flat"},
		{area, placed(gov.Mask, []int64{50, 100}, []int64{4997, 3}), "small"},
		{area, placed(gov.Mask, []int64{100, 50}, []int64{0, 5000}), "outside"},
		{area, placed(gov.Keypoints, []int64{1, 1, 2, 999_999, 1, 0}), ""},
		{area, placed(gov.Keypoints, []int64{1, 1, 0}), "flat"},
		{area, placed(gov.Keypoints, []int64{100_001, 1, 1}), "outside"},
		{area, placed(gov.Interval, []int64{5, 6}), ""},
		{area, placed(gov.Interval, []int64{5, 5}), "flat"},
		{area, placed(gov.Interval, []int64{-5, 5}), "outside"},
	} {
		var codes []string
		got := "-"
		if c.rule.Find(rowOf(t, c.rec), func(code string) { codes = append(codes, code) }) {
			slices.Sort(codes)
			got = strings.Join(slices.Compact(codes), " ")
		}
		if got != c.want {
			t.Errorf("%q of %+v: got %q, want %q", c.rule.Key(), *c.rec, got, c.want)
		}
	}
}

// TestKeys holds that measures and indexes with other parameters have other
// keys.
func TestKeys(t *testing.T) {
	rules := []Rule{
		Present{[]string{"split"}},
		Present{[]string{"label"}},
		Present{[]string{"label", "split"}},
		Allowed{Split, []string{"a"}, false},
		Allowed{Split, []string{"a"}, true},
		Allowed{Media, []string{"a"}, true},
		Allowed{Split, []string{"a", "b"}, true},
		Formed{"a", Date},
		Formed{"b", Date},
		Formed{"a", Hash},
		Bounds{{Side, 1, 2}},
		Bounds{{Side, 1, 3}},
		Bounds{{Side, 12, 3}},
		Bounds{{Dark, 1, 2}},
		Geometry{},
		Geometry{1},
		Required{"a", "b", 0, 1, true},
		Required{"a", "b", 1, 1, true},
		Required{"a", "b", 0, 1, false},
		Required{"ab", "", 0, 1, false},
		NewVocabulary(&gov.Taxonomy{}, 1, false), NewVocabulary(&gov.Taxonomy{}, 2, false), NewVocabulary(&gov.Taxonomy{}, 2, true),
		NewVocabulary(&gov.Taxonomy{}, 2, true, [2]string{"a", "b"}),
	}
	seen := map[string]int{}
	for i, r := range rules {
		for _, by := range []Column{None, Label} {
			seen[Faults{r, by, 0}.Key()]++
			seen[Faults{r, by, 7}.Key()]++
		}
		if len(seen) != 4*(i+1) {
			t.Errorf("%q is the key of another rule too", r.Key())
		}
	}
	ms := every()
	s := NewSet(append(ms, ms...)...)
	if len(s.measures) != len(ms)+1 {
		t.Errorf("%d different keys of %d measures and Volume", len(s.measures), len(ms))
	}
}

// TestFound holds what a Found says of records that break a rule, by group.
func TestFound(t *testing.T) {
	m := Faults{Rule: Present{[]string{"split", "media"}}, By: Attr("tone")}
	c := corpus{}
	for i := range 100 {
		rec := &gov.Record{Key: fmt.Sprintf("k%02d", i), Content: gov.Digest{1}, Split: "train", MediaType: "x", Attributes: map[string]string{"tone": fmt.Sprint(i % 2)}}
		if i < 30 {
			rec.Split = ""
		}
		if i < 10 {
			rec.MediaType = ""
		}
		c[rec.Key] = rec
	}
	shelf := newShelf()
	p, err := NewSet(m).Fold(shelf, nil, c.build(t, shelf))
	must(t, err)
	f := m.In(p)
	if f.Examined() != 100 || f.Failed() != 30 || f.Count("split") != 30 || f.Count("media") != 10 || f.GroupCount("0", "media") != 5 {
		t.Errorf("got %d, %d, %d, %d, %d", f.Examined(), f.Failed(), f.Count("split"), f.Count("media"), f.GroupCount("0", "media"))
	}
	if examined, failed := f.Group("1"); examined != 50 || failed != 15 {
		t.Errorf("group 1: %d of %d", failed, examined)
	}
	if d := cmp.Diff([]string{"media", "split"}, f.Codes()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"0", "1"}, f.Groups()); d != "" {
		t.Error(d)
	}
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("k%02d", i))
	}
	slices.SortFunc(want, func(a, b string) int {
		if hashKey([]byte(a)) < hashKey([]byte(b)) {
			return -1
		}
		return 1
	})
	var got []string
	for _, w := range f.Witnesses("split") {
		got = append(got, w.Key)
	}
	if d := cmp.Diff(want[:MaxWitnesses], got); d != "" {
		t.Errorf("witnesses: %s", d)
	}
	if got := f.Witnesses("media"); len(got) != 10 {
		t.Errorf("%d witnesses", len(got))
	}
}
