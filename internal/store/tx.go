package store

import (
	"bytes"
	"iter"
	"time"

	bolt "go.etcd.io/bbolt"

	"govd/internal/gov"
)

// A Tx is a transaction. It sees one state of the file, and time stands still
// in it. It must not be used after the function that received it returns, nor
// by another goroutine. Only Update's may be written to: others panic.
type Tx struct {
	// Now is the time of the transaction, UTC. It never goes back: no entry
	// that an Update appends is older than one before it.
	Now time.Time

	bolt     *bolt.Tx
	opened   [bucketCount]*bolt.Bucket
	over     *overlay // nil in a View
	seekers  [bucketCount]*seeker
	projects map[string][]gov.Project // of nodes that were read, by the bytes that say them
}

func (tx *Tx) bucket(b bucket) *bolt.Bucket {
	if tx.opened[b] == nil {
		tx.opened[b] = tx.bolt.Bucket([]byte(buckets[b].name))
	}
	return tx.opened[b]
}

// get returns the value of the key, or nil. It is valid until the transaction ends.
func (tx *Tx) get(b bucket, k key) []byte {
	if tx.over != nil {
		if v, known := tx.over.get(b, k); known {
			return v
		}
	}
	return tx.seeker(b).get(k)
}

// put sets the value of the key and keeps both slices.
func (tx *Tx) put(b bucket, k key, value []byte) {
	tx.mustWrite()
	if value == nil {
		value = []byte{} // nil would remove
	}
	tx.over.put(b, k, value)
}

// remove removes the key, if it is there.
func (tx *Tx) remove(b bucket, k key) {
	tx.mustWrite()
	tx.over.put(b, k, nil)
}

func (tx *Tx) mustWrite() {
	if tx.over == nil {
		panic("store: a write in a View")
	}
}

// last returns the last key of the bucket, or nil.
func (tx *Tx) last(b bucket) key {
	for k := range tx.scan(b, span{reverse: true}) {
		return k
	}
	return nil
}

// any reports whether there may be keys that begin with a prefix: one that was
// removed counts. Where mostly there are none, it costs less than a scan.
func (tx *Tx) any(b bucket, prefix []byte) bool {
	if tx.over != nil {
		if it := tx.over.next(b, prefix, false, false); it != nil && bytes.HasPrefix(it.key, prefix) {
			return true
		}
	}
	k, _ := tx.seeker(b).find(prefix)
	return bytes.HasPrefix(k, prefix)
}

// scan yields the keys and values of the span in its order. In an Update it
// sees what has been written, also while it runs. The slices are valid until
// the transaction ends.
func (tx *Tx) scan(b bucket, s span) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		m := merge{tx: tx, bucket: b, span: s}
		m.start()
		for m.step() {
			if m.value != nil && !yield(m.at, m.value) {
				return
			}
		}
	}
}

// A merge walks a bucket of bbolt and the overlay's items for it together. The
// overlay is searched anew at each step, for it may have changed.
type merge struct {
	tx     *Tx
	bucket bucket
	span
	cursor    *bolt.Cursor
	k, v      []byte // where the cursor stands
	at, value []byte // where the merge stands; the value is nil if it was removed
	begun     bool
}

func (m *merge) start() {
	m.cursor = m.tx.bucket(m.bucket).Cursor()
	if !m.reverse {
		m.at = m.from
		m.k, m.v = m.cursor.Seek(m.from)
		return
	}
	m.at = m.to
	if m.to != nil {
		m.k, m.v = m.cursor.Seek(m.to)
	}
	if m.k == nil {
		m.k, m.v = m.cursor.Last()
	} else {
		m.k, m.v = m.cursor.Prev()
	}
}

func (m *merge) advance() {
	if m.reverse {
		m.k, m.v = m.cursor.Prev()
	} else {
		m.k, m.v = m.cursor.Next()
	}
}

// step goes to the next key of either, and reports whether there is one.
func (m *merge) step() bool {
	it := m.written()
	stored := m.k != nil && m.within(m.k)
	switch {
	case it == nil && !stored:
		return false
	case it == nil || stored && m.before(m.k, it.key):
		m.at, m.value = m.k, m.v
		m.advance()
	default:
		if stored && bytes.Equal(m.k, it.key) {
			m.advance()
		}
		m.at, m.value = it.key, it.value
	}
	m.begun = true
	return true
}

// written returns the overlay's next item, or nil.
func (m *merge) written() *item {
	if m.tx.over == nil {
		return nil
	}
	it := m.tx.over.next(m.bucket, m.at, m.reverse, m.begun || m.reverse)
	if it == nil || !m.within(it.key) {
		return nil
	}
	return it
}

func (m *merge) within(k []byte) bool {
	if m.reverse {
		return bytes.Compare(k, m.from) >= 0
	}
	return m.to == nil || bytes.Compare(k, m.to) < 0
}

func (m *merge) before(a, b []byte) bool {
	return bytes.Compare(a, b) < 0 != m.reverse && !bytes.Equal(a, b)
}
