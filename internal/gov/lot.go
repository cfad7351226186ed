package gov

import "time"

// A LotState says where a lot stands. The last two are for ever.
type LotState string

// The states.
const (
	LotWaiting  LotState = "waiting"
	LotAccepted LotState = "accepted"
	LotRejected LotState = "rejected"
)

// A Lot is new records that wait beside their dataset until they were vetted: no
// version holds them before somebody accepts them.
type Lot struct {
	Dataset    DatasetName  `json:"dataset"`
	Name       string       `json:"name"`
	Tree       Tree         `json:"tree"`
	State      LotState     `json:"state"`
	Skipped    uint64       `json:"skipped,omitempty"` // files that the client left out because it could not read them
	Message    Digest       `json:"message,omitzero"`  // of a text
	By         PersonID     `json:"by"`
	Taken      time.Time    `json:"taken"`
	Entry      uint64       `json:"entry"`
	Inspection InspectionID `json:"inspection,omitempty"` // that it passed; 0: none was asked for
	Number     uint64       `json:"number,omitempty"`     // of the version that took it up
	Why        Digest       `json:"why,omitzero"`         // of a text: why it was rejected
	EndedBy    PersonID     `json:"ended_by,omitempty"`
	Ended      time.Time    `json:"ended,omitzero"`
	EndEntry   uint64       `json:"end_entry,omitempty"`
}

// ParseLot checks a lot's name.
func ParseLot(s string) (string, error) { return ParseName("lot", s) }
