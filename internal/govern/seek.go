package govern

import (
	"bytes"
	"iter"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A seeker reads records of a version whose keys are asked for in ascending
// order: it walks on to a key that is near, and looks up one that is far, so
// that a few records of a large version and all of a small one both cost what
// they must.
type seeker struct {
	from tree.Source
	root gov.Tree
	next func() (tree.Entry, error, bool)
	stop func()
	at   tree.Entry
	more bool // at is an entry
}

// near is how many entries a seeker walks before it looks up.
const near = 8

func newSeeker(from tree.Source, root gov.Tree) *seeker {
	return &seeker{from: from, root: root, stop: func() {}}
}

// find returns the record at a key, nil if there is none. The record of an
// erased value is an error.
func (k *seeker) find(key string) (*gov.Record, error) {
	if err := k.reach([]byte(key)); err != nil || !k.more || string(k.at.Key) != key {
		return nil, err
	}
	if k.at.Erased {
		return nil, gov.Errorf(gov.NotFound, "ERASED", "record %q was erased", key)
	}
	return gov.DecodeRecord(key, k.at.Value)
}

// reach moves to the first entry whose key is not before key.
func (k *seeker) reach(key []byte) error {
	for range near {
		if k.next == nil || k.more && bytes.Compare(k.at.Key, key) >= 0 {
			break
		}
		if err := k.step(); err != nil || !k.more {
			return err
		}
	}
	if k.more && bytes.Compare(k.at.Key, key) >= 0 {
		return nil
	}
	k.stop()
	k.next, k.stop = iter.Pull2(tree.Range(k.from, k.root, key, nil))
	return k.step()
}

func (k *seeker) step() (err error) {
	k.at, err, k.more = k.next()
	return err
}
