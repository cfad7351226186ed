package trail

import (
	"govd/internal/gov"
	"govd/internal/tree"
)

// BundleFormat is the format of a trail bundle.
const BundleFormat = "govd/trail/1"

// A Bundle is what goes into a trail, the one file that an auditor takes home.
// A trail is either an export, which shows a Chain and is itself an entry of
// the log, or a receipt, which shows none.
type Bundle struct {
	Chain      *Chain         // nil: a receipt
	Entries    []uint64       // of the log, in any order: what the claims rest on; the export's own entry among them
	Records    []Presence     // that versions hold records, or do not
	Outputs    []OutputProof  // that batches hold outputs
	Signatures []Signature    // under votes
	Keys       []string       // public keys, as authorized_keys has them, that entries bind by digest
	Documents  [][]byte       // that entries commit to by gov.DocumentDigest: rules, reports, taxonomies
	Texts      []gov.SaltText // that entries commit to: names, reasons
}

// A Presence shows that a version holds a record, or does not.
type Presence struct {
	Entry uint64      `json:"entry"` // that registered the version
	Key   string      `json:"key"`
	Proof *tree.Proof `json:"proof"`
}

// An OutputProof shows that a batch holds an output.
type OutputProof struct {
	Entry  uint64       `json:"entry"` // that recorded the batch
	Index  uint64       `json:"index"` // in the batch
	Name   string       `json:"name,omitempty"`
	Digest gov.Digest   `json:"digest"`
	Hashes []gov.Digest `json:"hashes,omitempty"` // from the output to the batch's root, RFC 6962 section 2.1.1
}

// A Signature is what a person signed to vote.
type Signature struct {
	Entry     uint64 `json:"entry"`     // of the vote
	Statement string `json:"statement"` // gov.ApprovalStatement's text
	Armored   string `json:"signature"` // SSH signature over it, armored
}
