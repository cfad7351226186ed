package gov

import (
	"strconv"
	"time"
)

// An ErasureID is the number of an erasure: 1 for the first of a server.
type ErasureID uint64

// ParseErasureID parses what String writes, and no other.
func ParseErasureID(s string) (ErasureID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, Errorf(Invalid, "BAD_ERASURE", "%q is not an erasure: want its number", clip(s))
	}
	return ErasureID(n), nil
}

// String returns the plain number.
func (id ErasureID) String() string { return strconv.FormatUint(uint64(id), 10) }

// An ErasureState says where an erasure stands.
type ErasureState string

// The states, in order.
const (
	ErasureRequested ErasureState = "requested"
	ErasureApproved  ErasureState = "approved"
	ErasureBegun     ErasureState = "begun" // decided for good; values may still be there
	ErasureDone      ErasureState = "done"
)

// An Erasure takes the values of records out of every version of a project that
// holds them. Which records those are lies beside the log.
type Erasure struct {
	ID      ErasureID    `json:"id"`
	Project Project      `json:"project"`
	State   ErasureState `json:"state"`
	Where   Digest       `json:"where"`  // of a text: the expression that picks records
	Reason  Digest       `json:"reason"` // of a text
	List    Digest       `json:"list"`   // of a text: what was found, see ErasureList
	Found   ErasureCount `json:"found"`
	By      PersonID     `json:"by"`
	Asked   time.Time    `json:"asked"`
	Entry   uint64       `json:"entry"` // the log entry that asked for it

	Approver  PersonID  `json:"approver,omitempty"`
	Approved  uint64    `json:"approved,omitempty"`  // the log entry
	Hashes    Digest    `json:"hashes,omitzero"`     // of a document: the entry hashes that were erased, and what stays out
	Begun     uint64    `json:"begun,omitempty"`     // the log entry
	Done      uint64    `json:"done,omitempty"`      // the log entry
	Ended     time.Time `json:"ended,omitzero"`      // when it was done
	Compacted uint64    `json:"compacted,omitempty"` // the log entry that says the file was compacted since
}

// An ErasureCount says how much an erasure is about.
type ErasureCount struct {
	Records  uint64 `json:"records"`  // keys of datasets
	Values   uint64 `json:"values"`   // different values of them
	Edits    uint64 `json:"edits"`    // label edits of changes about them
	Versions uint64 `json:"versions"` // that hold one or more
	Looked   uint64 `json:"looked"`   // values that the expression was asked about, once for each node that holds them
	Failed   uint64 `json:"failed"`   // of these, on how many it failed: they are not among what was found
}

// An ErasureList is what an erasure is about, in order.
type ErasureList struct {
	Values []ErasedValue `json:"values"`
	Edits  []ErasedEdit  `json:"edits,omitempty"`
}

// An ErasedValue is a value that a record has in some versions.
type ErasedValue struct {
	Dataset  DatasetName `json:"dataset"`
	Key      string      `json:"key"`
	Hash     Digest      `json:"hash"`     // its entry hash
	Stay     Digest      `json:"stay"`     // tag of the record, by which it is kept out
	Versions [][2]uint64 `json:"versions"` // first and last of each run of versions that hold it
}

// Holds reports whether a version holds the value.
func (v *ErasedValue) Holds(number uint64) bool {
	for _, run := range v.Versions {
		if run[0] <= number && number <= run[1] {
			return true
		}
	}
	return false
}

// An ErasedEdit is a label edit of such a record.
type ErasedEdit struct {
	Change   ChangeID `json:"change"`
	Revision uint64   `json:"revision"`
	Key      string   `json:"key"` // of the record
	Label    string   `json:"label"`
	Hash     Digest   `json:"hash"` // its entry hash
}

// MaxErased is how many values and edits one erasure is about at most.
const MaxErased = 50_000
