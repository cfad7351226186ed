package tree

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"

	"govd/internal/gov"
)

// A shelf is a Source and a Sink in memory that counts and checks its callers.
type shelf struct {
	tb     testing.TB
	nodes  map[gov.Digest][]byte
	reads  int
	writes int // PutNode calls
	fresh  int // of nodes that were not there
}

func newShelf(tb testing.TB) *shelf { return &shelf{tb: tb, nodes: map[gov.Digest][]byte{}} }

func (s *shelf) Node(id gov.Digest) ([]byte, error) {
	s.reads++
	if f, ok := s.nodes[id]; ok {
		return f, nil
	}
	return nil, gov.Errorf(gov.Internal, "NO_NODE", "no node %s", id.Short())
}

func (s *shelf) PutNode(id gov.Digest, frame []byte) error {
	s.writes++
	if _, ok := s.nodes[id]; ok {
		return nil
	}
	s.fresh++
	s.nodes[id] = frame
	return nil
}

// count returns the nodes read and written by f.
func (s *shelf) count(f func()) (reads, writes int) {
	r, w := s.reads, s.writes
	f()
	return s.reads - r, s.writes - w
}

// A model is what a tree must hold.
type model map[string]string

func (m model) keys() []string { return slices.Sorted(maps.Keys(m)) }

func (m model) edit(edits []Edit) model {
	m = maps.Clone(m)
	if m == nil {
		m = model{}
	}
	for _, e := range edits {
		if e.Delete {
			delete(m, string(e.Key))
		} else {
			m[string(e.Key)] = string(e.Value)
		}
	}
	return m
}

func (m model) build(tb testing.TB, p *Params, to Sink) gov.Tree {
	tb.Helper()
	b := NewBuilder(p, to)
	for _, k := range m.keys() {
		if err := b.Add([]byte(k), []byte(m[k])); err != nil {
			tb.Fatal(err)
		}
	}
	t, err := b.Finish()
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// stream yields edits from one buffer, so that who keeps a slice is found out.
func stream(edits []Edit) iter.Seq2[Edit, error] {
	return func(yield func(Edit, error) bool) {
		var key, value []byte
		for _, e := range edits {
			key, value = append(key[:0], e.Key...), append(value[:0], e.Value...)
			if !yield(Edit{key, value, e.Delete}, nil) {
				return
			}
			clear(key)
			clear(value)
		}
	}
}

func (s *shelf) mutate(p *Params, root gov.Tree, edits ...Edit) gov.Tree {
	s.tb.Helper()
	t, err := Mutate(p, s, s, root, stream(edits))
	if err != nil {
		s.tb.Fatal(err)
	}
	return t
}

func put(key, value string) Edit { return Edit{Key: []byte(key), Value: []byte(value)} }
func del(key string) Edit        { return Edit{Key: []byte(key), Delete: true} }

// tiny returns parameters that give high trees of few records.
func tiny(salt byte) *Params { return newParams([16]byte{salt}, 64, 16, 256, 2) }

// numbered returns n records of about 20 bytes.
func numbered(n int) model {
	m := model{}
	for i := range n {
		m[fmt.Sprintf("key/%05d", i)] = fmt.Sprintf("value %d", i*7)
	}
	return m
}

func collect(tb testing.TB, from Source, t gov.Tree) model {
	tb.Helper()
	m := model{}
	var last []byte
	for e, err := range Range(from, t, nil, nil) {
		if err != nil {
			tb.Fatal(err)
		}
		if last != nil && bytes.Compare(last, e.Key) >= 0 {
			tb.Fatalf("key %q after %q", e.Key, last)
		}
		last = append(last[:0], e.Key...)
		m[string(e.Key)] = string(e.Value)
	}
	return m
}
