package fsck

import (
	"bytes"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
)

// outputs checks that the outputs of each batch are those that its root commits
// to, and that the index finds each of them by its digest, and nothing else.
func (c *checker) outputs() error {
	return c.view(func(tx *store.Tx) error {
		found := map[uint64]*bitmap{} // by batch: what the index finds
		for b, err := range tx.AllBatches() {
			if err != nil {
				return err
			}
			found[b.Number] = newBitmap(min(b.Count, gov.MaxBatch))
			if err := c.batch(tx, b); err != nil {
				c.report("batch %d: %v", b.Number, err)
			}
		}
		for place, prefix := range tx.IndexedOutputs() {
			c.indexed(tx, found[place.Batch], place, prefix)
		}
		for number, f := range found {
			if missing := f.missing(); missing > 0 {
				c.report("batch %d: %d of its outputs are not found by their digests", number, missing)
			}
		}
		return nil
	})
}

// batch checks a batch against its outputs.
func (c *checker) batch(tx *store.Tx, b gov.Batch) error {
	var leaves []gov.Digest
	for o, err := range tx.Outputs(b.Number, 0) {
		if err != nil {
			return err
		}
		leaves = append(leaves, audit.LeafHash(trail.OutputLeaf(o.Digest, o.Name)))
	}
	c.sum.Outputs += uint64(len(leaves))
	if uint64(len(leaves)) != b.Count {
		c.report("batch %d: it has %d outputs, and says %d", b.Number, len(leaves), b.Count)
	}
	if root := trail.OutputsRoot(leaves); root != b.Root {
		c.report("batch %d: its outputs have the root %v, and it says %v", b.Number, root, b.Root)
	}
	return nil
}

// indexed checks an entry of the index against the output that it leads to.
func (c *checker) indexed(tx *store.Tx, found *bitmap, p gov.OutputPlace, prefix []byte) {
	if found == nil || !found.set(uint64(p.Index)) {
		c.report("index of outputs: it finds output %d of batch %d, which is not there or was found before", p.Index, p.Batch)
		return
	}
	o, err := tx.Output(p)
	if err != nil || !bytes.HasPrefix(o.Digest[:], prefix) {
		c.report("index of outputs: output %d of batch %d is found by another digest than its own (%v)", p.Index, p.Batch, err)
	}
}

// A bitmap is a set of numbers below a size.
type bitmap struct {
	size, in uint64
	bits     []uint64
}

func newBitmap(size uint64) *bitmap { return &bitmap{size: size, bits: make([]uint64, (size+63)/64)} }

// set adds n, and reports whether it belongs there and was not there yet.
func (b *bitmap) set(n uint64) bool {
	if n >= b.size || b.bits[n/64]>>(n%64)&1 == 1 {
		return false
	}
	b.bits[n/64] |= 1 << (n % 64)
	b.in++
	return true
}

func (b *bitmap) missing() uint64 { return b.size - b.in }
