package tree

import (
	"bytes"

	"govd/internal/gov"
)

// A Conflict is a key that both sides of a merge changed, to different ends. A
// nil side does not have the key; an erased value is empty.
type Conflict struct {
	Key, Base, Left, Right []byte
}

// Merge returns left with the changes that lead from base to right, and the
// conflicts in order of key. Where there is a conflict the tree has what left
// has; nobody should publish it before the conflicts are settled. A change that
// both sides made is no conflict.
func Merge(p *Params, from Source, to Sink, base, left, right gov.Tree) (gov.Tree, []Conflict, error) {
	m := merger{left: newDiffer(from, base, left), right: newDiffer(from, base, right)}
	tree, err := mutate(p, from, to, left, m.edits)
	return tree, m.conflicts, err
}

type merger struct {
	left, right *differ
	conflicts   []Conflict
}

// edits yields the changes of the right side that the left side has not touched.
func (m *merger) edits(yield func(e *entry, remove bool, err error) bool) {
	err := m.left.next()
	for err == nil {
		if err = m.right.next(); err != nil || m.right.done() {
			break
		}
		var met bool
		if met, err = m.meet(); err != nil {
			break
		}
		if met {
			m.settle()
			continue
		}
		e, remove := m.right.to, m.right.to == nil
		if remove {
			e = m.right.from
		}
		if !yield(e, remove, nil) {
			return
		}
	}
	if err != nil {
		yield(&entry{}, false, err)
	}
}

// meet moves the left side up to the right one's key and reports whether it
// changed that key too.
func (m *merger) meet() (bool, error) {
	for !m.left.done() {
		if order := bytes.Compare(m.left.key(), m.right.key()); order >= 0 {
			return order == 0, nil
		}
		if err := m.left.next(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// settle notes a conflict unless both sides made the same change.
func (m *merger) settle() {
	l, r := m.left.to, m.right.to
	if l == nil && r == nil || l != nil && r != nil && m.left.hasher.same(0, l, r) {
		return
	}
	c := Conflict{Key: bytes.Clone(m.right.key())}
	c.Base, _ = side(m.right.from)
	c.Left, _ = side(l)
	c.Right, _ = side(r)
	m.conflicts = append(m.conflicts, c)
}
