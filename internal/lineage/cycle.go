package lineage

import (
	"errors"

	"govd/internal/gov"
)

// CheckAcyclic returns gov.Conflict with LINEAGE_CYCLE if edges that are about to
// be recorded would make something come of itself. Imported events may say so;
// our own operations must not.
func CheckAcyclic(g Graph, edges []Edge, asOf uint64) error {
	c := cycleFinder{g: g, asOf: asOf, added: map[gov.Node][]gov.Node{}}
	into := map[gov.Node]bool{}
	for i := range edges {
		c.added[edges[i].From] = append(c.added[edges[i].From], edges[i].To)
		into[edges[i].To] = true
	}
	for i := range edges {
		e := &edges[i]
		fresh, err := c.fresh(e.From)
		if err != nil {
			return err
		}
		if e.From != e.To && fresh && !into[e.From] {
			continue // nothing leads to it
		}
		if found, err := c.reaches(e.To, e.From); err != nil {
			return err
		} else if found {
			return gov.Errorf(gov.Conflict, "LINEAGE_CYCLE", "%s cannot be %s %s, which came of it", e.From, e.Kind, e.To)
		}
	}
	return nil
}

type cycleFinder struct {
	g     Graph
	asOf  uint64
	added map[gov.Node][]gov.Node
}

// fresh reports whether nothing stored came of the node.
func (c *cycleFinder) fresh(n gov.Node) (bool, error) {
	number, err := c.g.Number(n)
	if errors.Is(err, gov.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, err := range live(c.g, number, Impact, Flow, c.asOf) {
		return false, err
	}
	return true, nil
}

// reaches reports whether to is among what from came of.
func (c *cycleFinder) reaches(from, to gov.Node) (bool, error) {
	seen := map[gov.Node]bool{from: true}
	for queue := []gov.Node{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return true, nil
		}
		next, err := c.sources(queue[0])
		if err != nil {
			return false, err
		}
		for _, n := range next {
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	return false, nil
}

func (c *cycleFinder) sources(n gov.Node) ([]gov.Node, error) {
	all := append([]gov.Node(nil), c.added[n]...)
	number, err := c.g.Number(n)
	if errors.Is(err, gov.NotFound) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	for l, err := range live(c.g, number, Trace, Flow, c.asOf) {
		if err != nil {
			return nil, err
		}
		node, _, err := c.g.Node(l.Other, c.asOf)
		if err != nil {
			return nil, err
		}
		all = append(all, node)
	}
	return all, nil
}
