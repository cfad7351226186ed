package measure

import (
	"govd/internal/gov"
	"govd/internal/tree"
)

// A Delta is what differs between two trees: a changed record is among the
// removed as it was and among the added as it is. It has no state of an ordered
// measure.
type Delta struct {
	Removed, Added *Profile
	Changes        uint64 // keys that differ
}

// Compare returns what the set finds in the records that a has and b has not,
// and the other way round.
func (s *Set) Compare(from tree.Source, a, b gov.Tree) (*Delta, error) {
	return s.CompareEach(from, a, b, nil)
}

// CompareEach is Compare that also calls each for every record that differs, as
// it was and as it is, nil where there is none. An erased one has its key alone.
func (s *Set) CompareEach(from tree.Source, a, b gov.Tree, each func(was, is *Row)) (*Delta, error) {
	return s.compare(from, a, b, s.unordered(s.all()), each)
}

func (s *Set) unordered(which []int) (rest []int) {
	for _, i := range which {
		if !isOrdered(s.measures[i]) {
			rest = append(rest, i)
		}
	}
	return rest
}

func (s *Set) compare(from tree.Source, a, b gov.Tree, which []int, each func(was, is *Row)) (*Delta, error) {
	removed, added := newPass(s, which), newPass(s, which)
	var changes uint64
	for c, err := range tree.Diff(from, a, b) {
		var was, is *Row
		if err == nil && c.From != nil {
			was, err = removed.take(c.Key, c.From, c.FromErased)
		}
		if err == nil && c.To != nil {
			is, err = added.take(c.Key, c.To, c.ToErased)
		}
		if err != nil {
			return nil, err
		}
		if each != nil {
			each(was, is)
		}
		changes++
	}
	return &Delta{removed.flush(), added.flush(), changes}, nil
}

// Advance is Fold of b for a tree that was made from a: where the memo has a's
// state, it reads only what differs. A state that cannot be told from that, such
// as one whose last witness is gone, is folded as Fold does.
func (s *Set) Advance(from tree.Source, memo Memo, a, b gov.Tree) (*Profile, error) {
	return s.Follow(from, memo, a, b, nil)
}

// Follow is Advance with what Compare returned of a and b at hand, if it is not
// nil. It leaves that as it is.
func (s *Set) Follow(from tree.Source, memo Memo, a, b gov.Tree, d *Delta) (*Profile, error) {
	f := &fold{set: s, from: from, memo: memo}
	p := s.profile()
	missing, err := f.recall(b, s.all(), p)
	if err != nil {
		return nil, err
	}
	old := s.profile()
	absent, err := f.recall(a, s.unordered(missing), old)
	if err != nil {
		return nil, err
	}
	if len(absent) < len(missing) {
		if err := f.advance(a, b, d, old, p); err != nil {
			return nil, err
		}
	}
	return f.rest(b, missing, p)
}

// advance puts the states of b into p that follow from a's.
func (f *fold) advance(a, b gov.Tree, d *Delta, old, p *Profile) error {
	var which []int
	for i, s := range old.states {
		if s != nil {
			which = append(which, i)
		}
	}
	if d == nil {
		var err error
		if d, err = f.set.compare(f.from, a, b, which, nil); err != nil {
			return err
		}
	}
	var done []int
	for _, i := range which {
		added, err := f.set.copied(i, d.Added.states[i])
		if err != nil {
			return err
		}
		if s := old.states[i]; s.sub(d.Removed.states[i]) {
			s.merge(added)
			p.states[i] = s
			done = append(done, i)
		}
	}
	return f.keep(b, done, p)
}

// copied returns a state of a measure that may be used up.
func (s *Set) copied(i int, state State) (State, error) {
	return decodeState(s.measures[i], state.append(nil, true))
}

// rest folds what p still lacks of these measures.
func (f *fold) rest(b gov.Tree, which []int, p *Profile) (*Profile, error) {
	var lacks []int
	for _, i := range which {
		if p.states[i] == nil {
			lacks = append(lacks, i)
		}
	}
	if len(lacks) > 0 {
		q, err := f.tree(b, lacks, true)
		if err != nil {
			return nil, err
		}
		p.merge(q)
	}
	return f.set.complete(p), nil
}
