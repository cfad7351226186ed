package tree

import (
	"bytes"
	"iter"

	"govd/internal/gov"
)

// Get returns the value of a key. It is part of a frame that the Source
// returned. Returns gov.NotFound with reason NO_RECORD, or ERASED if the record
// is there but its value is gone.
func Get(from Source, root gov.Tree, key []byte) ([]byte, error) {
	var s scan
	_, err := find(from, root, key, &s)
	if err != nil {
		return nil, err
	}
	if s.erased {
		return nil, erasedError(key)
	}
	return s.value, nil
}

// Leaf returns the id of the leaf that holds a key and the record itself, whose
// value may be erased. Returns gov.NotFound with reason NO_RECORD.
func Leaf(from Source, root gov.Tree, key []byte) (gov.Digest, Entry, error) {
	var s scan
	id, err := find(from, root, key, &s)
	if err != nil {
		return gov.Digest{}, Entry{}, err
	}
	return id, new(hasher).record(&s.entry), nil
}

// find moves s to the record with that key and returns its leaf's id.
func find(from Source, root gov.Tree, key []byte, s *scan) (gov.Digest, error) {
	if root.Records == 0 {
		return gov.Digest{}, noRecord(key)
	}
	id := root.Root
	for level := root.Level; ; level-- {
		if err := s.load(from, id, level); err != nil {
			return gov.Digest{}, err
		}
		if err := s.seek(key); err != nil {
			return gov.Digest{}, err
		}
		switch {
		case !s.ok, level == 0 && !bytes.Equal(s.key, key):
			return gov.Digest{}, noRecord(key)
		case level == 0:
			return id, nil
		}
		id = s.child()
	}
}

// At returns the record at position i, counting from 0 in order of key. Returns
// gov.NotFound with reason NO_RECORD if the tree has no more than i records.
func At(from Source, root gov.Tree, i uint64) (Entry, error) {
	if i >= root.Records {
		return Entry{}, gov.Errorf(gov.NotFound, "NO_RECORD", "no record %d: the version has %d", i, root.Records)
	}
	var s scan
	id := root.Root
	for level := root.Level; ; level-- {
		if err := s.load(from, id, level); err != nil {
			return Entry{}, err
		}
		if err := s.skip(&i); err != nil {
			return Entry{}, err
		}
		if level == 0 {
			return new(hasher).record(&s.entry), nil
		}
		id = s.child()
	}
}

// skip moves to the entry that has record i of the node below it, and leaves in
// i the record's position there.
func (s *scan) skip(i *uint64) error {
	for s.ok {
		records := uint64(1)
		if s.level > 0 {
			records = s.records()
		}
		if *i < records {
			return nil
		}
		*i -= records
		if err := s.next(); err != nil {
			return err
		}
	}
	return corrupt("fewer records than its parent says")
}

// Range yields the records with lo <= key < hi in order; a nil hi is the end.
// An entry's key is valid until the next step, its value as long as the frames
// of the Source.
func Range(from Source, root gov.Tree, lo, hi []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var h hasher
		c, err := newCursor(from, root, 0)
		if err == nil {
			err = c.seek(lo)
		}
		for err == nil {
			e := c.at()
			if e == nil || hi != nil && bytes.Compare(e.key, hi) >= 0 || !yield(h.record(e), nil) {
				return
			}
			err = c.next()
		}
		yield(Entry{}, err)
	}
}

func noRecord(key []byte) error {
	return gov.Errorf(gov.NotFound, "NO_RECORD", "no record %s", quote(key))
}

func erasedError(key []byte) error {
	return gov.Errorf(gov.NotFound, "ERASED", "the value of record %s was erased", quote(key))
}
