package hands

import (
	"math"
	"math/rand/v2"
)

// A hand is a body of capsules with marks on its skin.
type hand struct {
	palm    []capsule // melt into each other
	fingers []finger  // thumb to little finger
	lines   []line
	nails   []nail
	spots   []spot
	prints  []print
	parts   map[string]shape // what can be labelled, by name; several of one name are NAME-1, NAME-2 …
}

// A finger is its phalanges, from the palm outwards.
type finger struct {
	bones  []capsule
	joints []vec   // from its base to its tip
	faces  float64 // 1 where its tip lies in the picture's plane, 0 where it points away
}

// A build is what stays the same of a person's hand.
type build struct {
	thick   float64
	lengths [5]float64
	palm    [9]vec // how far the great lines are from where most people have them
	scar    [3]vec
	freckle [3]vec
	vein    [3]float64
}

// newBuild draws lots for a person.
func newBuild(r *rand.Rand) (b build) {
	b.thick = .93 + .14*r.Float64()
	for i := range b.lengths {
		b.lengths[i] = .94 + .12*r.Float64()
	}
	for i := range b.palm {
		b.palm[i] = vec{.02 * r.NormFloat64(), .02 * r.NormFloat64()}
	}
	at := vec{-.17 + .34*r.Float64(), -.12 + .24*r.Float64()}
	along := towards(360 * r.Float64()).times(.09)
	b.scar = [3]vec{at.sub(along), at.add(along.across().times(.3)), at.add(along)}
	for i := range b.freckle {
		b.freckle[i] = vec{-.22 + .2*float64(i) + .07*r.Float64(), -.32 + .5*r.Float64()}
	}
	for i := range b.vein {
		b.vein[i] = .05 * r.NormFloat64()
	}
	return b
}

// A pose is what a hand does in one picture.
type pose struct {
	back   bool // seen from the back, else from the palm
	spread float64
	turns  [5]float64 // degrees that each finger is off its place
	bends  [5]float64 // degrees that it bends sideways
	curls  [5]float64 // 0 stretched to 1 rolled up
}

func newPose(r *rand.Rand, back bool) pose {
	p := pose{back: back, spread: .75 + .8*r.Float64()}
	for i := range p.turns {
		p.turns[i] = 3 * clamp(r.NormFloat64(), -2, 2)
		p.bends[i] = 5 * clamp(r.NormFloat64(), -2, 2)
	}
	p.turns[0] *= 2
	return p
}

// Where a finger begins, where it points, how long and thick it is, and how
// long its phalanges are.
var fingerPlans = [5]struct {
	name     string
	base     vec
	angle    float64
	length   float64
	radius   float64
	segments [3]float64
}{
	{"thumb", vec{-0.31, -0.20}, -46, 0.80, 0.125, [3]float64{.42, .32, .26}},
	{"index", vec{-0.32, 0.36}, -9, 0.80, 0.100, [3]float64{.46, .30, .24}},
	{"middle", vec{-0.11, 0.42}, -2, 0.89, 0.104, [3]float64{.46, .30, .24}},
	{"ring", vec{0.11, 0.39}, 4, 0.82, 0.099, [3]float64{.46, .30, .24}},
	{"little", vec{0.31, 0.30}, 12, 0.65, 0.085, [3]float64{.45, .29, .26}},
}

// newHand poses a hand and marks its skin as much as is shown at a stage.
func newHand(b *build, p pose, stage int) *hand {
	h := &hand{parts: map[string]shape{}, palm: []capsule{
		{vec{-0.24, 0.30}, vec{-0.15, -0.42}, .19, .17, .50, 0},
		{vec{0, 0.34}, vec{0, -0.42}, .19, .19, .50, 0},
		{vec{0.24, 0.24}, vec{0.15, -0.42}, .17, .17, .50, 0},
		{vec{-0.24, -0.04}, vec{-0.16, -0.36}, .19, .17, .75, 0}, // ball of the thumb
		{vec{0.22, -0.10}, vec{0.17, -0.36}, .20, .17, .65, 0},
		{vec{0, -0.50}, vec{0, -2.2}, .285, .34, .55, 0}, // forearm
	}}
	if p.back {
		h.palm[3].flat, h.palm[4].flat = .5, .5
	}
	for i, plan := range fingerPlans {
		angle := plan.angle + p.turns[i]
		if i > 0 {
			angle = plan.angle*p.spread + p.turns[i]
		}
		f := newFinger(plan.base, angle, p.bends[i], p.curls[i], plan.length*b.lengths[i], plan.radius*b.thick, plan.segments)
		h.fingers = append(h.fingers, f)
		h.markSegments(i)
		if p.back {
			h.markBack(i, stage)
		} else {
			h.markFinger(i, stage)
		}
	}
	if p.back {
		h.markTendons(b, stage)
	} else {
		h.markPalm(b)
	}
	h.markWrist(p.back)
	return h
}

