package draw

import "slices"

// Sizes in pixels. The graph runs from left to right, a rank is a column; or if
// that is wider than a page, from top to bottom, a rank is a row.
const (
	boxWidth  = 248
	boxHeight = 60
	rankGap   = 56 // between ranks, where edges bend
	nodeGap   = 18 // between boxes of a rank
	lineGap   = 14 // between edges that pass a rank
	margin    = 12
	pageWidth = 1150
)

// maxBends bounds the places that long edges are led through, so that no graph
// costs more than a fixed time for each of its edges; edges beyond it go
// straight.
const maxBends = 20_000

// A layout is a layered drawing after Sugiyama, Tagawa and Toda (1981): cycles
// are broken, nodes are ranked, edges over several ranks are led through a bend
// in each, ranks are ordered to cross few edges, and placed to bend few. All
// arithmetic is in integers, so that every machine draws the same.
//
// Vertices are the nodes, then the bends.
type layout struct {
	nodes []Node
	index map[string]int // of a node by id
	edges []route
	rank  []int
	next  [][]int // from each vertex to those in the rank after it
	prev  [][]int
	ranks [][]int // vertices in their order across
	y     []int   // middle of each vertex, across the ranks
	down  bool    // from top to bottom
}

// A route is an edge and the vertices that it is led through, from rank to rank.
type route struct {
	edge Edge
	path []int
	back bool // the edge runs from the last to the first
}

// lay lays out the graph.
func lay(g *Graph) *layout {
	l := &layout{index: map[string]int{}}
	for _, n := range g.Nodes {
		if _, twice := l.index[n.ID]; !twice {
			l.index[n.ID] = len(l.nodes)
			l.nodes = append(l.nodes, n)
		}
	}
	l.take(g.Edges)
	l.breakCycles()
	l.assignRanks()
	l.bend()
	l.order()
	l.middle()
	l.place()
	return l
}

// take takes the edges between different nodes, one for each pair and direction.
func (l *layout) take(edges []Edge) {
	seen := map[[2]int]bool{}
	for _, e := range edges {
		from, ok1 := l.index[e.From]
		to, ok2 := l.index[e.To]
		if pair := [2]int{from, to}; ok1 && ok2 && from != to && !seen[pair] {
			seen[pair] = true
			l.edges = append(l.edges, route{edge: e, path: []int{from, to}})
		}
	}
}

// link makes next and prev of the ends of all routes.
func (l *layout) link() {
	l.next, l.prev = make([][]int, len(l.nodes)), make([][]int, len(l.nodes))
	for _, r := range l.edges {
		l.connect(r.path[0], r.path[1])
	}
}

func (l *layout) connect(from, to int) {
	l.next[from] = append(l.next[from], to)
	l.prev[to] = append(l.prev[to], from)
}

// breakCycles turns each edge round that leads back to where a depth-first walk
// has come from.
func (l *layout) breakCycles() {
	l.link()
	w := walk{next: l.next, state: make([]uint8, len(l.nodes)), back: map[[2]int]bool{}}
	for v := range l.nodes {
		w.from(v)
	}
	for i := range l.edges {
		r := &l.edges[i]
		if w.back[[2]int{r.path[0], r.path[1]}] {
			r.path[0], r.path[1], r.back = r.path[1], r.path[0], true
		}
	}
	l.link()
}

// A walk goes through a graph depth first, on a stack of its own since paths
// may be long.
type walk struct {
	next  [][]int
	state []uint8 // new, open or done
	back  map[[2]int]bool
}

func (w *walk) from(v int) {
	const open, done = 1, 2
	if w.state[v] != 0 {
		return
	}
	type step struct{ v, child int }
	stack := []step{{v, 0}}
	w.state[v] = open
	for len(stack) > 0 {
		s := &stack[len(stack)-1]
		if s.child == len(w.next[s.v]) {
			w.state[s.v] = done
			stack = stack[:len(stack)-1]
			continue
		}
		to := w.next[s.v][s.child]
		s.child++
		switch w.state[to] {
		case open:
			w.back[[2]int{s.v, to}] = true
		case 0:
			w.state[to] = open
			stack = append(stack, step{to, 0})
		}
	}
}

// assignRanks gives each node the length of the longest path to it, then moves
// those that have more after them than before as far to the right as they go.
func (l *layout) assignRanks() {
	l.rank = make([]int, len(l.nodes))
	sorted := l.topological()
	for _, v := range sorted {
		for _, to := range l.next[v] {
			l.rank[to] = max(l.rank[to], l.rank[v]+1)
		}
	}
	for _, v := range slices.Backward(sorted) {
		if len(l.next[v]) <= len(l.prev[v]) {
			continue
		}
		l.rank[v] = l.rank[l.next[v][0]] - 1
		for _, to := range l.next[v] {
			l.rank[v] = min(l.rank[v], l.rank[to]-1)
		}
	}
}

// topological returns the nodes so that every edge leads from an earlier to a
// later one.
func (l *layout) topological() []int {
	var sorted []int
	waits := make([]int, len(l.nodes))
	for v := range l.nodes {
		if waits[v] = len(l.prev[v]); waits[v] == 0 {
			sorted = append(sorted, v)
		}
	}
	for i := 0; i < len(sorted); i++ {
		for _, to := range l.next[sorted[i]] {
			if waits[to]--; waits[to] == 0 {
				sorted = append(sorted, to)
			}
		}
	}
	return sorted
}

// bend leads each edge through a vertex in every rank that it passes.
func (l *layout) bend() {
	for i := range l.edges {
		l.bendEdge(&l.edges[i])
	}
	l.next, l.prev = make([][]int, len(l.rank)), make([][]int, len(l.rank))
	for _, r := range l.edges {
		for i, v := range r.path[1:] {
			if from := r.path[i]; l.rank[v] == l.rank[from]+1 {
				l.connect(from, v)
			}
		}
	}
}

func (l *layout) bendEdge(r *route) {
	from, to := r.path[0], r.path[1]
	passed := l.rank[to] - l.rank[from] - 1
	if len(l.rank)-len(l.nodes)+passed > maxBends {
		return
	}
	r.path = r.path[:1]
	for rank := l.rank[from] + 1; rank < l.rank[to]; rank++ {
		r.path = append(r.path, len(l.rank))
		l.rank = append(l.rank, rank)
	}
	r.path = append(r.path, to)
}

// isNode reports whether a vertex is a node and no bend.
func (l *layout) isNode(v int) bool { return v < len(l.nodes) }
