package tree

import (
	"bytes"

	"govd/internal/gov"
)

// A Reader looks up keys that ascend, and opens each node once.
type Reader struct{ c *cursor }

// NewReader returns a Reader of a tree.
func NewReader(from Source, root gov.Tree) (*Reader, error) {
	c, err := newCursor(from, root, 0)
	return &Reader{c}, err
}

// Get returns the value of a key that comes after those asked for before, and
// whether there is such a record and its value. It is part of a frame that the
// Source returned.
func (r *Reader) Get(key []byte) (value []byte, found bool, err error) {
	if err := r.c.seek(key); err != nil {
		return nil, false, err
	}
	e := r.c.at()
	if e == nil || e.erased || !bytes.Equal(e.key, key) {
		return nil, false, nil
	}
	return e.value, true, nil
}
