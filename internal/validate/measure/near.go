package measure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"govd/internal/gov"
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
	affected, err := x.affected(s, before, after)
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

// affected returns the hashes that changed and their neighbours, before and
// after, each once.
func (x Near) affected(s *settling, views ...*view) (all []uint64, err error) {
	for _, key := range s.changed {
		h := binary.BigEndian.Uint64(key)
		all = append(all, h)
		for _, v := range views {
			near, err := v.neighbours(h, x.Radius)
			if err != nil {
				return nil, err
			}
			all = append(all, near...)
		}
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

// A view is the index at one time, and the splits that were met in it.
type view struct {
	pile   *pile
	bands  *bandPages
	splits map[string]int
	near   map[uint64][]uint64 // neighbours that were looked up
}

// maxSplits is how many splits are told apart.
const maxSplits = 32

func newView(p *pile, side gov.Tree) *view {
	return &view{p, bandsOfPile(p, side), map[string]int{"": 0}, map[uint64][]uint64{}}
}

func (v *view) places(h uint64) ([]place, error) {
	group, err := v.pile.group(binary.BigEndian.AppendUint64(nil, h))
	return places(group), err
}

// neighbours returns the other hashes within the radius, in an order that
// depends on what is there alone.
func (v *view) neighbours(h uint64, radius int) (near []uint64, err error) {
	near, known := v.near[h]
	if known {
		return near, nil
	}
	for band := range bands {
		err := v.bands.bucket(band, h, func(g uint64) {
			if d := bits.OnesCount64(g ^ h); d > 0 && d <= radius && firstEqual(g^h) == band {
				near = append(near, g)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	v.near[h] = near
	return near, nil
}

// firstEqual returns the first band in which a difference has no bit.
func firstEqual(difference uint64) (band int) {
	for uint16(difference>>(band*bandBits)) != 0 {
		band++
	}
	return band
}

// bit returns the bit that stands for a split: the first for none.
func (v *view) bit(split []byte) (uint32, error) {
	n, known := v.splits[string(split)]
	if !known {
		if n = len(v.splits); n == maxSplits {
			return 0, gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d splits", maxSplits)
		}
		v.splits[string(split)] = n
	}
	return 1 << n, nil
}

// A company is what some records are, taken together.
type company struct {
	labels uint64
	splits uint32 // their bits
	any    bool
	mixed  bool // not all have these labels
}

func (c *company) merge(o company) {
	switch {
	case !o.any:
	case !c.any:
		*c = o
	default:
		c.splits |= o.splits
		c.mixed = c.mixed || o.mixed || c.labels != o.labels
	}
}

// sum adds records to a company.
func (v *view) sum(c *company, all []place) error {
	for _, p := range all {
		bit, err := v.bit(p.split)
		if err != nil {
			return err
		}
		c.merge(company{p.labels, bit, true, false})
	}
	return nil
}

// report reports what is wrong with the records of a hash, given those of its
// neighbours.
func (x Near) report(v *view, h uint64, own []place, around company, found report) error {
	var all company
	twice := uint32(0) // splits with two of the records
	for _, p := range own {
		bit, err := v.bit(p.split)
		if err != nil {
			return err
		}
		twice |= all.splits & bit
		all.merge(company{p.labels, bit, true, false})
	}
	splits := all.splits | around.splits
	for _, p := range own {
		bit, _ := v.bit(p.split)
		tell := func(code string, is func(p, q place) bool) {
			found(code, p.key, func() string { return x.nearest(v, h, p, is) })
		}
		if (twice|around.splits)&bit != 0 {
			tell("within", place.sameSplit)
		}
		if others := splits &^ bit &^ 1; bit != 1 && others != 0 {
			tell("across", place.otherSplit)
		}
		if all.mixed || around.any && (around.mixed || around.labels != p.labels) {
			tell("conflict", place.otherLabels)
		}
	}
	return nil
}

func (p place) sameSplit(q place) bool { return bytes.Equal(p.split, q.split) }

// nearest names the record that looks most like p among those that are to p as
// they must be, by distance and key.
func (x Near) nearest(v *view, h uint64, p place, is func(p, q place) bool) string {
	near, _ := v.neighbours(h, x.Radius)
	var best place
	least := MaxRadius + 1
	for _, g := range append(near, h) {
		group, _ := v.places(g)
		d := bits.OnesCount64(g ^ h)
		for _, q := range group {
			closer := d < least || d == least && bytes.Compare(q.key, best.key) < 0
			if closer && !bytes.Equal(p.key, q.key) && is(p, q) {
				best, least = q, d
			}
		}
	}
	return fmt.Sprintf("differs by %d bits from %s", least, best)
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

// Looks are all hashes and the records of each.
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
