package ctl

import (
	"context"
	"os"
	"path/filepath"
	"strings"
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

// Erased records have no labels to speak of.
func TestRelabelEdits(t *testing.T) {
	f := newFakeServer()
	f.records = []*govdv1.Record{aRecord("a/1", "x"), aRecord("a/2", "x"), aRecord("b/1", "x"), aRecord("c", "x")}
	f.erased = []string{"a/2"}
	var rules []relabel
	for _, s := range []string{"a/*:x=y", "b/*:x="} {
		r, err := parseRelabel(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	got, err := f.client().relabelEdits(context.Background(), "hands/signs@v3", rules)
	if diff := cmp.Diff([]string{"a/1 1 rename x y", "b/1 1 remove x "}, lines(got)); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := f.client().relabelEdits(context.Background(), "hands/signs@v3", rules[:1]); err != nil || len(got) != 1 {
		t.Errorf("one rule: %v, %v", lines(got), err)
	}
	rules[0].from = "z"
	if got, err := f.client().relabelEdits(context.Background(), "hands/signs@v3", rules[:1]); complaintOf(err).reason != "NO_EDITS" {
		t.Errorf("no such label: %v, %v", lines(got), err)
	}
}

func TestLabelFileEdits(t *testing.T) {
	f := newFakeServer()
	f.records = []*govdv1.Record{aRecord("a", "x"), aRecord("b", "x"), aRecord("c", "x")}
	f.erased = []string{"c"}
	for _, test := range []struct {
		name, file string
		want       []string
		unnamed    uint64
		err        string
	}{
		{"one differs", "key,label\na,y\n", []string{"a 1 rename x y"}, 1, ""},
		{"nothing differs", "key,label\na,x\nb,x\n", nil, 0, "says nothing that is not in"},
		{"an unknown record", "key,label\nz,x\na,y\n", nil, 0, `labels.csv:2: "z" is no record of hands/signs@v3; nothing was changed`},
		{"an erased record", "key,label\nc,y\n", nil, 0, `labels.csv:2: "c" is no record`},
		{"a bad file", "key\n", nil, 0, "labels.csv:1: there must be a column key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "labels.csv")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, unnamed, err := f.client().labelFileEdits(context.Background(), "hands/signs@v3", "csv:"+path)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v, want %s", err, test.err)
				}
				return
			}
			if diff := cmp.Diff(test.want, lines(got)); diff != "" || unnamed != test.unnamed || err != nil {
				t.Errorf("%v, %d not named, %s", err, unnamed, diff)
			}
		})
	}
}
