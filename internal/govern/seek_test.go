package govern

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/tree"
)

// memory is a source and a sink that keeps nodes in a map.
type memory map[gov.Digest][]byte

// Node returns a frame.
func (m memory) Node(id gov.Digest) ([]byte, error) {
	if b, ok := m[id]; ok {
		return b, nil
	}
	return nil, gov.Errorf(gov.NotFound, "NO_NODE", "no node %v", id)
}

// PutNode keeps a frame.
func (m memory) PutNode(id gov.Digest, frame []byte) error {
	m[id] = slices.Clone(frame)
	return nil
}

// plant makes the tree of records with the keys, each of which holds its key.
func plant(t interface{ Fatal(...any) }, keys []string) (memory, gov.Tree) {
	nodes, p := memory{}, tree.NewParams([16]byte{1})
	seal, b := gov.NewSealer([16]byte{1}), tree.NewBuilder(p, nodes)
	for _, k := range keys {
		value, err := seal.Seal(&gov.Record{Key: k, Content: gov.Digest{1}, Size: 1, MediaType: "image/png", Labels: []gov.Label{{ID: "1", Name: "of " + k}}})
		if err == nil {
			err = b.Add([]byte(k), value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return nodes, root
}

// TestSeekerFinds: a seeker finds what a map would, whichever ascending keys it
// is asked for: near and far ones, the same again, and ones that are not there.
func TestSeekerFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "records")
		there := map[string]bool{}
		for i := range n {
			there[fmt.Sprintf("%03d", 2*i)] = true
		}
		nodes, root := plant(t, sortedKeys(there))
		var ask []string
		for range rapid.IntRange(0, 60).Draw(t, "asked") {
			ask = append(ask, fmt.Sprintf("%03d", rapid.IntRange(0, 2*n+10).Draw(t, "key")))
		}
		for at := rapid.IntRange(0, 2*n).Draw(t, "run from"); len(ask) < 80; at++ {
			ask = append(ask, fmt.Sprintf("%03d", at))
		}
		slices.Sort(ask)
		read := newSeeker(nodes, root)
		defer func() { read.stop() }()
		for _, k := range ask {
			r, err := read.find(k)
			if err != nil || (r != nil) != there[k] || r != nil && (r.Key != k || r.Labels[0].Name != "of "+k) {
				t.Fatalf("%q: %+v, %v; it is there: %v", k, r, err, there[k])
			}
		}
	})
}

func sortedKeys(m map[string]bool) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// TestSeekerTellsOfErasedRecords, which are no records and no gaps.
func TestSeekerTellsOfErasedRecords(t *testing.T) {
	nodes, root := plant(t, []string{"a", "b", "c"})
	erased, n, err := tree.Erase(nodes[root.Root], func(k []byte, _ gov.Digest) bool { return string(k) == "b" })
	if err != nil || n != 1 {
		t.Fatalf("erased %d: %v", n, err)
	}
	nodes[root.Root] = erased
	read := newSeeker(nodes, root)
	defer func() { read.stop() }()
	if _, err := read.find("b"); gov.ReasonOf(err) != "ERASED" {
		t.Errorf("b: %v", err)
	}
	if r, err := read.find("c"); r == nil || err != nil {
		t.Errorf("c: %v, %v", r, err)
	}
}

// TestLooksAreBounded: however many look at however much, a lookBook keeps no
// more than it may, and goes on.
func TestLooksAreBounded(t *testing.T) {
	var b lookBook
	now := time.Unix(1000, 0)
	for i := range maxLooks + 10 {
		b.sawStat(gov.NewPersonID(uint64(i+1), false), gov.Digest{1}, now)
		if len(b.looks) > maxLooks {
			t.Fatalf("%d looks are kept", len(b.looks))
		}
	}
	b = lookBook{}
	for i := range 3 {
		b.edits = maxLookEdits - 1
		for j := range 10 {
			b.sawEdit("user:1", gov.Digest{byte(i)}, now, strings.Repeat("x", j))
		}
		if b.edits > maxLookEdits {
			t.Fatalf("%d edits are kept", b.edits)
		}
	}
	b.sawEdit("user:1", gov.Digest{9}, now, "k")
	b.sawEdit("user:1", gov.Digest{9}, now.Add(time.Minute), "k")
	if got := b.looked("user:1", gov.Digest{9}, now.Add(90*time.Second)); got != (gov.Looked{Edits: 1, Seconds: 90}) {
		t.Errorf("looked %+v", got)
	}
	if got := b.looked("user:2", gov.Digest{9}, now); got != (gov.Looked{}) {
		t.Errorf("who did not look has looked %+v", got)
	}
}

// TestBooksAreBounded: a book forgets the oldest, and never gives one for another.
func TestBooksAreBounded(t *testing.T) {
	var b book[int]
	digest := func(i int) gov.Digest { return gov.Digest{byte(i), byte(i >> 8), 1} }
	for i := range 5 * maxBook {
		b.put(digest(i), i)
		if got, ok := b.get(digest(i)); !ok || got != i {
			t.Fatalf("%d: %d, %v", i, got, ok)
		}
		if n := len(b.young) + len(b.old); n > 2*maxBook {
			t.Fatalf("%d are kept", n)
		}
	}
	if _, ok := b.get(digest(0)); ok {
		t.Error("nothing is forgotten")
	}
}
