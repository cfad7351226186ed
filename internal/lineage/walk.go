package lineage

import (
	"iter"
	"slices"
	"time"

	"govd/internal/gov"
)

// A Query says where to walk.
type Query struct {
	Start     gov.Node
	Direction Direction
	AsOf      uint64              // the log index of the graph that is walked
	Depth     int                 // edges from Start at most; 0: any
	Follow    Kinds               // 0: Flow
	Nodes     uint64              // to answer at most; 0: any
	Edges     uint64              // to look at, at most; 0: any
	After     Cursor              // where a truncated answer to the same query ended
	Readable  func(gov.Node) bool // whether the caller may see a node; nil: all
}

// A Cursor is how far a walk came: all it has answered and looked at. The walk
// is repeated up to there, so a page costs what those before it did.
type Cursor struct {
	Nodes uint64 `json:"nodes"`
	Edges uint64 `json:"edges"`
}

// A Step is a node of an answer. A node comes once, by the first of the shortest
// ways there.
type Step struct {
	Node       gov.Node // without a name if Redacted
	Depth      int
	Redacted   bool
	Unresolved bool      // nothing says what it is: what lies behind is unknown
	Dropped    time.Time // when the dataset was dropped; zero: nobody says that it was
	Via        Edge      // that led here, its ends redacted likewise; zero for Start
}

// Why an answer is truncated.
const (
	ByNodes = "nodes" // Query.Nodes were answered
	ByEdges = "edges" // Query.Edges were looked at
	ByDepth = "depth" // edges lead on from nodes at Query.Depth
)

// An Answer says what a walk amounts to.
type Answer struct {
	Complete   bool
	Because    string // why it is not complete
	Next       Cursor // unless Complete or ByDepth: After of the query that goes on
	Nodes      uint64 // answered by this page, Start among them
	Edges      uint64 // looked at for this page
	AsOf       uint64
	Unresolved []gov.Node // of this page, in its order; redacted ones without name
}

// Walk gives yield each node that is reachable, breadth first. The order is that
// of Graph.Links and hence the same for ever. It goes through nodes that may not
// be read, and through cycles. An error of yield ends it and is returned.
// Returns gov.NotFound if there is no node Start.
func Walk(g Graph, q Query, yield func(Step) error) (Answer, error) {
	return walkNumbers(g, q, func(_, _ Number, s Step) error { return yield(s) })
}

// walkNumbers is Walk for who tells nodes apart that may not be read: yield gets
// the number of the node that the step came from, 0 for Start, and of its own.
func walkNumbers(g Graph, q Query, yield func(from, n Number, s Step) error) (Answer, error) {
	start, err := g.Number(q.Start)
	if err != nil {
		return Answer{}, err
	}
	w := &walk{g: g, q: q, yield: yield, answer: Answer{Complete: true, AsOf: q.AsOf}}
	if w.q.Follow == 0 {
		w.q.Follow = Flow
	}
	w.follow = w.step
	err = w.reach(start, nil, nil)
	for i := 0; err == nil && w.answer.Because == "" && i < len(w.queue); i++ {
		err = w.expand(i)
	}
	if err != nil {
		return Answer{}, err
	}
	return w.result(), nil
}

type walk struct {
	g      Graph
	q      Query
	yield  func(from, n Number, s Step) error
	seen   numbers
	queue  []place
	total  Cursor // of this page and all before
	answer Answer

	from   place                  // whose links are followed
	last   bool                   // it is as deep as the walk may go
	follow func(Link, error) bool // step, made into a value once
	err    error                  // of step
}

// A place is a node that was reached.
type place struct {
	number   Number
	node     gov.Node
	depth    int
	redacted bool
}

func (p *place) shown() gov.Node {
	if p.redacted {
		return gov.Node{Kind: p.node.Kind}
	}
	return p.node
}

func (q *Query) redacts(n gov.Node) bool { return q.Readable != nil && !q.Readable(n) }

// expand follows the links of a node of the queue.
func (w *walk) expand(i int) error {
	w.from, w.last = w.queue[i], w.q.Depth > 0 && w.queue[i].depth == w.q.Depth
	w.g.Links(w.from.number, w.q.Direction)(w.follow)
	return w.err
}

// step follows a link, and reports whether those after it are to be followed.
func (w *walk) step(l Link, err error) bool {
	if err != nil {
		w.err = err
		return false
	}
	if !w.q.follows(&l) {
		return true
	}
	if over(w.total.Edges, w.q.After.Edges, w.q.Edges) {
		w.truncate(ByEdges)
		return false
	}
	w.total.Edges++
	if w.seen.has(l.Other) {
		return true
	}
	if w.last {
		w.answer.Complete = false
		return false
	}
	w.err = w.reach(l.Other, &w.from, &l)
	return w.err == nil && w.answer.Because == ""
}

// follows reports whether a link is of the kinds to follow and stands.
func (q *Query) follows(l *Link) bool { return q.Follow.Has(l.Kind) && at(l.Since, l.Until, q.AsOf) }

// live yields the links of some kinds that stand as of an index.
func live(g Graph, n Number, d Direction, follow Kinds, asOf uint64) iter.Seq2[Link, error] {
	return func(yield func(Link, error) bool) {
		for l, err := range g.Links(n, d) {
			if err == nil && (!follow.Has(l.Kind) || !at(l.Since, l.Until, asOf)) {
				continue
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

// reach answers a node that was not seen before.
func (w *walk) reach(n Number, from *place, by *Link) error {
	if over(w.total.Nodes, w.q.After.Nodes, w.q.Nodes) {
		w.truncate(ByNodes)
		return nil
	}
	node, resolved, err := w.g.Node(n, w.q.AsOf)
	if err != nil {
		return err
	}
	p := place{number: n, node: node, redacted: w.q.redacts(node)}
	step := Step{Node: p.shown(), Redacted: p.redacted, Unresolved: !resolved}
	if node.Kind == gov.ExternalNode && !p.redacted {
		if step.Dropped, err = w.g.Dropped(node, w.q.AsOf); err != nil {
			return err
		}
	}
	if from != nil {
		p.depth = from.depth + 1
		step.Depth, step.Via = p.depth, w.edge(from, by, &p)
	}
	w.seen.add(n)
	if len(w.queue) == cap(w.queue) {
		w.queue = slices.Grow(w.queue, len(w.queue)) // append copies large lists more often
	}
	w.queue = append(w.queue, p)
	w.total.Nodes++
	if w.total.Nodes <= w.q.After.Nodes {
		return nil // an earlier page had it
	}
	if step.Unresolved {
		w.answer.Unresolved = append(w.answer.Unresolved, step.Node)
	}
	return w.yield(w.from.number, n, step)
}

// edge returns the edge that led from one place to the next. It has no Until: if
// it ended, then after AsOf, and that was not known as of then.
func (w *walk) edge(from *place, l *Link, to *place) Edge {
	e := l.edge()
	if e.From, e.To = from.shown(), to.shown(); w.q.Direction == Impact {
		e.From, e.To = e.To, e.From
	}
	return e
}

// over reports whether a total has used up what one page may add.
func over(total, before, limit uint64) bool { return limit > 0 && total >= before+limit }

func (w *walk) truncate(why string) { w.answer.Complete, w.answer.Because = false, why }

func (w *walk) result() Answer {
	a := w.answer
	a.Nodes = w.total.Nodes - min(w.q.After.Nodes, w.total.Nodes)
	a.Edges = w.total.Edges - min(w.q.After.Edges, w.total.Edges)
	switch {
	case a.Because != "":
		a.Next = w.total
	case !a.Complete:
		a.Because = ByDepth
	}
	return a
}
