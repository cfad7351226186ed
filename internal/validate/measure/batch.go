package measure

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// A batch is changes to a pile, collected in one piece of memory.
type batch struct {
	bytes   []byte
	changes []change
	recent  [256]uint32 // where in changes keys were put of late, by hash
}

// A change adds n, which may be negative, to the count of an item.
type change struct {
	head       uint64 // the first bytes of the key: most comparisons end here
	page       uint32 // the hash of the key
	at         uint32 // where in bytes key and load are
	keys, load uint16 // their lengths
	n          int32
}

func (b *batch) key(c *change) []byte {
	return b.bytes[c.at : c.at+uint32(c.keys) : c.at+uint32(c.keys)]
}

func (b *batch) loadOf(c *change) []byte {
	from := c.at + uint32(c.keys)
	return b.bytes[from : from+uint32(c.load) : from+uint32(c.load)]
}

// put adds a change. Records near each other often put the same.
func (b *batch) put(hash uint32, key, load []byte, n int32) {
	slot := &b.recent[(hash^uint32(len(load)))%uint32(len(b.recent))]
	if int(*slot) < len(b.changes) {
		c := &b.changes[*slot]
		if c.page == hash && bytes.Equal(b.key(c), key) && bytes.Equal(b.loadOf(c), load) {
			c.n += n
			return
		}
	}
	*slot = uint32(len(b.changes))
	c := change{page: hash, at: uint32(len(b.bytes)), keys: uint16(len(key)), load: uint16(len(load)), n: n}
	var head [8]byte
	copy(head[:], key)
	c.head = binary.BigEndian.Uint64(head[:])
	b.changes = append(b.changes, c)
	b.bytes = append(append(b.bytes, key...), load...)
}

// size returns how many bytes of memory the batch takes, sorting included.
func (b *batch) size() int { return len(b.bytes) + 2*24*len(b.changes) }

// expect makes room for so many records, as far as a batch goes.
func (b *batch) expect(records uint64) {
	n := int(min(records, batchSize/64))
	b.bytes, b.changes = make([]byte, 0, n*64), make([]change, 0, n)
}

func (b *batch) reset() { b.bytes, b.changes = b.bytes[:0], b.changes[:0] }

// sort orders the changes by page, key and load, where the page is so many bits
// of the hash: first by counting, then each page by itself.
func (b *batch) sort(bits uint) {
	next := make([]int, 1<<bits+1)
	for i := range b.changes {
		next[uint64(b.changes[i].page)>>(32-bits)+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	sorted := make([]change, len(b.changes))
	for _, c := range b.changes {
		at := &next[uint64(c.page)>>(32-bits)]
		sorted[*at] = c
		*at++
	}
	b.changes = sorted
	from := 0
	for _, to := range next[:len(next)-1] {
		slices.SortFunc(sorted[from:to], b.compare)
		from = to
	}
}

func (b *batch) compare(x, y change) int {
	if x.head != y.head {
		return cmp.Compare(x.head, y.head)
	}
	if order := bytes.Compare(b.key(&x), b.key(&y)); order != 0 {
		return order
	}
	return bytes.Compare(b.loadOf(&x), b.loadOf(&y))
}
