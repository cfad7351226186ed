package store

import (
	"bytes"
	"fmt"
	"iter"

	"govd/internal/gov"
)

// A table maps keys to values and keeps its indexes in step with them. Nothing
// else in the package touches the buckets of a table or of its indexes.
type table[K, V any] struct {
	bucket  bucket
	noun    string     // "person": what an error calls a record
	missing gov.Reason // the reason of the error when there is none
	key     func(K) key
	keyOf   func(V) K      // the key of a record; nil if the record does not hold it
	parse   func(*parts) K // the key from its parts; only where keyOf is nil
	codec   codec[V]
	indexes []index[V]
}

// An index maps keys made from a record to the record's key.
type index[V any] struct {
	bucket bucket
	keys   func(V) []key
	taken  gov.Reason // the index is unique, and this says that another record has the key; "" if it is not
}

func (t *table[K, V]) name() string { return buckets[t.bucket].name }

// find returns the record, and whether there is one.
func (t *table[K, V]) find(tx *Tx, k K) (v V, found bool, err error) {
	b := tx.get(t.bucket, t.key(k))
	if b == nil {
		return v, false, nil
	}
	v, err = t.decode(b)
	return v, err == nil, err
}

// get returns the record. Returns gov.NotFound if there is none.
func (t *table[K, V]) get(tx *Tx, k K) (V, error) {
	v, found, err := t.find(tx, k)
	if err == nil && !found {
		err = t.none(k)
	}
	return v, err
}

func (t *table[K, V]) none(k any) error {
	return gov.Errorf(gov.NotFound, t.missing, "no %s %v", t.noun, k)
}

func (t *table[K, V]) decode(b []byte) (V, error) {
	v, err := t.codec.decode(b)
	if err != nil {
		err = unreadable(err, t.noun)
	}
	return v, err
}

func unreadable(err error, noun string) error {
	return gov.Because(err, gov.Internal, "CORRUPT", "a %s cannot be read", noun)
}

// put inserts the record, or replaces the one with its key. Returns gov.Exists
// if another record has its key in a unique index.
func (t *table[K, V]) put(tx *Tx, k K, v V) error {
	at := t.key(k)
	b, err := t.codec.encode(v)
	if err != nil {
		return fmt.Errorf("%s %v: %w", t.noun, k, err)
	}
	if len(t.indexes) > 0 {
		if err := t.reindex(tx, at, &v); err != nil {
			return err
		}
	}
	tx.put(t.bucket, at, b)
	return nil
}

// remove removes the record. Returns gov.NotFound if there is none.
func (t *table[K, V]) remove(tx *Tx, k K) error {
	at := t.key(k)
	if tx.get(t.bucket, at) == nil {
		return t.none(k)
	}
	if err := t.reindex(tx, at, nil); err != nil {
		return err
	}
	tx.remove(t.bucket, at)
	return nil
}

// reindex moves the index entries of the record at the key from those that the
// stored record has to those that v has; nil has none.
func (t *table[K, V]) reindex(tx *Tx, at key, v *V) error {
	var old *V
	if b := tx.get(t.bucket, at); b != nil && len(t.indexes) > 0 {
		was, err := t.decode(b)
		if err != nil {
			return err
		}
		old = &was
	}
	for _, ix := range t.indexes {
		if err := ix.move(tx, at, old, v); err != nil {
			return err
		}
	}
	return nil
}

func (ix index[V]) move(tx *Tx, at key, old, v *V) error {
	gone, come := ix.of(old), ix.of(v)
	for _, k := range come {
		owner := tx.get(ix.bucket, k)
		if ix.taken != "" && owner != nil && !bytes.Equal(owner, at) {
			return gov.Errorf(gov.Exists, ix.taken, "%s is taken", ix.spell(k))
		}
		if owner == nil {
			tx.put(ix.bucket, k, at)
		}
	}
	for _, k := range gone {
		if !holds(come, k) {
			tx.remove(ix.bucket, k)
		}
	}
	return nil
}

func (ix index[V]) of(v *V) []key {
	if v == nil {
		return nil
	}
	return ix.keys(*v)
}

// spell writes the strings that a unique index's key is made of.
func (ix index[V]) spell(k key) string {
	p := parts{rest: k}
	s := p.str()
	for len(p.rest) > 0 && !p.bad {
		s += " " + p.str()
	}
	return s
}

func holds(keys []key, k key) bool {
	for _, l := range keys {
		if bytes.Equal(k, l) {
			return true
		}
	}
	return false
}

// list yields the records of the span in its order.
func (t *table[K, V]) list(tx *Tx, s span) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for _, b := range tx.scan(t.bucket, s) {
			if v, err := t.decode(b); !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// via yields the records that the span of an index names, in the index's order.
func (t *table[K, V]) via(tx *Tx, ix bucket, s span) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for k, at := range tx.scan(ix, s) {
			var v V
			b, err := tx.get(t.bucket, at), error(nil)
			if b == nil {
				err = gov.Because(fmt.Errorf("%s: % x names no record", buckets[ix].name, k), gov.Internal, "CORRUPT", "a %s cannot be found", t.noun)
			} else {
				v, err = t.decode(b)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// one returns the record at the key of a unique index. Returns gov.NotFound if
// there is none; the words name it then.
func (t *table[K, V]) one(tx *Tx, ix bucket, k key, words string) (v V, err error) {
	at := tx.get(ix, k)
	if at == nil {
		return v, t.none(words)
	}
	b := tx.get(t.bucket, at)
	if b == nil {
		return v, gov.Errorf(gov.Internal, "CORRUPT", "a %s cannot be found", t.noun)
	}
	return t.decode(b)
}
