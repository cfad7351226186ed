package lineage

import (
	"iter"

	"govd/internal/gov"
	"govd/internal/tree"
)

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

// Root returns the tree of all cells, which must ascend by key. Its Root is the
// state root: one state has one, whatever events it came of in whatever order.
func Root(cells iter.Seq2[Cell, error], to tree.Sink) (gov.Tree, error) {
	b := tree.NewBuilder(rootParams(), to)
	for c, err := range cells {
		if err == nil {
			err = b.Add([]byte(c.Key), c.Value)
		}
		if err != nil {
			return gov.Tree{}, err
		}
	}
	return b.Finish()
}

// Update returns the tree that changed cells make of an older one. They must
// ascend by key. Only nodes that the older tree does not have are written.
func Update(from tree.Source, to tree.Sink, root gov.Tree, changed iter.Seq2[Cell, error]) (gov.Tree, error) {
	return tree.Mutate(rootParams(), from, to, root, func(yield func(tree.Edit, error) bool) {
		for c, err := range changed {
			if !yield(tree.Edit{Key: []byte(c.Key), Value: c.Value, Delete: c.Value == nil}, err) {
				return
			}
		}
	})
}

// rootParams has no salt: anyone who has the events must get the same root. Who
// chooses keys so as to make the tree lopsided makes imports slower, no more.
func rootParams() *tree.Params { return tree.NewParams([16]byte{}) }
