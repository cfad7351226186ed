package lineage

import (
	"iter"
	"time"

	"govd/internal/gov"
)

// A Number stands for a node within one store. Numbers are given in the order
// of the log from 1 on, so that every replay gives the same ones.
type Number uint64

// A Direction is where a walk goes.
type Direction uint8

const (
	Trace  Direction = iota // towards sources: from From to To
	Impact                  // towards outputs: from To to From
)

// A Link is an edge as seen from one of its ends.
type Link struct {
	Kind     EdgeKind
	Other    Number // the node at the other end
	Since    uint64 // as in Edge
	Until    uint64
	Inferred bool
	Time     int64 // Unix nanoseconds
	Via      string
}

// edge returns the edge without its ends.
func (l Link) edge() Edge {
	return Edge{Kind: l.Kind, Inferred: l.Inferred, Via: l.Via, Time: time.Unix(0, l.Time).UTC(), Since: l.Since}
}

// A Graph is the stored graph. *store.Tx is one.
type Graph interface {
	// Number returns the number of a node, or gov.NotFound.
	Number(n gov.Node) (Number, error)
	// Node returns the node of a number, and whether something had said what it
	// is by the log index: a node that was only ever referred to is unresolved.
	Node(n Number, asOf uint64) (node gov.Node, resolved bool, err error)
	// Dropped returns when a dataset elsewhere was dropped last, of all that was
	// known of by the log index; the zero time if never.
	Dropped(n gov.Node, asOf uint64) (time.Time, error)
	// Links yields the links of a node, ended ones and later ones too, in
	// ascending order of kind, other and since: the order of Row keys.
	Links(n Number, d Direction) iter.Seq2[Link, error]
}
