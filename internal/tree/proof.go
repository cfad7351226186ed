package tree

import (
	"bytes"
	"encoding/json"

	"govd/internal/gov"
)

// A Proof shows to who knows a tree's root that the tree holds a key with a
// value, or that it does not hold the key. Its JSON form, with every field
// present and bytes in base64, is frozen.
//
// The steps lead from the root to a leaf. Each shows entries of one node and the
// hashes of the rest, from which the node's id follows; that id is the one which
// the step before refers to.
//
// A compact proof shows of an inner node the entry that leads to the key and the
// one before it; of the leaf the record, or, if the key is absent, the records
// around its place. It proves what it says about a well-formed tree. That the
// rest of a node is in order it does not show: who built a tree with nodes out
// of order could give compact proofs that contradict each other. A full proof
// shows all entries of each node, so it trusts the builder for nothing on its
// path.
//
// An erased entry's hash does not reveal its key, so neither form proves a key
// absent beside an erased record.
type Proof struct {
	Format string      `json:"format"` // ProofFormat
	Full   bool        `json:"full"`   // every step shows all entries of its node
	Key    []byte      `json:"key"`    // what the proof is about
	Steps  []ProofStep `json:"steps"`  // from the root; one alone if the key is past the last of the tree
}

// A ProofStep shows entries of one node.
type ProofStep struct {
	Level    uint8        `json:"level"`    // of the node: 0 is a leaf
	Entries  uint32       `json:"entries"`  // in the node; 0 in the empty tree alone
	First    uint32       `json:"first"`    // position in the node of the first entry shown
	Shown    []ProofEntry `json:"shown"`    // adjacent entries in order
	Siblings []byte       `json:"siblings"` // 32 bytes for each largest subtree of entries that are not shown, from left to right
}

// A ProofEntry is an entry of a node.
type ProofEntry struct {
	Key    []byte `json:"key"`    // the record's key; in an inner node the last key below the entry
	Value  []byte `json:"value"`  // the record's value; its entry hash if erased; in an inner node child's id | u64 records | u64 bytes
	Size   uint32 `json:"size"`   // bytes of the value, also if erased; 48 in an inner node
	Erased bool   `json:"erased"` // the value is gone
}

// ProofFormat is the format of a Proof.
const ProofFormat = "govd/tree-proof/1"

// maxProof bounds the JSON of a proof: a full one of the largest nodes is half
// of it.
const maxProof = 1 << 20

// UnmarshalJSON accepts what MarshalJSON writes, with any white space between,
// and nothing else. Returns gov.Invalid with reason BAD_PROOF.
func (pr *Proof) UnmarshalJSON(b []byte) error {
	type plain Proof
	if len(b) > maxProof {
		return badProof("it has %d bytes, %d at most", len(b), maxProof)
	}
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return gov.Because(err, gov.Invalid, "BAD_PROOF", "bad proof: it is not the JSON of one")
	}
	var want bytes.Buffer
	if err := json.Compact(&want, b); err != nil {
		return gov.Because(err, gov.Invalid, "BAD_PROOF", "bad proof: it is not the JSON of one")
	}
	if again, err := json.Marshal(p); err != nil || !bytes.Equal(again, want.Bytes()) {
		return badProof("it is not written as a proof is")
	}
	*pr = Proof(p)
	return nil
}

func (e *ProofEntry) entry() entry {
	return entry{key: e.Key, value: e.Value, size: int(e.Size), erased: e.Erased}
}

func badProof(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_PROOF", "bad proof: "+format, args...)
}
