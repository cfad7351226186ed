package store

import (
	"iter"

	"govd/internal/gov"
)

var erasures = &table[gov.ErasureID, gov.Erasure]{
	bucket: erasureTable, noun: "erasure", missing: "NO_ERASURE",
	key:   func(id gov.ErasureID) key { return key(nil).uint64(uint64(id)) },
	keyOf: func(e gov.Erasure) gov.ErasureID { return e.ID },
	codec: jsonValue[gov.Erasure](),
	indexes: []index[gov.Erasure]{
		{bucket: erasureByProject, keys: func(e gov.Erasure) []key { return []key{key(nil).str(string(e.Project)).uint64(uint64(e.ID))} }},
	},
}

var erased = &table[gov.Digest, uint64]{
	bucket: erasedTable, noun: "erased value", missing: "NO_ERASED",
	key: key(nil).digest, parse: (*parts).digest, codec: numberValue,
}

// Erasure returns an erasure. Returns gov.NotFound if there is none.
func (tx *Tx) Erasure(id gov.ErasureID) (gov.Erasure, error) { return erasures.get(tx, id) }

// PutErasure inserts or replaces an erasure.
func (tx *Tx) PutErasure(e gov.Erasure) error { return erasures.put(tx, e.ID, e) }

// Erasures yields every erasure, newest first, from the one before a number; 0 is
// from the newest.
func (tx *Tx) Erasures(before gov.ErasureID) iter.Seq2[gov.Erasure, error] {
	return erasures.list(tx, down(nil, uint64(before)))
}

// ErasuresIn yields the erasures of a project, newest first, from the one before
// a number; 0 is from the newest.
func (tx *Tx) ErasuresIn(project gov.Project, before gov.ErasureID) iter.Seq2[gov.Erasure, error] {
	return erasures.via(tx, erasureByProject, down(key(nil).str(string(project)), uint64(before)))
}

// Erased returns the erasure by which the log says that the value with an entry
// hash is gone, or that the record with a tag stays out; 0 if it says so of none.
func (tx *Tx) Erased(d gov.Digest) (gov.ErasureID, error) {
	n, _, err := erased.find(tx, d)
	return gov.ErasureID(n), err
}

// PutErased notes an entry hash or a tag.
func (tx *Tx) PutErased(d gov.Digest, by gov.ErasureID) error { return erased.put(tx, d, uint64(by)) }
