package store

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// A seeker finds keys of a bucket in bbolt, whose buckets stand still until a
// batch is committed. Keys that are asked for mostly ascend, as those of a walk
// do, so it goes on from where it stands if that is near and searches from the
// root if not.
type seeker struct {
	cursor *bolt.Cursor
	low    []byte // no key lies from it on up to k; none: it has not sought yet
	k, v   []byte // where the cursor stands; nil: after the last
	moves  int
}

// nearBy is how many keys are looked at before the root: about as many as cost
// what a search does.
const nearBy = 8

// seeker returns the seeker of a bucket.
func (tx *Tx) seeker(b bucket) *seeker {
	s := tx.seekers[b]
	if s == nil {
		s = &seeker{cursor: tx.bucket(b).Cursor()}
		tx.seekers[b] = s
	}
	return s
}

// seek goes to the first key from at on and returns it and its value, nil if
// there is none. They are valid until the transaction ends.
func (s *seeker) seek(at []byte) (k, v []byte) {
	if s.low == nil || bytes.Compare(at, s.low) < 0 {
		return s.search(at)
	}
	for range nearBy {
		if s.k == nil || bytes.Compare(at, s.k) <= 0 {
			return s.k, s.v
		}
		s.next()
	}
	return s.search(at)
}

// find is seek for keys that are asked for in no order.
func (s *seeker) find(at []byte) (k, v []byte) {
	if s.low == nil || bytes.Compare(at, s.low) < 0 || s.k != nil && bytes.Compare(at, s.k) > 0 {
		return s.search(at)
	}
	return s.k, s.v
}

// get returns the value of a key, nil if there is none.
func (s *seeker) get(at []byte) []byte {
	if k, v := s.find(at); bytes.Equal(k, at) {
		return v
	}
	return nil
}

func (s *seeker) search(at []byte) (k, v []byte) {
	s.moves++
	s.low = append(s.low[:0], at...)
	s.k, s.v = s.cursor.Seek(s.low)
	return s.k, s.v
}

// next goes to the key after the one where the seeker stands.
func (s *seeker) next() (k, v []byte) {
	s.moves++
	s.low = append(append(s.low[:0], s.k...), 0)
	s.k, s.v = s.cursor.Next()
	return s.k, s.v
}
