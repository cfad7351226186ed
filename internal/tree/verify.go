package tree

import (
	"bytes"

	"govd/internal/gov"
)

// Verify checks the proof against a root that is trusted, with its level,
// records and bytes, and returns what it proves about key: its value, or that it
// is absent. It trusts nothing else. The value is part of the proof.
//
// Returns gov.Invalid with reason BAD_PROOF: there is one proof of each form for
// a root and a key, and any other bytes are refused.
func (pr *Proof) Verify(root gov.Tree, key []byte) (value []byte, present bool, err error) {
	return pr.verify(root, key, verifier{})
}

// VerifyErased checks a proof of [ProveErased] against a root that is trusted, and
// returns the entry hash that stands in the value's place. The hash was made of
// the value and of its key. That it was of this key the tree does not show any
// more: who wants to know needs the hash from when the value was there.
// Returns gov.Invalid with reason BAD_PROOF.
func (pr *Proof) VerifyErased(root gov.Tree, key []byte) (hash gov.Digest, err error) {
	if !pr.Full {
		return hash, badProof("it is compact, and of an erased record")
	}
	value, present, err := pr.verify(root, key, verifier{erased: true})
	if err == nil && !present {
		err = badProof("the key is not there")
	}
	if err == nil {
		hash = gov.Digest(value)
	}
	return hash, err
}

func (pr *Proof) verify(root gov.Tree, key []byte, v verifier) (value []byte, present bool, err error) {
	switch {
	case pr.Format != ProofFormat:
		return nil, false, badProof("its format is not %s", ProofFormat)
	case len(key) == 0 || len(key) > maxKey || !bytes.Equal(pr.Key, key):
		return nil, false, badProof("it is about another key")
	case root.Level > maxLevel || len(pr.Steps) == 0 || len(pr.Steps) > int(root.Level)+1:
		return nil, false, badProof("it has %d steps, the tree %d levels", len(pr.Steps), int(root.Level)+1)
	case root.Records == 0:
		return nil, false, pr.verifyEmpty(root)
	}
	v.full, v.key, v.level, v.top = pr.Full, key, root.Level, true
	v.ref.value = appendRef(nil, root.Root, root.Records, root.Bytes)
	for i := range pr.Steps {
		if v.done {
			return nil, false, badProof("it goes on after its end")
		}
		if err := v.step(&pr.Steps[i]); err != nil {
			return nil, false, err
		}
	}
	if !v.done {
		return nil, false, badProof("it ends too early")
	}
	return v.value, v.present, nil
}

func (pr *Proof) verifyEmpty(root gov.Tree) error {
	s := &pr.Steps[0]
	empty := s.Level == 0 && s.Entries == 0 && s.First == 0 && len(s.Shown) == 0 && len(s.Siblings) == 0
	if !empty || root.Level != 0 || root.Bytes != 0 || root.Root != nodeID(0, nil) {
		return badProof("the tree has no records, the proof shows some")
	}
	return nil
}

// A verifier follows a proof from the root down.
type verifier struct {
	full   bool
	erased bool // the proof is to be of a value that is gone
	key    []byte
	level  uint8  // that the next step must have
	ref    entry  // what its parent says of the next node; the root's has no key
	top    bool   // the next node is the root
	after  []byte // all keys of the next node come after this one; nil: not known to
	tally  tally

	done    bool
	value   []byte
	present bool
}

func (v *verifier) step(s *ProofStep) error {
	if s.Level != v.level {
		return badProof("a step of level %d, want %d", s.Level, v.level)
	}
	if err := v.entries(s); err != nil {
		return err
	}
	if err := v.node(s); err != nil {
		return err
	}
	return v.route(s)
}

