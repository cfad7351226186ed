package lineage

import (
	"bytes"
	"slices"
	"strings"
)

// An overlay is cells with changes on top.
type overlay struct {
	have    Cells
	changed map[string][]byte // nil: gone
}

func (o *overlay) Cell(key string) ([]byte, error) {
	if v, ok := o.changed[key]; ok {
		return v, nil
	}
	return o.have.Cell(key)
}

// put changes a cell. Nothing is noted where nothing changes.
func (o *overlay) put(key string, value []byte) error {
	old, err := o.have.Cell(key)
	switch {
	case err != nil:
		return err
	case bytes.Equal(old, value) && (old == nil) == (value == nil):
		delete(o.changed, key)
	default:
		o.changed[key] = value
	}
	return nil
}

// under returns the cells whose keys begin with prefix.
func (o *overlay) under(prefix string) (all []Cell, err error) {
	for c, err := range o.have.CellsUnder(prefix) {
		if err != nil {
			return nil, err
		}
		if _, ok := o.changed[c.Key]; !ok {
			all = append(all, Cell{c.Key, bytes.Clone(c.Value)})
		}
	}
	for k, v := range o.changed {
		if v != nil && strings.HasPrefix(k, prefix) {
			all = append(all, Cell{k, v})
		}
	}
	sortCells(all)
	return all, nil
}

// first returns the first cell whose key begins with prefix, or none.
func (o *overlay) first(prefix string) (first Cell, err error) {
	for k, v := range o.changed {
		if v != nil && strings.HasPrefix(k, prefix) && (first.Key == "" || k < first.Key) {
			first = Cell{k, v}
		}
	}
	for c, err := range o.have.CellsUnder(prefix) {
		if err != nil || first.Key != "" && first.Key < c.Key {
			return first, err
		}
		if _, ok := o.changed[c.Key]; !ok {
			return Cell{c.Key, bytes.Clone(c.Value)}, nil
		}
	}
	return first, nil
}

func sortCells(cells []Cell) {
	slices.SortFunc(cells, func(a, b Cell) int { return strings.Compare(a.Key, b.Key) })
}
