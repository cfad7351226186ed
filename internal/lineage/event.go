package lineage

import (
	"time"

	"govd/internal/gov"
)

// An EventKind is one of the three kinds of OpenLineage events.
type EventKind string

const (
	RunEvent     EventKind = "run"
	JobEvent     EventKind = "job"
	DatasetEvent EventKind = "dataset"
)

// An EventType says how the state of a run changes.
type EventType string

const (
	Start    EventType = "START"
	Running  EventType = "RUNNING"
	Complete EventType = "COMPLETE"
	Abort    EventType = "ABORT"
	Fail     EventType = "FAIL"
	Other    EventType = "OTHER"
)

// An Event is an OpenLineage event: its core, and of its facets what lineage
// rests on. All else is in its bytes, which the caller keeps.
type Event struct {
	Kind     EventKind
	Digest   gov.Digest // of the canonical form: the same for the same event however it is written
	Time     time.Time  // UTC
	Producer string
	Type     EventType // of a RunEvent; "" where it says none
	Run      gov.RunID // of a RunEvent
	Job      gov.Outside
	Dataset  *DatasetRef  // of a DatasetEvent
	Inputs   []DatasetRef // of the other kinds
	Outputs  []DatasetRef
	Warnings []Warning // about facets; they are few
}

// A DatasetRef is a dataset as an event names it. Its version is what its
// version facet says.
type DatasetRef struct {
	gov.Outside
}

// A Warning is a fault in a facet. The event holds without the facet.
type Warning struct {
	At   string `json:"at"`   // JSON pointer
	What string `json:"what"` // is wrong
}
