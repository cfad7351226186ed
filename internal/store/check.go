package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"govd/internal/gov"
)

// Check reports everything in the file that breaks a rule of this package:
// pages, as bbolt checks them; keys and values that do not read back as they
// are; indexes that say more or less than their table; gaps in the log; nodes
// that are not where the index says. It returns an error if it could not look.
func (s *Store) Check(report func(format string, args ...any)) error {
	return s.View(context.Background(), func(tx *Tx) error {
		for err := range tx.bolt.Check() {
			report("pages: %v", err)
		}
		for _, t := range slices.Concat(folded, beside, cached) {
			t.check(tx, report)
		}
		tx.checkLog(report)
		tx.checkNodes(report)
		return nil
	})
}

func (t *table[K, V]) at() bucket { return t.bucket }

// check reads every record, and compares the indexes with those that the
// records should have: each has its entries, and there are no others.
func (t *table[K, V]) check(tx *Tx, report func(format string, args ...any)) {
	want := make([]int, len(t.indexes))
	for k, b := range tx.scan(t.bucket, span{}) {
		v, err := t.checkRecord(k, b)
		if err != nil {
			report("%s: % x: %v", t.name(), k, err)
			continue
		}
		for i, ix := range t.indexes {
			for _, at := range ix.keys(v) {
				want[i]++
				if got := tx.get(ix.bucket, at); !bytes.Equal(got, k) {
					report("%s: % x should name % x and names % x", buckets[ix.bucket].name, at, k, got)
				}
			}
		}
	}
	for i, ix := range t.indexes {
		if n := tx.bucket(ix.bucket).Stats().KeyN; n != want[i] {
			report("%s: has %d entries, should have %d", buckets[ix.bucket].name, n, want[i])
		}
	}
}

// checkRecord decodes a record and its key and compares what they encode to.
func (t *table[K, V]) checkRecord(k, b []byte) (V, error) {
	v, err := t.codec.decode(b)
	if err != nil {
		return v, err
	}
	id, err := t.keyFrom(k, v)
	if err != nil {
		return v, err
	}
	if want := t.key(id); !bytes.Equal(k, want) {
		return v, fmt.Errorf("the key should be % x", want)
	}
	if again, err := t.codec.encode(v); err != nil || !bytes.Equal(again, b) {
		return v, fmt.Errorf("the value reads back as %q, not %q (%v)", again, b, err)
	}
	return v, nil
}

// keyFrom returns the key of a record: from the record if it holds it.
func (t *table[K, V]) keyFrom(k []byte, v V) (K, error) {
	if t.keyOf != nil {
		return t.keyOf(v), nil
	}
	p := parts{rest: k}
	id := t.parse(&p)
	return id, p.end()
}

// checkLog finds gaps.
func (tx *Tx) checkLog(report func(format string, args ...any)) {
	next := uint64(0)
	for k := range tx.scan(logEntries, span{}) {
		if n := binary.BigEndian.Uint64(k); n != next {
			report("log.entry: %d follows %d", n, next-1)
			next = n
		}
		next++
	}
}

// checkNodes reads the segments, and looks up whether each node that the index
// has is where it says.
func (tx *Tx) checkNodes(report func(format string, args ...any)) {
	for k, b := range tx.scan(nodeSegments, span{}) {
		for _, err := range nodesOf(binary.BigEndian.Uint64(k), b) {
			if err != nil {
				report("node.segment: % x: %v", k, err)
			}
		}
	}
	for k := range tx.scan(nodeIndex, span{}) {
		if err := tx.checkNode(k); err != nil {
			report("node.index: %x: %v", k, err)
		}
	}
	for k, b := range tx.scan(nodeImports, span{}) {
		if _, err := decodeSession(b); err != nil {
			report("node.import: % x: %v", k, err)
		}
	}
}

func (tx *Tx) checkNode(k []byte) error {
	if len(k) != len(gov.Digest{}) {
		return errKey
	}
	p, found := tx.locate(gov.Digest(k))
	if !found || p.offset < uint32(nodeHead) {
		return errPlace
	}
	head, err := tx.frame(place{p.segment, p.offset - uint32(nodeHead), uint32(nodeHead)})
	if err != nil {
		return err
	}
	if !bytes.Equal(head[:32], k) || binary.BigEndian.Uint32(head[32:]) != p.length {
		return errPlace
	}
	_, err = tx.frame(p)
	return err
}

var errPlace = errors.New("the index does not say where the node is")
