package imagefacts

import "math"

// thumbnailMax is the longer side of the thumbnail on which blur is measured.
const thumbnailMax = 64

// thumbnailSize returns the size of the thumbnail, which is never larger than
// the image.
func thumbnailSize(w, h int) (tw, th int) {
	longer := max(w, h)
	if longer <= thumbnailMax {
		return w, h
	}
	return max(w*thumbnailMax/longer, 1), max(h*thumbnailMax/longer, 1)
}

// blur is the score of cleanvision in ten-thousandths, low for a blurred image:
//
//	min(1, (1 - exp(-.01 σ edges)) + spread)
//
// where σ edges is the standard deviation of the thumbnail's edges, and spread
// is 1 - exp(-.01 σ counts) of its 256 counts of grey values, or 0 where that
// is .18 or less. It spares images that are few-coloured rather than blurred.
// There the thumbnail is made by bicubic interpolation, here by averaging.
func blur(thumb []uint16, w, h int) uint32 {
	grey := make([]int64, len(thumb))
	var counts [256]int64
	for i, v := range thumb {
		grey[i] = int64((uint32(v) + 128) >> 8)
		counts[grey[i]]++
	}
	score := shortfall(deviation(edges(grey, w, h)))
	if spread := shortfall(deviation(counts[:])); spread > .18 {
		score += spread
	}
	return uint32(math.Round(min(score, 1) * 10_000))
}

// edges is the filter FIND_EDGES of Pillow: eight times the pixel less its
// neighbours, from 0 to 255, the outermost pixels left as they are.
func edges(grey []int64, w, h int) []int64 {
	found := append([]int64(nil), grey...)
	for y := 1; y < h-1; y++ {
		up, mid, down := grey[(y-1)*w:y*w], grey[y*w:(y+1)*w], grey[(y+1)*w:][:w]
		left, here := column(up, mid, down, 0), column(up, mid, down, min(1, w-1))
		for x := 1; x < w-1; x++ {
			right := column(up, mid, down, x+1)
			found[y*w+x] = min(max(9*mid[x]-left-here-right, 0), 255)
			left, here = here, right
		}
	}
	return found
}

func column(up, mid, down []int64, x int) int64 { return up[x] + mid[x] + down[x] }

// deviation returns the standard deviation of the values.
func deviation(values []int64) float64 {
	var sum, squares int64
	for _, v := range values {
		sum += v
		squares += v * v
	}
	n := int64(len(values))
	return math.Sqrt(float64(n*squares-sum*sum)) / float64(n)
}

// shortfall returns 1 - exp(-.01 x) for 0 <= x < 256, alike on every machine:
// the series for a 64th of the exponent, squared six times. The conversions
// keep a compiler from fusing a product with a sum.
func shortfall(x float64) float64 {
	y := x / 6400
	e := 1.0
	for k := 8.0; k > 0; k-- {
		e = 1 - float64(float64(y/k)*e)
	}
	for range 6 {
		e = float64(e * e)
	}
	return 1 - e
}
