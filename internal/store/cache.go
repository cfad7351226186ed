package store

import (
	"bytes"

	"govd/internal/gov"
)

// What is cached follows from nodes that never change, so nothing in it goes
// stale. No event speaks of it, and it may be dropped at any time.

// Memo returns what was measured in a node, nil if that is not known. It is
// valid until the transaction ends.
func (tx *Tx) Memo(measure, node gov.Digest) ([]byte, error) {
	b := tx.get(memoTable, memos.key(memoKey{measure, node}))
	if b == nil {
		return nil, nil
	}
	if b[0] != formatBinary {
		return nil, gov.Because(errFormat(b), gov.Internal, "CORRUPT", "a memo cannot be read")
	}
	return b[1:], nil
}

// PutMemo keeps what was measured in a node.
func (tx *Tx) PutMemo(measure, node gov.Digest, state []byte) error {
	return memos.put(tx, memoKey{measure, node}, state)
}

// ForgetMemos drops up to most memos of nodes that keep refuses, from the key
// after on, and returns the last key it looked at; nil when it has seen all.
func (tx *Tx) ForgetMemos(after []byte, most int, keep func(node gov.Digest) bool) (last []byte, dropped int) {
	var s span
	if after != nil {
		s = s.after(bytes.Clone(after))
	}
	for k := range tx.scan(memoTable, s) {
		if last = k; keep(gov.Digest(k[32:])) {
			continue
		}
		tx.remove(memoTable, bytes.Clone(k))
		if dropped++; dropped == most {
			return bytes.Clone(last), dropped
		}
	}
	return nil, dropped
}

// Index returns the indexes of a dataset that go by a digest, nil if there are
// none.
func (tx *Tx) Index(dataset gov.DatasetName, set gov.Digest) ([]byte, error) {
	b, _, err := indexes.find(tx, indexKey{dataset, set})
	return b, err
}

// PutIndex keeps the indexes of a dataset, in place of those that went by the
// digest before.
func (tx *Tx) PutIndex(dataset gov.DatasetName, set gov.Digest, b []byte) error {
	return indexes.put(tx, indexKey{dataset, set}, b)
}

// RemoveIndex drops the indexes of a dataset that go by a digest.
func (tx *Tx) RemoveIndex(dataset gov.DatasetName, set gov.Digest) error {
	return indexes.remove(tx, indexKey{dataset, set})
}

// Indexes calls fn with all indexes of a dataset.
func (tx *Tx) Indexes(dataset gov.DatasetName, fn func(set gov.Digest, b []byte) error) error {
	for k, v := range tx.scan(indexTable, under(key(nil).dataset(dataset))) {
		p := parts{rest: k}
		at := indexes.parse(&p)
		b, err := indexes.decode(v)
		if err == nil {
			err = fn(at.set, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
