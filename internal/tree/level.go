package tree

import (
	"bytes"

	"govd/internal/gov"
)

// A level rewrites the nodes of one level. A run begins at the node that the
// first edit falls into: its entries and the edits are merged into the chunker
// until a cut falls on the end of an old node, from where on the old nodes stay
// as they are. The last node need not end on a cut, so a run that reaches it
// lasts to the end.
type level struct {
	*editor
	c       chunker
	old     *cursor
	running bool
	done    bool       // the old entries are used up
	changed bool       // an edit had an effect
	start   gov.Digest // the old node that the run began with
	gone    [][]byte   // last keys of used-up old nodes, not yet reported; none is before c.last
	ref     [refLen]byte

	// The newest node that was cut. Its frame is kept if finish cut it.
	id    gov.Digest
	frame []byte

	// A level that has no level above it in the old tree hands on its
	// references from the second on: if there is one alone, it is the root.
	made  int
	first entry
}

// edit puts e in place of the entry with its key, or removes that. Edits must
// come in ascending order.
func (l *level) edit(e *entry, remove bool) error {
	if err := l.reach(e.key); err != nil {
		return err
	}
	if l.idle(e, remove) {
		return nil
	}
	l.changed = true
	if err := l.run(e.key); err != nil {
		return err
	}
	if l.current(e.key) != nil {
		if err := l.old.path[0].next(); err != nil {
			return err
		}
	}
	if remove {
		return nil
	}
	return l.add(e)
}

// reach moves to where key is or would be.
func (l *level) reach(key []byte) error {
	if l.running {
		if err := l.feed(key); err != nil {
			return err
		}
	}
	if l.running || l.done {
		return nil
	}
	return l.old.seek(key)
}

// idle reports whether the edit would change nothing.
func (l *level) idle(e *entry, remove bool) bool {
	old := l.current(e.key)
	if remove || old == nil {
		return remove && old == nil
	}
	return l.c.hasher.same(l.c.level, old, e)
}

// current returns the old entry with that key if the level is there.
func (l *level) current(key []byte) *entry {
	if old := l.old.at(); old != nil && !l.done && bytes.Equal(old.key, key) {
		return old
	}
	return nil
}

// run begins a run at the current old node, unless one goes on, and moves on to
// key.
func (l *level) run(key []byte) error {
	if l.running {
		return nil
	}
	l.running = true
	if l.done {
		return nil
	}
	l.start = l.old.node(l.editor.old)
	if err := l.old.path[0].rewind(); err != nil {
		return err
	}
	return l.feed(key)
}

// feed adds the old entries before key, or all if key is nil, as long as the run
// lasts.
func (l *level) feed(key []byte) error {
	for l.running && !l.done {
		old := l.old.at()
		var err error
		switch {
		case old == nil:
			err = l.endNode()
		case key != nil && bytes.Compare(old.key, key) >= 0:
			return nil
		default:
			if err = l.add(old); err == nil {
				err = l.old.path[0].next()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endNode is called when an old node is used up.
func (l *level) endNode() error {
	if err := l.drop(l.old.path[0].key); err != nil {
		return err
	}
	switch {
	case !l.old.more():
		l.done = true
	case l.c.n == 0:
		l.running = false
	default:
		return l.old.nextNode()
	}
	return nil
}

// add appends an entry to the new nodes.
func (l *level) add(e *entry) error {
	if err := l.report(); err != nil {
		return err
	}
	if !l.c.add(e) {
		return nil
	}
	return l.cut(false)
}

// cut ends a new node and reports it. The node that ends a level is written
// later, since it may turn out not to belong to the tree.
func (l *level) cut(keep bool) error {
	id, frame, ref := l.c.cut(l.ref[:0])
	l.id, l.frame = id, nil
	switch {
	case keep:
		l.frame = frame
	case id != l.start:
		if err := l.to.PutNode(id, frame); err != nil {
			return err
		}
	}
	if len(l.gone) > 0 && bytes.Equal(l.gone[0], l.c.last) {
		l.gone = l.gone[1:] // replaced rather than removed
	}
	return l.up(&entry{key: l.c.last, value: ref, size: refLen}, false)
}

// drop notes that the old node with that last key is used up. It cannot be
// reported before another entry is added: if none is, the node that is pending
// ends the level, and its key comes first.
func (l *level) drop(key []byte) error {
	if l.c.n == 0 {
		if bytes.Equal(l.c.last, key) {
			return nil // a new node with that key is there already
		}
		return l.up(&entry{key: key}, true)
	}
	l.gone = append(l.gone, bytes.Clone(key))
	return nil
}

// report hands on the removals that drop noted.
func (l *level) report() error {
	for _, key := range l.gone {
		if err := l.up(&entry{key: key}, true); err != nil {
			return err
		}
	}
	l.gone = l.gone[:0]
	return nil
}

// up hands an edit to the level above.
func (l *level) up(ref *entry, remove bool) error {
	above := int(l.c.level) + 1
	if above <= int(l.editor.old.Level) {
		return l.levels[above].edit(ref, remove)
	}
	if remove {
		return nil // it was the old root
	}
	l.made++
	if l.made == 1 {
		l.first = entry{key: bytes.Clone(ref.key), value: bytes.Clone(ref.value), size: refLen}
		return nil
	}
	if l.made == 2 {
		l.grow(&cursor{})
		if err := l.levels[above].edit(&l.first, false); err != nil {
			return err
		}
	}
	return l.levels[above].edit(ref, false)
}

// end finishes the run and reports what is left.
func (l *level) end() error {
	if err := l.feed(nil); err != nil {
		return err
	}
	if l.c.n > 0 {
		if err := l.cut(true); err != nil {
			return err
		}
	}
	return l.report()
}
