package gov

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// A Dataset is a named, growing body of records within a project.
type Dataset struct {
	Name        DatasetName `json:"name"`
	Stage       Stage       `json:"stage"`
	Taxonomy    Digest      `json:"taxonomy,omitzero"` // of the document that lists its label names; none: any name goes
	Purposes    []string    `json:"purposes,omitempty"`
	Sensitivity string      `json:"sensitivity,omitempty"`
	License     string      `json:"license,omitempty"`
	Salt        Digest      `json:"salt"` // commitment to the secret salt, see SaltCommitment
	By          PersonID    `json:"by"`
	Created     time.Time   `json:"created"`
	Versions    uint64      `json:"versions"`         // how many there are; the newest has this number
	Erased      uint64      `json:"erased,omitempty"` // the log entry of the newest erasure of values in it
}

// A Registration is what a version is: the event that makes it. It never
// changes, and its Digest commits to all that a stranger can check.
type Registration struct {
	Dataset DatasetName `json:"dataset"`
	Number  uint64      `json:"number"` // 1 for the first
	Digest  Digest      `json:"digest"`
	Tree    Tree        `json:"tree"`
	Parents []Digest    `json:"parents,omitempty"`
	Counts  Counts      `json:"counts"`
	Message Digest      `json:"message,omitzero"` // of a text
}

// A Version is one state of a dataset, and who registered it when.
type Version struct {
	Registration
	By      PersonID  `json:"by"`
	Created time.Time `json:"created"`
	Entry   uint64    `json:"entry"`            // the log entry that registered it
	Change  ChangeID  `json:"change,omitempty"` // that it was made by
	Lot     string    `json:"lot,omitempty"`    // that it took up
}

// ComputeDigest returns what Digest must be:
//
//	SHA-256(0x14 | "govd/version/1" | params | root | u64 records | u64 bytes |
//	        uvarint len(dataset) | dataset | u64 number | uvarint len(parents) | parents…)
//
// with big-endian integers. It is frozen.
func (r *Registration) ComputeDigest() Digest {
	b := append([]byte{0x14}, "govd/version/1"...)
	b = append(b, r.Tree.Params[:]...)
	b = append(b, r.Tree.Root[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Tree.Records)
	b = binary.BigEndian.AppendUint64(b, r.Tree.Bytes)
	b = binary.AppendUvarint(b, uint64(len(r.Dataset)))
	b = append(b, r.Dataset...)
	b = binary.BigEndian.AppendUint64(b, r.Number)
	b = binary.AppendUvarint(b, uint64(len(r.Parents)))
	for _, p := range r.Parents {
		b = append(b, p[:]...)
	}
	return sha256.Sum256(b)
}

// Ref returns the reference by number.
func (r *Registration) Ref() Ref { return Ref{Dataset: r.Dataset, Number: r.Number} }

// A Tree is what commits to the records of a version (package tree).
type Tree struct {
	Params  Digest `json:"params"` // parameters of the tree, the salt's commitment among them
	Root    Digest `json:"root"`
	Level   uint8  `json:"level"`
	Records uint64 `json:"records"`
	Bytes   uint64 `json:"bytes"` // of keys and canonical values, not of the files they stand for
}

// Counts is how a version differs from its first parent.
type Counts struct {
	Added     uint64 `json:"added"`
	Removed   uint64 `json:"removed"`
	Changed   uint64 `json:"changed"` // relabelled ones included
	Unchanged uint64 `json:"unchanged"`
}

// A Tag is a name for a version that can be moved.
type Tag struct {
	Dataset DatasetName `json:"dataset"`
	Name    string      `json:"name"`
	Number  uint64      `json:"number"`
	By      PersonID    `json:"by"`
	Set     time.Time   `json:"set"`
}

// A ProjectInfo is what is known of a project.
type ProjectInfo struct {
	Name    Project     `json:"name"`
	By      PersonID    `json:"by"`
	Created time.Time   `json:"created"`
	Ahead   *Commitment `json:"ahead,omitempty"` // for the next inspection that is drawn in it
}
