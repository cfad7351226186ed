package measure

import (
	"encoding/binary"
	"iter"
	"math/bits"
)

// A LogHist is a histogram with 32 bins in each octave: a bin is at most 1/32
// as wide as its numbers are large, and below 64 each number has its own.
type LogHist struct{ bins []uint64 }

const (
	histBits = 5
	histBins = (64-histBits-1)<<histBits + 2<<histBits
)

// Bin returns the bin of v.
func Bin(v uint64) int {
	shift := max(bits.Len64(v)-histBits-1, 0)
	return shift<<histBits + int(v>>shift)
}

// BinRange returns the smallest and the largest number in a bin.
func BinRange(bin int) (lo, hi uint64) {
	if bin < 2<<histBits {
		return uint64(bin), uint64(bin)
	}
	shift := bin>>histBits - 1
	lo = uint64(bin-shift<<histBits) << shift
	return lo, lo + 1<<shift - 1
}

func (h *LogHist) add(v uint64) { h.put(Bin(v), 1) }

func (h *LogHist) put(bin int, n uint64) {
	if bin >= len(h.bins) {
		h.bins = append(h.bins, make([]uint64, bin+1-len(h.bins))...)
	}
	h.bins[bin] += n
}

// Total returns how many numbers were counted.
func (h *LogHist) Total() (n uint64) {
	for _, c := range h.bins {
		n += c
	}
	return n
}

// Bins yields every bin that is not empty and its count, in order.
func (h *LogHist) Bins() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for bin, n := range h.bins {
			if n > 0 && !yield(bin, n) {
				return
			}
		}
	}
}

// Quantile returns the bin that holds the number below or at which num of den
// parts of all are, and whether there is any number at all.
func (h *LogHist) Quantile(num, den uint64) (bin int, ok bool) {
	n := h.Total()
	if n == 0 || den == 0 || num > den {
		return 0, false
	}
	hi, lo := bits.Mul64(n, num)
	rank, rest := bits.Div64(hi, lo, den) // num <= den, so it does not overflow
	if rest > 0 || rank == 0 {
		rank++
	}
	for bin, c := range h.bins {
		if rank <= c {
			return bin, true
		}
		rank -= c
	}
	return 0, false
}

func (h *LogHist) merge(o *LogHist) {
	for bin, n := range o.Bins() {
		h.put(bin, n)
	}
}

func (h *LogHist) sub(o *LogHist) bool {
	for bin, n := range o.Bins() {
		if bin >= len(h.bins) || h.bins[bin] < n {
			return false
		}
		h.bins[bin] -= n
	}
	return true
}

// append encodes the number of bins that are not empty, then of each how far it
// is after the one before, and its count.
func (h *LogHist) append(dst []byte) []byte {
	used := 0
	for range h.Bins() {
		used++
	}
	dst = binary.AppendUvarint(dst, uint64(used))
	last := -1
	for bin, n := range h.Bins() {
		dst = binary.AppendUvarint(dst, uint64(bin-last-1))
		dst = binary.AppendUvarint(dst, n)
		last = bin
	}
	return dst
}

func (h *LogHist) read(d *decoder) {
	h.bins = nil
	at := -1
	for n := d.most(histBins); n > 0 && !d.bad; n-- {
		at += int(d.most(histBins)) + 1
		count := d.uvarint()
		if at >= histBins || count == 0 {
			d.fail()
			return
		}
		h.put(at, count)
	}
}
