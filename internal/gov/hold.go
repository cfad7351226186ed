package gov

import (
	"strconv"
	"time"
)

// A HoldID is the number of a hold: 1 for the first of a server.
type HoldID uint64

// ParseHoldID parses what String writes, and no other.
func ParseHoldID(s string) (HoldID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, Errorf(Invalid, "BAD_HOLD", "%q is not a hold: want its number", clip(s))
	}
	return HoldID(n), nil
}

// String returns the plain number.
func (id HoldID) String() string { return strconv.FormatUint(uint64(id), 10) }

// A Hold keeps data from being erased, and from being trained on, until it is
// lifted: by law, or because somebody is in dispute about it.
type Hold struct {
	ID      HoldID    `json:"id"`
	Place   Place     `json:"place"`             // a project or a dataset
	Version uint64    `json:"version,omitempty"` // number of the one version of the dataset that is held; 0: all
	Keys    Digest    `json:"keys,omitzero"`     // of a text: the keys of the records that are held; none: all records
	Count   uint64    `json:"count,omitempty"`   // of the keys
	Reason  Digest    `json:"reason"`            // of a text
	By      PersonID  `json:"by"`
	Placed  time.Time `json:"placed"`
	Entry   uint64    `json:"entry"`           // the log entry that placed it
	Asked   *Lifting  `json:"asked,omitempty"` // who asked last to lift it
	Lifted  *Lifting  `json:"lifted,omitempty"`
}

// A Lifting is who asked to lift a hold, or lifted it.
type Lifting struct {
	By     PersonID  `json:"by"`
	Time   time.Time `json:"time"`
	Entry  uint64    `json:"entry"`
	Reason Digest    `json:"reason,omitzero"` // of a text
}

// MaxHoldKeys is how many records one hold names at most.
const MaxHoldKeys = 1000

// Live reports whether the hold holds.
func (h *Hold) Live() bool { return h.Lifted == nil }

// What returns what the hold is on, but for the keys: "hands", "hands/signs" or
// "hands/signs@v3".
func (h *Hold) What() string {
	if h.Version == 0 {
		return string(h.Place)
	}
	return Ref{Dataset: h.Place.Dataset(), Number: h.Version}.String()
}

// Covers reports whether the hold is on a version, as far as it is not on some
// records alone.
func (h *Hold) Covers(dataset DatasetName, version uint64) bool {
	return h.Place.Holds(Place(dataset)) && (h.Version == 0 || h.Version == version)
}
