package store

import "slices"

// An overlay holds what the functions of a batch have written, until the commit
// puts it into bbolt: bbolt has no savepoints, so nothing may reach it before
// it is known to stay. Each bucket's items are kept in order, which makes scans
// and the commit a walk. A journal takes back what a failing function wrote.
type overlay struct {
	items   [bucketCount]sorted
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

// get returns the value written to the key, nil if it was removed. Known is
// false if nothing was written to it.
func (o *overlay) get(b bucket, key []byte) (value []byte, known bool) {
	at, found := o.items[b].find(key)
	if !found {
		return nil, false
	}
	return o.items[b].at(at).value, true
}

// put writes the value, nil to remove. It keeps both slices.
func (o *overlay) put(b bucket, key, value []byte) {
	it := o.item(key, value)
	items := &o.items[b]
	at, found := items.find(key)
	c := change{bucket: b, new: it}
	if found {
		c.old = items.at(at)
		items.set(at, it)
	} else {
		items.insert(at, it)
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
		items := &o.items[c.bucket]
		if at, _ := items.find(c.new.key); c.old != nil {
			items.set(at, c.old)
		} else {
			items.remove(at)
		}
		o.size -= len(c.new.key) + len(c.new.value)
	}
	o.keep()
}

// empty reports whether nothing is written.
func (o *overlay) empty() bool {
	return !slices.ContainsFunc(o.items[:], func(items sorted) bool { return len(items.chunks) > 0 })
}

// next returns the first item at or after the key, in reverse the last at or
// before it, or nil. Skip leaves out the key itself. In reverse a nil key is
// beyond all others.
func (o *overlay) next(b bucket, key []byte, reverse, skip bool) *item {
	items := &o.items[b]
	if len(items.chunks) == 0 {
		return nil
	}
	if reverse && key == nil {
		return items.last(len(items.chunks) - 1)
	}
	at, found := items.find(key)
	switch {
	case found && !skip:
		return items.at(at)
	case reverse:
		return items.before(at)
	case found:
		at.item++
	}
	return items.next(at)
}

// reset forgets everything, for the next batch.
func (o *overlay) reset() {
	for b := range o.items {
		o.items[b].reset()
	}
	o.keep()
	o.size = 0
}
