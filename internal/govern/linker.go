package govern

import (
	"errors"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// A linker writes what one event says of the lineage. It keeps what is said of
// nodes until the end: an import speaks of the same ones again and again.
type linker struct {
	tx    *store.Tx
	o     origin
	nodes map[gov.Node]*linked
	order []*linked
}

// A linked is a node that an event speaks of.
type linked struct {
	number uint64
	info   gov.NodeInfo
	isNew  bool // it has no number in the store yet
	news   bool // there is something to write
}

func newLinker(tx *store.Tx, o origin) *linker {
	return &linker{tx: tx, o: o, nodes: map[gov.Node]*linked{}}
}

// end writes the nodes, in the order in which they came.
func (l *linker) end() error {
	for _, n := range l.order {
		var err error
		switch {
		case n.isNew:
			l.tx.AddNode(n.number, n.info)
		case n.news:
			err = l.tx.PutNodeInfo(n.number, n.info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// known notes that the event says what a node is.
func (l *linker) known(n gov.Node) error {
	_, err := l.node(n, true)
	return err
}

// link records that edges stand.
func (l *linker) link(edges []lineage.Edge) error {
	for i := range edges {
		e := &edges[i]
		from, err1 := l.node(e.From, false)
		to, err2 := l.node(e.To, false)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		link := lineage.Link{Kind: e.Kind, Since: l.o.index, Inferred: e.Inferred, Time: e.Time.UnixNano(), Via: e.Via}
		if e.Time.IsZero() {
			link.Time = l.o.time.UnixNano()
		}
		putRows(l.tx, from, to, link)
	}
	return nil
}

// unlink records that edges that stood end; those that do not stand are left out.
func (l *linker) unlink(edges []lineage.Edge) error {
	for _, e := range edges {
		from, to := l.number(e.From), l.number(e.To)
		if from == 0 || to == 0 {
			continue
		}
		link, stands, err := standing(l.tx, from, e.Kind, to)
		if err != nil {
			return err
		}
		if link.Until = l.o.index; !stands || link.Since == l.o.index {
			continue // what turned out to be another in the same entry is written again
		}
		putRows(l.tx, from, to, link)
	}
	return nil
}

// number returns the number of a node, 0 if it has none.
func (l *linker) number(n gov.Node) lineage.Number {
	if have, ok := l.nodes[n]; ok {
		return lineage.Number(have.number)
	}
	return lineage.Number(l.tx.NodeNumber(n))
}

// node returns the number of a node, and gives it the next one if it has none.
// It notes which project speaks of the node, and whether the event says what it
// is.
func (l *linker) node(n gov.Node, resolves bool) (lineage.Number, error) {
	have, ok := l.nodes[n]
	if !ok {
		have = &linked{number: l.tx.NodeNumber(n), info: gov.NodeInfo{Node: n}}
		if have.isNew = have.number == 0; have.isNew {
			have.number = l.tx.Next(nodeCounter)
		} else {
			var err error
			if have.info, err = l.tx.NodeInfo(have.number); err != nil {
				return 0, err
			}
		}
		l.nodes[n] = have
		l.order = append(l.order, have)
	}
	have.news = spoken(&have.info, l.o, resolves) || have.news
	return lineage.Number(have.number), nil
}
