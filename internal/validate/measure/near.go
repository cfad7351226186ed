package measure

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Near finds records whose images look nearly the same: whose perceptual hashes
// differ in at most Radius of 64 bits. Its codes:
//
//	within    a record that looks like another of its split
//	across    a record that looks like one of another split
//	conflict  a record that looks like one with other label names
type Near struct {
	Radius int // MaxRadius at most
}

// Key implements Index.
func (x Near) Key() string { return fmt.Sprintf("near/1 %d", x.Radius) }

// In returns what was found.
func (x Near) In(d *Indexed) *Found { return foundIn(d, x) }

func (Near) hash(key []byte) uint32 { return spread(key) }

func (Near) put(r *Row, into func(key, load []byte)) {
	if r.Facts != nil {
		var hash [8]byte
		binary.BigEndian.PutUint64(hash[:], r.Facts.PHash)
		into(hash[:], r.place())
	}
}

// judge leaves it to settle, which knows the neighbours.
func (Near) judge([]item, report) {}

func (x Near) settle(s *settling) error {
	before := newView(s.before, s.side)
	if s.many {
		return x.anew(s)
	}
	if err := x.keepUp(s); err != nil {
		return err
	}
	after := newView(s.after, s.side)
	affected, err := x.affected(s, after)
	if err != nil {
		return err
	}
	for _, h := range affected {
		if err := x.look(before, h, s.take); err != nil {
			return err
		}
	}
	for _, h := range affected {
		if err := x.look(after, h, s.found.put); err != nil {
			return err
		}
	}
	if s.stale {
		return x.anew(s)
	}
	return nil
}

// keepUp makes the bands those of the hashes that are there after the changes.
func (x Near) keepUp(s *settling) error {
	var come, gone []uint64
	for _, key := range s.changed {
		was, err := s.before.group(key)
		if err != nil {
			return err
		}
		is, err := s.after.group(key)
		if err != nil {
			return err
		}
		switch h := binary.BigEndian.Uint64(key); {
		case len(was) == 0 && len(is) > 0:
			come = append(come, h)
		case len(was) > 0 && len(is) == 0:
			gone = append(gone, h)
		}
	}
	b := bandsOfPile(s.after, s.side)
	err := b.edit(come, gone)
	s.side = b.root
	return err
}

// affected returns the hashes that changed and their neighbours, each once. A
// neighbour that is no longer there has changed itself.
func (x Near) affected(s *settling, after *view) (all []uint64, err error) {
	for _, key := range s.changed {
		h := binary.BigEndian.Uint64(key)
		near, err := after.neighbours(h, x.Radius)
		if err != nil {
			return nil, err
		}
		all = append(append(all, h), near...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// look judges the records of one hash by what is around it.
func (x Near) look(v *view, h uint64, found report) error {
	own, err := v.places(h)
	if err != nil || len(own) == 0 {
		return err
	}
	near, err := v.neighbours(h, x.Radius)
	if err != nil {
		return err
	}
	var around company
	for _, g := range near {
		group, err := v.places(g)
		if err == nil {
			err = v.sum(&around, group)
		}
		if err != nil {
			return err
		}
	}
	return x.report(v, h, own, around, found)
}

// anew looks at all pairs, and makes the bands anew.
func (x Near) anew(s *settling) error {
	v, all := newView(s.after, s.side), looks{}
	if err := all.read(v); err != nil {
		return err
	}
	v.bands.root = s.after.params.Empty()
	if err := v.bands.edit(all.hashes, nil); err != nil {
		return err
	}
	s.side, s.found = v.bands.root, newFound(0)
	around := make([]company, len(all.hashes))
	err := pairs(all.hashes, x.Radius, func(i, j uint32) {
		around[i].merge(all.own[j])
		around[j].merge(all.own[i])
	})
	if err != nil {
		return err
	}
	i := 0
	return v.each(func(h uint64, own []place) error {
		i++
		if len(own) == 1 && !around[i-1].any {
			return nil
		}
		return x.report(v, h, own, around[i-1], s.found.put)
	})
}

// A looks is all hashes and the records of each.
type looks struct {
	hashes []uint64
	own    []company
}

func (l *looks) read(v *view) error {
	return v.each(func(h uint64, own []place) error {
		var c company
		err := v.sum(&c, own)
		l.hashes, l.own = append(l.hashes, h), append(l.own, c)
		return err
	})
}

// each calls do for every hash and its records, always in the same order. The
// places are valid for that call.
func (v *view) each(do func(h uint64, own []place) error) error {
	var own []place
	for group, err := range v.pile.groups() {
		if err != nil {
			return err
		}
		own = own[:0]
		for i := range group {
			own = append(own, placeOf(group[i].load))
		}
		if err := do(binary.BigEndian.Uint64(group[0].key), own); err != nil {
			return err
		}
	}
	return nil
}
