package measure

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"govd/internal/gov"
)

// A Set is some measures that are computed together. It does not change and may
// be used by many at once.
type Set struct {
	measures []Measure // by key, each once
	names    []gov.Digest
	index    map[string]int
}

// NewSet returns the set of these measures and Volume.
func NewSet(ms ...Measure) *Set {
	s := &Set{index: map[string]int{}}
	byKey := map[string]Measure{}
	for _, m := range append(slices.Clone(ms), Volume{}) {
		if key := m.Key(); byKey[key] == nil {
			byKey[key] = m
		}
	}
	for i, key := range slices.Sorted(maps.Keys(byKey)) {
		s.measures = append(s.measures, byKey[key])
		s.names = append(s.names, sha256.Sum256([]byte(key)))
		s.index[key] = i
	}
	return s
}

// MemoKeys returns the keys under which a Memo keeps what the set finds in a tree.
func (s *Set) MemoKeys(t gov.Tree) (keys [][]byte) {
	for i := range s.measures {
		keys = append(keys, s.memoKey(i, t.Root))
	}
	return keys
}

// Measures returns the measures, by key.
func (s *Set) Measures() []Measure { return slices.Clone(s.measures) }

// A Profile is what the measures of a set found in some records.
type Profile struct {
	set    *Set
	states []State // as the set's measures; nil: not computed
}

func (s *Set) profile() *Profile { return &Profile{s, make([]State, len(s.measures))} }

// stateIn returns m's state; nil if the profile has none.
func stateIn[S State](p *Profile, m Measure) (none S) {
	i, ok := p.set.index[m.Key()]
	if !ok || p.states[i] == nil {
		return none
	}
	return p.states[i].(S)
}

// Records returns how many records there are, erased ones aside.
func (p *Profile) Records() uint64 { return Volume{}.In(p).Records }

// Erased returns how many records' values are gone.
func (p *Profile) Erased() uint64 { return Volume{}.In(p).Erased }

// Err returns the first error of a measure: it had too much to count.
func (p *Profile) Err() error {
	for i, s := range p.states {
		if s == nil {
			continue
		}
		if err := s.Err(); err != nil {
			return gov.Because(err, gov.Exhausted, "TOO_MANY_VALUES", "%s has too many different values to count", name(p.set.measures[i]))
		}
	}
	return nil
}

// Bytes returns a canonical encoding of all that the profile reports: it is the
// same however the profile came about.
func (p *Profile) Bytes() (b []byte) {
	for i, s := range p.states {
		if s != nil {
			b = appendString(b, p.set.measures[i].Key())
			b = appendString(b, s.append(nil, false))
		}
	}
	return b
}

// merge adds the records of another profile of the set, which come after these.
func (p *Profile) merge(after *Profile) {
	for i, s := range after.states {
		switch {
		case s == nil:
		case p.states[i] == nil:
			p.states[i] = s
		default:
			p.states[i].merge(s)
		}
	}
}

// name returns a measure's id for people.
func name(m Measure) string {
	id, _, _ := strings.Cut(m.Key(), "/")
	return id
}