// entries checks that the entries shown can be those of a node, and hashes them.
func (v *verifier) entries(s *ProofStep) error {
	n, first, shown := int64(s.Entries), int64(s.First), int64(len(s.Shown))
	if n > maxEntries || shown == 0 || first+shown > n || v.full && shown != n {
		return badProof("entries %d to %d of %d", first, first+shown, n)
	}
	last, size := []byte(nil), 0
	if first == 0 {
		last = v.after
	}
	v.tally.reset()
	for i := range s.Shown {
		e := s.Shown[i].entry()
		if !e.fits(v.level) || size > maxNode {
			return badProof("an entry is too large, too small or of the wrong kind")
		}
		if bytes.Compare(last, e.key) >= 0 {
			return badProof("keys do not ascend")
		}
		last, size = e.key, size+len(e.key)+e.size
		v.tally.add(v.level, &e)
	}
	return nil
}

// fits reports whether e is within the limits of an entry at that level.
func (e *entry) fits(level uint8) bool {
	want := e.size
	switch {
	case level > 0:
		want = refLen
	case e.erased:
		want = len(gov.Digest{})
	}
	limits := len(e.key) > 0 && len(e.key) <= maxKey && e.size <= maxValue && len(e.value) == want
	return limits && (level == 0 || !e.erased && e.size == refLen)
}

// node checks that the entries are those of the node that the parent refers to.
func (v *verifier) node(s *ProofStep) error {
	n, siblings := int(s.Entries), s.Siblings
	shown := span{int(s.First), int(s.First) + len(s.Shown)}
	top, ok := shown.top(0, n, v.tally.hashes, &siblings)
	switch {
	case !ok || len(siblings) > 0:
		return badProof("too few or too many siblings")
	case nodeWith(v.level, n, top) != v.ref.child():
		return badProof("the entries at level %d do not hash to the id that is referred to", v.level)
	case v.level == 0 && uint64(n) != v.ref.records():
		return badProof("a leaf of %d records, want %d", n, v.ref.records())
	case len(s.Shown) == n && (v.tally.records != v.ref.records() || v.tally.bytes != v.ref.bytes()):
		return badProof("records or bytes do not add up at level %d", v.level)
	case !v.top && shown.hi == n && !bytes.Equal(s.Shown[len(s.Shown)-1].Key, v.ref.key):
		return badProof("a node ends with another key than its parent says")
	}
	return nil
}

// route finds the key's place among the entries and either goes on to the child
// that covers it or ends.
func (v *verifier) route(s *ProofStep) error {
	at := 0
	for at < len(s.Shown) && bytes.Compare(s.Shown[at].Key, v.key) < 0 {
		at++
	}
	found := v.level == 0 && at < len(s.Shown) && bytes.Equal(s.Shown[at].Key, v.key)
	if !v.full && !v.minimal(s, at, found) {
		return badProof("it shows other entries than a compact proof needs")
	}
	if at == len(s.Shown) && !(v.top && int(s.First)+at == int(s.Entries)) {
		return badProof("the key is past the end of a node that should cover it")
	}
	if at < len(s.Shown) && v.level > 0 {
		v.descend(s, at)
		return nil
	}
	v.done, v.present = true, found
	if found {
		v.value = s.Shown[at].Value
		if v.erased && s.Shown[at].Erased {
			return nil
		}
		if v.erased {
			return badProof("the value is there")
		}
		return v.trusted(s, at)
	}
	if v.level > 0 {
		return nil
	}
	return v.trusted(s, at-1, at)
}

// minimal reports whether the entries shown are those that a compact proof has:
// the entry at the place and the one before it, as far as there are such, and
// only the record itself if it was found.
func (v *verifier) minimal(s *ProofStep, at int, found bool) bool {
	before := 1
	if found || s.First == 0 && at == 0 {
		before = 0
	}
	return at == before && len(s.Shown) == min(at+1, int(s.Entries)-int(s.First))
}

func (v *verifier) descend(s *ProofStep, at int) {
	if at > 0 {
		v.after = s.Shown[at-1].Key
	}
	v.ref, v.level, v.top = s.Shown[at].entry(), v.level-1, false
}

// trusted checks that none of these entries, if shown, was erased: an erased
// entry's hash does not cover the key beside it.
func (v *verifier) trusted(s *ProofStep, at ...int) error {
	for _, i := range at {
		if i >= 0 && i < len(s.Shown) && s.Shown[i].Erased {
			return badProof("it rests on an erased record")
		}
	}
	return nil
}
