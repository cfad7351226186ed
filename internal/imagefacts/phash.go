package imagefacts

import "slices"

// hashSide is the side of the square that is transformed for the hash, and
// hashFreqs how many frequencies of each direction the hash keeps.
const (
	hashSide  = 32
	hashFreqs = 8
)

// cosines holds cos(k π/64) x 2^14 for k from 0 to 32, rounded.
var cosines = [33]int64{
	16384, 16364, 16305, 16207, 16069, 15893, 15679, 15426, 15137, 14811, 14449,
	14053, 13623, 13160, 12665, 12140, 11585, 11003, 10394, 9760, 9102, 8423,
	7723, 7005, 6270, 5520, 4756, 3981, 3196, 2404, 1606, 804, 0,
}

// cosine returns cos(k π/64) x 2^14. Folding the quarter wave makes the
// transform of a plain image exactly 0 but for its mean.
func cosine(k int) int64 {
	switch k %= 128; {
	case k <= 32:
		return cosines[k]
	case k <= 64:
		return -cosines[64-k]
	case k <= 96:
		return -cosines[k-64]
	default:
		return cosines[128-k]
	}
}

// pHash is the DCT perceptual hash (after Zauner, Implementation and
// Benchmarking of Perceptual Image Hash Functions, 2010): the thumbnail
// averaged to 32 x 32, its DCT-II, the 8 lowest frequencies of each direction,
// each rounded to a sixteenth of a grey level, so that noise below that does
// not reach the hash, and a bit for each, set if it is above the median of the
// 64. The first bit is the highest, and frequencies go row by row, horizontal
// ones first. Two images of Hamming distance 2 or less are near duplicates.
func pHash(thumb []uint16, w, h int) uint64 {
	square := newBox[uint16](hashSide, hashSide, w, h)
	for y := range h {
		square.add(y, thumb[y*w:][:w])
	}
	freqs := transform(square.pixels())
	sorted := freqs
	slices.Sort(sorted[:])
	median2 := sorted[31] + sorted[32]
	var hash uint64
	for _, f := range freqs {
		hash <<= 1
		if 2*f > median2 {
			hash |= 1
		}
	}
	return hash
}

// pixels is means of pixels that are in 256ths already.
func (b *box[T]) pixels() []int64 {
	area := uint64(b.srcW) * uint64(b.srcH)
	means := make([]int64, len(b.sums))
	for i, s := range b.sums {
		means[i] = int64((s + area/2) / area)
	}
	return means
}

// transform returns the lowest frequencies of the DCT-II of 32 x 32 pixels in
// 256ths. A cosine wave of amplitude 1 grey level has the coefficient 2^44 or
// more, and no sum exceeds 2^54.
func transform(pixels []int64) (freqs [hashFreqs * hashFreqs]int64) {
	var wave [hashFreqs][hashSide]int64
	for u := range hashFreqs {
		for x := range hashSide {
			wave[u][x] = cosine((2*x + 1) * u)
		}
	}
	var rows [hashFreqs][hashSide]int64
	for y := range hashSide {
		for u := range hashFreqs {
			rows[u][y] = dot(pixels[y*hashSide:][:hashSide], wave[u][:])
		}
	}
	for i := range freqs {
		v, u := i/hashFreqs, i%hashFreqs
		freqs[i] = (dot(rows[u][:], wave[v][:]) + 1<<39) >> 40
	}
	return freqs
}

func dot(a, b []int64) (sum int64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
