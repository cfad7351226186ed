package gov

import (
	"slices"
	"time"
)

// A VoteKind says what a vote does.
type VoteKind string

const (
	Approve  VoteKind = "approve"
	Veto     VoteKind = "veto"     // blocks the change, also after a revision, until it is lifted
	Lift     VoteKind = "lift"     // takes back one's own approval and veto, or speaks against another's veto
	Comment  VoteKind = "comment"  // counts for nothing
	Advisory VoteKind = "advisory" // what a machine or an outside reviewer thinks; counts for nothing
)

// VoteKinds lists every kind.
var VoteKinds = []VoteKind{Approve, Veto, Lift, Comment, Advisory}

// ParseVoteKind returns the kind of that name.
func ParseVoteKind(s string) (VoteKind, error) {
	if k := VoteKind(s); slices.Contains(VoteKinds, k) {
		return k, nil
	}
	return "", Errorf(Invalid, "UNKNOWN_VOTE", "no vote %q: the votes are approve, veto, lift, comment and advisory", clip(s))
}

// A Vote is what a person said of a revision. Votes are only ever added; which
// of them count is for package review to say.
type Vote struct {
	Change    ChangeID  `json:"change"`
	Revision  Digest    `json:"revision"`
	Person    PersonID  `json:"person"`
	Kind      VoteKind  `json:"kind"`
	Of        PersonID  `json:"of,omitempty"`       // a lift: whose veto, if not one's own
	Entry     uint64    `json:"entry"`              // the log entry that holds it
	Time      time.Time `json:"time"`               // of that entry
	Why       Digest    `json:"why,omitzero"`       // of a text
	Signature Digest    `json:"signature,omitzero"` // of the document: the statement, then its armored SSH signature
	Key       string    `json:"key,omitempty"`      // fingerprint of the key that signed
	Looked    Looked    `json:"looked,omitzero"`
}

// Looked is what a reviewer had fetched of a revision when voting.
type Looked struct {
	Stat    bool   `json:"stat,omitempty"`    // the transition table
	Edits   uint64 `json:"edits,omitempty"`   // different edits
	Seconds uint32 `json:"seconds,omitempty"` // from the first look to the vote
}
