package hands

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// A rgb is a color in linear shares from 0 to 1.
type rgb struct{ r, g, b float64 }

func (c rgb) times(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }

func (c rgb) to(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// tones are the ten of the Monk skin tone scale.
var tones = [10]uint32{0xf6ede4, 0xf3e7db, 0xf7ead0, 0xeadaba, 0xd7bd96, 0xa07e56, 0x825c43, 0x604134, 0x3a312a, 0x292420}

func hex(v uint32) rgb {
	return rgb{float64(v>>16) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}

// A scene is one picture before it has pixels.
type scene struct {
	hand   *hand
	center vec     // what is looked at
	view   float64 // how much of the hand's coordinates is in sight
	turn   float64 // degrees
	mirror float64 // 1, or -1 for the other hand
	skin   rgb
	ground [2]rgb // of the background, from one side to the other
	slope  vec
	light  [3]float64 // where the light comes from
	bright float64
	grain  uint64
}

// newScene arranges the nth picture of a class.
func newScene(seed uint64, class, n int) *scene {
	r := rand.New(rand.NewPCG(seed, uint64(class)<<32|uint64(n)))
	name := Classes()[class]
	back := name == "back" || name != "palm" && name != "wrist" && r.IntN(2) == 0
	s := &scene{
		hand:   newHand(r, back),
		turn:   14 * r.NormFloat64(),
		mirror: float64(2*r.IntN(2) - 1),
		bright: .80 + .27*r.Float64(),
		grain:  r.Uint64(),
	}
	s.aim(r, name)
	s.color(r)
	return s
}

// aim points the camera at the part that the class is about.
func (s *scene) aim(r *rand.Rand, name string) {
	switch name {
	case "palm", "back":
		s.center, s.view = vec{-.03, .22}, 2.55
	case "wrist":
		s.center, s.view = vec{0, -.62}, 1.15
	default:
		f := s.hand.fingers[map[string]int{"thumb": 0, "index": 1, "middle": 2, "ring": 3, "little": 4}[name]]
		s.center, s.view = mix(f.bones[0].a, f.bones[2].b, .62), 1.2
	}
	s.view *= .92 + .2*r.Float64()
	s.center = s.center.add(vec{r.NormFloat64(), r.NormFloat64()}.times(.03 * s.view))
}

func (s *scene) color(r *rand.Rand) {
	tone := r.IntN(len(tones))
	s.skin = hex(tones[tone]).to(hex(tones[min(tone+1, 9)]), r.Float64())
	s.skin = s.skin.to(rgb{.85, .5, .42}, .10+.06*r.Float64()) // blood under the skin
	hue := rgb{.25 + .6*r.Float64(), .25 + .6*r.Float64(), .25 + .6*r.Float64()}
	grey := (hue.r + hue.g + hue.b) / 3
	s.ground[0] = hue.to(rgb{grey, grey, grey}, .55)
	s.ground[1] = s.ground[0].times(.72 + .2*r.Float64())
	s.slope = towards(360 * r.Float64())
	from := towards(-60 + 120*r.Float64())
	s.light = [3]float64{from.x * .55, from.y * .55, .83}
}

// shadowReach is how far from the hand its shadow is seen.
const shadowReach = .16

// paint renders the scene on a square of pixels.
func (s *scene) paint(size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	step := s.view / float64(size)
	f := s.newField(size)
	for y := range size {
		for x := range size {
			p := s.place(x, y, size)
			c := s.background(p, x, y, f)
			if d := f.distance(x, y); d < step {
				c = c.to(s.surface(p, f.normal(x, y)), clamp(.5-d/step, 0, 1))
			}
			img.SetNRGBA(x, y, s.expose(c, x, y))
		}
	}
	return img
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
	for y := -1; y <= size; y++ {
		for x := -1; x <= size; x++ {
			i := f.index(x, y)
			f.distances[i], f.heights[i] = s.hand.at(s.place(x, y, size))
		}
	}
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
	return vec{
		f.heights[f.index(x-1, y)] - f.heights[f.index(x+1, y)],
		f.heights[f.index(x, y+1)] - f.heights[f.index(x, y-1)],
	}.times(.5 / f.step)
}

// place returns the point of the hand's coordinates at a pixel's center.
func (s *scene) place(x, y, size int) vec {
	half := float64(size) / 2
	u, v := (float64(x)+.5-half)/float64(size)*s.view, (half-float64(y)-.5)/float64(size)*s.view
	u *= s.mirror
	return s.center.add(vec{u*cos(s.turn) + v*sin(s.turn), v*cos(s.turn) - u*sin(s.turn)})
}

// background is a table top: two shades, a little uneven, in the hand's shadow
// near its edge.
func (s *scene) background(p vec, x, y int, f *field) rgb {
	u := vec{float64(x), float64(y)}.times(1 / float64(f.size)).sub(vec{.5, .5})
	c := s.ground[0].to(s.ground[1], clamp(.5+u.dot(s.slope), 0, 1))
	c = c.times(.96 + .08*s.cloud(p.times(2.5)))
	d := f.distance(x+f.shadow[0], y+f.shadow[1])
	return c.times(1 - .42*clamp(.5-d/shadowReach, 0, 1))
}

// surface is the skin at p, where it has the given slope.
func (s *scene) surface(p, n vec) rgb {
	lambert := (n.x*s.light[0] + n.y*s.light[1] + s.light[2]) / math.Sqrt(n.dot(n)+1)
	shade := .42 + .58*clamp(lambert, 0, 1)
	c := s.skin.times(.94 + .12*s.cloud(p.times(7)))
	for i := range s.hand.nails {
		cover, rim := s.hand.nails[i].at(p)
		c = c.to(s.skin.to(rgb{.97, .80, .76}, .55), .8*cover).times(1 - .25*rim)
	}
	for i := range s.hand.lines {
		shade *= 1 - s.hand.lines[i].at(p)
	}
	return c.times(shade)
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

// expose makes a pixel: the light of the scene and the grain of a sensor.
func (s *scene) expose(c rgb, x, y int) color.NRGBA {
	grain := (s.noise(int64(x)+1<<20, int64(y)) - .5) * 5
	level := func(v float64) uint8 { return uint8(clamp(v*s.bright*255+grain, 0, 255) + .5) }
	return color.NRGBA{level(c.r), level(c.g), level(c.b), 255}
}
