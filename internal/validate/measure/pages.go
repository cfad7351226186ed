package measure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"

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

// Pages are numbered, and kept in a tree: few large values are hashed sooner than
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
	bits   uint
	hash   func(key []byte) uint32
	signed bool // counts may be negative
}

// Sizes of pages.
const (
	pageItems = 256      // on a page when the index is built
	maxBits   = 20       // 2^maxBits pages at most
	partSize  = 48 << 10 // bytes of a part
	maxParts  = 1<<16 - 1
	partsLen  = 2 // bytes before the first part's
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

// group returns the items of a key. They are parts of the tree's nodes.
func (p *pile) group(key []byte) ([]item, error) {
	b, err := p.load(p.page(key))
	if err != nil {
		return nil, err
	}
	return groupOf(b, key)
}

// groupOf returns the items of a key on a page.
func groupOf(page, key []byte) (group []item, err error) {
	d := decoder{b: page}
	for len(d.b) > 0 {
		it := item{d.bytes(), d.bytes(), d.uvarint()}
		switch order := bytes.Compare(it.key, key); {
		case order == 0:
			group = append(group, it)
		case order > 0:
			return group, nil
		}
	}
	return group, d.end()
}

// A pageReader loads pages whose numbers ascend.
type pageReader struct {
	tree  *tree.Reader
	page  uint32
	bytes []byte
	any   bool // a page is loaded
}

func (p *pages) reader(from tree.Source) (*pageReader, error) {
	r, err := tree.NewReader(from, p.root)
	return &pageReader{tree: r}, err
}

// load returns the bytes of a page; nil if it has none.
func (r *pageReader) load(page uint32) ([]byte, error) {
	if r.any && r.page == page {
		return r.bytes, nil
	}
	r.any, r.page = true, page
	first, _, err := r.tree.Get(partKey(page, 0))
	if err != nil {
		return nil, err
	}
	parts, all := cutParts(first)
	for part := 1; part < parts; part++ {
		b, _, err := r.tree.Get(partKey(page, part))
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	r.bytes = all
	return all, nil
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
