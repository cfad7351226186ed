package tree

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// tb is what *testing.T, *testing.B and *rapid.T share.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// A shelf is a Source and a Sink in memory that counts and checks its callers.
type shelf struct {
	tb     tb
	nodes  map[gov.Digest][]byte
	reads  int
	writes int // PutNode calls
	fresh  int // of nodes that were not there
}

func newShelf(t tb) *shelf { return &shelf{tb: t, nodes: map[gov.Digest][]byte{}} }

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

func (m model) build(t tb, p *Params, to Sink) gov.Tree {
	t.Helper()
	b := NewBuilder(p, to)
	for _, k := range m.keys() {
		must(t, b.Add([]byte(k), []byte(m[k])))
	}
	root, err := b.Finish()
	must(t, err)
	return root
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
	root, err := Mutate(p, s, s, root, stream(edits))
	must(s.tb, err)
	return root
}

func put(key, value string) Edit { return Edit{Key: []byte(key), Value: []byte(value)} }
func del(key string) Edit        { return Edit{Key: []byte(key), Delete: true} }

// tiny returns parameters that give high trees of few records.
func tiny(salt byte) *Params { return newParams([16]byte{salt}, 64, 16, 256, 2) }

// numbered returns n records of about 20 bytes.
func numbered(n int) model {
	m := model{}
	for i := range n {
		m[fmt.Sprintf("1%04d", i)] = fmt.Sprintf("value %d", i*7)
	}
	return m
}

// drawKey draws from few keys of uneven length, so that edits collide, share
// prefixes and make nodes of all sizes.
var drawKey = rapid.Custom(func(t *rapid.T) string {
	n := rapid.IntRange(0, 400).Draw(t, "n")
	k := fmt.Sprintf("%03d", n)
	if n%7 == 0 {
		k += "/a-longer-tail-of-the-key"
	}
	return k[:max(1, len(k)-n%3)]
})

var drawValue = rapid.Custom(func(t *rapid.T) string {
	b := rapid.Byte().Draw(t, "b")
	return fmt.Sprintf("%0*d", rapid.SampledFrom([]int{0, 1, 8, 8, 8, 30, 90, 300}).Draw(t, "len"), b)
})

// drawEdits draws sorted edits, now and then the removal of a whole range.
var drawEdits = rapid.Custom(func(t *rapid.T) []Edit {
	m := map[string]Edit{}
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 3, 8, 40}).Draw(t, "edits") {
		k := drawKey.Draw(t, "key")
		if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
			m[k] = del(k)
		} else {
			m[k] = put(k, drawValue.Draw(t, "value"))
		}
	}
	if rapid.IntRange(0, 7).Draw(t, "range") == 0 {
		lo := rapid.IntRange(0, 400).Draw(t, "lo")
		for i := lo; i < lo+150; i++ {
			m[fmt.Sprintf("%03d", i)] = del(fmt.Sprintf("%03d", i))
		}
	}
	var es []Edit
	for _, k := range slices.Sorted(maps.Keys(m)) {
		es = append(es, m[k])
	}
	return es
})

// drawModel draws the records of a tree of up to some hundred nodes.
var drawModel = rapid.Custom(func(t *rapid.T) model {
	m := model{}
	if rapid.Bool().Draw(t, "large") {
		m = numbered(rapid.IntRange(0, 300).Draw(t, "numbered"))
	}
	for range rapid.IntRange(0, 6).Draw(t, "batches") {
		m = m.edit(drawEdits.Draw(t, "edits"))
	}
	return m
})
