package measure

import (
	"cmp"
	"math/bits"
	"slices"

	"govd/internal/gov"
)

// pairs calls hit for every two of the hashes, which are all different, that
// differ in at most radius bits, which is MaxRadius at most; each pair once.
//
// Multi-index hashing (Norouzi, Punjani and Fleet 2012): of four bands of 16
// bits at least one is equal in both, so only hashes in one band's bucket are
// compared. A crowded bucket is split again by bands of the other bits. Returns
// gov.Exhausted with reason LOOK_ALIKES if that leaves too many comparisons.
func pairs(hashes []uint64, radius int, hit func(i, j uint32)) error {
	f := pairFinder{hashes: hashes, radius: radius, hit: hit, left: maxComparisons}
	order, masks := make([]uint32, len(hashes)), bandsOf(^uint64(0))
	for band := range bands {
		next := f.bucket(order, band)
		from := uint32(0)
		for _, to := range next[:1<<bandBits] {
			if err := f.compare(order[from:to], &masks, band); err != nil {
				return err
			}
			from = to
		}
	}
	return nil
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

type pairFinder struct {
	hashes []uint64
	radius int
	hit    func(i, j uint32)
	left   int // comparisons
	words  []uint64
}

// bucket orders the hashes by a band and returns where each bucket ends.
func (f *pairFinder) bucket(order []uint32, band int) []uint32 {
	next := make([]uint32, 1<<bandBits+1)
	at := func(h uint64) uint16 { return uint16(h >> (band * bandBits)) }
	for _, h := range f.hashes {
		next[int(at(h))+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	for i, h := range f.hashes {
		n := &next[at(h)]
		order[*n] = uint32(i)
		*n++
	}
	return next
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
func (f *pairFinder) compare(bucket []uint32, masks *[bands]uint64, band int) error {
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

func (f *pairFinder) all(bucket []uint32, before []uint64) {
	f.words = f.words[:0]
	for _, i := range bucket {
		f.words = append(f.words, f.hashes[i])
	}
	for i, x := range f.words {
		for j, y := range f.words[:i] {
			if bits.OnesCount64(x^y) <= f.radius && unequal(x^y, before) {
				f.hit(bucket[j], bucket[i])
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
func (f *pairFinder) split(bucket []uint32, masks *[bands]uint64, band int, rest uint64) error {
	outer, hit := masks[:band], f.hit
	f.hit = func(i, j uint32) {
		if unequal(f.hashes[i]^f.hashes[j], outer) {
			hit(i, j)
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
func (f *pairFinder) runs(bucket []uint32, masks *[bands]uint64, band int, m uint64) error {
	slices.SortFunc(bucket, func(a, b uint32) int { return cmp.Compare(f.hashes[a]&m, f.hashes[b]&m) })
	for len(bucket) > 0 {
		n := 1
		for n < len(bucket) && (f.hashes[bucket[n]]^f.hashes[bucket[0]])&m == 0 {
			n++
		}
		if err := f.compare(bucket[:n], masks, band); err != nil {
			return err
		}
		bucket = bucket[n:]
	}
	return nil
}
