package gov

import (
	"strconv"
	"time"
)

// An InspectionID is the number of an inspection: 1 for the first of a server.
type InspectionID uint64

// ParseInspectionID parses what String writes, and no other.
func ParseInspectionID(s string) (InspectionID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, Errorf(Invalid, "BAD_INSPECTION", "%q is not an inspection: want its number", clip(s))
	}
	return InspectionID(n), nil
}

// String returns the plain number.
func (id InspectionID) String() string { return strconv.FormatUint(uint64(id), 10) }

// An InspectionState says where an inspection stands.
type InspectionState string

// The states. Only InspectionPassed certifies anything.
const (
	InspectionOpen    InspectionState = "open"
	InspectionPassed  InspectionState = "passed"
	InspectionFailed  InspectionState = "failed"
	InspectionStopped InspectionState = "stopped" // given up before it was decided
)

// An Inspection is a human audit of a random sample of a version's records. What
// it says of the sample is secret until its end.
type Inspection struct {
	ID         InspectionID    `json:"id"`
	Dataset    DatasetName     `json:"dataset"`
	Number     uint64          `json:"number"` // of the version; 0: it is of a lot
	Lot        string          `json:"lot,omitempty"`
	Root       Digest          `json:"root"` // of its tree
	State      InspectionState `json:"state"`
	Design     Digest          `json:"design"`     // of a document
	Sheet      Digest          `json:"sheet"`      // of a text: the sample and the gold items among it
	Gold       Digest          `json:"gold"`       // of a text: the pool that the gold items are from
	Commitment Digest          `json:"commitment"` // to the secret that drew the sample
	Committed  uint64          `json:"committed"`  // the log entry that published it
	By         PersonID        `json:"by"`
	Drawn      time.Time       `json:"drawn"`
	Entry      uint64          `json:"entry"`             // the log entry that opened it
	Answers    uint64          `json:"answers,omitempty"` // that were given
	Last       Digest          `json:"last,omitzero"`     // of the newest answer
	End        *InspectionEnd  `json:"end,omitempty"`
	Ended      time.Time       `json:"ended,omitzero"`
}

// An InspectionEnd is what may be known once an inspection is over.
type InspectionEnd struct {
	State  InspectionState `json:"state"`
	Result Digest          `json:"result,omitzero"` // of a document; none if it was stopped
	Why    Digest          `json:"why,omitzero"`    // of a text: why it was stopped
	Secret string          `json:"secret"`          // in hex; anyone can draw the sample again
}

// An InspectionAnswer is that somebody has judged an item. What they said of it
// lies beside the log.
type InspectionAnswer struct {
	Inspection InspectionID `json:"inspection"`
	Item       string       `json:"item"`
	Person     PersonID     `json:"person"`
	Answer     Digest       `json:"answer"` // of a text
	Time       time.Time    `json:"time"`
	Entry      uint64       `json:"entry"`
}

// A Commitment is published before the secret that it is to is used.
type Commitment struct {
	Digest Digest `json:"digest"`
	Entry  uint64 `json:"entry"` // the log entry that published it
}
