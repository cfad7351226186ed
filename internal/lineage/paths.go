package lineage

import (
	"math"

	"govd/internal/gov"
)

// Routes are the ways from one node to another.
type Routes struct {
	Shown   [][]Edge // each from Query.Start on; the first in the order of links
	Total   uint64   // how many there are, if Counted; at most MaxUint64
	Counted bool     // false where there is a cycle between the two, or too much
	Because string   // why not all could be looked at: as in Answer, or ByCycle
}

// ByCycle is why ways are not counted that are more than were to be shown.
const ByCycle = "cycle"

// Paths returns the ways from q.Start to another node that visit no node twice,
// and how many there are: "k of n". No more than most are shown. It looks at
// q.Edges edges at most in each of its three parts, and q.Depth does not count.
func Paths(g Graph, q Query, to gov.Node, most int) (Routes, error) {
	q.Depth, q.After = 0, Cursor{}
	var there, back visited
	a, err := there.walk(g, q)
	if err != nil {
		return Routes{}, err
	}
	r := q
	r.Start, r.Direction = to, Impact-q.Direction
	b, err := back.walk(g, r)
	if err != nil {
		return Routes{}, err
	}
	p := pathFinder{q: &q, most: most, links: map[Number][]Link{}, nodes: map[Number]place{}, on: map[Number]bool{}}
	for _, n := range there.numbers {
		if _, ok := back.index[n]; ok {
			p.nodes[n] = place{}
		}
	}
	if err := p.gather(g); err != nil {
		return Routes{}, err
	}
	p.end = back.numbers[0]
	p.find(there.numbers[0])
	p.total(there.numbers[0])
	for _, why := range []string{a.Because, b.Because} {
		if why != "" {
			p.routes.Because, p.routes.Counted = why, false
		}
	}
	if p.routes.Because == "" && !p.routes.Counted {
		p.routes.Because = ByCycle
	}
	return p.routes, nil
}

// A pathFinder works on the nodes that lie between two others.
type pathFinder struct {
	q      *Query
	most   int
	end    Number
	nodes  map[Number]place
	links  map[Number][]Link // between them
	on     map[Number]bool   // the path at hand
	path   []Edge
	looked uint64
	routes Routes
}

func (p *pathFinder) gather(g Graph) error {
	follow := p.q.Follow
	if follow == 0 {
		follow = Flow
	}
	for n := range p.nodes {
		node, _, err := g.Node(n, p.q.AsOf)
		if err != nil {
			return err
		}
		p.nodes[n] = place{number: n, node: node, redacted: p.q.redacts(node)}
		for l, err := range live(g, n, p.q.Direction, follow, p.q.AsOf) {
			if err != nil {
				return err
			}
			if _, between := p.nodes[l.Other]; between {
				p.links[n] = append(p.links[n], l)
			}
		}
	}
	return nil
}

// find adds the paths that go on from n.
func (p *pathFinder) find(n Number) {
	if n == p.end {
		p.routes.Shown = append(p.routes.Shown, append([]Edge(nil), p.path...))
		return
	}
	p.on[n] = true
	defer delete(p.on, n)
	for _, l := range p.links[n] {
		if len(p.routes.Shown) >= p.most || p.routes.Because != "" {
			return
		}
		if p.looked++; p.q.Edges > 0 && p.looked > p.q.Edges {
			p.routes.Because = ByEdges
			return
		}
		if !p.on[l.Other] {
			p.path = append(p.path, p.edge(n, l))
			p.find(l.Other)
			p.path = p.path[:len(p.path)-1]
		}
	}
}

func (p *pathFinder) edge(n Number, l Link) Edge {
	from, to := p.nodes[n], p.nodes[l.Other]
	e := l.edge()
	if e.From, e.To = from.shown(), to.shown(); p.q.Direction == Impact {
		e.From, e.To = e.To, e.From
	}
	return e
}

// total counts the paths, unless there is a cycle: then that takes time beyond
// all bounds.
func (p *pathFinder) total(n Number) {
	known := map[Number]uint64{}
	acyclic := true
	var count func(n Number) uint64
	count = func(n Number) (sum uint64) {
		if c, ok := known[n]; ok {
			return c
		}
		if acyclic = acyclic && !p.on[n]; !acyclic {
			return 0
		}
		p.on[n] = true
		for _, l := range p.links[n] {
			sum = addUpTo(sum, count(l.Other))
		}
		delete(p.on, n)
		known[n] = sum
		return sum
	}
	known[p.end] = 1
	if sum := count(n); acyclic {
		p.routes.Total, p.routes.Counted = sum, true
	} else if p.routes.Because == "" && len(p.routes.Shown) < p.most {
		p.routes.Total, p.routes.Counted = uint64(len(p.routes.Shown)), true // all were found
	}
}

func addUpTo(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
