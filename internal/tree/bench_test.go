package tree

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"govd/internal/gov"
)

// A corpus is n records of a 28-byte key and a 142-byte value.
type corpus struct {
	keys   [][]byte
	values [][]byte
}

func newCorpus(n int) *corpus {
	c := &corpus{}
	r := rand.NewChaCha8([32]byte{1})
	for i := range n {
		value := make([]byte, 142)
		r.Read(value)
		c.keys = append(c.keys, fmt.Appendf(nil, "train/subject-%03d/%07d.jpg", i/5000, i)[:28])
		c.values = append(c.values, value)
	}
	return c
}

func (c *corpus) build(t tb, p *Params, to Sink) gov.Tree {
	b := NewBuilder(p, to)
	for i, k := range c.keys {
		must(t, b.Add(k, c.values[i]))
	}
	root, err := b.Finish()
	must(t, err)
	return root
}

// edits returns n random edits of existing records, the value changed.
func (c *corpus) edits(n int) []Edit {
	r := rand.New(rand.NewPCG(1, 2))
	pick := map[int]bool{}
	for len(pick) < n {
		pick[r.IntN(len(c.keys))] = true
	}
	var es []Edit
	for i, k := range c.keys {
		if pick[i] {
			v := append([]byte{}, c.values[i]...)
			binary.BigEndian.PutUint64(v, r.Uint64())
			es = append(es, Edit{Key: k, Value: v})
		}
	}
	return es
}

const million = 1_000_000

// benchTrees returns a tree of a million records and one with 1,000 edits more.
func benchTrees(b *testing.B) (p *Params, s *shelf, c *corpus, root, edited gov.Tree) {
	p, s, c = NewParams([16]byte{7}), newShelf(b), newCorpus(million)
	root = c.build(b, p, s)
	return p, s, c, root, s.mutate(p, root, c.edits(1000)...)
}

func BenchmarkBuild(b *testing.B) {
	p, c := NewParams([16]byte{7}), newCorpus(million)
	b.ReportAllocs()
	for b.Loop() {
		c.build(b, p, newShelf(b))
	}
}

func BenchmarkMutate1000(b *testing.B) {
	p, s, c, root, _ := benchTrees(b)
	edits := c.edits(1000)
	b.ReportAllocs()
	for b.Loop() {
		s.mutate(p, root, edits...)
	}
}

func BenchmarkDiff1000(b *testing.B) {
	_, s, _, root, edited := benchTrees(b)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range Diff(s, root, edited) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 1000 {
			b.Fatalf("%d changes", n)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	p, s, c, root, left := benchTrees(b)
	other := newCorpus(0)
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		i := r.IntN(million/1000)*1000 + len(other.keys)%1000
		_ = i
		other.keys = append(other.keys, c.keys[len(other.keys)*1000+500])
	}
	var es []Edit
	for _, k := range other.keys {
		es = append(es, Edit{Key: k, Value: []byte("right")})
	}
	right := s.mutate(p, root, es...)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Merge(p, s, s, root, left, right); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	_, s, c, root, _ := benchTrees(b)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Get(s, root, c.keys[r.IntN(million)]); err != nil {
			b.Fatal(err)
		}
	}
}
