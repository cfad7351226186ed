package tree

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Property 1: any sequence of edits ends at the root that a build of the final
// records has, after every step, and the nodes are well-formed.
func TestMutateEndsWhereBuildDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tiny(rapid.Byte().Draw(t, "salt"))
		s := newShelf(t)
		m := drawModel.Draw(t, "records")
		root := m.build(t, p, s)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			edits := drawEdits.Draw(t, "edits")
			m = m.edit(edits)
			root = s.mutate(p, root, edits...)
			if want := m.build(t, p, nowhere{}); root != want {
				t.Fatalf("after %d edits: root %+v, want %+v", len(edits), root, want)
			}
			must(t, Check(p, s, root))
		}
	})
}

// Property 1: edits of different keys give the same root in any batches and any
// order.
func TestBatchesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		m := drawModel.Draw(t, "records")
		edits := drawEdits.Draw(t, "edits")
		root := m.build(t, p, s)
		want := s.mutate(p, root, edits...)
		batches := make([][]Edit, rapid.IntRange(1, 5).Draw(t, "batches"))
		for _, e := range edits {
			i := rapid.IntRange(0, len(batches)-1).Draw(t, "batch")
			batches[i] = append(batches[i], e)
		}
		for _, b := range batches {
			root = s.mutate(p, root, b...)
		}
		if root != want {
			t.Errorf("root %v in %d batches, %v in one", root.Root, len(batches), want.Root)
		}
	})
}

// Property 2: the edits that sit on the edges of nodes.
func TestEdges(t *testing.T) {
	p, s := tiny(3), newShelf(t)
	m := numbered(500)
	root := m.build(t, p, s)
	if root.Level < 3 {
		t.Fatalf("the tree has only %d levels", root.Level)
	}
	var all, ends []Edit
	for _, k := range m.keys() {
		all = append(all, del(k))
	}
	var long, gone []Edit
	for _, k := range lastKeys(t, s, root) {
		ends = append(ends, del(k))
		long = append(long, put(k, m[k]+strings.Repeat("x", 40)))
		gone = append(gone, put(k, ""))
	}
	last := m.keys()[len(m)-1]
	cases := map[string][]Edit{
		"delete all":                  all,
		"delete all but the first":    all[1:],
		"delete all but the last":     all[:len(all)-1],
		"delete the last key of each": ends,
		"longer at each last key":     long,
		"shorter at each last key":    gone,
		"a range":                     all[100:400],
		"from the start":              all[:333],
		"to the end":                  all[333:],
		"before the first":            {put("0", "v")},
		"after the last":              {put("9", "v")},
		"both ends":                   {put("0", "v"), put("9", "v")},
		"the last itself":             {put(last, "other")},
		"delete the last, add after":  {del(last), put("9", "v")},
		"delete the end, add after":   append(slices.Clone(all[450:]), put("9", "v")),
		"delete all, add one":         append(slices.Clone(all), put("9", "v")),
	}
	for name, edits := range cases {
		t.Run(name, func(t *testing.T) {
			got := s.mutate(p, root, edits...)
			if want := m.edit(edits).build(t, p, nowhere{}); got != want {
				t.Errorf("root %+v, want %+v", got, want)
			}
		})
	}
	if got := s.mutate(p, root, all...); got != p.Empty() {
		t.Errorf("without records: %+v, want the empty tree", got)
	}
}

// lastKeys returns the last key of every leaf.
func lastKeys(t *testing.T, from Source, root gov.Tree) (keys []string) {
	c, err := newCursor(from, root, 1)
	must(t, err)
	must(t, c.seek(nil))
	for c.at() != nil {
		keys = append(keys, string(c.at().key))
		must(t, c.next())
	}
	return keys
}

