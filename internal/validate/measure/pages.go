package measure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/tree"
)

// Nodes keeps the trees of indexes, as it does those of versions: they are
// garbage once no Indexed refers to them.
type Nodes interface {
	tree.Source
	tree.Sink
}

// An item says that a load comes so often under a key.
type item struct {
	key, load []byte
	count     uint64
}

func (a *item) compare(b *item) int {
	if order := bytes.Compare(a.key, b.key); order != 0 {
		return order
	}
	return bytes.Compare(a.load, b.load)
}

// A pages keeps numbered pages in a tree: few large values are hashed sooner than
// many small ones, and an edit rewrites few. A page is one or more values of the
// tree, since a value is bounded:
//
//	u32 page | u16 part   →   the part's bytes; the first begins with u16 parts
type pages struct {
	params *tree.Params
	nodes  Nodes
	root   gov.Tree
}

// A pile is a multiset of items, spread over 2^bits pages by the hash of their
// key. The items of a page are in order, each its key, its load (both after
// their length) and its count.
type pile struct {
	pages
	bits  uint
	hash  func(key []byte) uint32
	cache map[uint32][]item // pages read of late
}

// Sizes of pages.
const (
	pageItems = 256      // on a page when the index is built
	maxBits   = 20       // 2^maxBits pages at most
	partSize  = 48 << 10 // bytes of a part
	maxParts  = 1<<16 - 1
	partsLen  = 2   // bytes before the first part's
	cached    = 512 // pages kept while reading
)

// pageBits returns how many pages, as a power of two, so many items take.
func pageBits(items uint64) (bits uint) {
	for bits < maxBits && items>>bits > pageItems {
		bits++
	}
	return bits
}

// spread hashes keys that strangers choose, by Fowler, Noll and Vo's FNV-1a with
// Appleby's mix after it. Who aims at one page makes that one slow.
func spread(key []byte) uint32 {
	h := uint64(14695981039346656037)
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	return uint32(h >> 32)
}

func (p *pile) page(key []byte) uint32 { return uint32(uint64(p.hash(key)) >> (32 - p.bits)) }

func partKey(page uint32, part int) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(nil, page), uint16(part))
}

// read returns the items of a page. They are valid as long as the frames of the
// nodes.
func (p *pile) read(page uint32) ([]item, error) {
	if items, known := p.cache[page]; known {
		return items, nil
	}
	b, err := p.load(page)
	if err != nil {
		return nil, err
	}
	items, err := decodePage(nil, b)
	if len(p.cache) >= cached || p.cache == nil {
		p.cache = map[uint32][]item{}
	}
	p.cache[page] = items
	return items, err
}

