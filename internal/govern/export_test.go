package govern

import (
	"maps"
	"slices"
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
