package store

import (
	"iter"

	"govd/internal/gov"
)

var dataHolds = &table[gov.HoldID, gov.Hold]{
	bucket: holdTable, noun: "hold", missing: "NO_HOLD",
	key:   func(id gov.HoldID) key { return key(nil).uint64(uint64(id)) },
	keyOf: func(h gov.Hold) gov.HoldID { return h.ID },
	codec: jsonValue[gov.Hold](),
	indexes: []index[gov.Hold]{
		{bucket: holdByProject, keys: func(h gov.Hold) []key { return []key{key(nil).str(string(h.Place.Project())).uint64(uint64(h.ID))} }},
	},
}

// Hold returns a hold. Returns gov.NotFound if there is none.
func (tx *Tx) Hold(id gov.HoldID) (gov.Hold, error) { return dataHolds.get(tx, id) }

// PutHold inserts or replaces a hold.
func (tx *Tx) PutHold(h gov.Hold) error { return dataHolds.put(tx, h.ID, h) }

// Holds yields every hold, newest first, from the one before a number; 0 is
// from the newest.
func (tx *Tx) Holds(before gov.HoldID) iter.Seq2[gov.Hold, error] {
	return dataHolds.list(tx, down(nil, uint64(before)))
}

// HoldsIn yields the holds of a project and of what lies within, newest first,
// from the one before a number; 0 is from the newest.
func (tx *Tx) HoldsIn(project gov.Project, before gov.HoldID) iter.Seq2[gov.Hold, error] {
	return dataHolds.via(tx, holdByProject, down(key(nil).str(string(project)), uint64(before)))
}
