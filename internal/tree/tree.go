package tree

import "govd/internal/gov"

// A Source finds nodes. *store.Tx is one.
type Source interface {
	// Node returns the frame of a node. It is not modified, and need be valid
	// only as long as the caller of this package goes on using what it was given.
	Node(id gov.Digest) ([]byte, error)
}

// A Sink takes new nodes, children before their parents but for the last node
// of a level. It may be given a node that it has.
type Sink interface {
	// PutNode stores a node. The frame is the Sink's from now on.
	PutNode(id gov.Digest, frame []byte) error
}

// An Entry is a record of a tree.
type Entry struct {
	Key    []byte
	Value  []byte     // nil if erased
	Erased bool       // the value is gone; Size and Hash remain
	Size   int        // bytes of the value
	Hash   gov.Digest // what the tree commits to for this record
}

// record returns e as callers see it; it shares e's memory.
func (h *hasher) record(e *entry) Entry {
	r := Entry{Key: e.key, Value: e.value, Erased: e.erased, Size: e.size, Hash: h.entry(0, e)}
	if e.erased {
		r.Value = nil
	}
	return r
}

// checkRecord checks the limits of a key and a value.
func checkRecord(key, value []byte) error {
	switch {
	case len(key) == 0 || len(key) > maxKey:
		return gov.Errorf(gov.Invalid, "BAD_KEY", "key %s has %d bytes, want 1 to %d", quote(key), len(key), maxKey)
	case len(value) > maxValue:
		return gov.Errorf(gov.Invalid, "BAD_VALUE", "the value of key %s has %d bytes, %d at most", quote(key), len(value), maxValue)
	}
	return nil
}

// load opens a node and moves to its first entry.
func (s *scan) load(from Source, id gov.Digest, level uint8) error {
	frame, err := from.Node(id)
	if err != nil {
		return err
	}
	return s.open(frame, level)
}
