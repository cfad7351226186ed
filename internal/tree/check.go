package tree

import (
	"bytes"

	"govd/internal/gov"
)

// VerifyFrame checks that frame is the one well-formed frame of a node with that
// id: for nodes from strangers, replicas and fsck. It does not look at other
// nodes. Returns gov.Invalid with reason BAD_NODE.
func VerifyFrame(id gov.Digest, frame []byte) error {
	return VisitFrame(id, frame, func([]byte, gov.Digest, bool) {})
}

// VisitFrame is VerifyFrame that shows visit the key and the entry hash of every
// record in a leaf, and whether its value is gone.
func VisitFrame(id gov.Digest, frame []byte, visit func(key []byte, hash gov.Digest, erased bool)) error {
	var s scan
	var t tally
	err := s.openAny(frame)
	if err == nil {
		err = t.count(&s, func(e *entry) error {
			if s.level == 0 {
				visit(e.key, t.hashes[len(t.hashes)-1], e.erased)
			}
			return nil
		})
	}
	if err == nil && t.id != id {
		err = corrupt("the content does not have this id")
	}
	if err != nil {
		return gov.Because(err, gov.Invalid, "BAD_NODE", "node %s does not hold what its id says", id.Short())
	}
	return nil
}

// openAny opens a frame of any level.
func (s *scan) openAny(frame []byte) error {
	if len(frame) < frameHead {
		return corrupt("not a frame of version %d", frameVersion)
	}
	return s.open(frame, frame[2])
}

// A tally is what the entries of a node come to.
type tally struct {
	id      gov.Digest
	records uint64
	bytes   uint64
	hashes  []gov.Digest
	hasher  hasher
}

func (t *tally) reset() { t.records, t.bytes, t.hashes = 0, 0, t.hashes[:0] }

// add counts an entry.
func (t *tally) add(level uint8, e *entry) {
	t.hashes = append(t.hashes, t.hasher.entry(level, e))
	if level == 0 {
		t.records, t.bytes = t.records+1, t.bytes+uint64(len(e.key)+e.size)
	} else {
		t.records, t.bytes = t.records+e.records(), t.bytes+e.bytes()
	}
}

// count goes through the entries of s, from the first, and hands each to visit.
func (t *tally) count(s *scan, visit func(*entry) error) error {
	t.reset()
	for s.ok {
		t.add(s.level, &s.entry)
		if err := visit(&s.entry); err != nil {
			return err
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	t.id = nodeID(s.level, t.hashes)
	return nil
}

// Mark visits every node of a tree, parents before their children. If visit
// returns false for an inner node, what is below it is left out. It reads inner
// nodes only: the ids of leaves are in their parents.
func Mark(from Source, root gov.Tree, visit func(id gov.Digest, inner bool) (descend bool)) error {
	if root.Records == 0 {
		return nil
	}
	return mark(from, root.Root, root.Level, visit)
}

func mark(from Source, id gov.Digest, level uint8, visit func(gov.Digest, bool) bool) error {
	if !visit(id, level > 0) || level == 0 {
		return nil
	}
	var s scan
	err := s.load(from, id, level)
	for err == nil && s.ok {
		if err = mark(from, s.child(), level-1, visit); err == nil {
			err = s.next()
		}
	}
	return err
}

// Check reads a whole tree and reports the first thing that is wrong with it:
// a node that does not hold what its id says, a reference that does not agree
// with its child, or nodes that end elsewhere than a Builder would end them, so
// that equal records would not give an equal root.
func Check(p *Params, from Source, root gov.Tree) error {
	b := NewBuilder(p, nowhere{})
	if root.Records > 0 {
		c := checker{from: from, builder: b}
		top := appendRef(nil, root.Root, root.Records, root.Bytes)
		if err := c.node(&entry{value: top}, root.Level); err != nil {
			return err
		}
	}
	again, err := b.Finish()
	if err != nil {
		return err
	}
	if again != root {
		return corrupt("the records of tree %s have another root, %s", root.Root.Short(), again.Root.Short())
	}
	return nil
}

type checker struct {
	from    Source
	builder *Builder
}

// node checks the node that ref refers to and all below it.
func (c *checker) node(ref *entry, level uint8) error {
	var s scan
	var t tally
	if err := s.load(c.from, ref.child(), level); err != nil {
		return err
	}
	err := t.count(&s, func(e *entry) error {
		if level > 0 {
			return c.node(e, level-1)
		}
		return c.builder.add(e)
	})
	if err != nil {
		return err
	}
	switch {
	case t.id != ref.child():
		return corrupt("%s holds other entries than its id says", ref.child().Short())
	case t.records != ref.records() || t.bytes != ref.bytes():
		return corrupt("%s holds %d records of %d bytes, its parent says %d of %d", t.id.Short(), t.records, t.bytes, ref.records(), ref.bytes())
	case ref.key != nil && !bytes.Equal(s.key, ref.key):
		return corrupt("%s ends with key %s, its parent says %s", t.id.Short(), quote(s.key), quote(ref.key))
	}
	return nil
}

// nowhere is the Sink of a tree that is built for its root alone.
type nowhere struct{}

func (nowhere) PutNode(gov.Digest, []byte) error { return nil }
