package measure

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// A Spill keeps what does not fit in memory while indexes are made. It is safe
// for concurrent use.
type Spill interface {
	io.ReaderAt
	// Append keeps b, which is the caller's again, and says where.
	Append(b []byte) (at int64, err error)
}

// A Gathering takes from records what some indexes need of them. It is for one
// goroutine, but several may gather different records for the same indexes.
type Gathering struct {
	*Indexes
	heaps []*heap
	puts  []func(key, load []byte)
	sign  int32
}

// Gather begins to gather from records of a version that has so many.
func (x *Indexes) Gather(records uint64) *Gathering { return x.gather(pageBits(records), records) }

// gather begins to gather for piles of 2^bits pages, from about so many records.
func (x *Indexes) gather(bits uint, records uint64) *Gathering {
	g := &Gathering{Indexes: x, sign: +1}
	for _, ix := range x.indexes {
		h := &heap{spill: x.spill, bits: min(bits, bucketBits), room: min(int(records/buckets)*64, chunkSize)}
		g.heaps = append(g.heaps, h)
		g.puts = append(g.puts, func(key, load []byte) { h.put(ix.hash(key), key, load, g.sign) })
	}
	return g
}

// add takes from a record as it comes (+1), or as it goes (-1).
func (g *Gathering) add(r *Row, sign int32) error {
	g.sign = sign
	for i, ix := range g.indexes {
		ix.put(r, g.puts[i])
		if h := g.heaps[i]; h.failed != nil {
			return h.failed
		}
	}
	return nil
}

// A heap is changes to a pile on their way there, in buckets by the first bits
// of their hash, so that those of a bucket belong on pages next to each other.
// A bucket goes to the spill a chunk at a time: of a million records and of a
// hundred million the same part is in memory.
type heap struct {
	spill  Spill // nil: there is none, all stays in memory
	bits   uint  // of the hash that tell buckets apart: a page has all its changes in one
	room   int   // that a bucket is given at once
	open   [buckets][]byte
	full   [buckets][]chunk
	recent [256]struct{ bucket, chunk, at uint32 } // where changes were put of late, by hash; at is one more
	count  int                                     // of changes
	failed error
}

const (
	bucketBits = 8
	buckets    = 1 << bucketBits
	chunkSize  = 32 << 10
)

// A chunk is changes that are complete, in the spill or in memory.
type chunk struct {
	at   int64
	size int
	held []byte
}

// A change is written as
//
//	u32 hash | i32 n | u16 length of key | u16 length of load | key | load
//
// and adds n, which may be negative, to the count of an item.
const changeHead = 12

// put adds a change. Records near each other often put the same.
func (h *heap) put(hash uint32, key, load []byte, n int32) {
	bucket := uint32(uint64(hash) >> (32 - h.bits))
	size := changeHead + len(key) + len(load)
	if b := h.open[bucket]; len(b) > 0 && len(b)+size > chunkSize {
		h.close(bucket)
	}
	b, number := h.open[bucket], uint32(len(h.full[bucket]))
	slot := &h.recent[(hash^uint32(len(load)))%uint32(len(h.recent))]
	if slot.at > 0 && slot.bucket == bucket && slot.chunk == number && isOf(b[slot.at-1:], hash, key, load) {
		counted := b[slot.at+3:]
		binary.LittleEndian.PutUint32(counted, binary.LittleEndian.Uint32(counted)+uint32(n))
		return
	}
	slot.bucket, slot.chunk, slot.at = bucket, number, uint32(len(b))+1
	h.count++
	if b == nil {
		b = make([]byte, 0, max(h.room, size))
	}
	b = binary.LittleEndian.AppendUint32(b, hash)
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(key)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(load)))
	h.open[bucket] = append(append(b, key...), load...)
}

// isOf reports whether a change is one of that item.
func isOf(b []byte, hash uint32, key, load []byte) bool {
	if binary.LittleEndian.Uint32(b) != hash || int(binary.LittleEndian.Uint16(b[8:])) != len(key) || int(binary.LittleEndian.Uint16(b[10:])) != len(load) {
		return false
	}
	b = b[changeHead:]
	return bytes.Equal(b[:len(key)], key) && bytes.Equal(b[len(key):][:len(load)], load)
}

// close ends the chunk that a bucket is filling.
func (h *heap) close(bucket uint32) {
	b := h.open[bucket]
	c := chunk{size: len(b)}
	if h.spill == nil {
		c.held, h.open[bucket] = b, nil
	} else {
		if c.at, h.failed = h.spill.Append(b); h.failed != nil {
			return
		}
		h.open[bucket] = b[:0]
	}
	h.full[bucket] = append(h.full[bucket], c)
}

// A change is one in memory: its place in the bytes of its bucket.
type change struct {
	head       uint64 // the first bytes of the key: most comparisons end here
	page       uint32 // the hash of the key
	at         uint32 // where in bytes key and load are
	keys, load uint16 // their lengths
	n          int32
}

