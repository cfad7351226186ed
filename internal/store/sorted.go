package store

import (
	"bytes"
	"slices"
)

// A sorted is items in the order of their keys. They lie in chunks, so that an
// item that comes between others moves a chunk and not all that follow it.
type sorted struct {
	chunks [][]*item // none is empty
	room   []*item   // of a chunk that was, for the first
}

const maxChunk = 256 // items

// A spot is where an item lies, or would.
type spot struct{ chunk, item int }

// find returns where the key is, or would be.
func (s *sorted) find(key []byte) (spot, bool) {
	n := len(s.chunks)
	if n == 0 {
		return spot{}, false
	}
	if last := s.chunks[n-1]; bytes.Compare(last[len(last)-1].key, key) < 0 {
		return spot{n - 1, len(last)}, false // most buckets grow at their end
	}
	c, _ := slices.BinarySearchFunc(s.chunks, key, func(c []*item, key []byte) int { return bytes.Compare(c[len(c)-1].key, key) })
	i, found := slices.BinarySearchFunc(s.chunks[c], key, func(i *item, key []byte) int { return bytes.Compare(i.key, key) })
	return spot{c, i}, found
}

func (s *sorted) at(p spot) *item { return s.chunks[p.chunk][p.item] }

// set puts an item in the place of the one that is there.
func (s *sorted) set(p spot, it *item) { s.chunks[p.chunk][p.item] = it }

// insert puts an item before the one that is there.
func (s *sorted) insert(p spot, it *item) {
	switch {
	case len(s.chunks) == 0:
		s.chunks = append(s.chunks, append(s.room[:0], it))
		return
	case len(s.chunks[p.chunk]) == maxChunk && p.item == maxChunk: // it comes after all
		s.chunks = append(s.chunks, append(make([]*item, 0, maxChunk), it))
		return
	case len(s.chunks[p.chunk]) == maxChunk:
		p = s.split(p)
	}
	s.chunks[p.chunk] = slices.Insert(s.chunks[p.chunk], p.item, it)
}

// split makes two chunks of a full one, and returns where the spot is then.
func (s *sorted) split(p spot) spot {
	const half = maxChunk / 2
	c := s.chunks[p.chunk]
	right := append(make([]*item, 0, maxChunk), c[half:]...)
	clear(c[half:])
	s.chunks[p.chunk] = c[:half]
	s.chunks = slices.Insert(s.chunks, p.chunk+1, right)
	if p.item > half {
		return spot{p.chunk + 1, p.item - half}
	}
	return p
}

// remove takes out the item that is there.
func (s *sorted) remove(p spot) {
	if c := s.chunks[p.chunk]; len(c) > 1 {
		s.chunks[p.chunk] = slices.Delete(c, p.item, p.item+1)
		return
	}
	s.chunks = slices.Delete(s.chunks, p.chunk, p.chunk+1)
}

// next returns the item at the spot or, if that is the end of a chunk, the one
// after it; nil if there is none.
func (s *sorted) next(p spot) *item {
	if p.chunk < len(s.chunks) && p.item == len(s.chunks[p.chunk]) {
		p = spot{p.chunk + 1, 0}
	}
	if p.chunk >= len(s.chunks) {
		return nil
	}
	return s.at(p)
}

// before returns the item before the spot, nil if there is none.
func (s *sorted) before(p spot) *item {
	if p.item == 0 {
		if p.chunk == 0 {
			return nil
		}
		return s.last(p.chunk - 1)
	}
	return s.at(spot{p.chunk, p.item - 1})
}

func (s *sorted) last(chunk int) *item {
	c := s.chunks[chunk]
	return c[len(c)-1]
}

// reset forgets all, and keeps room for as many as a small batch has.
func (s *sorted) reset() {
	if len(s.chunks) > 0 {
		clear(s.chunks[0])
		s.room = s.chunks[0][:0]
	}
	clear(s.chunks)
	s.chunks = s.chunks[:0]
}