func TestAppendOneByOne(t *testing.T) {
	p, s := tiny(4), newShelf(t)
	root, m := p.Empty(), numbered(300)
	for i, k := range m.keys() {
		writes, fresh := s.writes, s.fresh
		root = s.mutate(p, root, put(k, m[k]))
		if root.Records != uint64(i+1) {
			t.Fatalf("%d records after %d", root.Records, i+1)
		}
		if s.writes-writes != s.fresh-fresh {
			t.Errorf("appending %s wrote %d nodes, %d new", k, s.writes-writes, s.fresh-fresh)
		}
	}
	if want := m.build(t, p, nowhere{}); root != want {
		t.Errorf("root %+v, want %+v", root, want)
	}
}

// Property 3.
func TestIdleEditsWriteNothing(t *testing.T) {
	p, s := tiny(5), newShelf(t)
	m := numbered(300)
	root := m.build(t, p, s)
	edits := []Edit{del("0")}
	for _, k := range m.keys() {
		edits = append(edits, put(k, m[k]), del(k+"/absent"))
	}
	_, writes := s.count(func() {
		if got := s.mutate(p, root, append(edits, del("9"))...); got != root {
			t.Errorf("root %+v, want %+v", got, root)
		}
	})
	if writes > 0 {
		t.Errorf("%d nodes written", writes)
	}
	if got := s.mutate(p, p.Empty(), del("0"), del("1")); got != p.Empty() {
		t.Errorf("of the empty tree: %+v", got)
	}
}

// Property 5: cost follows the edits.
func TestMutateCostFollowsTheEdits(t *testing.T) {
	p, s := NewParams([16]byte{6}), newShelf(t)
	c := newCorpus(30_000)
	root := c.build(t, p, s)
	depth := int(root.Level) + 1
	for _, k := range []int{1, 10, 100} {
		edits := c.edits(1, k)
		reads, writes := s.count(func() { s.mutate(p, root, edits...) })
		if most := 4 * k * depth; reads > most || writes > most {
			t.Errorf("%d edits at depth %d read %d and wrote %d nodes, want at most %d", k, depth, reads, writes, most)
		}
	}
	before := s.fresh
	c.build(t, p, s)
	if s.fresh > before {
		t.Errorf("building the same again wrote %d new nodes", s.fresh-before)
	}
}

// Every node but those that do not belong to the result is written once, and the
// result alone is enough to read it.
func TestMutateWritesWhatTheTreeNeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		root := drawModel.Draw(t, "records").build(t, p, s)
		old := map[gov.Digest]bool{}
		must(t, Mark(s, root, func(id gov.Digest, _ bool) bool { old[id] = true; return true }))
		edits := drawEdits.Draw(t, "edits")
		var after gov.Tree
		_, writes := s.count(func() { after = s.mutate(p, root, edits...) })
		fresh := map[gov.Digest]bool{}
		must(t, Mark(s, after, func(id gov.Digest, _ bool) bool { fresh[id] = fresh[id] || !old[id]; return true }))
		n := 0
		for _, isNew := range fresh {
			if isNew {
				n++
			}
		}
		if writes < n || writes > n+int(root.Level)+1 {
			t.Errorf("%d nodes written, the tree needs %d", writes, n)
		}
	})
}

