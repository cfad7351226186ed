package measure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"govd/internal/gov"
)

// A view is the index at one time, and the splits that were met in it.
type view struct {
	pile   layered
	bands  *bandPages // of the pile without what came late
	late   *bandPages // of the hashes that are there only since
	splits map[string]int
	near   map[uint64][]uint64 // neighbours that were looked up
	known  map[uint64][]place  // records that were
}

// maxSplits is how many splits are told apart.
const maxSplits = 32

func newView(l layered, side, lateSide gov.Tree) *view {
	return &view{l, bandsOfPile(l.base, side), bandsOfPile(l.late, lateSide), map[string]int{"": 0}, map[uint64][]uint64{}, map[uint64][]place{}}
}

func (v *view) places(h uint64) ([]place, error) {
	own, known := v.known[h]
	if known {
		return own, nil
	}
	group, err := v.pile.group(binary.BigEndian.AppendUint64(nil, h))
	if err == nil {
		own = places(group)
		v.known[h] = own
	}
	return own, err
}

// neighbours returns the other hashes within the radius, in an order that
// depends on what is there alone.
func (v *view) neighbours(h uint64, radius int) (near []uint64, err error) {
	near, known := v.near[h]
	if known {
		return near, nil
	}
	for _, b := range []*bandPages{v.bands, v.late} {
		for band := range bands {
			err := b.bucket(band, h, func(g uint64) {
				if isNear(g, h, radius, band) {
					near = append(near, g)
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return v.settle(h, near)
}

// settle notes the neighbours of a hash: those that have records still.
func (v *view) settle(h uint64, maybe []uint64) (near []uint64, err error) {
	for _, g := range maybe {
		own, err := v.places(g)
		if err != nil {
			return nil, err
		}
		if len(own) > 0 {
			near = append(near, g)
		}
	}
	slices.Sort(near)
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