// newFinger lays a finger's phalanges out in the picture's plane. Curled, each
// turns further away and seems shorter; turned back, it goes behind the others.
func newFinger(base vec, angle, bend, curl, length, radius float64, segments [3]float64) (f finger) {
	taper, sunk := [4]float64{1.04, .97, .90, .74}, [3]float64{.5} // a finger rises from the palm
	away, steps := 0.0, [3]float64{52, 95, 55}
	f.joints = []vec{base}
	for i, share := range segments {
		away += curl * steps[i]
		f.faces = cos(away)
		end := base.add(towards(angle).times(length * share * f.faces))
		if f.faces > -.05 {
			f.bones = append(f.bones, capsule{base, end, radius * taper[i], radius * taper[i+1], 1, sunk[i]})
		}
		f.joints = append(f.joints, end)
		base, angle = end, angle+bend
	}
	return f
}

// tip returns the last phalanx that shows.
func (f *finger) tip() *capsule { return &f.bones[len(f.bones)-1] }

// stretched reports whether the whole finger shows.
func (f *finger) stretched() bool { return len(f.bones) == 3 && f.faces > .35 }

// at returns the signed distance of p from the hand's outline and the height
// of the hand over p, from the capsules that near lists.
func (h *hand) at(p vec, near *neighbors) (distance, height float64) {
	distance = 9
	for _, i := range near.palm {
		d, z := h.palm[i].at(p)
		distance = smoothMin(distance, d, palmBlend)
		height = smoothMax(height, z, .06)
	}
	for i := range near.fingers {
		df, zf := 9.0, 0.0
		for _, c := range near.fingers[i] {
			d, z := c.at(p)
			df = smoothMin(df, d, .02)
			zf = max(zf, z)
		}
		distance = smoothMin(distance, df, .05)
		height = smoothMax(height, zf, .07)
	}
	// Where capsules melt together there is skin that none of them has.
	if depth := min(-distance, rimDepth); depth > 0 {
		height = smoothMax(height, .8*math.Sqrt(depth*(2*rimDepth-depth)), .05)
	}
	return distance, height
}

const (
	palmBlend = .12 // how softly the capsules of the palm melt into each other
	rimDepth  = .08 // how far from its outline the hand is rounded at least
)

// Neighbors are the parts of a hand that matter within a circle.
type neighbors struct {
	palm    []int
	fingers [5][]*capsule
	lines   []*line
	nails   []*nail
	spots   []*spot
	prints  []*print
	nearest float64 // a lower bound of the distance from the hand
}

// within returns what matters within a radius of p: any capsule that may be the
// nearest to a point there or melt into the nearest.
func (h *hand) within(p vec, radius float64, n *neighbors) {
	*n = neighbors{palm: n.palm[:0], lines: n.lines[:0], nails: n.nails[:0], nearest: 9}
	each := func(visit func(d float64, finger, i int)) {
		for i := range h.palm {
			d, _ := h.palm[i].at(p)
			visit(d, -1, i)
		}
		for f := range h.fingers {
			for i := range h.fingers[f].bones {
				d, _ := h.fingers[f].bones[i].at(p)
				visit(d, f, i)
			}
		}
	}
	each(func(d float64, _, _ int) { n.nearest = min(n.nearest, d) })
	limit := max(n.nearest, 0) + 2*radius + palmBlend
	each(func(d float64, f, i int) {
		switch {
		case d > limit:
		case f < 0:
			n.palm = append(n.palm, i)
		default:
			n.fingers[f] = append(n.fingers[f], &h.fingers[f].bones[i])
		}
	})
	n.nearest -= radius + palmBlend
	h.marksWithin(p, radius, n)
}

// marksWithin lists the marks that may show within a radius of p.
func (h *hand) marksWithin(p vec, radius float64, n *neighbors) {
	for i := range h.lines {
		l := &h.lines[i]
		if p.x > l.low.x-radius && p.y > l.low.y-radius && p.x < l.high.x+radius && p.y < l.high.y+radius {
			n.lines = append(n.lines, l)
		}
	}
	for i := range h.nails {
		if p.sub(h.nails[i].center).length() < radius+2*h.nails[i].half.length() {
			n.nails = append(n.nails, &h.nails[i])
		}
	}
	for i := range h.spots {
		if p.sub(h.spots[i].center).length() < radius+2*h.spots[i].radius {
			n.spots = append(n.spots, &h.spots[i])
		}
	}
	for i := range h.prints {
		if p.sub(h.prints[i].center).length() < radius+2*h.prints[i].reach {
			n.prints = append(n.prints, &h.prints[i])
		}
	}
}
