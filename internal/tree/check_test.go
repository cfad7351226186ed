package tree

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Property 13: every node but the last of its level obeys the least sizes, all
// obey the greatest.
func TestNodesObeyTheBounds(t *testing.T) {
	p, s := NewParams([16]byte{5}), newShelf(t)
	root := newCorpus(30_000).build(t, p, s)
	for level := range root.Level {
		c, err := newCursor(s, root, level+1)
		must(t, err)
		for must(t, c.seek(nil)); c.at() != nil; must(t, c.next()) {
			var n scan
			must(t, n.load(s, c.at().child(), level))
			for n.left > 0 {
				must(t, n.next())
			}
			final := c.path[0].left == 0 && !c.more()
			if !final && (n.seen < 512 || level > 0 && n.n < 8) || n.seen-len(n.key)-n.entry.size > maxNode {
				t.Errorf("level %d: a node of %d entries, %d bytes", level, n.n, n.seen)
			}
		}
	}
}

// Property 13: sizes are what the rule of the cut promises.
func TestMeanNodeIsNearTheTarget(t *testing.T) {
	s := newShelf(t)
	root := newCorpus(30_000).build(t, NewParams([16]byte{5}), s)
	leaves := 0
	must(t, Mark(s, root, func(_ gov.Digest, inner bool) bool {
		if !inner {
			leaves++
		}
		return true
	}))
	if mean := root.Bytes / uint64(leaves); mean < 3900 || mean > 4400 {
		t.Errorf("a leaf has %d bytes on average, want about 4,100", mean)
	}
}

func TestMarkVisitsEachNodeAndReadsOnlyInnerOnes(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	root := numbered(400).build(t, p, s)
	seen, inner := map[gov.Digest]bool{}, 0
	reads, _ := s.count(func() {
		must(t, Mark(s, root, func(id gov.Digest, isInner bool) bool {
			seen[id] = true
			if isInner {
				inner++
			}
			return true
		}))
	})
	if len(seen) != len(s.nodes) || reads != inner {
		t.Errorf("%d nodes of %d, %d reads for %d inner ones", len(seen), len(s.nodes), reads, inner)
	}
	reads, _ = s.count(func() {
		must(t, Mark(s, root, func(gov.Digest, bool) bool { return false }))
		must(t, Mark(s, p.Empty(), func(gov.Digest, bool) bool { t.Error("the empty tree has a node"); return true }))
	})
	if reads > 0 {
		t.Errorf("%d reads of what is left out", reads)
	}
}

// Property 13: Check finds what a reader would not notice.
func TestCheckFindsTreesThatBuildWouldNotMake(t *testing.T) {
	p := tiny(1)
	m := numbered(100)
	fives := func(n int) bool { return n == 5 }
	sound := m.build(t, p, nowhere{})
	wrong := func(change func(*gov.Tree)) gov.Tree { r := sound; change(&r); return r }
	unsorted := m.keys()
	unsorted[50], unsorted[51] = unsorted[51], unsorted[50]
	s := newShelf(t)
	m.build(t, p, s)
	must(t, Check(p, s, sound))
	must(t, Check(p, s, p.Empty()))
	for name, root := range map[string]gov.Tree{
		"other cuts":    forge(t, s, p, m, m.keys(), fives),
		"unsorted":      forge(t, s, p, m, unsorted, fives),
		"records":       wrong(func(r *gov.Tree) { r.Records++ }),
		"bytes":         wrong(func(r *gov.Tree) { r.Bytes++ }),
		"level":         wrong(func(r *gov.Tree) { r.Level++ }),
		"params":        wrong(func(r *gov.Tree) { r.Params[0]++ }),
		"not so empty":  wrong(func(r *gov.Tree) { r.Records = 0 }),
		"absurd height": wrong(func(r *gov.Tree) { r.Level = 255 }),
	} {
		if err := Check(p, s, root); err == nil {
			t.Errorf("%s: no complaint", name)
		}
	}
	if err := last(Diff(s, sound, wrong(func(r *gov.Tree) { r.Level = 255; r.Root[0]++ }))); err == nil {
		t.Error("a diff with a tree of absurd height: no error")
	}
}

