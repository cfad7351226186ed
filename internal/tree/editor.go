package tree

import "govd/internal/gov"

// An editor turns one tree into another, level by level: each level takes sorted
// edits of its entries and gives the level above sorted edits of the references
// to its nodes. Building is editing the empty tree.
type editor struct {
	p      *Params
	from   Source
	to     Sink
	old    gov.Tree
	levels []*level
}

func newEditor(p *Params, from Source, to Sink, old gov.Tree) (*editor, error) {
	if old.Params != p.hash {
		return nil, gov.Errorf(gov.Invalid, "OTHER_PARAMS", "the tree was built with other parameters or another salt")
	}
	e := &editor{p: p, from: from, to: to, old: old}
	for i := range old.Level + 1 {
		c, err := newCursor(from, old, i)
		if err != nil {
			return nil, err
		}
		e.grow(c)
	}
	return e, nil
}

// grow adds a level above the others.
func (e *editor) grow(old *cursor) {
	l := &level{editor: e, old: old, done: len(old.path) == 0}
	l.c = chunker{p: e.p, level: uint8(len(e.levels))}
	e.levels = append(e.levels, l)
}

// finish returns the new tree once every edit was made.
func (e *editor) finish() (gov.Tree, error) {
	for i := 0; ; i++ {
		l := e.levels[i]
		if err := l.end(); err != nil {
			return gov.Tree{}, err
		}
		switch {
		case i < int(e.old.Level):
		case !l.changed:
			return e.old, nil
		case l.made == 0:
			return e.p.Empty(), nil
		case l.made == 1:
			return e.settle(i, &l.first)
		}
	}
}

// settle returns the tree whose only node at that level is root, or the child
// of a root that has just one, and writes the nodes that were kept back.
func (e *editor) settle(level int, root *entry) (gov.Tree, error) {
	for level > 0 {
		only, err := e.onlyChild(level, root)
		if err != nil {
			return gov.Tree{}, err
		}
		if only == nil {
			break
		}
		level, root = level-1, only
	}
	for _, l := range e.levels[:level+1] {
		if l.frame == nil || l.id == l.start {
			continue
		}
		if err := e.to.PutNode(l.id, l.frame); err != nil {
			return gov.Tree{}, err
		}
	}
	return gov.Tree{Params: e.p.hash, Root: root.child(), Level: uint8(level), Records: root.records(), Bytes: root.bytes()}, nil
}

// onlyChild returns the one child of a node that has no other, or nil. A new
// node that was not kept has more, since it ended on a cut.
func (e *editor) onlyChild(level int, node *entry) (*entry, error) {
	var s scan
	l := e.levels[level]
	id := node.child()
	if id == l.id {
		if l.frame == nil {
			return nil, nil
		}
		if err := s.open(l.frame, uint8(level)); err != nil {
			return nil, err
		}
	} else if err := s.load(e.from, id, uint8(level)); err != nil {
		return nil, err
	}
	if s.n > 1 {
		return nil, nil
	}
	return &s.entry, nil
}
