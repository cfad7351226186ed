package govern

import (
	"context"
	"maps"
	"slices"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// EventNames lists every event there is.
func EventNames() []string { return slices.Sorted(maps.Keys(events)) }

// NewEvent makes an empty event of a name.
func NewEvent(name string) any { return events[name]() }

// Relink is what an old store is given.
var Relink = relink

// SweepEvery is after how many entries requests are forgotten.
const SweepEvery = sweepEvery

// InspectionsFor is what the gate of promotions asks.
var InspectionsFor = inspectionsFor

// Link and Unlink are what the applies of events do to edges.
func Link(tx *store.Tx, index uint64, edges ...lineage.Edge) error {
	return link(tx, origin{index: index, at: "lab"}, edges...)
}

// Unlink ends edges.
func Unlink(tx *store.Tx, index uint64, edges ...lineage.Edge) error {
	return unlink(tx, origin{index: index, at: "lab"}, edges...)
}

// Stands reports whether an edge stands.
func Stands(tx *store.Tx, e lineage.Edge) (bool, error) {
	_, stands, err := standing(tx, lineage.Number(tx.NodeNumber(e.From)), e.Kind, lineage.Number(tx.NodeNumber(e.To)))
	return stands, err
}

// ErrNotLooked is why a run begins again before it has begun.
var ErrNotLooked = errNotLooked

// StartRunLater looks for what was erased of the inputs of a run, lets between
// happen, and starts the run with what it has seen.
func StartRunLater(ctx context.Context, s *Service, c Call, in StartRun, between func()) error {
	gone, err := s.lookForErased(ctx, c, in.Inputs)
	if err == nil {
		between()
		_, err = s.startRun(ctx, c, in, gov.SaltText{}, gone)
	}
	return err
}
