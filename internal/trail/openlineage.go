package trail

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// openLineage writes the chain as OpenLineage events, one on each line, which
// import back to the same edges. Nodes that are redacted are left out.
func openLineage(v *view) ([]byte, error) {
	g := newChainGraph(v)
	own := "govd://" + v.Origin
	x := lineage.Exporter{
		Graph: g, AsOf: v.AsOf, Own: own,
		Run:  func(n gov.Node) (lineage.RunFacts, error) { return v.runFacts(n, own), nil },
		Skip: func(n gov.Node) bool { return v.nodes[n] == nil || v.nodes[n].Redacted },
	}
	var b strings.Builder
	for event, err := range x.Events(g.numbers()) {
		if err != nil {
			return nil, err
		}
		b.Write(event)
		b.WriteByte('\n')
	}
	return []byte(b.String()), nil
}

// runFacts returns what is known of a run of the chain.
func (v *view) runFacts(n gov.Node, own string) lineage.RunFacts {
	f := lineage.RunFacts{Job: gov.Outside{Namespace: own, Name: n.Name}}
	if r := v.nodes[n].Run; r != nil {
		f.State, f.Started, f.Ended = r.State, r.Started, r.Ended
		f.Job.Name = string(r.Project) + "/" + r.Job
	}
	return f
}

// A chainGraph is a chain as a graph: its nodes are numbered in their order.
type chainGraph struct {
	nodes []gov.Node
	known map[gov.Node]lineage.Number
	links [2][][]lineage.Link // by direction and node
}

func newChainGraph(v *view) *chainGraph {
	g := &chainGraph{known: map[gov.Node]lineage.Number{}}
	for i := range v.Nodes {
		g.number(v.Nodes[i].ID)
	}
	for _, e := range v.Edges {
		g.number(e.From)
		g.number(e.To)
	}
	g.links = [2][][]lineage.Link{make([][]lineage.Link, len(g.nodes)), make([][]lineage.Link, len(g.nodes))}
	for _, e := range v.Edges {
		g.link(lineage.Trace, e, e.From, e.To)
		g.link(lineage.Impact, e, e.To, e.From)
	}
	return g
}

func (g *chainGraph) number(n gov.Node) {
	if g.known[n] == 0 {
		g.nodes = append(g.nodes, n)
		g.known[n] = lineage.Number(len(g.nodes))
	}
}

// link adds a link from one end of an edge to the other, in the order of links.
func (g *chainGraph) link(d lineage.Direction, e lineage.Edge, at, other gov.Node) {
	l := lineage.Link{
		Kind: e.Kind, Other: g.known[other], Since: e.Since, Until: e.Until, Inferred: e.Inferred, Time: e.Time.UnixNano(), Via: e.Via,
	}
	all := &g.links[d][g.known[at]-1]
	i, _ := slices.BinarySearchFunc(*all, l, func(a, b lineage.Link) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Other, b.Other), cmp.Compare(a.Since, b.Since))
	})
	*all = slices.Insert(*all, i, l)
}

func (g *chainGraph) numbers() iter.Seq2[lineage.Number, error] {
	return func(yield func(lineage.Number, error) bool) {
		for i := range g.nodes {
			if !yield(lineage.Number(i+1), nil) {
				return
			}
		}
	}
}

// Number returns the number of a node.
func (g *chainGraph) Number(n gov.Node) (lineage.Number, error) {
	if i := g.known[n]; i != 0 {
		return i, nil
	}
	return 0, gov.Errorf(gov.NotFound, "NO_NODE", "the chain has no node %s", n)
}

// Node returns the node of a number.
func (g *chainGraph) Node(n lineage.Number, _ uint64) (gov.Node, bool, error) {
	return g.nodes[n-1], true, nil
}

// Dropped returns never: a chain tells of drops in words alone.
func (g *chainGraph) Dropped(gov.Node, uint64) (time.Time, error) { return time.Time{}, nil }

// Links yields the links of a node.
func (g *chainGraph) Links(n lineage.Number, d lineage.Direction) iter.Seq2[lineage.Link, error] {
	return func(yield func(lineage.Link, error) bool) {
		for _, l := range g.links[d][n-1] {
			if !yield(l, nil) {
				return
			}
		}
	}
}
