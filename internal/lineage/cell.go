package lineage

import "iter"

// A Cell is a small part of the state that events amount to.
type Cell struct {
	Key   string // at most gov.MaxKey bytes
	Value []byte // at most gov.MaxValue bytes; nil in an Effect: the cell is to go
}

// Cells is the state so far. *store.Tx is one.
type Cells interface {
	// Cell returns the value of a cell, or nil if there is none.
	Cell(key string) ([]byte, error)
	// CellsUnder yields the cells whose keys begin with prefix, ascending.
	CellsUnder(prefix string) iter.Seq2[Cell, error]
}
