package measure

import (
	"slices"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A pass computes some measures of a set in one go over records.
type pass struct {
	set     *Set
	which   []int // ascending
	folders []folder
	lexicon lexicon
	row     Row
	erased  uint64
	also    func(*Row) // is given every record too
}

func newPass(s *Set, which []int) *pass {
	p := &pass{set: s, which: slices.Clone(which)}
	for _, i := range which {
		p.folders = append(p.folders, s.measures[i].folder(&p.lexicon))
	}
	return p
}

// records adds every record of a tree: what differs between no record and it,
// since a difference is read without hashing.
func (p *pass) records(from tree.Source, t gov.Tree) error {
	p.lexicon.begin()
	for c, err := range tree.Diff(from, gov.Tree{}, t) {
		if err == nil {
			err = p.add(c.Key, c.To, c.ToErased)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take is add that returns the record; of an erased one the key alone.
func (p *pass) take(key, value []byte, erased bool) (*Row, error) {
	if erased {
		p.row = Row{Key: key}
	}
	return &p.row, p.add(key, value, erased)
}

// add adds a record.
func (p *pass) add(key, value []byte, erased bool) error {
	if erased {
		p.erased++
		return nil
	}
	if err := p.row.Read(key, value); err != nil {
		return err
	}
	p.lexicon.read(&p.row)
	for _, f := range p.folders {
		f.add(&p.row)
	}
	if p.also != nil {
		p.also(&p.row)
	}
	return nil
}

// flush returns the states of the records since the last flush.
func (p *pass) flush() *Profile {
	out := p.set.profile()
	for n, i := range p.which {
		s := p.set.measures[i].state()
		p.folders[n].flush(s)
		if v, is := s.(*VolumeState); is {
			v.Erased = p.erased
		}
		out.states[i] = s
	}
	p.erased = 0
	return out
}
