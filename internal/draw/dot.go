package draw

import (
	"bytes"
	"fmt"
	"strings"
)

// DOT returns the graph in the language of Graphviz.
func (g *Graph) DOT() []byte {
	var b bytes.Buffer
	b.WriteString("digraph lineage {\n\trankdir=LR;\n\tnode [shape=box, fontname=\"sans-serif\"];\n")
	l := lay(g)
	for i, n := range l.nodes {
		fmt.Fprintf(&b, "\t%s [label=%s, tooltip=%s%s];\n", name(i), dotQuote(lines(&n)), dotQuote(Clean(n.ID)), dotStyle(&n))
	}
	for _, r := range l.edges {
		style := ""
		if r.edge.Faint {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "\t%s -> %s [label=%s%s];\n", name(l.index[r.edge.From]), name(l.index[r.edge.To]), dotQuote(Clean(r.edge.Label)), style)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// lines returns what a box says, a line each.
func lines(n *Node) string {
	out := []string{Clean(n.Kind), Clean(n.Label)}
	if n.Note != "" {
		out = append(out, Clean(n.Note))
	}
	for _, m := range n.Marks {
		out = append(out, "["+Clean(m.Word)+"]")
	}
	return strings.Join(out, "\n")
}

func dotStyle(n *Node) string {
	switch {
	case n.Faint && n.Focus:
		return `, style=dashed, penwidth=3`
	case n.Faint:
		return `, style=dashed`
	case n.Focus:
		return `, penwidth=3`
	}
	return ""
}

// dotQuote quotes s. A backslash begins an escape in labels and is doubled.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
