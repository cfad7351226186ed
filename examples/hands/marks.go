package hands

import (
	"fmt"

	"govd/internal/gov"
)

// A shape is where a part of the hand is, in the hand's coordinates: the
// corners of a polygon, or what a box goes around.
type shape struct {
	kind   gov.GeometryKind
	points []vec
}

// A spot is a freckle.
type spot struct {
	center vec
	radius float64
}

// A print is the ridges on a finger's pad: a whorl around its core.
type print struct {
	center, along vec
	reach         float64
}

func (h *hand) part(name string, kind gov.GeometryKind, points []vec) {
	h.parts[name] = shape{kind, points}
}

var segmentNames = [3]string{"proximal", "middle", "distal"}

// markSegments names a finger and its phalanges. The thumb's first is within
// the palm, and it has no middle one.
func (h *hand) markSegments(i int) {
	f, name := &h.fingers[i], fingerPlans[i].name
	if !f.stretched() {
		return
	}
	var all []vec
	for j, b := range f.bones {
		segment, t := segmentNames[j], 0.0
		switch {
		case i == 0 && j == 0:
			continue
		case i == 0 && j == 1:
			segment = "proximal"
		case j == 0:
			t = .22 // the skin between the fingers hides the joint itself
		}
		ring := b.outline(t, j == 2)
		h.part(name+"-"+segment, gov.Polygon, ring)
		all = append(all, ring...)
	}
	h.part(name, gov.Box, all)
}

// markFinger draws the creases of a finger's joints on the palm's side, and
// the ridges of its pad.
func (h *hand) markFinger(i, stage int) {
	f := &h.fingers[i]
	for j, b := range f.bones {
		if i == 0 && j == 0 {
			continue
		}
		t := 0.0
		if j == 0 {
			t = .22
		}
		h.crease(b, t, .7, .010, .26)
		if j > 0 {
			h.crease(b, t+.10, .5, .008, .15)
		}
	}
	if stage >= 4 && f.stretched() {
		tip := f.tip()
		along := tip.b.sub(tip.a)
		p := print{mix(tip.a, tip.b, .8), along.times(1 / along.length()), 1.15 * tip.rb}
		h.prints = append(h.prints, p)
		h.part(fingerPlans[i].name+"-fingerprint", gov.Polygon, circle(p.center, .95*tip.rb))
	}
}

// crease draws a line across a phalanx, t of the way along it.
func (h *hand) crease(b capsule, t, share, width, depth float64) {
	along := b.b.sub(b.a)
	side := along.across().times(share * b.ra / max(along.length(), 1e-9))
	at := mix(b.a, b.b, t)
	sag := along.times(-.04)
	h.lines = append(h.lines, curve(at.add(side), at.add(sag), at.sub(side), width, depth))
}

// markBack draws a finger's nail and the wrinkles over its middle joint.
func (h *hand) markBack(i, stage int) {
	f := &h.fingers[i]
	for j, b := range f.bones[1:] {
		for _, t := range []float64{-.12, -.02, .08, .17}[:4-2*j] {
			h.crease(b, t, .52, .009, .22)
		}
	}
	if !f.stretched() {
		return
	}
	tip := f.tip()
	along := tip.b.sub(tip.a)
	along = along.times(1 / along.length())
	n := nail{center: tip.b.add(along.times(tip.rb * .12)), along: along, half: vec{tip.rb * .66, tip.rb * .84 * clamp(f.faces, .3, 1)}}
	h.nails = append(h.nails, n)
	h.part(fingerPlans[i].name+"-nail", gov.Polygon, n.arc(1, 0, 337))
	h.part(fingerPlans[i].name+"-cuticle", gov.Polygon, strip(n.arc(1.08, 125, 235), .014))
	if stage >= 3 {
		h.lines = append(h.lines, newLine(.010, .24, n.arc(1.12, 115, 245)...))
	}
}

