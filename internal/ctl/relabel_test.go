package ctl

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func TestParseRelabel(t *testing.T) {
	for _, test := range []struct {
		rule, key string
		match     bool
	}{
		{"train/*:x=y", "train/1.png", true},
		{"train/*:x=y", "train/fist/1.png", false},
		{"train/**:x=y", "train/fist/1.png", true},
		{"**/1.png:x=y", "train/fist/1.png", true},
		{"**/1.png:x=y", "train/fist/11png", false},
		{"a?c:x=y", "abc", true},
		{"a?c:x=y", "a/c", false},
		{"a+(b):x=y", "a+(b)", true},
		{"a:b:x=y", "a:b", true},
		{"*:x=y", "手.png", true},
	} {
		r, err := parseRelabel(test.rule)
		if err != nil || r.from != "x" || r.to != "y" || r.glob.MatchString(test.key) != test.match {
			t.Errorf("%s of %q: match %t, %+v, %v", test.rule, test.key, !test.match, r, err)
		}
	}
	for _, bad := range []string{"", "x=y", ":x=y", "a:x", "a:x=x", "a:=", "a:x=y=z"} {
		if r, err := parseRelabel(bad); complaintOf(err).exit != exitUsage {
			t.Errorf("%q: %+v, %v", bad, r, err)
		}
	}
	if r, err := parseRelabel("train/fist/?x*:a=b"); err != nil || r.prefix != "train/fist/" {
		t.Errorf("prefix %q, %v", r.prefix, err)
	}
}

// aRecord has labels of these names, with ids from 1 on.
func aRecord(key string, names ...string) *govdv1.Record {
	r := &govdv1.Record{Key: key}
	for i, name := range names {
		r.Labels = append(r.Labels, &govdv1.Label{Id: string(rune('1' + i)), Name: name})
	}
	return r
}

func TestRelabelRecord(t *testing.T) {
	rules := func(list ...string) (all []relabel) {
		for _, s := range list {
			r, err := parseRelabel(s)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		return all
	}
	for _, test := range []struct {
		name   string
		record *govdv1.Record
		rules  []relabel
		want   []string
	}{
		{"each label of the name", aRecord("a", "x", "z", "x"), rules("*:x=y"), []string{"a 1 rename x y", "a 3 rename x y"}},
		{"another key", aRecord("b", "x"), rules("a:x=y"), nil},
		{"the first rule holds", aRecord("a", "x"), rules("*:x=y", "*:x=z"), []string{"a 1 rename x y"}},
		{"no chain", aRecord("a", "x"), rules("*:x=y", "*:y=z"), []string{"a 1 rename x y"}},
		{"remove", aRecord("a", "x"), rules("*:x="), []string{"a 1 remove x "}},
		{"add", aRecord("a", "x"), rules("*:=y"), []string{"a  add  y"}},
		{"nothing to add", aRecord("a", "x", "y"), rules("*:=y"), nil},
	} {
		if diff := cmp.Diff(test.want, lines(relabelRecord(test.record, test.rules))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestCommon(t *testing.T) {
	for _, test := range [][3]string{{"abc", "abd", "ab"}, {"abc", "", ""}, {"a", "abc", "a"}} {
		if got := common(test[0], test[1]); got != test[2] {
			t.Errorf("common(%q, %q) = %q", test[0], test[1], got)
		}
	}
}

// The edits say what a label file says differently, label by label.
func TestLabelEdits(t *testing.T) {
	box := &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{1, 2, 3, 4}}}
	boxed := aRecord("a", "x")
	boxed.Labels[0].Geometry = geometryMessage(box)
	for _, test := range []struct {
		name   string
		record *govdv1.Record
		labels []gov.Label
		want   []string
	}{
		{"the same", boxed, []gov.Label{{ID: "1", Name: "x", Geometry: box}}, nil},
		{"another name", aRecord("a", "x"), []gov.Label{{ID: "1", Name: "y"}}, []string{"a 1 rename x y"}},
		{"another shape", aRecord("a", "x"), []gov.Label{{ID: "1", Name: "x", Geometry: box}}, []string{"a 1 reshape x x"}},
		{"no shape", boxed, []gov.Label{{ID: "1", Name: "y"}}, []string{"a 1 reshape x y"}},
		{"none", aRecord("a", "x", "y"), nil, []string{"a 1 remove x ", "a 2 remove y "}},
		{"other ids", aRecord("a", "x", "y"), []gov.Label{{ID: "0", Name: "u"}, {ID: "2", Name: "y"}, {ID: "3", Name: "v"}}, []string{"a 0 add  u", "a 1 remove x ", "a 3 add  v"}},
	} {
		got := labelEdits(test.record, test.labels)
		if diff := cmp.Diff(test.want, lines(got)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	got := labelEdits(boxed, nil)
	if got[0].GetFromGeometry() == nil {
		t.Error("a removal does not say which shape is expected")
	}
}
