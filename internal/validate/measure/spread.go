package measure

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
)

// A Spread is how a field's numbers are distributed, in all or in each group.
type Spread struct {
	Field Field
	By    Column // None: one group of all, ""
}

// Key implements Measure.
func (m Spread) Key() string { return key("spread/1", string(m.Field), string(m.By)) }

// In returns the distributions by group.
func (m Spread) In(p *Profile) *Dists { return stateIn[*Dists](p, m) }

func (m Spread) state() State { return &Dists{groups: map[string]*Dist{}} }

func (m Spread) folder(l *lexicon) folder {
	return &spreadFolder{field: m.Field, groups: l.column(m.By)}
}

// A Dist is a distribution of numbers.
type Dist struct {
	Moments
	LogHist
	Without uint64 // records that have no number
}

func (d *Dist) add(v uint64, has bool) {
	if !has {
		d.Without++
		return
	}
	d.Moments.add(v)
	d.LogHist.add(v)
}

func (d *Dist) merge(o *Dist) {
	d.Moments.merge(&o.Moments)
	d.LogHist.merge(&o.LogHist)
	d.Without += o.Without
}

func (d *Dist) sub(o *Dist) bool {
	if o.Without > d.Without {
		return false
	}
	d.Without -= o.Without
	return d.LogHist.sub(&o.LogHist) && d.Moments.sub(&o.Moments)
}

func (d *Dist) empty() bool { return d.Moments.N == 0 && d.Without == 0 }

// Dists are distributions by group: the state of a Spread.
type Dists struct {
	groups map[string]*Dist
	over   bool
}

// Err implements State.
func (s *Dists) Err() error { return (&CountMap{max: DefaultCells, over: s.over}).Err() }

// Groups yields the groups and their distributions, by name.
func (s *Dists) Groups() iter.Seq2[string, *Dist] {
	return func(yield func(string, *Dist) bool) {
		for _, g := range slices.Sorted(maps.Keys(s.groups)) {
			if !yield(g, s.groups[g]) {
				return
			}
		}
	}
}

// Group returns a group's distribution, which is empty if there is no such group.
func (s *Dists) Group(name string) *Dist {
	if d := s.groups[name]; d != nil {
		return d
	}
	return new(Dist)
}

// All returns the distribution of all groups together.
func (s *Dists) All() *Dist {
	all := new(Dist)
	for _, d := range s.Groups() {
		all.merge(d)
	}
	return all
}

func (s *Dists) put(group string, d *Dist) {
	switch mine := s.groups[group]; {
	case s.over || d.empty():
	case mine != nil:
		mine.merge(d)
	case len(s.groups) == DefaultCells:
		s.over, s.groups = true, nil
	default:
		s.groups[group] = d
	}
}

func (s *Dists) merge(after State) {
	o := after.(*Dists)
	if o.over {
		s.over, s.groups = true, nil
	}
	for g, d := range o.groups {
		s.put(g, d)
	}
}

func (s *Dists) sub(some State) bool {
	o := some.(*Dists)
	for g, d := range o.groups {
		mine := s.groups[g]
		if mine == nil || !mine.sub(d) {
			return false
		}
		if mine.empty() {
			delete(s.groups, g)
		}
	}
	return !s.over && !o.over
}

func (s *Dists) append(dst []byte, _ bool) []byte {
	if s.over {
		return append(dst, 1)
	}
	dst = binary.AppendUvarint(append(dst, 0), uint64(len(s.groups)))
	for g, d := range s.Groups() {
		dst = appendString(dst, g)
		dst = d.LogHist.append(d.Moments.append(dst))
		dst = binary.AppendUvarint(dst, d.Without)
	}
	return dst
}

func (s *Dists) read(d *decoder) {
	if s.over = d.flag(); s.over {
		s.groups = nil
		return
	}
	last := ""
	for n := d.most(DefaultCells); n > 0 && !d.bad; n-- {
		group, dist := string(d.bytes()), new(Dist)
		dist.Moments.read(d)
		dist.LogHist.read(d)
		dist.Without = d.uvarint()
		if len(s.groups) > 0 && group <= last || dist.empty() || dist.Total() != dist.Moments.N {
			d.fail()
			return
		}
		s.groups[group], last = dist, group
	}
}

// A spreadFolder keeps a distribution for each number of a group's word.
type spreadFolder struct {
	field  Field
	groups *wordList
	dists  []*Dist
}

func (f *spreadFolder) add(r *Row) {
	v, has := r.Number(f.field)
	for _, g := range f.groups.now {
		for int(g) >= len(f.dists) {
			f.dists = append(f.dists, new(Dist))
		}
		f.dists[g].add(v, has)
	}
}

func (f *spreadFolder) flush(to State) {
	for g, d := range f.dists {
		to.(*Dists).put(f.groups.words[g], d)
	}
	f.dists = nil
}
