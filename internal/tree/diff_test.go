package tree

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

type change struct{ Key, From, To string }

const absent = "(absent)"

func diff(t tb, from Source, a, b gov.Tree) (out []change) {
	t.Helper()
	text := func(v []byte) string {
		if v == nil {
			return absent
		}
		return string(v)
	}
	for c, err := range Diff(from, a, b) {
		must(t, err)
		out = append(out, change{string(c.Key), text(c.From), text(c.To)})
	}
	return out
}

func (m model) diff(n model) (out []change) {
	for k, v := range m {
		if w, ok := n[k]; !ok {
			out = append(out, change{k, v, absent})
		} else if v != w {
			out = append(out, change{k, v, w})
		}
	}
	for k, w := range n {
		if _, ok := m[k]; !ok {
			out = append(out, change{k, absent, w})
		}
	}
	slices.SortFunc(out, func(a, b change) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) })
	return out
}

// Property 4: a diff is what differs, in order, whatever the heights; its
// inverse is the diff the other way; applied to a it gives b.
func TestDiffIsWhatDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		m := drawModel.Draw(t, "a")
		n := drawModel.Draw(t, "b")
		if rapid.Bool().Draw(t, "near") {
			n = m.edit(drawEdits.Draw(t, "edits"))
		}
		a, b := m.build(t, p, s), n.build(t, p, s)
		if d := cmp.Diff(m.diff(n), diff(t, s, a, b)); d != "" {
			t.Errorf("a to b (-want +got):\n%s", d)
		}
		if d := cmp.Diff(n.diff(m), diff(t, s, b, a)); d != "" {
			t.Errorf("b to a (-want +got):\n%s", d)
		}
		var edits []Edit
		for c, err := range Diff(s, a, b) {
			must(t, err)
			edits = append(edits, Edit{bytes.Clone(c.Key), c.To, c.To == nil})
		}
		if got := s.mutate(p, a, edits...); got != b {
			t.Errorf("a with the diff applied: %v, want b: %v", got.Root, b.Root)
		}
	})
}

func TestDiffOfATreeWithItselfReadsNothing(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	root := numbered(100).build(t, p, s)
	reads, _ := s.count(func() {
		if d := diff(t, s, root, root); d != nil {
			t.Errorf("differences: %v", d)
		}
	})
	if reads > 0 {
		t.Errorf("%d nodes read", reads)
	}
}

// Property 5: cost follows the changes.
func TestDiffCostFollowsTheChanges(t *testing.T) {
	p, s := NewParams([16]byte{6}), newShelf(t)
	c := newCorpus(30_000)
	root := c.build(t, p, s)
	for _, k := range []int{1, 10, 100} {
		edits := append(c.edits(1, k), put("zzz", "v"))
		other := s.mutate(p, root, edits...)
		reads, _ := s.count(func() { diff(t, s, root, other) })
		if most := 3 * (k + 1) * (int(root.Level) + 1); reads > most {
			t.Errorf("a diff of %d changes read %d nodes, want at most %d", k+1, reads, most)
		}
	}
}

// Property 6: a merge is the three-way merge of each key.
func TestMergeIsThreeWayByKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		base := drawModel.Draw(t, "base")
		left, right := base.edit(drawEdits.Draw(t, "left")), base.edit(drawEdits.Draw(t, "right"))
		b, l, r := base.build(t, p, s), left.build(t, p, s), right.build(t, p, s)
		got, conflicts, err := Merge(p, s, s, b, l, r)
		must(t, err)
		want, wantConflicts := merge(base, left, right)
		if root := want.build(t, p, nowhere{}); got != root {
			t.Errorf("root %v, want %v", got.Root, root.Root)
		}
		if d := cmp.Diff(wantConflicts, keysOf(conflicts)); d != "" {
			t.Errorf("conflicts (-want +got):\n%s", d)
		}
		back, mirrored, err := Merge(p, s, s, b, r, l)
		must(t, err)
		if len(conflicts) == 0 && back != got {
			t.Errorf("without conflicts the other way gives %v, want %v", back.Root, got.Root)
		}
		if d := cmp.Diff(keysOf(conflicts), keysOf(mirrored)); d != "" {
			t.Errorf("conflicts the other way (-want +got):\n%s", d)
		}
	})
}

func merge(base, left, right model) (model, []string) {
	out := model{}
	var conflicts []string
	keys := model{}
	for _, m := range []model{base, left, right} {
		for k := range m {
			keys[k] = ""
		}
	}
	at := func(m model, k string) string {
		if v, ok := m[k]; ok {
			return v
		}
		return absent
	}
	for _, k := range keys.keys() {
		b, l, r := at(base, k), at(left, k), at(right, k)
		v := l
		switch {
		case b == l:
			v = r
		case b != r && l != r:
			conflicts = append(conflicts, k)
		}
		if v != absent {
			out[k] = v
		}
	}
	return out, conflicts
}

func keysOf(cs []Conflict) (keys []string) {
	for _, c := range cs {
		keys = append(keys, string(c.Key))
	}
	return keys
}

func TestConflictsShowAllThreeSides(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	base := numbered(100).build(t, p, s)
	left := s.mutate(p, base, put("10001", "left"), put("10002", "same"), del("10003"), put("new", "left"))
	right := s.mutate(p, base, put("10001", "right"), put("10002", "same"), put("10003", ""), put("new", "right"))
	got, conflicts, err := Merge(p, s, s, base, left, right)
	must(t, err)
	want := []Conflict{
		{[]byte("10001"), []byte("value 7"), []byte("left"), []byte("right")},
		{[]byte("10003"), []byte("value 21"), nil, []byte{}},
		{[]byte("new"), nil, []byte("left"), []byte("right")},
	}
	if d := cmp.Diff(want, conflicts); d != "" {
		t.Errorf("conflicts (-want +got):\n%s", d)
	}
	if got != left {
		t.Error("the tree is not the left one")
	}
}

// Property 6: what is unchanged on one side takes the other, and a side merged
// with itself is no conflict.
func TestMergeWithAnUnchangedSide(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	base := numbered(200).build(t, p, s)
	x := s.mutate(p, base, del("10001"), put("10050", "x"), put("9", "x"))
	for name, sides := range map[string][2]gov.Tree{"left": {x, base}, "right": {base, x}, "both": {x, x}} {
		got, conflicts, err := Merge(p, s, s, base, sides[0], sides[1])
		if err != nil || got != x || len(conflicts) > 0 {
			t.Errorf("changed on %s: %v, %d conflicts, %v", name, got.Root, len(conflicts), err)
		}
	}
}
