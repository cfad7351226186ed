package tree

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"govd/internal/gov"
)

// forge builds a tree whose nodes end wherever cut says.
func forge(t *testing.T, s *shelf, p *Params, m model, keys []string, cut func(n int) bool) gov.Tree {
	level := uint8(0)
	var entries []entry
	for _, k := range keys {
		entries = append(entries, entry{key: []byte(k), value: []byte(m[k]), size: len(m[k])})
	}
	for {
		c := &chunker{p: p, level: level}
		var up []entry
		for i := range entries {
			c.add(&entries[i])
			if cut(c.n) || i == len(entries)-1 {
				id, frame, ref := c.cut(nil)
				must(t, s.PutNode(id, frame))
				up = append(up, entry{key: bytes.Clone(c.last), value: ref, size: refLen})
			}
		}
		if len(up) == 1 {
			return gov.Tree{Params: p.hash, Root: up[0].child(), Level: level, Records: up[0].records(), Bytes: up[0].bytes()}
		}
		level, entries = level+1, up
	}
}

// forgeTwo builds a root over two leaves and tells a lie about the first.
func forgeTwo(t *testing.T, s *shelf, p *Params, first, second []string, lie func(*entry)) gov.Tree {
	top := &chunker{p: p, level: 1}
	for i, keys := range [][]string{first, second} {
		c := &chunker{p: p}
		for _, k := range keys {
			c.add(&entry{key: []byte(k), value: []byte("v"), size: 1})
		}
		id, frame, ref := c.cut(nil)
		must(t, s.PutNode(id, frame))
		e := entry{key: bytes.Clone(c.last), value: ref, size: refLen}
		if i == 0 {
			lie(&e)
		}
		top.add(&e)
	}
	id, frame, ref := top.cut(nil)
	must(t, s.PutNode(id, frame))
	r := entry{value: ref}
	return gov.Tree{Params: p.hash, Root: id, Level: 1, Records: r.records(), Bytes: r.bytes()}
}

// No lie of an inner node about its child gets past a proof that could see it.
// One is in section 6 of the format's design: a key past the last entry of a
// node below the root contradicts the parent; a prototype took it for absent.
func TestLiesOfInnerNodesAreRefused(t *testing.T) {
	truth := func(*entry) {}
	for _, c := range []struct {
		name          string
		first, second []string
		lie           func(*entry)
		key           string
		compactSees   bool
	}{
		{"past the end", []string{"a"}, []string{"z"}, func(e *entry) { e.key = []byte("m") }, "k", true},
		{"last key", []string{"a"}, []string{"z"}, func(e *entry) { e.key = []byte("m") }, "a", true},
		{"records", []string{"a", "b"}, []string{"z"}, func(e *entry) { e.value[39]++ }, "a", true},
		{"bytes", []string{"a", "b"}, []string{"z"}, func(e *entry) { e.value[47]++ }, "a", false},
		{"keys of the leaf before", []string{"m"}, []string{"c", "z"}, truth, "x", true},
		{"the truth", []string{"a", "b"}, []string{"c", "z"}, truth, "x", false},
	} {
		p, s := tiny(1), newShelf(t)
		root := forgeTwo(t, s, p, c.first, c.second, c.lie)
		for form, prove := range forms {
			pr, err := prove(s, root, []byte(c.key))
			must(t, err)
			wantErr := c.name != "the truth" && (pr.Full || c.compactSees)
			if _, present, err := pr.Verify(root, []byte(c.key)); (err != nil) != wantErr {
				t.Errorf("%s: %s proof: present %v, %v", c.name, form, present, err)
			}
		}
	}
}

// Who hashed a node out of order cannot prove a key absent that is there with a
// full proof, which is what a compact one leaves open.
func TestFullProofSeesNodesOutOfOrder(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	keys := []string{"a", "x", "c", "k", "l", "z"}
	m := model{}
	for _, k := range keys {
		m[k] = "v"
	}
	root := forge(t, s, p, m, keys, func(int) bool { return false })
	c := &chunker{p: p}
	for _, k := range keys {
		c.add(&entry{key: []byte(k), value: []byte("v"), size: 1})
	}
	n := wholeNode{hashes: c.hashes}
	for _, k := range keys {
		n.entries = append(n.entries, ProofEntry{Key: []byte(k), Value: []byte("v"), Size: 1})
	}
	proof := func(at int, full bool) *Proof {
		return &Proof{Format: ProofFormat, Full: full, Key: []byte("x"), Steps: []ProofStep{n.show(at, false, full)}}
	}
	if _, present, err := proof(5, false).Verify(root, []byte("x")); err != nil || present {
		t.Errorf("compact: %v, %v: the limit that the comment on Proof names is gone", present, err)
	}
	if _, _, err := proof(5, true).Verify(root, []byte("x")); err == nil {
		t.Error("full: accepted")
	}
}