// Property 9: a child that holds other records than its parent says is found.
func TestCheckComparesReferencesWithChildren(t *testing.T) {
	for name, lie := range map[string]func(e *entry){
		"records":  func(e *entry) { e.value[39]++ },
		"bytes":    func(e *entry) { e.value[47]++ },
		"last key": func(e *entry) { e.key = []byte("ax") },
	} {
		p, s := tiny(1), newShelf(t)
		root := forgeTwo(t, s, p, []string{"a"}, []string{"b"}, lie)
		if err := Check(p, s, root); err == nil || !strings.Contains(err.Error(), "its parent says") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckNamesTheNodeThatIsNotItself(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	root := numbered(60).build(t, p, s)
	id, _, err := Leaf(s, root, []byte("10030"))
	must(t, err)
	frame := s.nodes[id]
	s.nodes[id] = seal(flip(frame[:len(frame)-frameFoot], 8*(len(frame)-frameFoot)-1))
	if err := Check(p, s, root); err == nil || !strings.Contains(err.Error(), id.Short()) {
		t.Errorf("%v, want %s named", err, id.Short())
	}
}

// Section 10: erasing values changes no id; readers say that they are gone, and
// edits, diffs and merges around them go on as before.
func TestErasingKeepsEveryID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		m := drawModel.Draw(t, "records").edit([]Edit{put("200", "secret")})
		root := m.build(t, p, s)
		gone := model{}
		for _, k := range rapid.SliceOfN(rapid.SampledFrom(m.keys()), 1, 20).Draw(t, "erase") {
			gone[k] = m[k]
		}
		whole := maps.Clone(s.nodes)
		s.erase(t, root, gone)
		must(t, Check(p, s, root))
		for e, err := range Range(s, root, nil, nil) {
			must(t, err)
			_, erased := gone[string(e.Key)]
			if e.Erased != erased || erased != (e.Value == nil) || e.Size != len(m[string(e.Key)]) {
				t.Fatalf("%q: %+v", e.Key, e)
			}
			if want := new(hasher).entry(0, &entry{key: e.Key, value: []byte(m[string(e.Key)])}); e.Hash != want {
				t.Fatalf("%q: hash %v, want %v", e.Key, e.Hash, want)
			}
		}
		for k := range gone {
			if _, err := Get(s, root, []byte(k)); gov.ReasonOf(err) != "ERASED" {
				t.Fatalf("get %q: %v", k, err)
			}
		}
		edits := drawEdits.Draw(t, "edits")
		after := s.mutate(p, root, edits...)
		if want := m.edit(edits).build(t, p, nowhere{}); after != want {
			t.Fatalf("edited to %v, want %v", after.Root, want.Root)
		}
		must(t, Check(p, s, after))
		intact := &shelf{tb: t, nodes: whole}
		if got := m.edit(edits).build(t, p, intact); got != after {
			t.Fatal("the intact tree differs")
		}
		if got, want := len(diff(t, s, root, after)), len(m.diff(m.edit(edits))); got != want {
			t.Errorf("%d differences, want %d", got, want)
		}
		merged, conflicts, err := Merge(p, s, s, root, root, after)
		if err != nil || merged != after || len(conflicts) > 0 {
			t.Errorf("merge: %v, %v, %v", merged.Root, conflicts, err)
		}
	})
}

// erase erases the values of keys in every leaf that holds them.
func (s *shelf) erase(t tb, root gov.Tree, keys model) {
	for k := range keys {
		id, _, err := Leaf(s, root, []byte(k))
		must(t, err)
		frame, n, err := Erase(s.nodes[id], func(key []byte, _ gov.Digest) bool { return string(key) == k })
		must(t, err)
		must(t, VerifyFrame(id, frame))
		if n != 1 || keys[k] != "" && len(keys[k]) > 40 && bytes.Contains(frame, []byte(keys[k])) {
			t.Fatalf("%d values erased, the value still there", n)
		}
		if _, n, err = Erase(frame, func(key []byte, _ gov.Digest) bool { return string(key) == k }); n != 0 || err != nil {
			t.Fatalf("erased again: %d, %v", n, err)
		}
		s.nodes[id] = frame
	}
}

// An erased value cannot be slipped back by putting another under its key, and
// putting the same again changes nothing.
func TestPutOverErased(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	m := numbered(50)
	root := m.build(t, p, s)
	s.erase(t, root, model{"10007": m["10007"]})
	if got := s.mutate(p, root, put("10007", m["10007"])); got != root {
		t.Errorf("the same value: %v, want %v", got.Root, root.Root)
	}
	beside := s.mutate(p, root, put("10007", m["10007"]), put("10007a", "new"))
	if _, err := Get(s, beside, []byte("10007")); gov.ReasonOf(err) != "ERASED" {
		t.Errorf("the same value, its leaf rewritten: %v", err)
	}
	if got, want := s.mutate(p, root, put("10007", "new")), m.edit([]Edit{put("10007", "new")}).build(t, p, nowhere{}); got != want {
		t.Errorf("another value: %v, want %v", got.Root, want.Root)
	}
	other := s.mutate(p, root, del("10007"))
	for c, err := range Diff(s, root, other) {
		if err != nil || c.From == nil || !c.FromErased || c.To != nil {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

// Property 13: however small the entries, a node ends above the greatest size.
func TestNodesEndAboveTheGreatestSize(t *testing.T) {
	p := NewParams([16]byte{1})
	lasting := 0
	for i := range 1000 {
		key := []byte{byte(i), byte(i >> 8)}
		if !p.ends(0, key, 2, maxNode+1, 9000) {
			t.Fatalf("%d bytes and no end", maxNode+1)
		}
		if !p.ends(0, key, 2, maxNode, 9000) {
			lasting++
		}
	}
	if lasting == 0 {
		t.Error("all nodes end by chance, so nothing is shown")
	}
}
