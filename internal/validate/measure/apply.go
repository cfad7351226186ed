package measure

import (
	"bytes"
	"encoding/binary"

	"govd/internal/gov"
	"govd/internal/tree"
)

// apply makes the changes of heaps, which it empties, and returns the pile after
// them. It calls touched for every key that is among them, with its items before
// and after, by page and key.
func (p *pile) apply(heaps []*heap, touched func(old, now []item)) (*pile, error) {
	after := *p
	for more := true; more; {
		had, err := after.reader(p.nodes)
		if err != nil {
			return nil, err
		}
		a := application{pile: &after, heaps: heaps, had: had, touched: touched}
		root, err := tree.Mutate(p.params, p.nodes, p.nodes, after.root, a.edits)
		if err != nil {
			return nil, err
		}
		after.root, more = root, a.more
	}
	return &after, nil
}

// applyFew is apply for changes that are in memory.
func (p *pile) applyFew(changes *bucket, touched func(old, now []item)) (*pile, error) {
	after := *p
	had, err := p.reader(p.nodes)
	if err != nil {
		return nil, err
	}
	a := application{pile: &after, bucket: *changes, had: had, touched: touched}
	a.sort(p.bits, 0)
	root, err := tree.Mutate(p.params, p.nodes, p.nodes, p.root, func(yield func(tree.Edit, error) bool) { a.inMemory(yield) })
	after.root = root
	return &after, err
}

// An application is one run over all buckets. It leaves what is too much of a
// bucket to the next.
type application struct {
	*pile
	bucket
	heaps    []*heap
	had      *pageReader
	touched  func(old, now []item)
	more     bool
	value    []byte
	items    []item // of the page as it was
	was, now []item // of a key
}

// edits yields the edits of the tree, page by page.
func (a *application) edits(yield func(tree.Edit, error) bool) {
	for n := range 1 << min(a.bits, bucketBits) {
		more, err := a.take(a.heaps, n)
		if err != nil {
			yield(tree.Edit{}, err)
			return
		}
		a.more = a.more || more
		if a.sort(a.bits, min(a.bits, bucketBits)); !a.inMemory(yield) {
			return
		}
	}
}

// inMemory yields the edits of the bucket in memory.
func (a *application) inMemory(yield func(tree.Edit, error) bool) bool {
	for at := 0; at < len(a.changes); {
		page, from := uint64(a.changes[at].page)>>(32-a.bits), at
		for at < len(a.changes) && uint64(a.changes[at].page)>>(32-a.bits) == page {
			at++
		}
		b, err := a.had.load(uint32(page))
		if err == nil {
			if a.items, err = decodePage(a.items[:0], b); err == nil {
				a.merge(a.items, a.changes[from:at])
			}
		}
		if err != nil {
			return yield(tree.Edit{}, err)
		}
		if !writePage(uint32(page), a.value, len(b), yield) {
			return false
		}
	}
	return true
}

// merge makes a page's new bytes of its items and changes to them.
func (a *application) merge(old []item, changes []change) {
	a.value = append(a.value[:0], 0, 0)
	was, now := a.was, a.now
	defer func() { a.was, a.now = was, now }()
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
			if int64(it.count) > 0 || a.signed && it.count != 0 {
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
