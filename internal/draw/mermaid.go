package draw

import (
	"bytes"
	"fmt"
	"strings"
)

// Mermaid returns the graph as a Mermaid flowchart.
func (g *Graph) Mermaid() []byte {
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	l := lay(g)
	for i, n := range l.nodes {
		fmt.Fprintf(&b, "    %s[\"%s\"]\n", name(i), strings.ReplaceAll(mermaidText(lines(&n)), "\n", "<br/>"))
	}
	for _, r := range l.edges {
		arrow := "-->"
		if r.edge.Faint {
			arrow = "-.->"
		}
		if r.edge.Label != "" {
			arrow += `|"` + mermaidText(Clean(r.edge.Label)) + `"|`
		}
		fmt.Fprintf(&b, "    %s %s %s\n", name(l.index[r.edge.From]), arrow, name(l.index[r.edge.To]))
	}
	for i, n := range l.nodes {
		if n.Faint {
			fmt.Fprintf(&b, "    style %s stroke-dasharray: 4 3\n", name(i))
		}
		if n.Focus {
			fmt.Fprintf(&b, "    style %s stroke-width: 3px\n", name(i))
		}
	}
	return b.Bytes()
}

// mermaidText writes s within quotes: all that Mermaid, Markdown or HTML would
// read as something else becomes an entity.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("#\"<>&`*_~\\[]{}()|;%", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
