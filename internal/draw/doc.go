// Package draw draws directed graphs: a layered layout, and pictures of it as
// SVG, DOT, Mermaid and text.
//
// Graphs come from strangers. Whatever stands in an id, label or note is shown
// as text and never becomes markup; characters that would deceive a reader are
// shown by their code. The same graph gives the same bytes.
package draw

// A Graph is what is drawn. Edges from or to a node that is not there are left
// out, as are all nodes but the first of an id.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges,omitempty"`
}

// A Node is drawn as a box.
type Node struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"` // a word that stands above the label and gives the box its colour
	Label string `json:"label"`
	Note  string `json:"note,omitempty"` // a line below the label
	Marks []Mark `json:"marks,omitempty"`
	Faint bool   `json:"faint,omitempty"` // less is known of it than of others
	Focus bool   `json:"focus,omitempty"` // what the graph is about
}

// A Mark is a word on a box.
type Mark struct {
	Word  string `json:"word"`
	Alarm bool   `json:"alarm,omitempty"` // it needs attention
}

// An Edge is drawn as an arrow.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
	Faint bool   `json:"faint,omitempty"` // it was inferred
}
