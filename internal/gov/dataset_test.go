package gov_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// TestVersionDigestIsFrozen: a version is this digest, for ever.
func TestVersionDigestIsFrozen(t *testing.T) {
	r := gov.Registration{
		Dataset: "signs/digits", Number: 3,
		Tree:    gov.Tree{Params: gov.Digest{1}, Root: gov.Digest{2}, Level: 1, Records: 0x0102, Bytes: 0x0304},
		Parents: []gov.Digest{{3}, {4}},
	}
	b := "\x14govd/version/1" + string(r.Tree.Params[:]) + string(r.Tree.Root[:]) +
		"\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x00\x00\x00\x00\x03\x04" + "\x0csigns/digits" + "\x00\x00\x00\x00\x00\x00\x00\x03" +
		"\x02" + string(r.Parents[0][:]) + string(r.Parents[1][:])
	if got := r.ComputeDigest(); got != sha256.Sum256([]byte(b)) {
		t.Errorf("got %v of other bytes than\n%x", got, b)
	}
	const golden = "sha256:9bb006e01b9a8a522621cd80e12440de9ccf5c4fd59995343318461a734621a2"
	if got := r.ComputeDigest().String(); got != golden {
		t.Errorf("got %s, want %s", got, golden)
	}
	for name, change := range map[string]func(*gov.Registration){
		"dataset": func(r *gov.Registration) { r.Dataset = "signs/digit" },
		"number":  func(r *gov.Registration) { r.Number++ },
		"params":  func(r *gov.Registration) { r.Tree.Params[31]++ },
		"root":    func(r *gov.Registration) { r.Tree.Root[31]++ },
		"records": func(r *gov.Registration) { r.Tree.Records++ },
		"bytes":   func(r *gov.Registration) { r.Tree.Bytes++ },
		"parents": func(r *gov.Registration) { r.Parents = r.Parents[:1] },
	} {
		other := r
		change(&other)
		if other.ComputeDigest() == r.ComputeDigest() {
			t.Errorf("the digest does not commit to the %s", name)
		}
	}
	if ref := r.Ref().String(); ref != "signs/digits@v3" {
		t.Errorf("its reference is %s", ref)
	}
}

// TestBesideIsFrozen: how the log commits to what lies beside it.
func TestBesideIsFrozen(t *testing.T) {
	text := gov.SaltText{Salt: [16]byte{7}, Text: "bob"}
	if got := text.Digest(); got != sha256.Sum256([]byte("\x17\x07"+strings.Repeat("\x00", 15)+"bob")) {
		t.Errorf("the text's digest is %v", got)
	}
	if got := gov.DocumentDigest([]byte("{}")); got != sha256.Sum256([]byte("\x18{}")) {
		t.Errorf("the document's digest is %v", got)
	}
	x := &gov.Taxonomy{Labels: []gov.TaxonomyLabel{{Name: "palm", Since: 2, Max: 5}, {Name: "nail", Parent: "palm", Since: 3}}}
	const want = `{"labels":[{"name":"nail","parent":"palm","since":3},{"name":"palm","since":2,"max":5}]}`
	if got := string(x.Document()); got != want || x.Labels[0].Name != "palm" {
		t.Errorf("the document is %s, want %s; the first label %s", got, want, x.Labels[0].Name)
	}
	if again, err := gov.ParseTaxonomy([]byte(want)); err != nil || string(again.Document()) != want {
		t.Errorf("parsed: %v, %v", again, err)
	}
	if _, err := gov.ParseTaxonomy([]byte("{")); gov.ReasonOf(err) != "BAD_TAXONOMY" {
		t.Errorf("no JSON: %v", err)
	}
}