// markPalm draws the three great lines of the palm and names its regions.
func (h *hand) markPalm(b *build) {
	for i, l := range []struct {
		name         string
		at           [3]vec
		width, depth float64
	}{
		{"heart-line", [3]vec{{.40, .10}, {.12, .06}, {-.14, .34}}, .012, .32},
		{"head-line", [3]vec{{-.40, .12}, {-.05, .10}, {.26, -.12}}, .011, .30},
		{"life-line", [3]vec{{-.40, .11}, {-.02, .04}, {-.07, -.50}}, .013, .34},
	} {
		off := b.palm[3*i:]
		points := bezier(l.at[0].add(off[0]), l.at[1].add(off[1]), l.at[2].add(off[2]))
		h.lines = append(h.lines, newLine(l.width, l.depth, points...))
		h.part(l.name, gov.Polygon, strip(points, 2*l.width))
	}
	h.part("thenar", gov.Polygon, h.palm[3].outline(0, true))
	h.part("hypothenar", gov.Polygon, h.palm[4].outline(0, true))
}

// markTendons draws the tendons from the knuckles to the wrist and the knuckles
// themselves as lighter skin, and what else the back of a hand shows.
func (h *hand) markTendons(b *build, stage int) {
	for i, f := range h.fingers[1:] {
		knuckle := mix(f.joints[0], f.joints[1], .05)
		root := mix(knuckle, vec{knuckle.x * .3, -.5}, .75)
		h.lines = append(h.lines,
			newLine(.026, -.07, knuckle, root),
			newLine(.062, -.08, knuckle, knuckle.add(vec{0, .01})),
			curve(knuckle.add(vec{-.06, .05}), knuckle.add(vec{0, .09}), knuckle.add(vec{.06, .05}), .012, .16),
		)
		h.part(fingerPlans[i+1].name+"-knuckle", gov.Box, circle(knuckle, .09))
		h.part(fmt.Sprintf("tendon-%d", i+1), gov.Polygon, strip([]vec{knuckle, root}, .032))
	}
	if stage >= 3 {
		h.markVeins(b)
	}
	if stage >= 4 {
		h.markSkin(b)
	}
}

// markVeins draws veins between the tendons: raised, so that one side is
// lighter and the other darker.
func (h *hand) markVeins(b *build) {
	for i, x := range []float64{-.20, .01, .20} {
		points := bezier(vec{x, .26}, vec{x + .12 - .5*x + b.vein[i], .02}, vec{.35*x - .04, -.46})
		off := make([]vec, len(points))
		for j, p := range points {
			off[j] = p.add(vec{-.016, .004})
		}
		h.lines = append(h.lines, newLine(.020, .13, points...), newLine(.013, -.09, off...))
		h.part(fmt.Sprintf("vein-%d", i+1), gov.Polygon, strip(points, .026))
	}
}

// markSkin draws what tells one person's skin from another's.
func (h *hand) markSkin(b *build) {
	scar := bezier(b.scar[0], b.scar[1], b.scar[2])
	h.lines = append(h.lines, newLine(.011, -.26, scar...), newLine(.022, .10, scar...))
	h.part("scar", gov.Polygon, strip(scar, .022))
	for i, at := range b.freckle {
		h.spots = append(h.spots, spot{at, .017})
		h.part(fmt.Sprintf("freckle-%d", i+1), gov.Box, circle(at, .021))
	}
}

// markWrist draws the creases of the wrist: clear on the palm's side, faint on
// the back.
func (h *hand) markWrist(back bool) {
	depth := .34
	if back {
		depth = .13
	}
	var all []vec
	for _, y := range []float64{-.57, -.635} {
		points := bezier(vec{-.27, y + .015}, vec{.02, y - .04}, vec{.27, y + .02})
		h.lines = append(h.lines, newLine(.014, depth, points...))
		all = append(all, points...)
		depth *= .7
	}
	h.part("wrist-crease", gov.Box, all)
}
