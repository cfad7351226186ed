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
	if s.late == nil {
		return x.anew(s)
	}
	before := newView(layered{s.base, s.late}, s.side, s.lateSide)
	if err := x.keepUp(s); err != nil {
		return err
	}
	after := newView(layered{s.base, s.after}, s.side, s.lateSide)
	changed, err := x.acquaint(s, before, after)
	if err != nil {
		return err
	}
	affected, err := x.affected(after, changed)
	if err != nil {
		return err
	}
	for _, h := range affected {
		if err := x.look(before, h, s.take); err != nil {
			return err
		}
	}
	for _, h := range affected {
		if err := x.look(after, h, s.more); err != nil {
			return err
		}
	}
	return nil
}

// keepUp makes the late bands those of the hashes that are there and not in the
// pile.
func (x Near) keepUp(s *settling) error {
	var come, gone []uint64
	for _, m := range s.moved {
		switch {
		case len(m.base) > 0:
		case len(m.was) == 0 && len(m.is) > 0:
			come = append(come, first(m.key))
		case len(m.was) > 0 && len(m.is) == 0:
			gone = append(gone, first(m.key))
		}
	}
	b := bandsOfPile(s.late, s.lateSide)
	err := b.edit(come, gone)
	s.lateSide = b.root
	return err
}

// acquaint tells the views what is known of the hashes that were changed, and
// returns those.
func (x Near) acquaint(s *settling, views ...*view) (changed []uint64, err error) {
	for _, m := range s.moved {
		changed = append(changed, first(m.key))
		views[0].known[first(m.key)], views[1].known[first(m.key)] = places(m.was), places(m.is)
	}
	for _, v := range views {
		late, err := v.late.neighbours(s.to, changed, x.Radius)
		if err != nil {
			return nil, err
		}
		for _, h := range changed {
			if _, err := v.settle(h, append(late[h], s.near[h]...)); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

// affected returns the hashes that changed and their neighbours, each once. A
// neighbour that is no longer there has changed itself.
func (x Near) affected(after *view, changed []uint64) (all []uint64, err error) {
	for _, h := range changed {
		near, err := after.neighbours(h, x.Radius)
		if err != nil {
			return nil, err
		}
		all = append(append(all, h), near...)
	}
	return distinct(all), nil
}

// look judges the records of one hash by what is around it.
func (x Near) look(v *view, h uint64, found report) error {
	own, err := v.places(h)
	if err != nil || len(own) == 0 {
		return err
	}
	near, err := v.neighbours(h, x.Radius)
	if err != nil || len(near) == 0 && len(own) == 1 {
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
	none := s.after.params.Empty()
	v := newView(layered{s.after, &pile{pages: pages{s.after.params, s.to, none}}}, s.side, none)
	all := s.looks
	if all == nil {
		all = &looks{}
		if err := all.read(s.after); err != nil {
			return err
		}
	}
	alike := all.several
	pairs := newPairFinder(x.Radius, func(g, h uint64) {
		if len(alike)+2 > cap(alike) {
			alike = distinct(alike)
			alike = slices.Grow(alike, len(alike)+2)
		}
		alike = append(alike, g, h)
	})
	if err := v.bands.fill(all.hashes, pairs.band); err != nil {
		return err
	}
	s.side, s.found = v.bands.root, newFound(0)
	return x.compare(v, all.hashes, distinct(alike), s.found.put)
}

// distinct sorts hashes and drops what comes twice.
func distinct(hashes []uint64) []uint64 {
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// compare reports what is wrong with the records of the hashes that are alike:
// all that have a neighbour or several records.
func (x Near) compare(v *view, hashes, alike []uint64, found report) error {
	own, around := make([]company, len(alike)), make([]company, len(alike))
	err := v.of(alike, len(hashes), func(i int, places []place) error { return v.sum(&own[i], places) })
	if err != nil || len(alike) == 0 {
		return err
	}
	err = pairs(hashes, x.Radius, func(g, h uint64) {
		i, _ := slices.BinarySearch(alike, g)
		j, _ := slices.BinarySearch(alike, h)
		around[i].merge(own[j])
		around[j].merge(own[i])
	})
	if err != nil {
		return err
	}
	return v.of(alike, len(hashes), func(i int, places []place) error { return x.report(v, alike[i], places, around[i], found) })
}

// of calls do for the records of each of some hashes, of all there are.
func (v *view) of(some []uint64, all int, do func(i int, own []place) error) error {
	const few = 64 // times as long as going on takes looking one up
	if len(some) < all/few {
		for i, h := range some {
			own, err := v.places(h)
			if err == nil {
				err = do(i, own)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return v.each(func(h uint64, own []place) error {
		if i, is := slices.BinarySearch(some, h); is {
			return do(i, own)
		}
		return nil
	})
}

// A looks is all hashes, and those of several records.
type looks struct{ hashes, several []uint64 }

// add adds a hash that has these items now.
func (l *looks) add(old, now []item) {
	h := binary.BigEndian.Uint64(now[0].key)
	if len(old) == 0 {
		l.hashes = append(l.hashes, h)
	}
	if len(now) > 1 {
		l.several = append(l.several, h)
	}
}

func (l *looks) read(p *pile) error {
	for group, err := range p.groups() {
		if err != nil {
			return err
		}
		l.add(nil, group)
	}
	return nil
}

// each calls do for every hash and its records, always in the same order. The
// places are valid for that call.
func (v *view) each(do func(h uint64, own []place) error) error {
	var own []place
	for group, err := range v.pile.base.groups() {
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