// TestTaxonomyCheck names what is wrong.
func TestTaxonomyCheck(t *testing.T) {
	label := func(name, parent string) gov.TaxonomyLabel {
		return gov.TaxonomyLabel{Name: name, Parent: parent, Since: 1}
	}
	for name, c := range map[string]struct {
		labels []gov.TaxonomyLabel
		says   string // "": it is right
	}{
		"none":              {nil, ""},
		"a tree":            {[]gov.TaxonomyLabel{label("c", "b"), label("b", "a"), label("a", ""), label("d", "a")}, ""},
		"a name twice":      {[]gov.TaxonomyLabel{label("a", ""), label("a", "")}, `"a"`},
		"no name":           {[]gov.TaxonomyLabel{label("", "")}, `""`},
		"a long name":       {[]gov.TaxonomyLabel{label(strings.Repeat("a", 256), "")}, "too long"},
		"a name not UTF-8":  {[]gov.TaxonomyLabel{label("a\xff", "")}, `"a\xff"`},
		"a missing parent":  {[]gov.TaxonomyLabel{label("a", "b")}, `"b"`},
		"its own parent":    {[]gov.TaxonomyLabel{label("a", "a")}, "itself"},
		"a circle":          {[]gov.TaxonomyLabel{label("a", "b"), label("b", "c"), label("c", "a")}, "itself"},
		"a tail to a ring":  {[]gov.TaxonomyLabel{label("d", "a"), label("a", "b"), label("b", "a")}, "itself"},
		"a stage of none":   {[]gov.TaxonomyLabel{{Name: "a", Since: 6}}, "stage 6"},
		"a stage not given": {[]gov.TaxonomyLabel{{Name: "a"}}, ""},
	} {
		x := &gov.Taxonomy{Labels: c.labels}
		err := x.Check()
		if (err == nil) != (c.says == "") || err != nil && (gov.ReasonOf(err) != "BAD_TAXONOMY" || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	x := &gov.Taxonomy{Labels: []gov.TaxonomyLabel{{Name: "a"}}}
	if err := x.Check(); err != nil || x.Labels[0].Since != 1 {
		t.Errorf("a label whose stage is not given is used since %d", x.Labels[0].Since)
	}
}

// TestRecordCheck names what is wrong, and which record it is.
func TestRecordCheck(t *testing.T) {
	long := strings.Repeat("x", 256)
	geometry := func(kind gov.GeometryKind, parts ...[]int64) func(*gov.Record) {
		return func(r *gov.Record) { r.Labels[0].Geometry = &gov.Geometry{Kind: kind, Parts: parts} }
	}
	for name, change := range map[string]func(*gov.Record){
		"no key":               func(r *gov.Record) { r.Key = "" },
		"a long key":           func(r *gov.Record) { r.Key = strings.Repeat("k", gov.MaxKey+1) },
		"a key not UTF-8":      func(r *gov.Record) { r.Key = "k\xff" },
		"a line break in it":   func(r *gov.Record) { r.Key = "k\n" },
		"a null in it":         func(r *gov.Record) { r.Key = "k\x00" },
		"a DEL in it":          func(r *gov.Record) { r.Key = "k\x7f" },
		"no content":           func(r *gov.Record) { r.Content = gov.Digest{} },
		"a long media type":    func(r *gov.Record) { r.MediaType = long },
		"a split not UTF-8":    func(r *gov.Record) { r.Split = "\xff" },
		"a label without id":   func(r *gov.Record) { r.Labels[0].ID = "" },
		"a label without name": func(r *gov.Record) { r.Labels[0].Name = "" },
		"a long label":         func(r *gov.Record) { r.Labels[0].Name = long },
		"ids alike":            func(r *gov.Record) { r.Labels[1].ID = r.Labels[0].ID },
		"ids out of order":     func(r *gov.Record) { r.Labels[1].ID = "0" },
		"too many labels":      func(r *gov.Record) { r.Labels = make([]gov.Label, gov.MaxLabels+1) },
		"a nameless attribute": func(r *gov.Record) { r.Attributes[""] = "x" },
		"a long attribute":     func(r *gov.Record) { r.Attributes["a"] = strings.Repeat("x", gov.MaxAttribute+1) },
		"a bad attribute":      func(r *gov.Record) { r.Attributes["\xff"] = "x" },
		"no kind":              geometry(0, []int64{1, 2, 3, 4}),
		"an unknown kind":      geometry(6, []int64{1, 2, 3, 4}),
		"no parts":             geometry(gov.Box),
		"a box of three":       geometry(gov.Box, []int64{1, 2, 3}),
		"two boxes":            geometry(gov.Box, []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}),
		"no ring":              geometry(gov.Polygon),
		"two points":           geometry(gov.Polygon, []int64{1, 2, 3, 4}),
		"half a point":         geometry(gov.Polygon, []int64{1, 2, 3, 4, 5, 6, 7}),
		"a bad second ring":    geometry(gov.Polygon, []int64{1, 2, 3, 4, 5, 6}, []int64{1}),
		"a mask of no size":    geometry(gov.Mask, []int64{1}, []int64{1}),
		"a mask without runs":  geometry(gov.Mask, []int64{1, 1}, nil),
		"a mask of one part":   geometry(gov.Mask, []int64{1, 1}),
		"no keypoints":         geometry(gov.Keypoints, nil),
		"half a keypoint":      geometry(gov.Keypoints, []int64{1, 2}),
		"a long interval":      geometry(gov.Interval, []int64{1, 2, 3}),
		"it ends too early":    geometry(gov.Interval, []int64{2, 1}),
	} {
		r := fullRecord()
		change(r)
		err := r.Check()
		if reason := gov.ReasonOf(err); reason != "BAD_RECORD" && reason != "BAD_KEY" || len(err.Error()) > 600 {
			t.Errorf("%s: got %v (%s)", name, err, reason)
		}
		if gov.ReasonOf(err) == "BAD_RECORD" && !strings.Contains(err.Error(), "train/ﬁst/1.png") {
			t.Errorf("%s: %v names no record", name, err)
		}
	}
	r := fullRecord()
	r.Key = strings.Repeat("k", gov.MaxKey)
	if err := r.Check(); err != nil {
		t.Errorf("a key of %d bytes: %v", gov.MaxKey, err)
	}
	r.Labels[0], r.Labels[5] = r.Labels[5], r.Labels[0]
	if r.SortLabels(); cmp.Diff(fullRecord().Labels, r.Labels) != "" {
		t.Error("sorted labels are out of order")
	}
}
