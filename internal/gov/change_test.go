package gov

import (
	"math"
	"reflect"
	"testing"
)

func aRevision() Revision {
	return Revision{
		Change: 7, Number: 2, Dataset: "vision/hands", Base: Base{Number: 3, Digest: Digest{1}, Records: 100},
		Edits:   Tree{Params: Digest{2}, Root: Digest{3}, Level: 1, Records: 4, Bytes: 5},
		Touched: 3, Moved: 20000, Labels: []string{"fist", "palm"}, Stage: 2,
		Why: Digest{4}, Evidence: []Digest{{5}, {6}}, Rules: Digest{7}, By: "user:1",
	}
}

func TestRevisionDigestIsFrozen(t *testing.T) {
	r := aRevision()
	const want = "sha256:b904261bd18d0252c5faed1d838d391d9cc4ffcd38c272f9fd13e6924d5bbfed"
	if got := r.ComputeDigest().String(); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// Every field changes the digest (R8), but for the digest itself and for who
// made the revision and when.
func TestEveryFieldOfARevisionChangesItsDigest(t *testing.T) {
	outside := map[string]bool{"Digest": true, "By": true, "For": true, "Created": true}
	base := aRevision()
	was := base.ComputeDigest()
	var walk func(path string, v reflect.Value, r *Revision)
	walk = func(path string, v reflect.Value, r *Revision) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				if path != "" || !outside[v.Type().Field(i).Name] {
					walk(path+"."+v.Type().Field(i).Name, v.Field(i), r)
				}
			}
			return
		}
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		bump(v)
		if r.ComputeDigest() == was {
			t.Errorf("changing %s leaves the digest as it was", path)
		}
		v.Set(before)
	}
	r := aRevision()
	walk("", reflect.ValueOf(&r).Elem(), &r)
	for name := range outside {
		r := aRevision()
		if f := reflect.ValueOf(&r).Elem().FieldByName(name); f.Kind() != reflect.Struct {
			bump(f)
			if r.ComputeDigest() != was {
				t.Errorf("changing %s changes the digest", name)
			}
		}
	}
}

// bump changes a value that is not a struct.
func bump(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Array:
		v.Index(31).SetUint(v.Index(31).Uint() + 1)
	case reflect.Slice:
		v.Set(v.Slice(0, 1))
	default:
		v.SetUint(v.Uint() + 1)
	}
}

// Names cannot be moved across the border of a field.
func TestRevisionDigestKeepsFieldsApart(t *testing.T) {
	a, b := aRevision(), aRevision()
	a.Labels, b.Labels = []string{"ab", "c"}, []string{"a", "bc"}
	if a.ComputeDigest() == b.ComputeDigest() {
		t.Error("two lists of labels, one digest")
	}
}

func TestParseChangeID(t *testing.T) {
	for s, want := range map[string]ChangeID{"1": 1, "18446744073709551615": math.MaxUint64} {
		if got, err := ParseChangeID(s); got != want || err != nil || got.String() != s {
			t.Errorf("ParseChangeID(%q) = %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "01", "+1", "-1", "1 ", "x", "18446744073709551616"} {
		if got, err := ParseChangeID(s); err == nil {
			t.Errorf("ParseChangeID(%q) = %d", s, got)
		}
	}
}

func TestChangeSize(t *testing.T) {
	var s ChangeSize
	for _, e := range []LabelEdit{
		{Key: "a", Label: "1", From: "palm", To: "fist"},
		{Key: "a", Label: "2", From: "palm", To: "fist"},
		{Key: "b", Label: "1", From: "palm"},
		{Key: "c", Label: "1", To: "nail"},
	} {
		s.Add(&e)
	}
	uses := map[string]uint64{"palm": 1000, "fist": 7, "nail": 0}
	var r Revision
	s.Fill(&r, func(l string) uint64 { return uses[l] })
	want := Revision{Touched: 3, Moved: 1e6, Labels: []string{"fist", "nail", "palm"}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	uses["nail"] = 1e6
	s.Fill(&r, func(l string) uint64 { return uses[l] })
	if r.Moved != 285715 { // 2 of 7, rounded up
		t.Errorf("moved %d", r.Moved)
	}
}

// A label that comes as often as it goes has moved.
func TestChangeSizeCountsSwaps(t *testing.T) {
	var s ChangeSize
	s.Add(&LabelEdit{Key: "a", Label: "1", From: "palm", To: "fist"})
	s.Add(&LabelEdit{Key: "b", Label: "1", From: "fist", To: "palm"})
	var r Revision
	s.Fill(&r, func(string) uint64 { return 10 })
	if r.Moved != 100000 {
		t.Errorf("moved %d", r.Moved)
	}
}

func TestPartsPerMillion(t *testing.T) {
	for _, c := range []struct {
		part, whole uint64
		want        uint32
	}{
		{0, 0, 0},
		{0, 5, 0},
		{1, 0, 1e6},
		{1, 1e9, 1},
		{1, 100, 10000},
		{3, 1, 3e6},
		{math.MaxUint64, 1, math.MaxUint32},
		{1, math.MaxUint64, math.MaxUint32},
		{1e12, 1, math.MaxUint32},
	} {
		if got := PartsPerMillion(c.part, c.whole); got != c.want {
			t.Errorf("PartsPerMillion(%d, %d) = %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}
