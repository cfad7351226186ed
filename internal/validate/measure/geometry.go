package measure

import (
	"math/bits"
	"strconv"

	"govd/internal/gov"
)

// Geometry finds geometries that cannot be right. Its codes: "outside", it
// leaves the image; "flat", it has no area or no length; "small", it has less
// than MinArea; "mask", its runs do not add up to the image; "unsized", the
// record has no facts, so nobody knows what is outside.
type Geometry struct {
	MinArea uint64 // square pixels
}

// Key implements Rule.
func (g Geometry) Key() string { return key("geometry/1", strconv.FormatUint(g.MinArea, 10)) }

// Find implements Rule. It looks at records with a geometry.
func (g Geometry) Find(r *Row, fault func(string)) (examined bool) {
	for i := range r.Labels {
		l := &r.Labels[i]
		if l.Kind == 0 {
			continue
		}
		examined = true
		s := shape{facts: r.Facts, fault: fault}
		parts := r.Geometry(l)
		switch l.Kind {
		case gov.Box:
			s.box(parts[0])
		case gov.Polygon:
			s.polygon(parts)
		case gov.Mask:
			s.mask(parts[0], parts[1])
		case gov.Keypoints:
			s.keypoints(parts[0])
		case gov.Interval:
			s.interval(parts[0])
		}
		s.judge(g.MinArea)
	}
	return examined
}

// milli is how many units of length are a pixel.
const milli = 1000

// far is beyond any image, and near enough that its square fits.
const far = 1 << 42

// A shape is what one geometry comes to. Its area is twice that in square
// thousandths of a pixel.
type shape struct {
	facts *gov.ImageFacts
	fault func(string)
	area  Sum
	flat  bool
	sized bool // it has an area that MinArea is about
}

func (s *shape) judge(minArea uint64) {
	switch {
	case s.flat:
		s.fault("flat")
	case s.sized && s.area.less(Sum{Lo: minArea}.times(2*milli*milli)):
		s.fault("small")
	}
}

// point reports whether a point is where a point of an image can be.
func (s *shape) point(x, y int64) (sane bool) {
	sane = x > -far && x < far && y > -far && y < far
	if s.facts == nil && sane {
		s.fault("unsized")
		return true
	}
	if !sane || x < 0 || y < 0 || x > int64(s.facts.Width)*milli || y > int64(s.facts.Height)*milli {
		s.fault("outside")
	}
	return sane
}

func (s *shape) box(n []int64) {
	x, y, w, h := n[0], n[1], n[2], n[3]
	s.flat = w <= 0 || h <= 0
	if !s.point(x, y) || s.flat {
		return
	}
	if w >= far || h >= far {
		s.fault("outside")
		return
	}
	s.point(x+w, y+h)
	s.sized, s.area = true, Sum{Lo: uint64(w)}.times(2*uint64(h))
}

// polygon takes the first ring for the outline and the others for holes or
// further pieces: it is flat if all of them are.
func (s *shape) polygon(rings [][]int64) {
	s.sized = true
	for _, ring := range rings {
		for i := 0; i+1 < len(ring); i += 2 {
			if !s.point(ring[i], ring[i+1]) {
				s.sized = false
				return
			}
		}
		s.area.add(shoelace(ring))
	}
	s.flat = s.area == Sum{}
}

// shoelace returns twice the area that a ring encloses.
func shoelace(ring []int64) Sum {
	var plus, minus Sum
	add := func(x, y int64) {
		product := Sum{Lo: magnitude(x)}.times(magnitude(y))
		if (x < 0) != (y < 0) {
			minus.add(product)
		} else {
			plus.add(product)
		}
	}
	n, x0, y0 := len(ring), ring[0], ring[1]
	for i := 0; i+1 < n; i += 2 {
		ax, ay, bx, by := ring[i]-x0, ring[i+1]-y0, ring[(i+2)%n]-x0, ring[(i+3)%n]-y0
		add(ax, by)
		add(-bx, ay)
	}
	if plus.less(minus) {
		plus, minus = minus, plus
	}
	plus.sub(minus)
	return plus
}

func (s *shape) mask(size, runs []int64) {
	height, width := size[0], size[1]
	if height <= 0 || width <= 0 || height >= 1<<31 || width >= 1<<31 {
		s.fault("mask")
		return
	}
	if s.facts == nil {
		s.fault("unsized")
	} else if height != int64(s.facts.Height) || width != int64(s.facts.Width) {
		s.fault("outside")
	}
	var sum, set int64
	for i, run := range runs {
		if run < 0 || run > height*width-sum {
			s.fault("mask")
			return
		}
		sum += run
		if i%2 == 1 {
			set += run
		}
	}
	if sum != height*width {
		s.fault("mask")
		return
	}
	s.flat, s.sized, s.area = set == 0, true, Sum{Lo: uint64(set)}.times(2*milli*milli)
}

func (s *shape) keypoints(n []int64) {
	s.flat = true
	for i := 0; i+2 < len(n); i += 3 {
		if n[i+2] == 0 {
			continue
		}
		s.flat = false
		s.point(n[i], n[i+1])
	}
}

func (s *shape) interval(n []int64) {
	s.flat = n[1] <= n[0]
	if n[0] < 0 {
		s.fault("outside")
	}
}

func (s Sum) less(o Sum) bool { return s.Hi < o.Hi || s.Hi == o.Hi && s.Lo < o.Lo }

// times multiplies, for areas of at most far squared.
func (s Sum) times(n uint64) Sum {
	hi, lo := bits.Mul64(s.Lo, n)
	return Sum{hi + s.Hi*n, lo}
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return uint64(-x)
	}
	return uint64(x)
}
