package review

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// tally reads a table of reviewers by items; a dot is no vote.
func tally(rows ...string) *Agreement {
	a := &Agreement{}
	for r, row := range rows {
		for i, vote := range strings.Fields(row) {
			if vote != "." {
				a.Add(fmt.Sprint(i), fmt.Sprint(r), vote)
			}
		}
	}
	return a
}

// The worked examples of Krippendorff, Computing Krippendorff's
// Alpha-Reliability (2011), sections A, B and C, which gives 0.095, 0.692 and
// 0.743; the fractions are counted from its tables by hand.
func TestAlphaOfPublishedExamples(t *testing.T) {
	for _, c := range []struct {
		name string
		a    *Agreement
		want float64
	}{
		// n=20, 14 zeros, 6 ones, 8 of 20 differ: 1 - 19·8/(400-196-36)
		{"binary, two observers", tally("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 1 - 152./168},
		// n=24; 4 a, 6 b, 6 c, 6 d, 2 e; items 1, 5 and 12 differ: 1 - 23·6/(576-16-36-36-36-4)
		{"nominal, two observers", tally("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 1 - 138./448},
		// n=40, the last vote stands alone; 9, 13, 10, 5, 3; items 2, 6 and 8 differ by 2, 4, 2: 1 - 39·8/(1600-384)
		{"nominal, four observers, missing votes", tally(
			"1 2 3 3 2 1 4 1 2 . . .",
			"1 2 3 3 2 2 4 1 2 5 . 3",
			". 3 3 3 2 3 4 2 2 5 1 .",
			"1 2 3 3 2 4 4 1 2 5 1 ."), 1 - 312./1216},
	} {
		if got, ok := c.a.Alpha(); !ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v", c.name, got, ok, c.want)
		}
	}
}

func TestAlphaOfExtremes(t *testing.T) {
	if got, ok := tally("x y x", "x y x").Alpha(); got != 1 || !ok {
		t.Errorf("full agreement: %v, %v", got, ok)
	}
	if got, ok := tally("x y", "y x").Alpha(); got != -0.5 || !ok { // 1 - 3·4/(16-4-4)
		t.Errorf("full disagreement: %v, %v", got, ok)
	}
	for name, a := range map[string]*Agreement{"nothing": {}, "one reviewer": tally("x y z"), "one value": tally("x x", "x x")} {
		if got, ok := a.Alpha(); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Alpha is what the definition gives over all pairs of votes, whatever the order
// in which they come and however often reviewers change their minds.
func TestAlphaFollowsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Agreement
		votes := map[int]map[int]int{}
		for range rapid.IntRange(0, 40).Draw(t, "votes") {
			i, r, v := rapid.IntRange(0, 4).Draw(t, "item"), rapid.IntRange(0, 3).Draw(t, "reviewer"), rapid.IntRange(0, 2).Draw(t, "vote")
			if votes[i] == nil {
				votes[i] = map[int]int{}
			}
			votes[i][r] = v
			a.Add(fmt.Sprint(i), fmt.Sprint(r), fmt.Sprint(v))
		}
		want, defined := byDefinition(votes)
		got, ok := a.Alpha()
		if ok != defined || math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v, %v, want %v, %v", got, ok, want, defined)
		}
	})
}

// byDefinition is 1 - observed/expected disagreement, from pairs.
func byDefinition(votes map[int]map[int]int) (float64, bool) {
	var all []int
	observed := 0.
	for _, item := range votes {
		if len(item) < 2 {
			continue
		}
		for r, v := range item {
			all = append(all, v)
			for s, w := range item {
				if r != s && v != w {
					observed += 1 / float64(len(item)-1)
				}
			}
		}
	}
	expected := 0.
	for i, v := range all {
		for k, w := range all {
			if i != k && v != w {
				expected += 1 / float64(len(all)-1)
			}
		}
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - observed/expected, true
}

// An item with one vote is there, and pairs with nothing.
func TestAgreementCounts(t *testing.T) {
	a := tally("x y .", "x . .")
	if a.Items() != 2 || a.Votes() != 2 {
		t.Errorf("%d items, %d votes", a.Items(), a.Votes())
	}
}

func TestPairs(t *testing.T) {
	var p Pairs
	for range 2 {
		p.Add(ann, bob, gov.Approve)
	}
	p.Add(ann, bob, gov.Veto)
	p.Add(ann, bob, gov.Comment)
	p.Add(ann, ann, gov.Approve)
	got := p.List()
	want := []Pair{{ann, ann, 1, 0}, {ann, bob, 2, 1}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || got[1].Share() != 666_666 {
		t.Errorf("%v", got)
	}
}

func TestMajority(t *testing.T) {
	var a Agreement
	for _, v := range [][3]string{{"a", "x", "palm"}, {"a", "y", "palm"}, {"a", "z", "back"}, {"b", "x", "palm"}, {"b", "y", "back"}, {"c", "x", "palm"}, {"c", "x", "back"}} {
		a.Add(v[0], v[1], v[2])
	}
	for item, want := range map[string]string{"a": "palm", "b": "", "c": "back", "d": ""} {
		if got := a.Majority(item); got != want {
			t.Errorf("most say %q of %s, want %q", got, item, want)
		}
	}
}