// load returns the bytes of a page; nil if it has none.
func (p *pages) load(page uint32) ([]byte, error) {
	if p.root.Records == 0 {
		return nil, nil
	}
	first, err := tree.Get(p.nodes, p.root, partKey(page, 0))
	if errors.Is(err, gov.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parts, all := cutParts(first)
	for part := 1; part < parts; part++ {
		b, err := tree.Get(p.nodes, p.root, partKey(page, part))
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}

// cutParts takes a page's number of parts off its first value. What is appended
// to the rest does not overwrite the value.
func cutParts(value []byte) (parts int, rest []byte) {
	if len(value) < partsLen {
		return 0, nil
	}
	return int(binary.BigEndian.Uint16(value)), value[partsLen:len(value):len(value)]
}

// decodePage appends the items of a page. They are parts of it.
func decodePage(items []item, b []byte) ([]item, error) {
	d := decoder{b: b}
	for len(d.b) > 0 {
		items = append(items, item{d.bytes(), d.bytes(), d.uvarint()})
	}
	return items, d.end()
}

// group returns the items of a key.
func (p *pile) group(key []byte) ([]item, error) {
	items, err := p.read(p.page(key))
	if err != nil {
		return nil, err
	}
	lo, _ := slices.BinarySearchFunc(items, key, func(it item, key []byte) int { return bytes.Compare(it.key, key) })
	if lo == len(items) || !bytes.Equal(items[lo].key, key) {
		return nil, nil
	}
	return items[lo : lo+sameKey(items[lo:])], nil
}

// all yields the bytes of every page, by number.
func (p *pages) all() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var page []byte
		left := 0 // parts of the page to come
		for c, err := range tree.Diff(p.nodes, gov.Tree{}, p.root) {
			if err != nil {
				yield(nil, err)
				return
			}
			if left == 0 {
				left, page = cutParts(c.To)
			} else {
				page = append(page, c.To...)
			}
			if left--; left > 0 {
				continue
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// groups yields the items of every key, always in the same order. They are
// valid until the next.
func (p *pile) groups() iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		var items []item
		for page, err := range p.all() {
			if err == nil {
				items, err = decodePage(items[:0], page)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for rest := items; len(rest) > 0; {
				n := sameKey(rest)
				if !yield(rest[:n], nil) {
					return
				}
				rest = rest[n:]
			}
		}
	}
}

// sameKey returns how many items have the key of the first.
func sameKey(items []item) (n int) {
	for n < len(items) && bytes.Equal(items[n].key, items[0].key) {
		n++
	}
	return n
}

// apply makes changes and returns the pile after them. It calls touched for
// every key that is among them, with its items before and after, by page and
// key.
func (p *pile) apply(changes *batch, touched func(old, now []item)) (*pile, error) {
	a := application{pile: p, batch: changes, touched: touched}
	root, err := tree.Mutate(p.params, p.nodes, p.nodes, p.root, a.edits)
	if err != nil {
		return nil, err
	}
	after := *p
	after.root, after.cache = root, nil
	return &after, nil
}

// An application is one run of apply.
type application struct {
	*pile
	*batch
	touched func(old, now []item)
	value   []byte
	items   []item // of the page as it was
}

// edits yields the edits of the tree, page by page.
func (a *application) edits(yield func(tree.Edit, error) bool) {
	a.sort(a.bits)
	for at := 0; at < len(a.changes); {
		page, from := a.changes[at].page>>(32-a.bits), at
		for at < len(a.changes) && a.changes[at].page>>(32-a.bits) == page {
			at++
		}
		b, err := a.load(uint32(page))
		if err == nil {
			if a.items, err = decodePage(a.items[:0], b); err == nil {
				a.merge(a.items, a.changes[from:at])
			}
		}
		if err != nil {
			yield(tree.Edit{}, err)
			return
		}
		if !writePage(uint32(page), a.value, len(b), yield) {
			return
		}
	}
}

// merge makes a page's new bytes of its items and changes to them.
func (a *application) merge(old []item, changes []change) {
	a.value = append(a.value[:0], 0, 0)
	var was, now []item
	for len(old) > 0 || len(changes) > 0 {
		key := a.first(old, changes)
		was, now = was[:0], now[:0]
		touched := false
		for len(old) > 0 && bytes.Equal(old[0].key, key) {
			was, old = append(was, old[0]), old[1:]
		}
		rest := was
		for len(changes) > 0 && bytes.Equal(a.key(&changes[0]), key) {
			touched = true
			var it item
			it, changes = a.next(changes)
			for len(rest) > 0 && bytes.Compare(rest[0].load, it.load) < 0 {
				now, rest = append(now, rest[0]), rest[1:]
			}
			if len(rest) > 0 && bytes.Equal(rest[0].load, it.load) {
				it.count, rest = it.count+rest[0].count, rest[1:]
			}
			if int64(it.count) > 0 {
				now = append(now, it)
			}
		}
		now = append(now, rest...)
		if touched {
			a.touched(was, now)
		}
		for i := range now {
			a.value = appendString(appendString(a.value, now[i].key), now[i].load)
			a.value = binary.AppendUvarint(a.value, now[i].count)
		}
	}
}

// first returns the smaller of the keys that come next.
func (a *application) first(old []item, changes []change) []byte {
	if len(changes) == 0 {
		return old[0].key
	}
	key := a.key(&changes[0])
	if len(old) > 0 && bytes.Compare(old[0].key, key) < 0 {
		return old[0].key
	}
	return key
}

// next sums the changes of one key and load up: its count may be negative.
func (a *application) next(changes []change) (item, []change) {
	c := &changes[0]
	it := item{key: a.key(c), load: a.loadOf(c)}
	for it.count = uint64(int64(c.n)); ; it.count += uint64(int64(c.n)) {
		if changes = changes[1:]; len(changes) == 0 || changes[0].head != c.head {
			return it, changes
		}
		c = &changes[0]
		if !bytes.Equal(a.key(c), it.key) || !bytes.Equal(a.loadOf(c), it.load) {
			return it, changes
		}
	}
}

// writePage yields the edits that make value the page's, after room for the
// number of parts, where it had so many bytes.
func writePage(page uint32, value []byte, had int, yield func(tree.Edit, error) bool) bool {
	parts, before := partsOf(len(value)-partsLen), partsOf(had)
	if parts > maxParts {
		yield(tree.Edit{}, gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "an index has too many records under one key"))
		return false
	}
	binary.BigEndian.PutUint16(value, uint16(parts))
	first := partsLen
	for part := range max(parts, before) {
		e := tree.Edit{Key: partKey(page, part), Delete: part >= parts}
		if !e.Delete {
			n := min(len(value), partSize+first)
			e.Value, value, first = value[:n], value[n:], 0
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

func partsOf(size int) int { return (size + partSize - 1) / partSize }
