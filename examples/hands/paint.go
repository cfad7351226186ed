package hands

import (
	"image"
	"math"
)

// shadowReach is how far from the hand its shadow is seen.
const shadowReach = .16

// tile is the side in pixels of the squares in which a picture is painted:
// small enough that little of the hand matters within one.
const tile = 12

// paint renders the scene on a square of pixels.
func (s *scene) paint(size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	f := s.newField(size)
	s.tiles(0, size, size, func(x0, y0, x1, y1 int, near *neighbors) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				s.expose(img.Pix[img.PixOffset(x, y):], s.pixel(x, y, f, near), x, y)
			}
		}
	})
	return img
}

// tiles visits the squares from low to high with what matters in each.
func (s *scene) tiles(low, high, size int, visit func(x0, y0, x1, y1 int, near *neighbors)) {
	var near neighbors
	radius := tile * .72 * s.view / float64(size) / min(math.Abs(s.stretch.x), s.stretch.y)
	for y := low; y < high; y += tile {
		for x := low; x < high; x += tile {
			s.hand.within(s.place(vec{float64(x) + tile/2, float64(y) + tile/2}, size), radius, &near)
			visit(x, y, min(x+tile, high), min(y+tile, high), &near)
		}
	}
}

// pixel returns the light that comes from a pixel.
func (s *scene) pixel(x, y int, f *field, near *neighbors) rgb {
	d := f.distance(x, y)
	cover := clamp(.5-d/f.step, 0, 1)
	var c rgb
	if cover < 1 {
		c = s.background(x, y, f)
	}
	if cover > 0 {
		p := s.place(vec{float64(x) + .5, float64(y) + .5}, f.size)
		c = c.to(s.surface(p, f.normal(x, y), f.step, near), cover)
	}
	return c
}

// A field is the hand's distance and height at each pixel and one around.
type field struct {
	size      int
	step      float64
	distances []float64
	heights   []float64
	shadow    [2]int // where a pixel's shadow comes from
}

func (s *scene) newField(size int) *field {
	n := (size + 2) * (size + 2)
	f := &field{size: size, step: s.view / float64(size), distances: make([]float64, n), heights: make([]float64, n)}
	s.tiles(-1, size+1, size, func(x0, y0, x1, y1 int, near *neighbors) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				i := f.index(x, y)
				if f.distances[i] = near.nearest; near.nearest < shadowReach {
					f.distances[i], f.heights[i] = s.hand.at(s.place(vec{float64(x) + .5, float64(y) + .5}, size), near)
				}
			}
		}
	})
	f.shadow = [2]int{int(s.light[0] * shadowReach / f.step), int(-s.light[1] * shadowReach / f.step)}
	return f
}

// index returns where the value of a pixel is; beyond the rim it is the rim's.
func (f *field) index(x, y int) int {
	x, y = min(max(x, -1), f.size), min(max(y, -1), f.size)
	return (y+1)*(f.size+2) + x + 1
}

func (f *field) distance(x, y int) float64 { return f.distances[f.index(x, y)] }

// normal returns the slope of the surface, to the right and up the picture.
func (f *field) normal(x, y int) vec {
	i, row := f.index(x, y), f.size+2
	return vec{f.heights[i-1] - f.heights[i+1], f.heights[i+row] - f.heights[i-row]}.times(.5 / f.step)
}

// background is the ground in the hand's shadow.
func (s *scene) background(x, y int, f *field) rgb {
	u := vec{float64(x), float64(y)}.times(1 / float64(f.size)).sub(vec{.5, .5})
	c := s.ground.at(s, u)
	cast := clamp(.5-f.distance(x+f.shadow[0], y+f.shadow[1])/shadowReach, 0, 1)
	contact := clamp(1-f.distance(x, y)/.05, 0, 1)
	return c.times((1 - .42*cast) * (1 - .25*contact*contact))
}

// surface is the skin at p, where it has the given slope and a pixel is as wide
// as step.
func (s *scene) surface(p, n vec, step float64, near *neighbors) rgb {
	albedo := s.skin.times(.94 + .12*s.cloud(p.times(7)))
	marks := 1.0
	for _, l := range near.lines {
		marks *= 1 - clamp(l.at(p)*s.relief, -.5, .6)
	}
	fine := 0.0
	if s.stage >= 4 {
		albedo, fine = s.texture(p, step, albedo, near)
	}
	gloss := .10
	for _, nail := range near.nails {
		cover, rim, v := nail.at(p)
		plate := s.skin.to(rgb{.97, .80, .76}, .5)
		plate = plate.to(rgb{.98, .92, .88}, .55*clamp(6*(v-.72), 0, 1)+.3*clamp(6*(-.55-v), 0, 1)) // free edge, lunula
		albedo = albedo.to(plate, .85*cover).times(1 - .25*rim)
		gloss += .25 * cover
	}
	tilt := 1 / math.Sqrt(n.dot(n)+1)
	lambert := (n.x*s.light[0] + n.y*s.light[1] + s.light[2]) * tilt
	shade := (.40 + .60*clamp(lambert, 0, 1)) * marks
	warm := rgb{1 + .06*(1-shade), 1, 1 - .05*(1-shade)} // light that went through skin
	c := albedo.by(warm).times(shade)
	c = c.by(rgb{1, 1, 1}.times(1 + fine/max(.3*c.r+.6*c.g+.1*c.b, .1)))
	shine := clamp(lambert, 0, 1) * tilt
	shine *= shine * shine
	return c.to(rgb{1, 1, 1}, gloss*shine*shine*marks)
}

// expose makes a pixel: the light of the scene and the grain of a sensor.
func (s *scene) expose(px []uint8, c rgb, x, y int) {
	grain := (s.noise(int64(x)+1<<20, int64(y)+s.moment<<20) - .5) * 5
	level := func(v float64) uint8 { return uint8(clamp(v*255+grain, 0, 255) + .5) }
	c = c.by(s.lamp)
	px[0], px[1], px[2], px[3] = level(c.r), level(c.g), level(c.b), 255
}

// cloud is smooth noise from 0 to 1.
func (s *scene) cloud(p vec) float64 {
	x, y := math.Floor(p.x), math.Floor(p.y)
	u, v := p.x-x, p.y-y
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	i, j := int64(x), int64(y)
	top := s.noise(i, j)*(1-u) + s.noise(i+1, j)*u
	bottom := s.noise(i, j+1)*(1-u) + s.noise(i+1, j+1)*u
	return top*(1-v) + bottom*v
}

// noise is a random number from 0 to 1 for each place (after SplitMix64).
func (s *scene) noise(i, j int64) float64 {
	h := s.grain + uint64(i)*0x9e3779b97f4a7c15 + uint64(j)*0xd1b54a32d192ed03
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return float64((h^h>>31)>>40) / (1 << 24)
}
