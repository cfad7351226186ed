package draw

import (
	"slices"
	"strings"
)

// Tree returns the graph as an indented tree for a terminal of that many
// columns: from a node along its edges, or against them if back is set. With no
// node to begin from it shows all. A node that is reached again is not told
// again, a path too long to be indented goes on at the margin, and a dotted twig
// is an edge that was inferred.
func (g *Graph) Tree(from string, back bool, width int) string {
	return g.tree(from, back, width).out.String()
}

// Outline returns the tree from the focus, against the edges or along them, if
// that tells every node, and else all.
func (g *Graph) Outline(width int) string {
	focus := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.Focus })
	for _, back := range []bool{true, false} {
		if focus < 0 {
			break
		}
		if t := g.tree(g.Nodes[focus].ID, back, width); !slices.Contains(t.told, false) {
			return t.out.String()
		}
	}
	return g.Tree("", false, width)
}

func (g *Graph) tree(from string, back bool, width int) *tree {
	l := lay(g)
	t := &tree{layout: l, width: max(width, 40), next: make([][]twig, len(l.nodes)), told: make([]bool, len(l.nodes))}
	into := make([]int, len(l.nodes))
	for _, r := range l.edges {
		a, b := l.index[r.edge.From], l.index[r.edge.To]
		if back {
			a, b = b, a
		}
		t.next[a] = append(t.next[a], twig{b, r.edge.Faint})
		into[b]++
	}
	if v, ok := l.index[from]; ok {
		t.grow(v)
	}
	if from == "" {
		t.all(into)
	}
	return t
}

// A tree is being written.
type tree struct {
	*layout
	width int
	next  [][]twig
	told  []bool
	later []int // nodes that go on at the margin
	out   strings.Builder
}

// A twig leads to a node.
type twig struct {
	to    int
	faint bool // the edge was inferred
}

// all tells every node: first from those that nothing leads to, then what is
// left of cycles.
func (t *tree) all(into []int) {
	for _, cycles := range []bool{false, true} {
		for v := range t.nodes {
			if !t.told[v] && (cycles || into[v] == 0) {
				t.grow(v)
			}
		}
	}
}

// grow tells a node and all that follows it, at the margin.
func (t *tree) grow(v int) {
	t.later = []int{v}
	for i := 0; i < len(t.later); i++ {
		head := ""
		if i > 0 {
			head = "… "
		}
		t.line(head, t.later[i], "")
		t.branch(t.later[i], "")
	}
}

// branch tells what follows a node.
func (t *tree) branch(v int, indent string) {
	t.told[v] = true
	for i, w := range t.next[v] {
		fork, more := "├─ ", "│  "
		if i == len(t.next[v])-1 {
			fork, more = "└─ ", "   "
		}
		if w.faint {
			fork = strings.Replace(fork, "─", "┄", 1)
		}
		switch {
		case t.told[w.to]:
			t.line(indent+fork, w.to, " (told above)")
		case slices.Contains(t.later, w.to):
			t.line(indent+fork, w.to, " (told below)")
		case columns(indent) > t.width/2 && len(t.next[w.to]) > 0:
			t.line(indent+fork, w.to, " (told below)")
			t.later = append(t.later, w.to)
		default:
			t.line(indent+fork, w.to, "")
			t.branch(w.to, indent+more)
		}
	}
}

// line writes what a node says. Its label is cut last.
func (t *tree) line(head string, v int, tail string) {
	n := &t.nodes[v]
	s := fit(Clean(n.Kind), 16) + " "
	for _, m := range n.Marks {
		tail += " [" + Clean(m.Word) + "]"
	}
	room := t.width - columns(head) - columns(s)
	label := Clean(n.Label)
	tail = fit(tail, max(0, min(columns(tail), room-min(columns(label), 24))))
	label = fit(label, max(8, room-columns(tail)))
	s += label + tail
	if note := Clean(n.Note); note != "" && columns(head+s)+2+columns(note) <= t.width {
		s += "  " + note
	}
	t.out.WriteString(head + s + "\n")
}
