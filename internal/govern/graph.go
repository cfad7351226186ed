package govern

import (
	"errors"
	"iter"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

const nodeCounter = "lineage.node" // the number of the newest node

// known notes in an event's apply that the event says what a node is.
func known(tx *store.Tx, o origin, n gov.Node) error {
	l := newLinker(tx, o)
	return errors.Join(l.known(n), l.end())
}

// link records in an event's apply that edges stand from it on. Of each it needs
// From, Kind and To; an edge that has no time is of the event's, and one that
// does not say who said so is declared by the event itself.
func link(tx *store.Tx, o origin, edges ...lineage.Edge) error {
	l := newLinker(tx, o)
	return errors.Join(l.link(edges), l.end())
}

// linkOnce is link for an edge that may stand already: then it stays as it is.
func linkOnce(tx *store.Tx, o origin, e lineage.Edge) error {
	from, to := lineage.Number(tx.NodeNumber(e.From)), lineage.Number(tx.NodeNumber(e.To))
	if from != 0 && to != 0 {
		if _, stands, err := standing(tx, from, e.Kind, to); stands || err != nil {
			return err
		}
	}
	return link(tx, o, e)
}

// unlink records that edges that stood end with an event. Those that do not
// stand are left out.
func unlink(tx *store.Tx, o origin, edges ...lineage.Edge) error {
	return newLinker(tx, o).unlink(edges)
}

// standing returns the link of an edge that has not ended.
func standing(tx *store.Tx, from lineage.Number, kind lineage.EdgeKind, to lineage.Number) (lineage.Link, bool, error) {
	for l, err := range (&graph{tx: tx}).Links(from, lineage.Trace) {
		if err != nil || l.Kind == kind && l.Other == to && l.Until == 0 {
			return l, err == nil, err
		}
	}
	return lineage.Link{}, false, nil
}

func putRows(tx *store.Tx, from, to lineage.Number, l lineage.Link) {
	l.Other = to
	keys, value := lineage.Rows(from, to, l)
	tx.PutLineageRow(keys[0], value)
	tx.PutLineageRow(keys[1], value)
}

// spoken notes what an event says of a node, and reports whether that is new.
func spoken(n *gov.NodeInfo, o origin, resolves bool) (news bool) {
	if resolves && n.Since == 0 {
		n.Since, news = o.index, true
	}
	p := o.at.Project()
	if p != "" && len(n.Projects) < gov.MaxNodeProjects && !slices.Contains(n.Projects, p) {
		n.Projects, news = append(n.Projects, p), true
	}
	return news
}

// A graph is the lineage as a transaction sees it. Outputs have no rows: their
// number says where they were recorded, and they are part of their batches.
type graph struct {
	tx   *store.Tx
	last gov.NodeInfo // that Node returned
	rows lineage.RowParser
	key  []byte // room for the beginning of a key

	looked, drops bool // whether it was looked, and is so, that anything was dropped
}

// outputBit is set in the numbers of outputs, above 43 bits of the batch and 20
// of the place in it.
const (
	outputBit  = 1 << 63
	indexBits  = 20
	mostPlaces = 1000 // of one output
)

func outputNumber(p gov.OutputPlace) lineage.Number {
	return outputBit | lineage.Number(p.Batch)<<indexBits | lineage.Number(p.Index)
}

func placeOfOutput(n lineage.Number) gov.OutputPlace {
	return gov.OutputPlace{Batch: uint64(n) &^ outputBit >> indexBits, Index: uint32(n) & (1<<indexBits - 1)}
}

// Number returns the number of a node.
func (g *graph) Number(n gov.Node) (lineage.Number, error) {
	if n.Kind == gov.OutputNode {
		return g.output(n)
	}
	number := lineage.Number(g.tx.NodeNumber(n))
	if number == 0 {
		return 0, unknownNode(n)
	}
	return number, nil
}

func unknownNode(n gov.Node) error {
	return gov.Errorf(gov.NotFound, "NO_NODE", "nothing is known of %s", n)
}

func (g *graph) output(n gov.Node) (lineage.Number, error) {
	d, err := gov.ParseDigest(n.Name)
	if err != nil {
		return 0, err
	}
	places, err := g.tx.FindOutputs(d, 1)
	if err != nil || len(places) == 0 {
		return 0, errors.Join(err, unknownNode(n))
	}
	return outputNumber(places[0]), nil
}

// Node returns the node of a number, and whether it was resolved by then.
func (g *graph) Node(n lineage.Number, asOf uint64) (gov.Node, bool, error) {
	if n&outputBit == 0 {
		info, err := g.tx.NodeInfo(uint64(n))
		g.last = info
		return info.Node, info.Resolved(asOf), err
	}
	p := placeOfOutput(n)
	o, err1 := g.tx.Output(p)
	b, err2 := g.tx.Batch(p.Batch)
	g.last = gov.NodeInfo{Node: gov.Node{Kind: gov.OutputNode, Name: o.Digest.String()}, Since: b.Entry, Projects: []gov.Project{b.Model.Model.Project()}}
	return g.last.Node, g.last.Resolved(asOf), errors.Join(err1, err2)
}

// Dropped returns when a dataset elsewhere was dropped, whole. A walk asks of each
// that it passes, and mostly none ever was.
func (g *graph) Dropped(n gov.Node, asOf uint64) (time.Time, error) {
	if !g.looked {
		g.looked, g.drops = true, g.tx.AnyDropped()
	}
	if !g.drops {
		return time.Time{}, nil
	}
	return g.tx.Dropped(n.Whole(), asOf)
}

// Links yields the links of a node. Those of a batch do not lead to its outputs:
// the batch speaks for them.
func (g *graph) Links(n lineage.Number, d lineage.Direction) iter.Seq2[lineage.Link, error] {
	return func(yield func(lineage.Link, error) bool) {
		if n&outputBit != 0 {
			g.batches(n, d, yield)
			return
		}
		g.key = lineage.AppendRowPrefix(g.key[:0], d, n)
		for k, v := range g.tx.LineageRows(g.key) {
			_, _, l, err := g.rows.Parse(k, v)
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// batches yields the links of an output to the batches it is part of.
func (g *graph) batches(n lineage.Number, d lineage.Direction, yield func(lineage.Link, error) bool) {
	if d == lineage.Impact {
		return
	}
	o, err := g.tx.Output(placeOfOutput(n))
	if err != nil {
		yield(lineage.Link{}, err)
		return
	}
	places, err := g.tx.FindOutputs(o.Digest, mostPlaces)
	if err != nil {
		yield(lineage.Link{}, err)
		return
	}
	places = slices.CompactFunc(places, func(a, b gov.OutputPlace) bool { return a.Batch == b.Batch })
	for _, p := range places {
		if l, err := g.partOf(p); !yield(l, err) || err != nil {
			return
		}
	}
}

func (g *graph) partOf(p gov.OutputPlace) (l lineage.Link, err error) {
	b, err := g.tx.Batch(p.Batch)
	if err != nil {
		return l, err
	}
	other := g.tx.NodeNumber(gov.NumberedNode(gov.BatchNode, p.Batch))
	return lineage.Link{Kind: lineage.PartOf, Other: lineage.Number(other), Since: b.Entry, Time: b.Created.UnixNano()}, nil
}
