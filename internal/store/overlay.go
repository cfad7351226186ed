package store

import (
	"bytes"
	"slices"
)

// An overlay holds what the functions of a batch have written, until the commit
// puts it into bbolt: bbolt has no savepoints, so nothing may reach it before
// it is known to stay. Each bucket's items are kept in order, which makes scans
// and the commit a walk. A journal takes back what a failing function wrote.
type overlay struct {
	items   [bucketCount][]*item
	journal []change
	size    int // bytes of the keys and values held
	spare   []item
}

// An item is a key and what was written to it; the value nil means removed. It
// never changes: a later write makes another item.
type item struct{ key, value []byte }

// A change says which item took the place of which: old is nil if there was none.
type change struct {
	bucket   bucket
	old, new *item
}

// find returns where the key is, or would be.
func (o *overlay) find(b bucket, key []byte) (int, bool) {
	items := o.items[b]
	if n := len(items); n == 0 || bytes.Compare(items[n-1].key, key) < 0 {
		return n, false // most buckets grow at their end
	}
	return slices.BinarySearchFunc(items, key, func(i *item, key []byte) int { return bytes.Compare(i.key, key) })
}

// get returns the value written to the key, nil if it was removed. Known is
// false if nothing was written to it.
func (o *overlay) get(b bucket, key []byte) (value []byte, known bool) {
	i, found := o.find(b, key)
	if !found {
		return nil, false
	}
	return o.items[b][i].value, true
}

// put writes the value, nil to remove. It keeps both slices.
func (o *overlay) put(b bucket, key, value []byte) {
	it := o.item(key, value)
	i, found := o.find(b, key)
	c := change{bucket: b, new: it}
	if found {
		c.old = o.items[b][i]
		o.items[b][i] = it
	} else {
		o.items[b] = slices.Insert(o.items[b], i, it)
	}
	o.journal = append(o.journal, c)
	o.size += len(key) + len(value)
}

// item allocates many at a time.
func (o *overlay) item(key, value []byte) *item {
	if len(o.spare) == 0 {
		o.spare = make([]item, 64)
	}
	it := &o.spare[0]
	o.spare = o.spare[1:]
	it.key, it.value = key, value
	return it
}

// keep makes what has been written since the last keep or undo stay.
func (o *overlay) keep() {
	clear(o.journal)
	o.journal = o.journal[:0]
}

// undo takes back what has been written since the last keep or undo.
func (o *overlay) undo() {
	for _, c := range slices.Backward(o.journal) {
		i, _ := o.find(c.bucket, c.new.key)
		if c.old != nil {
			o.items[c.bucket][i] = c.old
		} else {
			o.items[c.bucket] = slices.Delete(o.items[c.bucket], i, i+1)
		}
		o.size -= len(c.new.key) + len(c.new.value)
	}
	o.keep()
}

// empty reports whether nothing is written.
func (o *overlay) empty() bool {
	return !slices.ContainsFunc(o.items[:], func(items []*item) bool { return len(items) > 0 })
}

// next returns the first item at or after the key, in reverse the last at or
// before it, or nil. Skip leaves out the key itself. In reverse a nil key is
// beyond all others.
func (o *overlay) next(b bucket, key []byte, reverse, skip bool) *item {
	i, found := o.find(b, key)
	switch {
	case reverse && key == nil:
		i = len(o.items[b]) - 1
	case reverse && (!found || skip):
		i--
	case !reverse && found && skip:
		i++
	}
	if i < 0 || i >= len(o.items[b]) {
		return nil
	}
	return o.items[b][i]
}

// reset forgets everything, for the next batch.
func (o *overlay) reset() {
	for b := range o.items {
		clear(o.items[b])
		o.items[b] = o.items[b][:0]
	}
	o.keep()
	o.size = 0
}
