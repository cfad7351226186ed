package hands

import "math/rand/v2"

// A hand is a body of capsules with marks on its skin.
type hand struct {
	palm    []capsule // melt into each other
	fingers []finger  // thumb to little finger
	lines   []line
	nails   []nail
}

// A finger is its phalanges, from the palm outwards.
type finger struct {
	bones  []capsule
	center vec     // of a circle around all of it
	reach  float64 // its radius
}

// Where a finger begins, where it points, how long and thick it is, and how
// long its phalanges are.
var fingerPlans = [5]struct {
	base     vec
	angle    float64
	length   float64
	radius   float64
	segments []float64
}{
	{vec{-0.31, -0.20}, -46, 0.80, 0.125, []float64{.42, .32, .26}},
	{vec{-0.32, 0.36}, -9, 0.80, 0.100, []float64{.46, .30, .24}},
	{vec{-0.11, 0.42}, -2, 0.89, 0.104, []float64{.46, .30, .24}},
	{vec{0.11, 0.39}, 4, 0.82, 0.099, []float64{.46, .30, .24}},
	{vec{0.31, 0.30}, 12, 0.65, 0.085, []float64{.45, .29, .26}},
}

// newHand poses a hand, seen from the palm or from the back.
func newHand(r *rand.Rand, back bool) *hand {
	h := &hand{palm: []capsule{
		{vec{-0.24, 0.30}, vec{-0.15, -0.42}, .19, .17, .45},
		{vec{0, 0.34}, vec{0, -0.42}, .19, .19, .45},
		{vec{0.24, 0.24}, vec{0.15, -0.42}, .17, .17, .45},
		{vec{-0.24, -0.04}, vec{-0.16, -0.36}, .19, .17, .75}, // ball of the thumb
		{vec{0.22, -0.10}, vec{0.17, -0.36}, .20, .17, .65},
		{vec{0, -0.50}, vec{0, -2.2}, .285, .34, .55}, // forearm
	}}
	spread := .75 + .8*r.Float64()
	thick := .93 + .14*r.Float64()
	for i, plan := range fingerPlans {
		angle := plan.angle*spread + 4*r.NormFloat64()
		if i == 0 {
			angle = plan.angle + 8*r.NormFloat64()
		}
		bend := 5 * r.NormFloat64()
		f := newFinger(plan.base, angle, bend, plan.length*(.94+.12*r.Float64()), plan.radius*thick, plan.segments)
		h.fingers = append(h.fingers, f)
		if back {
			h.markBack(r, f, i)
		} else {
			h.markFinger(f, i)
		}
	}
	if back {
		h.markTendons()
	} else {
		h.markPalm(r)
	}
	h.markWrist(r, back)
	return h
}

func newFinger(base vec, angle, bend, length, radius float64, segments []float64) (f finger) {
	taper := []float64{1.04, .97, .90, .74}
	for i, share := range segments {
		end := base.add(towards(angle).times(length * share))
		f.bones = append(f.bones, capsule{base, end, radius * taper[i], radius * taper[i+1], 1})
		base, angle = end, angle+bend
	}
	f.center = mix(f.bones[0].a, f.bones[2].b, .5)
	f.reach = length/2 + 1.1*radius
	return f
}

// markFinger draws the creases of a finger's joints on the palm's side.
func (h *hand) markFinger(f finger, i int) {
	for j, b := range f.bones {
		if i == 0 && j == 0 {
			continue // the thumb's first phalanx is within the palm
		}
		t := 0.0
		if j == 0 {
			t = .22 // the skin between the fingers hides the joint itself
		}
		h.crease(b, t, .7, .010, .26)
		if j > 0 {
			h.crease(b, t+.10, .5, .008, .15)
		}
	}
}

// crease draws a line across a phalanx, t of the way along it.
func (h *hand) crease(b capsule, t, share, width, depth float64) {
	along := b.b.sub(b.a)
	side := along.across().times(share * b.ra / along.length())
	at := mix(b.a, b.b, t)
	sag := along.times(-.04)
	h.lines = append(h.lines, curve(at.add(side), at.add(sag), at.sub(side), width, depth))
}

// markBack draws a finger's nail and the wrinkles over its middle joint.
func (h *hand) markBack(r *rand.Rand, f finger, i int) {
	tip := f.bones[len(f.bones)-1]
	along := tip.b.sub(tip.a)
	along = along.times(1 / along.length())
	h.nails = append(h.nails, nail{
		center: tip.b.add(along.times(tip.rb * .12)), along: along,
		half: vec{tip.rb * (.62 + .06*r.Float64()), tip.rb * (.78 + .1*r.Float64())},
	})
	for j, b := range f.bones[1:] {
		for _, t := range []float64{-.12, -.02, .08, .17}[:4-2*j] {
			h.crease(b, t, .52, .009, .22)
		}
	}
}

// markPalm draws the three great lines of the palm.
func (h *hand) markPalm(r *rand.Rand) {
	jitter := func(x, y float64) vec { return vec{x + .02*r.NormFloat64(), y + .02*r.NormFloat64()} }
	h.lines = append(h.lines,
		curve(jitter(.40, .10), jitter(.12, .06), jitter(-.14, .34), .012, .32),    // heart
		curve(jitter(-.40, .12), jitter(-.05, .10), jitter(.26, -.12), .011, .30),  // head
		curve(jitter(-.40, .11), jitter(-.02, .04), jitter(-.07, -.50), .013, .34), // life
	)
}

// markTendons draws the tendons from the knuckles to the wrist, and the
// knuckles themselves, as lighter skin.
func (h *hand) markTendons() {
	for _, f := range h.fingers[1:] {
		knuckle := mix(f.bones[0].a, f.bones[0].b, .05)
		h.lines = append(h.lines,
			newLine(.026, -.07, knuckle, mix(knuckle, vec{knuckle.x * .3, -.5}, .75)),
			newLine(.062, -.08, knuckle, knuckle.add(vec{0, .01})),
			curve(knuckle.add(vec{-.06, .05}), knuckle.add(vec{0, .09}), knuckle.add(vec{.06, .05}), .012, .16),
		)
	}
}

// markWrist draws the creases of the wrist: clear on the palm's side, faint on
// the back.
func (h *hand) markWrist(r *rand.Rand, back bool) {
	depth := .34
	if back {
		depth = .13
	}
	for _, y := range []float64{-.57, -.635} {
		y += .012 * r.NormFloat64()
		h.lines = append(h.lines, curve(vec{-.27, y + .015}, vec{.02, y - .04}, vec{.27, y + .02}, .014, depth))
		depth *= .7
	}
}

// at returns the signed distance of p from the hand's outline and the height
// of the hand over p.
func (h *hand) at(p vec) (distance, height float64) {
	distance = 9
	for i := range h.palm {
		d, z := h.palm[i].at(p)
		distance = smoothMin(distance, d, .12)
		height = -smoothMin(-height, -z, .06)
	}
	for i := range h.fingers {
		d, z := h.fingers[i].at(p)
		distance = smoothMin(distance, d, .05)
		height = -smoothMin(-height, -z, .03)
	}
	return distance, height
}

// at is hand.at for one finger. Far away the distance is a lower bound.
func (f *finger) at(p vec) (distance, height float64) {
	distance = p.sub(f.center).length() - f.reach
	if distance > shadowReach {
		return distance, 0
	}
	distance = 9
	for i := range f.bones {
		d, z := f.bones[i].at(p)
		distance = smoothMin(distance, d, .02)
		height = max(height, z)
	}
	return distance, height
}