// A bucket is changes in memory, to be sorted and applied.
type bucket struct {
	bytes   []byte
	changes []change
	sorted  []change
	order   []uint64
}

func (b *bucket) key(c *change) []byte {
	return b.bytes[c.at : c.at+uint32(c.keys) : c.at+uint32(c.keys)]
}

func (b *bucket) loadOf(c *change) []byte {
	from := c.at + uint32(c.keys)
	return b.bytes[from : from+uint32(c.load) : from+uint32(c.load)]
}

// maxBucket is how many bytes of a bucket are in memory at once. A test lowers it.
var maxBucket = 32 << 20

// take moves a bucket of the heaps into memory, or a part of it if it is too
// large: then more is left.
func (b *bucket) take(heaps []*heap, number int) (more bool, err error) {
	b.bytes, b.changes = b.bytes[:0], b.changes[:0]
	more, err = b.join(heaps, number)
	b.parse()
	return more, err
}

// takeAll moves all buckets of a heap with few changes into memory.
func (b *bucket) takeAll(h *heap) error {
	for number := range buckets {
		if _, err := b.join([]*heap{h}, number); err != nil {
			return err
		}
	}
	b.parse()
	return nil
}

// join appends a bucket of the heaps, or a part of it.
func (b *bucket) join(heaps []*heap, number int) (more bool, err error) {
	for _, h := range heaps {
		for len(h.full[number]) > 0 && len(b.bytes) < maxBucket {
			if err := b.read(h, h.full[number][0]); err != nil {
				return false, err
			}
			h.full[number] = h.full[number][1:]
		}
		if len(h.full[number]) > 0 {
			more = true
			continue
		}
		b.bytes = append(b.bytes, h.open[number]...)
		h.open[number] = nil
	}
	return more, nil
}

// read appends a chunk.
func (b *bucket) read(h *heap, c chunk) error {
	if c.held != nil {
		b.bytes = append(b.bytes, c.held...)
		return nil
	}
	n := len(b.bytes)
	b.bytes = slices.Grow(b.bytes, c.size)[:n+c.size]
	_, err := h.spill.ReadAt(b.bytes[n:], c.at)
	return err
}

// parse finds the changes.
func (b *bucket) parse() {
	for at := 0; at < len(b.bytes); {
		rest := b.bytes[at:]
		c := change{
			page: binary.LittleEndian.Uint32(rest), n: int32(binary.LittleEndian.Uint32(rest[4:])),
			keys: binary.LittleEndian.Uint16(rest[8:]), load: binary.LittleEndian.Uint16(rest[10:]), at: uint32(at + changeHead),
		}
		at += changeHead + int(c.keys) + int(c.load)
		if key := b.key(&c); len(key) >= 8 {
			c.head = binary.BigEndian.Uint64(key)
		} else {
			var head [8]byte
			copy(head[:], key)
			c.head = binary.BigEndian.Uint64(head[:])
		}
		b.changes = append(b.changes, c)
	}
}

// sort orders the changes by page, key and load, where the page is so many bits
// of the hash, the first of which all share: first by counting, then each page by
// itself.
func (b *bucket) sort(bits, shared uint) {
	next := make([]int, 1<<(bits-shared)+1)
	within := func(c *change) uint64 { return uint64(c.page<<shared) >> (32 - (bits - shared)) }
	for i := range b.changes {
		next[within(&b.changes[i])+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	b.sorted = slices.Grow(b.sorted[:0], len(b.changes))[:len(b.changes)]
	for i := range b.changes {
		at := &next[within(&b.changes[i])]
		b.sorted[*at] = b.changes[i]
		*at++
	}
	b.changes, b.sorted = b.sorted, b.changes
	from := 0
	for _, to := range next[:len(next)-1] {
		b.sortPage(b.changes[from:to], b.sorted[from:to])
		from = to
	}
}

// sortPage sorts the changes of a page, for which there is as much room to move
// them: by the heads of their keys, as numbers, and what is equal there one by
// one.
func (b *bucket) sortPage(page, room []change) {
	const places = 1<<16 - 1 // a number holds the head but for its last bits, and the place
	if len(page) > places {
		slices.SortFunc(page, b.compare)
		return
	}
	b.order = b.order[:0]
	for i := range page {
		b.order = append(b.order, page[i].head&^places|uint64(i))
	}
	slices.Sort(b.order)
	for i, word := range b.order {
		room[i] = page[word&places]
	}
	copy(page, room)
	for from := 0; from < len(page); {
		to := from + 1
		for to < len(page) && b.order[to]&^places == b.order[from]&^places {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(page[from:to], b.compare)
		}
		from = to
	}
}

func (b *bucket) compare(x, y change) int {
	switch {
	case x.head < y.head:
		return -1
	case x.head > y.head:
		return 1
	}
	if order := bytes.Compare(b.key(&x), b.key(&y)); order != 0 {
		return order
	}
	return bytes.Compare(b.loadOf(&x), b.loadOf(&y))
}
