package lineage

import (
	"iter"

	"govd/internal/gov"
)

// A Cell is a small part of the state that events amount to. Each event makes
// claims about a few cells, and each cell holds the greatest claim, so that the
// state is the same whatever order the events come in and however often.
type Cell struct {
	Key   string // such as run/<uuid>/state; at most gov.MaxKey bytes
	Value []byte // at most gov.MaxValue bytes
}

// Cells is the state so far. *store.Tx is one.
type Cells interface {
	// Cell returns the value of a cell, or nil if there is none.
	Cell(key string) ([]byte, error)
	// CellsUnder yields the cells whose keys begin with prefix, ascending.
	CellsUnder(prefix string) iter.Seq2[Cell, error]
}

// An Effect is what an event changes. All of it is sorted; edges have neither
// Since nor Until, which are the caller's to set.
type Effect struct {
	Cells    []Cell     // to put in the place of those with the same key
	Begun    []Edge     // that stand from now on
	Ended    []Edge     // that stood and do no more
	Resolved []gov.Node // of which the event says what they are
}
