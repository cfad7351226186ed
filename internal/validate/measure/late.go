package measure

import (
	"bytes"
	"encoding/binary"
	"slices"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A page is rewritten whole, and a thousand changes are on nearly as many pages.
// So what changes after a pile was made waits in a smaller one beside it, its
// late pile, whose counts say what to add to those of the pile and may be
// negative. Once that is large it is merged into the pile.
const (
	lateBits = 10      // of the pages of a late pile
	maxLate  = 1 << 16 // changes that it takes at most
)

// roomLate returns how many changes may come late to a pile of so many records.
func roomLate(sized uint64) uint64 { return min(sized/8+64, maxLate) }

// A layered is a pile and what came late to it.
type layered struct{ base, late *pile }

func (l layered) group(key []byte) ([]item, error) {
	base, err := l.base.group(key)
	if err != nil || l.late.root.Records == 0 {
		return base, err
	}
	late, err := l.late.group(key)
	return sum(base, late), err
}

// sum returns the items of a key, given those of the pile and the late ones.
func sum(base, late []item) []item {
	if len(late) == 0 {
		return base
	}
	var all []item
	for len(base)+len(late) > 0 {
		order := 0
		switch {
		case len(late) == 0:
			order = -1
		case len(base) == 0:
			order = +1
		default:
			order = bytes.Compare(base[0].load, late[0].load)
		}
		var it item
		if order <= 0 {
			it, base = base[0], base[1:]
		}
		if order >= 0 {
			count := it.count
			it, late = late[0], late[1:]
			it.count += count
		}
		if int64(it.count) > 0 {
			all = append(all, it)
		}
	}
	return all
}

// A Prepared is indexes about to follow a version to the next. All was read that
// is needed of the versions.
type Prepared struct {
	*Indexes
	old       *Indexed
	gathering *Gathering
	parts     []prepared // nil: the changes are many, or there is no room for them
}

// A prepared is few changes to one index.
type prepared struct {
	changes bucket
	base    map[string][]item   // what the pile has under their keys
	near    map[uint64][]uint64 // of Near: the neighbours that it has for them
}

// Prepare begins to Advance. What it reads need be valid only until it returns.
func (x *Indexes) Prepare(from tree.Source, old *Indexed, a, b gov.Tree) (*Prepared, error) {
	if b.Records > 4*old.sized || 4*b.Records < old.sized {
		a, old = gov.Tree{}, x.empty(b.Records) // the pages have become too large or too small
	}
	p := &Prepared{Indexes: x, old: old}
	var err error
	if p.gathering, err = x.differing(from, old.sized, a, b); err != nil || a.Records == 0 || !p.few() || !p.room() {
		return p, err
	}
	return p, p.prepare(from)
}

// few reports whether changes are to be looked at one by one.
func (p *Prepared) few() bool {
	return !slices.ContainsFunc(p.gathering.heaps, func(h *heap) bool { return h.count > maxChanged })
}

// room reports whether the changes may come late.
func (p *Prepared) room() bool {
	for i, h := range p.gathering.heaps {
		if p.old.parts[i].changes+uint64(h.count) > roomLate(p.old.sized) {
			return false
		}
	}
	return true
}

// prepare reads what the piles have where there are changes.
func (p *Prepared) prepare(from tree.Source) error {
	p.parts = make([]prepared, len(p.indexes))
	for i, ix := range p.indexes {
		pile := p.pile(i, nil)
		if err := p.parts[i].read(from, pile, p.gathering.heaps[i]); err != nil {
			return err
		}
		if near, is := ix.(Near); is {
			var err error
			if p.parts[i].near, err = bandsOfPile(pile, p.old.parts[i].side).neighbours(from, p.parts[i].hashes(), near.Radius); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads the items of the keys that change.
func (p *prepared) read(from tree.Source, pile *pile, h *heap) error {
	if err := p.changes.takeAll(h); err != nil {
		return err
	}
	p.changes.sort(pile.bits, 0)
	p.base = map[string][]item{}
	r, err := pile.reader(from)
	if err != nil {
		return err
	}
	for i := range p.changes.changes {
		c := &p.changes.changes[i]
		key := p.changes.key(c)
		if _, known := p.base[string(key)]; known {
			continue
		}
		page, err := r.load(uint32(uint64(c.page) >> (32 - pile.bits)))
		if err != nil {
			return err
		}
		group, err := groupOf(page, key)
		if err != nil {
			return err
		}
		p.base[string(key)] = cloned(group)
	}
	return nil
}

func cloned(group []item) []item {
	for i := range group {
		group[i].key, group[i].load = bytes.Clone(group[i].key), bytes.Clone(group[i].load)
	}
	return group
}

// hashes returns the keys of Near that change.
func (p *prepared) hashes() (all []uint64) {
	for key := range p.base {
		all = append(all, binary.BigEndian.Uint64([]byte(key)))
	}
	return all
}

// pile returns an index's pile, late its late pile.
func (p *Prepared) pile(i int, to Nodes) *pile {
	return &pile{pages: pages{p.params, to, p.old.parts[i].pile}, bits: pageBits(p.old.sized), hash: p.indexes[i].hash}
}

func (p *Prepared) late(i int, to Nodes) *pile {
	return &pile{pages: pages{p.params, to, p.old.parts[i].late}, bits: lateBits, hash: p.indexes[i].hash, signed: true}
}

// Finish makes the changes.
func (p *Prepared) Finish(to Nodes) (d *Indexed, err error) {
	if p.parts == nil && p.old.late() {
		if err = p.merge(to); err == nil && p.few() {
			err = p.prepare(to)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.parts == nil {
		return newMaintenance(p.Indexes, p.old, to).finish(p.gathering)
	}
	return p.comeLate(to)
}

// late reports whether anything came late.
func (d *Indexed) late() bool {
	return slices.ContainsFunc(d.parts, func(p indexed) bool { return p.changes > 0 })
}

// comeLate puts the changes into the late piles.
func (p *Prepared) comeLate(to Nodes) (*Indexed, error) {
	d := &Indexed{indexes: p.Indexes, sized: p.old.sized}
	stale := false
	for i, ix := range p.indexes {
		part, s := p.old.parts[i], &settling{to: to, base: p.pile(i, to), late: p.late(i, to), found: p.old.parts[i].found}
		s.side, s.lateSide, s.near = part.side, part.lateSide, p.parts[i].near
		s.less, s.more = s.take, s.found.put
		changes := len(p.parts[i].changes.changes)
		var err error
		s.after, err = s.late.applyFew(&p.parts[i].changes, func(old, now []item) { s.touchLate(ix, p.parts[i].base, old, now) })
		if err == nil {
			err = ix.settle(s)
		}
		if err != nil {
			return nil, err
		}
		stale = stale || s.stale
		d.parts = append(d.parts, indexed{part.pile, part.side, s.after.root, s.lateSide, part.changes + uint64(changes), s.found, s.stale})
	}
	if stale {
		return p.renew(d, to)
	}
	return d, nil
}

// touchLate is touch for a key of a late pile.
func (s *settling) touchLate(ix Index, base map[string][]item, old, now []item) {
	var m moved
	switch {
	case len(now) > 0:
		m.key = now[0].key
	case len(old) > 0:
		m.key = old[0].key
	default:
		return // it came and went
	}
	m.base = base[string(m.key)]
	m.was, m.is = sum(m.base, old), sum(m.base, now)
	ix.judge(m.was, s.less)
	ix.judge(m.is, s.more)
	s.moved = append(s.moved, m)
}

// A moved is a key that was changed: what its pile has of it, what was there with
// what came late, and what is there now.
type moved struct {
	key           []byte
	base, was, is []item
}

// renew finds anew what an index can no longer tell from what changed.
func (p *Prepared) renew(d *Indexed, to Nodes) (*Indexed, error) {
	p.old = d
	if err := p.merge(to); err != nil {
		return nil, err
	}
	for i, ix := range p.indexes {
		part := &p.old.parts[i]
		if !part.stale {
			continue
		}
		s := &settling{to: to, after: p.pile(i, to), side: part.side, found: part.found, stale: true}
		if err := ix.settle(s); err != nil {
			return nil, err
		}
		part.side, part.found, part.stale = s.side, s.found, false
	}
	return p.old, nil
}

// merge merges what came late into the piles. That changes nothing of what they
// say.
func (p *Prepared) merge(to Nodes) error {
	merged := &Indexed{indexes: p.Indexes, sized: p.old.sized}
	for i, ix := range p.indexes {
		part := p.old.parts[i]
		h := &heap{bits: min(pageBits(p.old.sized), bucketBits)}
		for group, err := range p.late(i, to).groups() {
			if err != nil {
				return err
			}
			for _, it := range group {
				h.put(ix.hash(it.key), it.key, it.load, int32(it.count))
			}
		}
		var come, gone []uint64
		after, err := p.pile(i, to).apply([]*heap{h}, func(old, now []item) {
			switch {
			case len(old) == 0 && len(now) > 0:
				come = append(come, first(now[0].key))
			case len(old) > 0 && len(now) == 0:
				gone = append(gone, first(old[0].key))
			}
		})
		if err != nil {
			return err
		}
		if _, is := ix.(Near); is {
			b := bandsOfPile(after, part.side)
			if err := b.edit(come, gone); err != nil {
				return err
			}
			part.side = b.root
		}
		none := p.params.Empty()
		merged.parts = append(merged.parts, indexed{after.root, part.side, none, none, 0, part.found, part.stale})
	}
	p.old = merged
	return nil
}

// first returns the first 8 bytes of a key as a number, which of Near is all.
func first(key []byte) uint64 {
	var head [8]byte
	copy(head[:], key)
	return binary.BigEndian.Uint64(head[:])
}
