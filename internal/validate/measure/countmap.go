package measure

import (
	"bytes"
	"encoding/binary"
	"iter"
	"maps"
	"slices"

	"govd/internal/gov"
)

// Most cells of a CountMap, and how many it has unless a measure says otherwise.
const (
	DefaultCells = 4096
	MaxCells     = 1 << 16
)

// A CountMap counts by tuples of words. It has no more cells than its limit:
// past that it holds nothing but that fact, and Err says so.
type CountMap struct {
	max   int
	cells map[string]uint64 // by the words, each after its length
	over  bool
}

func newCountMap(max int) *CountMap {
	if max <= 0 {
		max = DefaultCells
	}
	return &CountMap{max: min(max, MaxCells), cells: map[string]uint64{}}
}

// tuple returns the key of a cell.
func tuple(words ...string) string {
	var b []byte
	for _, w := range words {
		b = appendString(b, w)
	}
	return string(b)
}

// words takes a key apart; nil if it is none.
func words(key string) (all []string) {
	d := decoder{b: []byte(key)}
	for len(d.b) > 0 {
		all = append(all, string(d.bytes()))
	}
	if d.bad {
		return nil
	}
	return all
}

func (c *CountMap) add(key string, n uint64) {
	if n == 0 || c.over {
		return
	}
	c.cells[key] += n
	if len(c.cells) > c.max {
		c.overflow()
	}
}

func (c *CountMap) overflow() { c.over, c.cells = true, nil }

// Get returns the count of the cell with these words.
func (c *CountMap) Get(words ...string) uint64 { return c.cells[tuple(words...)] }

// Len returns how many cells are not zero.
func (c *CountMap) Len() int { return len(c.cells) }

// Total returns the sum of all cells.
func (c *CountMap) Total() (n uint64) {
	for _, v := range c.cells {
		n += v
	}
	return n
}

// Cells yields the words and the count of every cell, in an order of their own
// that is always the same.
func (c *CountMap) Cells() iter.Seq2[[]string, uint64] {
	return func(yield func([]string, uint64) bool) {
		for _, key := range slices.Sorted(maps.Keys(c.cells)) {
			if !yield(words(key), c.cells[key]) {
				return
			}
		}
	}
}

// Err returns gov.Exhausted with reason TOO_MANY_VALUES if there were more
// different tuples than the limit.
func (c *CountMap) Err() error {
	if c.over {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d different values to count", c.max)
	}
	return nil
}

func (c *CountMap) merge(o *CountMap) {
	if o.over {
		c.overflow()
	}
	for key, n := range o.cells {
		c.add(key, n)
	}
}

// sub takes o away, which must have been merged before. It reports whether it
// could.
func (c *CountMap) sub(o *CountMap) bool {
	if c.over || o.over {
		return false
	}
	for key, n := range o.cells {
		switch have := c.cells[key]; {
		case have < n:
			return false
		case have == n:
			delete(c.cells, key)
		default:
			c.cells[key] = have - n
		}
	}
	return true
}

// append encodes: u8 over, number of cells, then key and count of each in order
// of keys.
func (c *CountMap) append(dst []byte) []byte {
	if c.over {
		return append(dst, 1)
	}
	dst = binary.AppendUvarint(append(dst, 0), uint64(len(c.cells)))
	for _, key := range slices.Sorted(maps.Keys(c.cells)) {
		dst = binary.AppendUvarint(appendString(dst, key), c.cells[key])
	}
	return dst
}

// read decodes what append wrote for cells of that many words.
func (c *CountMap) read(d *decoder, arity int) {
	c.cells, c.over = map[string]uint64{}, d.flag()
	if c.over {
		c.cells = nil
		return
	}
	var last []byte
	for n := d.most(uint64(c.max)); n > 0 && !d.bad; n-- {
		key := d.bytes()
		count := d.uvarint()
		if count == 0 || len(words(string(key))) != arity || last != nil && bytes.Compare(last, key) >= 0 {
			d.fail()
			return
		}
		c.cells[string(key)], last = count, key
	}
}
