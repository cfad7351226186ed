package tree

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

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
func (c *corpus) edits(seed uint64, n int) []Edit {
	r := rand.New(rand.NewPCG(seed, 2))
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
