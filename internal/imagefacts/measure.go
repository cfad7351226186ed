package imagefacts

import (
	"image"
	"math"
	"math/bits"

	"govd/internal/gov"
)

// Measure returns the facts of an image of at most MaxPixels and at least one.
func Measure(img image.Image) *gov.ImageFacts {
	b := img.Bounds()
	m := newMeasure(b.Dx(), b.Dy())
	rgb, row := make([]byte, 3*b.Dx()), rowsOf(img)
	for y := range b.Dy() {
		row(rgb, y)
		m.add(y, rgb)
	}
	return m.facts()
}

// brightBins is one more than the highest bin of brightness: see bin.
const brightBins = 255*255*1000>>12 + 1

// A measure takes an image in by rows.
type measure struct {
	w, h      int
	r, g, b   [256]uint32        // pixels of each value, by channel
	bright    [brightBins]uint32 // pixels by squared brightness
	colored   byte               // not 0 once a pixel had a colour
	grey      [3][]byte          // the last three rows in grey; row y is grey[y%3]
	lapl      int64              // sum of the Laplacian
	laplSq    uint64             // sum of its squares
	thumbnail *box[byte]
}

func newMeasure(w, h int) *measure {
	m := &measure{w: w, h: h}
	for i := range m.grey {
		m.grey[i] = make([]byte, w)
	}
	tw, th := thumbnailSize(w, h)
	m.thumbnail = newBox[byte](tw, th, w, h)
	return m
}

func (m *measure) add(y int, rgb []byte) {
	grey := m.grey[y%3]
	m.count(rgb, grey)
	m.thumbnail.add(y, grey)
	if y >= 2 {
		m.laplace(m.grey[(y-2)%3], m.grey[(y-1)%3], grey)
	}
}

// count takes in the colours of a row and writes its grey: the luma of ITU-R
// 601, rounded.
func (m *measure) count(rgb, grey []byte) {
	colored := m.colored
	for i := range grey {
		px := rgb[3*i : 3*i+3 : 3*i+3]
		r, g, b := uint32(px[0]), uint32(px[1]), uint32(px[2])
		m.r[r]++
		m.g[g]++
		m.b[b]++
		m.bright[(241*r*r+691*g*g+68*b*b)>>12]++
		grey[i] = byte((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		colored |= px[0] ^ px[1] | px[1] ^ px[2]
	}
	m.colored = colored
}

// laplace adds the middle row's Laplacian, the sum of the four neighbours less
// four times the pixel, leaving out the first and the last column.
func (m *measure) laplace(up, mid, down []byte) {
	up, down = up[:len(mid)], down[:len(mid)]
	var sum, squares int64
	for x := 1; x < len(mid)-1; x++ {
		v := int64(up[x]) + int64(down[x]) + int64(mid[x-1]) + int64(mid[x+1]) - 4*int64(mid[x])
		sum += v
		squares += v * v
	}
	m.lapl += sum
	m.laplSq += uint64(squares)
}

func (m *measure) facts() *gov.ImageFacts {
	thumb := m.thumbnail.means()
	return &gov.ImageFacts{
		Width:     uint32(m.w),
		Height:    uint32(m.h),
		PHash:     pHash(thumb, m.thumbnail.w, m.thumbnail.h),
		Sharpness: m.sharpness(),
		Blur:      blur(thumb, m.thumbnail.w, m.thumbnail.h),
		Dark:      m.brightness(99),
		Light:     m.brightness(5),
		Entropy:   m.entropy(),
		Gray:      m.colored == 0,
	}
}

// sharpness is the variance of the Laplacian over the inner pixels x 16,
// rounded down.
func (m *measure) sharpness() uint64 {
	n := uint64(max(m.w-2, 0)) * uint64(max(m.h-2, 0))
	if n == 0 {
		return 0
	}
	sum := uint64(max(m.lapl, -m.lapl))
	hi, lo := bits.Mul64(sum, sum)
	square, _ := bits.Div64(hi, lo, n) // |sum| <= 1020 n, so hi < n
	return (m.laplSq - square) * 16 / n
}

// brightness returns the p-th percentile of the pixels' brightness in
// ten-thousandths, by nearest rank. A pixel's brightness is
// sqrt(.241 R² + .691 G² + .068 B²) / 255 (Finley's HSP).
func (m *measure) brightness(p uint64) uint32 {
	n := uint64(m.w) * uint64(m.h)
	rank := (n*p + 99) / 100
	bin, seen := 0, uint64(m.bright[0])
	for seen < rank {
		bin++
		seen += uint64(m.bright[bin])
	}
	// A bin is 4096 wide in units of 1/1000 of a squared channel value, and
	// stands for its lower edge: black is 0 and white 10000.
	square := uint64(bin) << 12 * 100_000 / (255 * 255)
	return uint32(math.Round(math.Sqrt(float64(square))))
}

// entropy is Shannon's of the 768 counts of the three channels together, in
// bits x 1000: 9585 at most. A grey image counts each value three times.
func (m *measure) entropy() uint32 {
	total := 3 * uint64(m.w) * uint64(m.h)
	var sum uint64 // of c log2 c
	for _, channel := range []*[256]uint32{&m.r, &m.g, &m.b} {
		for _, c := range channel {
			sum += uint64(c) * log2(uint64(c))
		}
	}
	all := total * log2(total)
	if sum >= all {
		return 0 // one value alone; log2 rounds down
	}
	return uint32((all - sum) * 1000 / total >> 16)
}

// log2 returns the binary logarithm of x in 65536ths, rounded down, by
// squaring the mantissa once for each bit; 0 for 0.
func log2(x uint64) uint64 {
	if x == 0 {
		return 0
	}
	whole := uint64(bits.Len64(x) - 1)
	mantissa := x << (63 - whole) >> 32 // 1 <= mantissa / 2^31 < 2
	result := whole
	for range 16 {
		mantissa = mantissa * mantissa >> 31
		carry := mantissa >> 32
		mantissa >>= carry
		result = result<<1 | carry
	}
	return result
}
