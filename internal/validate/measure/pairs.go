package measure

import (
	"cmp"
	"math/bits"
	"slices"

	"govd/internal/gov"
)

// pairs calls hit for every two of the hashes, which are all different and which
// it puts in another order, that differ in at most radius bits, which is MaxRadius
// at most; each pair once.
//
// Multi-index hashing (Norouzi, Punjani and Fleet 2012): of four bands of 16
// bits at least one is equal in both, so only hashes in one band's bucket are
// compared. A crowded bucket is split again by bands of the other bits. Returns
// gov.Exhausted with reason LOOK_ALIKES if that leaves too many comparisons.
func pairs(hashes []uint64, radius int, hit func(x, y uint64)) error {
	return turnAll(hashes, newPairFinder(radius, hit).band)
}

// MaxRadius is the largest distance that can be looked for: one less than there
// are bands.
const MaxRadius = bands - 1

const (
	bands          = 4
	bandBits       = 16
	crowd          = 512     // hashes in a bucket that is split again
	maxComparisons = 1 << 34 // some 20 seconds
)

// A pairFinder finds pairs band by band.
type pairFinder struct {
	radius int
	hit    func(x, y uint64)
	left   int // comparisons
	masks  [bands]uint64
}

func newPairFinder(radius int, hit func(x, y uint64)) *pairFinder {
	return &pairFinder{radius, hit, maxComparisons, bandsOf(^uint64(0))}
}

// band finds the pairs that are equal in a band and in none before, of hashes
// among which those that are equal there lie together.
func (f *pairFinder) band(band int, sorted []uint64) error {
	mask := f.masks[band]
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && (sorted[n]^sorted[0])&mask == 0 {
			n++
		}
		if err := f.compare(sorted[:n], &f.masks, band); err != nil {
			return err
		}
		sorted = sorted[n:]
	}
	return nil
}

// bandsOf splits the bits of a mask into bands.
func bandsOf(mask uint64) (out [bands]uint64) {
	size := (bits.OnesCount64(mask) + bands - 1) / bands
	for i := range out {
		for n := 0; n < size && mask != 0; n++ {
			out[i] |= mask & -mask
			mask &= mask - 1
		}
	}
	return out
}

// compare looks at all pairs of a bucket, whose hashes are equal in the band-th
// of the masks, but for those that are equal in a mask before that: they were
// met there.
func (f *pairFinder) compare(bucket []uint64, masks *[bands]uint64, band int) error {
	if len(bucket) > crowd {
		rest := (masks[0] | masks[1] | masks[2] | masks[3]) &^ masks[band]
		if bits.OnesCount64(rest) > 2*bands {
			return f.split(bucket, masks, band, rest)
		}
	}
	if f.left -= len(bucket) * len(bucket) / 2; f.left < 0 {
		return gov.Errorf(gov.Exhausted, "LOOK_ALIKES", "too many images look alike to compare them all")
	}
	f.all(bucket, masks[:band])
	return nil
}

func (f *pairFinder) all(bucket, before []uint64) {
	for i, x := range bucket {
		for _, y := range bucket[:i] {
			if bits.OnesCount64(x^y) <= f.radius && unequal(x^y, before) {
				f.hit(y, x)
			}
		}
	}
}

// unequal reports whether a difference has a bit in every mask.
func unequal(difference uint64, masks []uint64) bool {
	for _, m := range masks {
		if difference&m == 0 {
			return false
		}
	}
	return true
}

// split puts a bucket into smaller ones by bands of the bits that its hashes
// are not known to share. A pair is met in the first of them that it shares.
func (f *pairFinder) split(bucket []uint64, masks *[bands]uint64, band int, rest uint64) error {
	outer, hit := masks[:band], f.hit
	f.hit = func(x, y uint64) {
		if unequal(x^y, outer) {
			hit(x, y)
		}
	}
	defer func() { f.hit = hit }()
	finer := bandsOf(rest)
	for i, m := range finer {
		if err := f.runs(slices.Clone(bucket), &finer, i, m); err != nil {
			return err
		}
	}
	return nil
}

// runs compares the parts of a bucket that are equal under a mask.
func (f *pairFinder) runs(bucket []uint64, masks *[bands]uint64, band int, m uint64) error {
	slices.SortFunc(bucket, func(a, b uint64) int { return cmp.Compare(a&m, b&m) })
	for len(bucket) > 0 {
		n := 1
		for n < len(bucket) && (bucket[n]^bucket[0])&m == 0 {
			n++
		}
		if err := f.compare(bucket[:n], masks, band); err != nil {
			return err
		}
		bucket = bucket[n:]
	}
	return nil
}
