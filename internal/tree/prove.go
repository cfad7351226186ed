package tree

import (
	"bytes"
	"sort"

	"govd/internal/gov"
)

// Prove proves that a key is present or absent. A proof of absence is full in
// any case, since a compact one trusts the tree's builder. Returns gov.NotFound
// with reason ERASED if an erased value stands in the way.
func Prove(from Source, root gov.Tree, key []byte, full bool) (*Proof, error) {
	pr, present, err := prove(from, root, key, full)
	if err == nil && !present && !full {
		pr, _, err = prove(from, root, key, true)
	}
	return pr, err
}

// ProveCompact is Prove in compact form, absence included.
func ProveCompact(from Source, root gov.Tree, key []byte) (*Proof, error) {
	pr, _, err := prove(from, root, key, false)
	return pr, err
}

// ProveErased proves, in full, that an entry whose value is gone stands at a key's
// place. Returns gov.NotFound with reason NO_RECORD if there is none.
func ProveErased(from Source, root gov.Tree, key []byte) (*Proof, error) {
	pr, present, err := prove(from, root, key, true)
	if gov.ReasonOf(err) == "ERASED" && present {
		return pr, nil
	}
	if err == nil {
		err = noRecord(key)
	}
	return nil, err
}

func prove(from Source, root gov.Tree, key []byte, full bool) (pr *Proof, present bool, err error) {
	if err := checkRecord(key, nil); err != nil {
		return nil, false, err
	}
	pr = &Proof{Format: ProofFormat, Full: full, Key: bytes.Clone(key)}
	if root.Records == 0 {
		pr.Steps = []ProofStep{{Shown: []ProofEntry{}, Siblings: []byte{}}}
		return pr, false, nil
	}
	id := root.Root
	for level := root.Level; ; level-- {
		n, err := readNode(from, id, level)
		if err != nil {
			return nil, false, err
		}
		at, found := n.find(key)
		pr.Steps = append(pr.Steps, n.show(at, found && level == 0, full))
		switch {
		case level == 0:
			return pr, found, n.provable(at, found, key)
		case at == len(n.entries):
			return pr, false, nil
		}
		e := n.entries[at].entry()
		id = e.child()
	}
}

// A wholeNode is a node with the hashes of its entries.
type wholeNode struct {
	level   uint8
	entries []ProofEntry
	hashes  []gov.Digest
}

func readNode(from Source, id gov.Digest, level uint8) (*wholeNode, error) {
	var s scan
	if err := s.load(from, id, level); err != nil {
		return nil, err
	}
	n := &wholeNode{level: level, hashes: make([]gov.Digest, 0, s.n)}
	var h hasher
	for s.ok {
		e := ProofEntry{Key: bytes.Clone(s.key), Value: append([]byte{}, s.value...), Size: uint32(s.entry.size), Erased: s.erased}
		n.entries = append(n.entries, e)
		n.hashes = append(n.hashes, h.entry(level, &s.entry))
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// find returns the position of the first entry whose key is at least key, and
// whether it is that key.
func (n *wholeNode) find(key []byte) (at int, found bool) {
	return sort.Find(len(n.entries), func(i int) int { return bytes.Compare(key, n.entries[i].Key) })
}

// show makes the step for a key whose place is before entry at. alone: the entry
// is all that a compact proof needs.
func (n *wholeNode) show(at int, alone, full bool) ProofStep {
	s := span{at, min(at+1, len(n.entries))}
	if !alone && at > 0 {
		s.lo = at - 1
	}
	if full {
		s = span{0, len(n.entries)}
	}
	return ProofStep{
		Level:    n.level,
		Entries:  uint32(len(n.entries)),
		First:    uint32(s.lo),
		Shown:    n.entries[s.lo:s.hi],
		Siblings: s.siblings([]byte{}, 0, n.hashes),
	}
}

// provable reports whether erased records stand in the way.
func (n *wholeNode) provable(at int, found bool, key []byte) error {
	erased := func(i int) bool { return i >= 0 && i < len(n.entries) && n.entries[i].Erased }
	switch {
	case found && erased(at):
		return erasedError(key)
	case !found && (erased(at-1) || erased(at)):
		return gov.Errorf(gov.NotFound, "ERASED", "record %s is absent, but beside an erased one, which leaves no proof of it", quote(key))
	}
	return nil
}
