package tree

import "govd/internal/gov"

// A chunker collects the entries of one level in order into a node.
type chunker struct {
	p     *Params
	level uint8
	n     int    // entries in the node so far
	size  uint64 // logical bytes of its entries, which decide the cut
	last  []byte // key of the newest entry, also once its node was cut
	body  []byte // the entries, encoded
	tally        // of the node so far
}

// add appends an entry and reports whether the node ends after it.
func (c *chunker) add(e *entry) (ends bool) {
	if c.n == 0 {
		c.last = c.last[:0]
	}
	c.body = appendEntry(c.body, c.level, c.last, e)
	c.last = append(c.last[:0], e.key...)
	c.tally.add(c.level, e)
	c.n++
	this := uint64(len(e.key) + e.size)
	c.size += this
	return c.p.ends(c.level, e.key, this, c.size, c.n)
}

// cut ends the node and begins the next. It appends the reference to the node,
// whose key is c.last, to ref.
func (c *chunker) cut(ref []byte) (id gov.Digest, frame, newRef []byte) {
	id = nodeID(c.level, c.hashes)
	frame = appendFrame(c.level, c.n, c.body)
	newRef = appendRef(ref, id, c.records, c.bytes)
	c.n, c.size, c.body = 0, 0, c.body[:0]
	c.tally.reset()
	return id, frame, newRef
}
