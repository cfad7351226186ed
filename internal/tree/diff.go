package tree

import (
	"bytes"
	"iter"

	"govd/internal/gov"
)

// A Change is what differs between two trees at one key.
type Change struct {
	Key        []byte // valid until the next step
	From, To   []byte // nil From: added; nil To: removed; empty if erased
	FromErased bool   // From was there, but its value is gone
	ToErased   bool   // To is there, but its value is gone
}

// Diff yields what differs between a and b, in order of key, each key once. It
// reads only nodes that one of them has and the other has not, and their
// ancestors. From and To are parts of frames that the Source returned.
func Diff(from Source, a, b gov.Tree) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		d := newDiffer(from, a, b)
		for {
			if err := d.next(); err != nil {
				yield(Change{}, err)
				return
			}
			if d.done() || !yield(d.change(), nil) {
				return
			}
		}
	}
}

// A differ finds the differences of two trees one by one.
type differ struct {
	a, b   walk
	from   *entry // the record of a that differs, nil if b adds one
	to     *entry // what b has for it, nil if b has none
	hasher hasher
}

func newDiffer(from Source, a, b gov.Tree) *differ {
	d := new(differ)
	if a.Root != b.Root {
		d.a = newWalk(from, a)
		d.b = newWalk(from, b)
	}
	return d
}

// done reports whether next found no further difference.
func (d *differ) done() bool { return d.from == nil && d.to == nil }

// key returns the key of the difference.
func (d *differ) key() []byte {
	if d.from != nil {
		return d.from.key
	}
	return d.to.key
}

func (d *differ) change() Change {
	c := Change{Key: d.key()}
	c.From, c.FromErased = side(d.from)
	c.To, c.ToErased = side(d.to)
	return c
}

// side returns the value of e, nil only if there is none.
func side(e *entry) (value []byte, erased bool) {
	switch {
	case e == nil:
		return nil, false
	case e.erased || len(e.value) == 0:
		return []byte{}, e.erased
	}
	return e.value, false
}

// next moves to the next difference.
func (d *differ) next() error {
	if d.from != nil {
		if err := d.a.next(); err != nil {
			return err
		}
	}
	if d.to != nil {
		if err := d.b.next(); err != nil {
			return err
		}
	}
	d.from, d.to = nil, nil
	if len(d.a.stack) > maxLevel+2 || len(d.b.stack) > maxLevel+2 {
		return corrupt("a root above level %d", maxLevel)
	}
	for !d.a.ended() || !d.b.ended() {
		if found, err := d.step(); found || err != nil {
			return err
		}
	}
	return nil
}

// step skips what both walks have, or opens the nodes they are at, the higher
// one first: so both come to stand at the same height where their nodes end at
// the same key. At two records it reports whether they differ.
func (d *differ) step() (found bool, err error) {
	x, y := d.a.top(), d.b.top()
	high := max(x.height(), y.height())
	if high == 0 {
		return d.compare(x, y)
	}
	if x.height() == y.height() && bytes.Equal(x.value[:len(gov.Digest{})], y.value[:len(gov.Digest{})]) {
		return false, d.skip()
	}
	if x.height() == high {
		err = d.a.open()
	}
	if err == nil && y.height() == high {
		err = d.b.open()
	}
	return false, err
}

// compare looks at two records, either of which may be past the end.
func (d *differ) compare(x, y *scan) (found bool, err error) {
	order := 0
	switch {
	case !y.ok:
		order = -1
	case !x.ok:
		order = +1
	default:
		order = bytes.Compare(x.key, y.key)
	}
	if order == 0 && d.hasher.same(0, &x.entry, &y.entry) {
		return false, d.skip()
	}
	if order <= 0 {
		d.from = &x.entry
	}
	if order >= 0 {
		d.to = &y.entry
	}
	return true, nil
}

func (d *differ) skip() error {
	if err := d.a.next(); err != nil {
		return err
	}
	return d.b.next()
}

// A walk goes through a tree from left to right and decides at each entry
// whether to go over it or into it.
type walk struct {
	from  Source
	stack []scan // stack[0] holds the reference to the root alone
	depth int    // scans in use
}

func newWalk(from Source, t gov.Tree) walk {
	w := walk{from: from, stack: make([]scan, int(t.Level)+2), depth: 1}
	s := w.top()
	s.level, s.ok = t.Level+1, t.Records > 0
	s.value = appendRef(nil, t.Root, t.Records, t.Bytes)
	return w
}

func (w *walk) top() *scan { return &w.stack[w.depth-1] }

// ended reports whether there is no entry left.
func (w *walk) ended() bool { return w.depth == 0 || !w.top().ok }

// height returns how many levels are below the current entry: 0 at a record
// and at the end.
func (s *scan) height() uint8 {
	if !s.ok {
		return 0
	}
	return s.level
}

// open goes into the node that the current entry refers to.
func (w *walk) open() error {
	s := w.top()
	w.depth++
	return w.top().load(w.from, s.child(), s.level-1)
}

// next goes over the current entry.
func (w *walk) next() error {
	for {
		if err := w.top().next(); err != nil {
			return err
		}
		if w.top().ok || w.depth == 1 {
			return nil
		}
		w.depth--
	}
}
