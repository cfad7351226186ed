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
	return s.compare(from, a, b, s.unordered(s.all()))
}

func (s *Set) unordered(which []int) (rest []int) {
	for _, i := range which {
		if !isOrdered(s.measures[i]) {
			rest = append(rest, i)
		}
	}
	return rest
}

func (s *Set) compare(from tree.Source, a, b gov.Tree, which []int) (*Delta, error) {
	removed, added := newPass(s, which), newPass(s, which)
	var changes uint64
	for c, err := range tree.Diff(from, a, b) {
		if err == nil && c.From != nil {
			err = removed.add(c.Key, c.From, c.FromErased)
		}
		if err == nil && c.To != nil {
			err = added.add(c.Key, c.To, c.ToErased)
		}
		if err != nil {
			return nil, err
		}
		changes++
	}
	return &Delta{removed.flush(), added.flush(), changes}, nil
}

// Advance is Fold of b for a tree that was made from a: where the memo has a's
// state, it reads only what differs. A state that cannot be told from that, such
// as one whose last witness is gone, is folded as Fold does.
func (s *Set) Advance(from tree.Source, memo Memo, a, b gov.Tree) (*Profile, error) {
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
		if err := f.advance(a, b, old, p); err != nil {
			return nil, err
		}
	}
	return f.rest(b, missing, p)
}

// advance puts the states of b into p that follow from a's.
func (f *fold) advance(a, b gov.Tree, old, p *Profile) error {
	var which []int
	for i, s := range old.states {
		if s != nil {
			which = append(which, i)
		}
	}
	d, err := f.set.compare(f.from, a, b, which)
	if err != nil {
		return err
	}
	var done []int
	for _, i := range which {
		if s := old.states[i]; s.sub(d.Removed.states[i]) {
			s.merge(d.Added.states[i])
			p.states[i] = s
			done = append(done, i)
		}
	}
	return f.keep(b, done, p)
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
