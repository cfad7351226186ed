package hands

import (
	"math/rand/v2"
	"slices"
)

// A rgb is a color in linear shares from 0 to 1.
type rgb struct{ r, g, b float64 }

func (c rgb) times(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }
func (c rgb) by(d rgb) rgb        { return rgb{c.r * d.r, c.g * d.g, c.b * d.b} }

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
	hand    *hand
	stage   int
	palm    bool
	center  vec     // what is looked at
	view    float64 // how much of the hand's coordinates is in sight
	turn    float64 // degrees
	stretch vec     // of the picture: below 1 where the hand is seen aslant; negative x is the other hand
	skin    rgb
	relief  float64 // how deep marks seem: the deeper, the darker the skin
	ground  ground
	light   [3]float64 // where the light comes from
	lamp    rgb        // the color of the light
	grain   uint64
	moment  int64 // the frame: the grain of a sensor is never the same, that of the ground is
}

// newScene arranges a still of a part of a person's hand.
func newScene(r *rand.Rand, sub *subject, class string, back bool, stage int) *scene {
	s := &scene{
		hand:    newHand(&sub.build, newPose(r, back), stage),
		stage:   stage,
		palm:    !back,
		turn:    12 * clamp(r.NormFloat64(), -2, 2),
		stretch: vec{sub.mirror(), 1},
		grain:   r.Uint64(),
	}
	s.aim(r, class)
	s.ground = newGround(r)
	s.shine(towards(-60+120*r.Float64()), rgb{1, 1, 1}.times(.84+.24*r.Float64()))
	s.tone(sub, back)
	return s
}

// tone gives the hand its color. The camera exposes for it, and marks take a
// larger share of less light: detail is as clear on every tone.
func (s *scene) tone(sub *subject, back bool) {
	s.skin = sub.skin(back)
	light := .3*s.skin.r + .6*s.skin.g + .1*s.skin.b
	s.relief = clamp(.42/light, .55, 1.9)
	s.lamp = s.lamp.times(clamp(1.16-.24*light, .92, 1.14))
}

// aim points the camera at the part that the class is about.
func (s *scene) aim(r *rand.Rand, class string) {
	switch class {
	case "palm", "back":
		s.center, s.view = vec{-.03, .22}, 2.55
	case "wrist":
		s.center, s.view = vec{0, -.62}, 1.15
	default:
		f := s.hand.fingers[slices.Index(fingerNames, class)]
		s.center, s.view = mix(f.joints[0], f.joints[3], .60), 1.24
	}
	s.view *= .94 + .16*r.Float64()
	s.center = s.center.add(vec{clamp(r.NormFloat64(), -2, 2), clamp(r.NormFloat64(), -2, 2)}.times(.025 * s.view))
}

// shine sets the light.
func (s *scene) shine(from vec, color rgb) {
	s.light = [3]float64{from.x * .55, from.y * .55, .83}
	s.lamp = color
}

// fingerNames are the fingers in the order of a hand's.
var fingerNames = []string{"thumb", "index", "middle", "ring", "little"}

// place returns the point of the hand's coordinates at a place of the picture,
// in pixels from its top left.
func (s *scene) place(at vec, size int) vec {
	half := float64(size) / 2
	u := vec{(at.x - half) / s.stretch.x, (half - at.y) / s.stretch.y}.times(s.view / float64(size))
	return s.center.add(u.turned(s.turn))
}

// project is the inverse of place.
func (s *scene) project(p vec, size int) vec {
	u := p.sub(s.center).turned(-s.turn).times(float64(size) / s.view)
	half := float64(size) / 2
	return vec{half + u.x*s.stretch.x, half - u.y*s.stretch.y}
}

// A ground is what a hand lies on.
type ground struct {
	colors  [2]rgb
	slope   vec // the direction from one color to the other
	pattern int
	scale   float64
}

const patterns = 5

func newGround(r *rand.Rand) ground {
	hue := rgb{.40 + .45*r.Float64(), .40 + .45*r.Float64(), .40 + .45*r.Float64()}
	grey := (hue.r + hue.g + hue.b) / 3
	g := ground{slope: towards(360 * r.Float64()), pattern: r.IntN(patterns), scale: .8 + .5*r.Float64()}
	g.colors[0] = hue.to(rgb{grey, grey, grey}, .62)
	g.colors[1] = g.colors[0].times(.55 + .3*r.Float64())
	return g
}

// at returns the color of the ground at u, from -.5 to .5 across the picture.
func (g *ground) at(s *scene, u vec) rgb {
	along, across := u.dot(g.slope)*g.scale, u.dot(g.slope.across())*g.scale
	t := .5 + along
	switch g.pattern {
	case 0: // a mat with a grid
		t = .35 + .7*along
		if wave(across*5)+1 > 1.9 || wave(along*5)+1 > 1.9 {
			t += .5
		}
	case 1: // wood
		t = .5*s.cloud(vec{across * 26, along * 2.2}) + .5*s.cloud(vec{across*7 + 9, along + 5})
	case 2: // cloth
		t = .5 + .25*(wave(across*30)+wave(along*30)) + .4*(s.cloud(u.times(4))-.5)
	case 3: // a sheet with an edge
		t = clamp(.5+60*(along+.12+.02*s.cloud(vec{across * 3, 1})), 0, 1) - .15*along
	case 4: // stone
		t = 1.5*(.6*s.cloud(u.turned(31).times(6))+.4*s.cloud(u.turned(67).times(19))) - .25 + .8*(s.cloud(u.times(52))-.5)
	}
	return g.colors[0].to(g.colors[1], clamp(t, 0, 1))
}

// wave is a rough sine of period 1 from -1 to 1.
func wave(x float64) float64 {
	x -= float64(int(x))
	if x < 0 {
		x++
	}
	if x < .5 {
		return 16 * x * (.5 - x)
	}
	return -16 * (x - .5) * (1 - x)
}