func TestBadRecordsAreRefused(t *testing.T) {
	p := tiny(1)
	add := func(keys ...string) error {
		b := NewBuilder(p, nowhere{})
		for _, k := range keys {
			if err := b.Add([]byte(k), nil); err != nil {
				return err
			}
		}
		return nil
	}
	edit := func(es ...Edit) error {
		s := newShelf(t)
		_, err := Mutate(p, s, s, p.Empty(), stream(es))
		return err
	}
	other := newShelf(t)
	_, otherParams := Mutate(p, other, other, tiny(2).Empty(), stream(nil))
	for _, c := range []struct {
		name string
		err  error
		want gov.Reason
		word string
	}{
		{"no key", add(""), "BAD_KEY", `""`},
		{"long key", add(strings.Repeat("k", 1025)), "BAD_KEY", "1025"},
		{"longest key", add(strings.Repeat("k", 1024)), "", ""},
		{"unsorted", add("b", "a"), "UNSORTED", `"a"`},
		{"twice", add("a", "a"), "DUPLICATE_KEY", `"a"`},
		{"long value", edit(put("a", strings.Repeat("v", 65537))), "BAD_VALUE", `"a"`},
		{"longest value", edit(put("a", strings.Repeat("v", 65536))), "", ""},
		{"unsorted edits", edit(put("b", ""), del("a")), "UNSORTED", `"a"`},
		{"an edit twice", edit(put("a", ""), del("a")), "DUPLICATE_KEY", `"a"`},
		{"other salt", otherParams, "OTHER_PARAMS", ""},
	} {
		if got := gov.ReasonOf(c.err); got != c.want || c.want != "" && !strings.Contains(c.err.Error(), c.word) {
			t.Errorf("%s: %v, want %s naming %s", c.name, c.err, c.want, c.word)
		}
		if c.want != "" && !errors.Is(c.err, gov.Invalid) {
			t.Errorf("%s: %v is not Invalid", c.name, c.err)
		}
	}
}

func TestErrorsOfOthersAreReturnedAsTheyAre(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	root := numbered(100).build(t, p, s)
	boom := errors.New("boom")
	var failing iter.Seq2[Edit, error] = func(yield func(Edit, error) bool) {
		if yield(put("0", "v"), nil) && yield(Edit{}, boom) {
			t.Error("pulled on after an error")
		}
	}
	if _, err := Mutate(p, s, s, root, failing); err != boom {
		t.Errorf("from the edits: %v", err)
	}
	if _, err := Mutate(p, s, sinkFunc(func() error { return boom }), root, stream([]Edit{put("0", "v")})); err != boom {
		t.Errorf("from the sink: %v", err)
	}
	if _, err := Mutate(p, newShelf(t), s, root, stream([]Edit{put("0", "v")})); gov.ReasonOf(err) != "NO_NODE" {
		t.Errorf("from the source: %v", err)
	}
}

type sinkFunc func() error

func (f sinkFunc) PutNode(gov.Digest, []byte) error { return f() }

// Property 15: keys ground against a known salt make nodes end near the greatest
// size only; under another salt they are like any others.
func TestGroundKeysStayInBounds(t *testing.T) {
	known, secret := NewParams([16]byte{}), NewParams([16]byte{9})
	m := model{}
	for i := 0; len(m) < 2000; i++ {
		k := fmt.Sprintf("ground/%08d", i)
		if !known.ends(0, []byte(k), 170, 13_500, 1) {
			m[k] = strings.Repeat("v", 155)
		}
	}
	for name, p := range map[string]*Params{"known salt": known, "secret salt": secret} {
		s := newShelf(t)
		root := m.build(t, p, s)
		must(t, Check(p, s, root))
		nodes := len(s.nodes)
		_, writes := s.count(func() { s.mutate(p, root, put("a", strings.Repeat("v", 99))) })
		switch {
		case writes > nodes+3:
			t.Errorf("%s: one edit wrote %d of %d nodes", name, writes, nodes)
		case p == secret && writes > 8:
			t.Errorf("%s: one edit wrote %d nodes", name, writes)
		case p == known && nodes > 60:
			t.Errorf("%s: %d nodes, so the keys were not ground", name, nodes)
		}
	}
}

// Bounds hold for long keys and for values of the greatest size.
func TestLargeRecords(t *testing.T) {
	p, s := NewParams([16]byte{8}), newShelf(t)
	m := model{}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 600 {
		k := fmt.Sprintf("%0*d", 1+r.IntN(1024), i)
		m[k] = strings.Repeat("v", []int{0, 10, 3000, 65536}[r.IntN(4)])
	}
	root := m.build(t, p, s)
	must(t, Check(p, s, root))
	for _, k := range m.keys()[:50] {
		delete(m, k)
		root = s.mutate(p, root, del(k))
	}
	if want := m.build(t, p, nowhere{}); root != want {
		t.Errorf("root %+v, want %+v", root, want)
	}
}
