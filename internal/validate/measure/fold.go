package measure

import (
	"slices"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A Memo keeps states of subtrees. Keys are 64 bytes: the digest of a measure's
// Key, then the id of a node. What is kept for a node holds as long as no value
// below it is erased.
type Memo interface {
	// Get returns what was put, nil if nothing was. It need be valid only until
	// the next call.
	Get(key []byte) ([]byte, error)
	// Put keeps a state. The slices are the caller's again.
	Put(key, state []byte) error
}

// memoLevel is the lowest level of nodes whose states are kept: below a node of
// level 2 there are some 3,000 leaves, 12 MB of records. The root's are always
// kept.
const memoLevel = 2

// Fold returns what the set finds in the records of a tree, or of a subtree
// that Parts returned. States that the memo has are not computed again, and what
// is computed is put there; there may be no memo.
func (s *Set) Fold(from tree.Source, memo Memo, t gov.Tree) (*Profile, error) {
	f := &fold{set: s, from: from, memo: memo}
	p, err := f.tree(t, s.all(), true)
	if err != nil {
		return nil, err
	}
	return s.complete(p), nil
}

// FoldWith is Fold and the Build of indexes in one reading of the records, for
// a version whose states nobody has. It puts states into the memo and takes none
// from there.
func (s *Set) FoldWith(x *Indexes, from tree.Source, memo Memo, t gov.Tree, to Nodes) (*Profile, *Indexed, error) {
	g := x.Gather(t.Records)
	p, err := s.FoldInto(g, from, memo, t)
	if err != nil {
		return nil, nil, err
	}
	d, err := x.Gathered(t, to, g)
	return p, d, err
}

// FoldInto is Fold that gathers from every record for indexes too: the memo
// spares none then.
func (s *Set) FoldInto(g *Gathering, from tree.Source, memo Memo, t gov.Tree) (*Profile, error) {
	var failed error
	f := &fold{set: s, from: from, memo: memo, also: func(r *Row) {
		if failed == nil {
			failed = g.add(r, +1)
		}
	}}
	p, err := f.tree(t, s.all(), true)
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return s.complete(p), nil
}

// Parts splits a tree into subtrees, in order of key, that can be folded apart
// from each other and joined. Only their Root and Level are set right: they are
// for Fold alone.
func Parts(from tree.Source, t gov.Tree) (parts []gov.Tree, err error) {
	if t.Level <= memoLevel || t.Records == 0 {
		return []gov.Tree{t}, nil
	}
	return children(from, t)
}

// Join returns what the set finds in a tree whose parts were folded, in order of
// key, and puts it into the memo. It uses the profiles up.
func (s *Set) Join(memo Memo, t gov.Tree, parts ...*Profile) (*Profile, error) {
	p := s.complete(s.profile())
	for _, part := range parts {
		p.merge(part)
	}
	f := &fold{set: s, memo: memo}
	return p, f.keep(t, s.all(), p)
}

// all returns the numbers of all measures.
func (s *Set) all() (which []int) {
	for i := range s.measures {
		which = append(which, i)
	}
	return which
}

// complete gives the profile the state of no records where it has none.
func (s *Set) complete(p *Profile) *Profile {
	for i, m := range s.measures {
		if p.states[i] == nil {
			p.states[i] = m.state()
		}
	}
	return p
}

// A fold is one run over a tree.
type fold struct {
	set  *Set
	from tree.Source
	memo Memo
	pass *pass      // of the measures that were needed last
	also func(*Row) // is given every record: the memo spares none then
}

// tree returns the states of these measures for a tree. Those of its root are
// kept whatever its level.
func (f *fold) tree(t gov.Tree, which []int, root bool) (*Profile, error) {
	p := f.set.profile()
	if t.Records == 0 {
		return p, nil
	}
	kept := root || t.Level >= memoLevel
	if kept {
		var err error
		if which, err = f.recall(t, which, p); err != nil || len(which) == 0 {
			return p, err
		}
	}
	if err := f.below(t, which, p); err != nil || !kept {
		return p, err
	}
	return p, f.keep(t, which, p)
}

// below folds the records of a tree by its parts.
func (f *fold) below(t gov.Tree, which []int, p *Profile) error {
	if t.Level <= memoLevel {
		part, err := f.scan(t, which)
		if err == nil {
			p.merge(part)
		}
		return err
	}
	parts, err := children(f.from, t)
	if err != nil {
		return err
	}
	for _, part := range parts {
		q, err := f.tree(part, which, false)
		if err != nil {
			return err
		}
		p.merge(q)
	}
	return nil
}

// recall puts the states that the memo has into the profile and returns which
// are missing.
func (f *fold) recall(t gov.Tree, which []int, p *Profile) (missing []int, err error) {
	if f.memo == nil || f.also != nil {
		return which, nil
	}
	for _, i := range which {
		b, err := f.memo.Get(f.set.memoKey(i, t.Root))
		if err != nil {
			return nil, err
		}
		if b == nil {
			missing = append(missing, i)
		} else if p.states[i], err = decodeState(f.set.measures[i], b); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// keep puts states into the memo.
func (f *fold) keep(t gov.Tree, which []int, p *Profile) error {
	if f.memo == nil {
		return nil
	}
	for _, i := range which {
		if p.states[i] == nil {
			continue
		}
		if err := f.memo.Put(f.set.memoKey(i, t.Root), p.states[i].append(nil, true)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) memoKey(i int, node gov.Digest) []byte {
	return append(append(make([]byte, 0, 64), s.names[i][:]...), node[:]...)
}

// children returns the subtrees below the root of a tree of level 1 or more.
func children(from tree.Source, t gov.Tree) (parts []gov.Tree, err error) {
	err = tree.Mark(from, t, func(id gov.Digest, _ bool) bool {
		if id == t.Root {
			return true
		}
		// Records is not known here and need only not be 0.
		parts = append(parts, gov.Tree{Params: t.Params, Root: id, Level: t.Level - 1, Records: 1})
		return false
	})
	return parts, err
}

// scan folds every record of a tree.
func (f *fold) scan(t gov.Tree, which []int) (*Profile, error) {
	if f.pass == nil || !slices.Equal(f.pass.which, which) {
		f.pass = newPass(f.set, which)
		f.pass.also = f.also
	}
	if err := f.pass.records(f.from, t); err != nil {
		return nil, err
	}
	return f.pass.flush(), nil
}