// An erased entry's hash hides its key, so no absence rests on one: else who
// holds the tree could call any record erased under another key.
func TestErasedRecordsProveNothing(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	m := numbered(60)
	root := m.build(t, p, s)
	s.erase(t, root, model{"10030": m["10030"]})
	for _, key := range []string{"10030", "10029x", "10030x"} {
		for form, prove := range forms {
			if _, err := prove(s, root, []byte(key)); gov.ReasonOf(err) != "ERASED" {
				t.Errorf("%s proof of %s: %v", form, key, err)
			}
		}
	}
	for _, key := range []string{"10028", "10031", "10035x"} {
		for form, prove := range forms {
			pr, err := prove(s, root, []byte(key))
			must(t, err)
			if _, present, err := pr.Verify(root, []byte(key)); err != nil || present != (len(key) == 5) {
				t.Errorf("%s proof of %s: %v, %v", form, key, present, err)
			}
		}
	}
	whole := newShelf(t)
	m.build(t, p, whole)
	pr, err := Prove(whole, root, []byte("10039"), true)
	must(t, err)
	leaf := &pr.Steps[len(pr.Steps)-1]
	for i := range leaf.Shown { // claim it erased, under another key
		if e := &leaf.Shown[i]; string(e.Key) == "10039" {
			inner := e.entry()
			hash := new(hasher).entry(0, &inner)
			e.Key, e.Value, e.Erased = []byte("1003:"), hash[:], true // of the same length, so that sums hold
		}
	}
	if _, present, err := pr.Verify(root, pr.Key); err == nil {
		t.Errorf("a record hidden behind an erased one: accepted, present %v", present)
	}
}

// What stands in an erased value's place is proven: the entry hash that the value
// had, in whole nodes, and nothing else passes for it.
func TestErasedProofs(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	m := numbered(60)
	root := m.build(t, p, s)
	_, was, err := Leaf(s, root, []byte("10030"))
	must(t, err)
	for _, key := range []string{"10030", "10030x", "zzz"} {
		if _, err := ProveErased(s, root, []byte(key)); gov.ReasonOf(err) != "NO_RECORD" {
			t.Errorf("%s, of which nothing is erased: %v", key, err)
		}
	}
	there, err := Prove(s, root, []byte("10030"), true)
	must(t, err)
	if _, err := there.VerifyErased(root, there.Key); gov.ReasonOf(err) != "BAD_PROOF" {
		t.Errorf("a value that is there: %v", err)
	}
	s.erase(t, root, model{"10030": m["10030"]})
	pr, err := ProveErased(s, root, []byte("10030"))
	must(t, err)
	pr = throughJSON(t, pr)
	if hash, err := pr.VerifyErased(root, pr.Key); err != nil || hash != was.Hash {
		t.Errorf("%s, %v: want %s", hash, err, was.Hash)
	}
	if _, _, err := pr.Verify(root, pr.Key); gov.ReasonOf(err) != "BAD_PROOF" {
		t.Errorf("taken for a proof of a value: %v", err)
	}
	if _, err := ProveErased(s, root, []byte("10030x")); gov.ReasonOf(err) != "ERASED" {
		t.Errorf("beside it: %v", err)
	}
	beside := clone(pr)
	beside.Key = []byte("10030x")
	if _, err := beside.VerifyErased(root, beside.Key); gov.ReasonOf(err) != "BAD_PROOF" {
		t.Errorf("of a key beside it: %v", err)
	}
	leaf := pr.Steps[len(pr.Steps)-1]
	at := slices.IndexFunc(leaf.Shown, func(e ProofEntry) bool { return e.Erased })
	for name, bad := range mutations(pr) {
		if hash, err := bad.VerifyErased(root, pr.Key); err == nil && (name != fmt.Sprintf("step %d entry %d erased", len(pr.Steps)-1, at) || hash != was.Hash) {
			t.Errorf("%s: accepted", name)
		}
	}
}
