package tree

import (
	"bytes"

	"govd/internal/gov"
)

// A cursor moves forward through the entries of one level of a tree. It reads a
// node when it first needs an entry of it.
type cursor struct {
	from Source
	path []scan // path[0] is at the cursor's level, the last is the root; empty: the tree has no records
}

// newCursor returns a cursor for the entries of a level that the tree has.
func newCursor(from Source, t gov.Tree, level uint8) (*cursor, error) {
	c := &cursor{from: from}
	if t.Records == 0 {
		return c, nil
	}
	if t.Level > maxLevel {
		return nil, corrupt("a root of level %d", t.Level)
	}
	c.path = make([]scan, t.Level-level+1)
	return c, c.path[len(c.path)-1].load(from, t.Root, t.Level)
}

// at returns the current entry, or nil after the last of a node.
func (c *cursor) at() *entry {
	if len(c.path) == 0 || !c.path[0].ok {
		return nil
	}
	return &c.path[0].entry
}

// seek moves forward to the first entry whose key is at least key, in the node
// that covers it. If all keys of the level are less, it stops after the last.
func (c *cursor) seek(key []byte) error {
	if len(c.path) == 0 {
		return nil
	}
	i := 0
	for i+1 < len(c.path) && (c.path[i].n == 0 || bytes.Compare(c.path[i+1].key, key) < 0) {
		i++
	}
	for ; i > 0; i-- {
		if err := c.route(i, key); err != nil {
			return err
		}
	}
	return c.path[0].seek(key)
}

// route moves path[i] to the child that covers key, the last if none does, and
// opens the child unless it is open.
func (c *cursor) route(i int, key []byte) error {
	s, moved := &c.path[i], c.path[i-1].n == 0
	for s.left > 0 && bytes.Compare(s.key, key) < 0 {
		if err := s.next(); err != nil {
			return err
		}
		moved = true
	}
	if !moved {
		return nil
	}
	return c.descend(i)
}

// descend opens the child at path[i].
func (c *cursor) descend(i int) error {
	if i > 1 {
		c.path[i-2].n = 0 // its parent is no longer the one it was opened from
	}
	return c.path[i-1].load(c.from, c.path[i].child(), c.path[i].level-1)
}

// next moves to the next entry, of the next node if need be.
func (c *cursor) next() error {
	if err := c.path[0].next(); err != nil || c.path[0].ok || !c.more() {
		return err
	}
	return c.nextNode()
}

// more reports whether there is a node after the current one.
func (c *cursor) more() bool {
	for i := 1; i < len(c.path); i++ {
		if c.path[i].left > 0 {
			return true
		}
	}
	return false
}

// nextNode moves to the first entry of the next node, which there must be.
func (c *cursor) nextNode() error {
	i := 1
	for c.path[i].left == 0 {
		i++
	}
	if err := c.path[i].next(); err != nil {
		return err
	}
	for ; i > 0; i-- {
		if err := c.descend(i); err != nil {
			return err
		}
	}
	return nil
}

// node returns the id of the current node of t.
func (c *cursor) node(t gov.Tree) gov.Digest {
	if len(c.path) == 1 {
		return t.Root
	}
	return c.path[1].child()
}
