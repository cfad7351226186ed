package lineage

import (
	"iter"
	"slices"

	"govd/internal/gov"
)

// MaxWay is the most edges that the way of a gap shows, from its subject on.
const MaxWay = 20

// badData tells of the versions that went bad and that a deployed model learned
// from, itself or by what it was made of, each with a shortest way to it.
func (f *gapFinder) badData() error {
	f.q.Follow = Flow &^ NewKinds(TouchedBy, CheckedBy)
	came := map[Number]hop{}
	a, err := walkNumbers(learned{f.g, f.q.AsOf}, f.q, func(from, n Number, s Step) error {
		came[n] = hop{from, s.Via}
		if s.Node.Kind != gov.VersionNode {
			return nil
		}
		return f.faults(n, s, came)
	})
	if err != nil {
		return err
	}
	return f.whole(a)
}

// faults tells what is wrong with a version: to who may not read it that
// something is, and of what kind.
func (f *gapFinder) faults(n Number, s Step, came map[Number]hop) error {
	node, _, err := f.g.Node(n, f.q.AsOf)
	if err != nil {
		return err
	}
	all, err := f.f.Faults(node)
	for _, fault := range all {
		if err != nil {
			return err
		}
		gap := Gap{Kind: BadData, Subject: f.subject, Node: s.Node, Detail: fault.Words, Way: wayTo(n, came)}
		if s.Redacted {
			gap.Detail = string(fault.Reason)
		}
		err = f.yield(gap)
	}
	return err
}

// A hop is how a walk came to a node.
type hop struct {
	from Number // 0: it began there
	edge Edge
}

// wayTo returns the way from where a walk began.
func wayTo(n Number, came map[Number]hop) (way []Edge) {
	for h := came[n]; h.from != 0; h = came[h.from] {
		way = append(way, h.edge)
	}
	slices.Reverse(way)
	return way[:min(len(way), MaxWay)]
}

// Learned is a graph as a model learned from it: what a version of a dataset
// inherited from those before it is part of that version, and what is wrong with
// them and was mended in it does not matter. So it does not lead to them.
type learned struct {
	Graph
	asOf uint64
}

// Links yields the links of a node.
func (g learned) Links(n Number, d Direction) iter.Seq2[Link, error] {
	return func(yield func(Link, error) bool) {
		for l, err := range g.Graph.Links(n, d) {
			if err == nil && l.Kind == DerivedFrom {
				var node gov.Node
				if node, _, err = g.Node(n, g.asOf); err == nil && node.Kind == gov.VersionNode {
					continue
				}
			}
			if !yield(l, err) {
				return
			}
		}
	}
}
