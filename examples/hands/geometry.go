package hands

import (
	"math"
	"slices"

	"govd/internal/gov"
)

// milli is a length in thousandths of a pixel.
func milli(v float64) int64 { return int64(math.Round(v * 1000)) }

// geometry returns where a shape is in the picture, cut off at its edge.
func (s *scene) geometry(sh shape, size int) *gov.Geometry {
	ring := make([]vec, len(sh.points))
	for i, p := range sh.points {
		ring[i] = s.project(p, size)
	}
	if sh.kind == gov.Box {
		return boxAround(ring, size)
	}
	ring = clip(ring, float64(size))
	if len(ring) < 3 {
		return nil
	}
	flat := make([]int64, 0, 2*len(ring))
	for _, p := range ring {
		flat = append(flat, milli(p.x), milli(p.y))
	}
	return &gov.Geometry{Kind: gov.Polygon, Parts: [][]int64{flat}}
}

// boxAround returns the box around the points within the picture.
func boxAround(points []vec, size int) *gov.Geometry {
	low, high := bounds(points)
	edge := float64(size)
	x0, y0 := milli(clamp(low.x, 0, edge)), milli(clamp(low.y, 0, edge))
	x1, y1 := milli(clamp(high.x, 0, edge)), milli(clamp(high.y, 0, edge))
	return &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{x0, y0, x1 - x0, y1 - y0}}}
}

// clip cuts a polygon off at the edges of a square, side by side (Sutherland
// and Hodgman, Reentrant Polygon Clipping, 1974).
func clip(ring []vec, edge float64) []vec {
	for _, inside := range []func(vec) float64{
		func(p vec) float64 { return p.x },
		func(p vec) float64 { return p.y },
		func(p vec) float64 { return edge - p.x },
		func(p vec) float64 { return edge - p.y },
	} {
		var kept []vec
		for i, b := range ring {
			a := ring[(i+len(ring)-1)%len(ring)]
			da, db := inside(a), inside(b)
			if (da < 0) != (db < 0) {
				kept = append(kept, mix(a, b, da/(da-db)))
			}
			if db >= 0 {
				kept = append(kept, b)
			}
		}
		ring = kept
	}
	return ring
}

// whole returns the geometry of the picture's class: the landmarks of a whole
// hand, the mask of a finger, the box of a wrist.
func (s *scene) whole(sh *shot) *gov.Geometry {
	switch sh.class {
	case "palm", "back":
		return s.landmarks(sh.size)
	case "wrist":
		return boxAround([]vec{
			s.project(vec{-.30, -.42}, sh.size), s.project(vec{.30, -.42}, sh.size),
			s.project(vec{-.30, -.80}, sh.size), s.project(vec{.30, -.80}, sh.size),
		}, sh.size)
	}
	return s.mask(&s.hand.fingers[slices.Index(fingerNames, sh.class)], sh.size)
}

// landmarks returns the wrist and four points of each finger, from thumb to
// little finger: 21 points. One that is behind others is hidden, one beyond the
// picture's edge absent.
func (s *scene) landmarks(size int) *gov.Geometry {
	points, shown := []vec{{0, -.55}}, []bool{true}
	for i := range s.hand.fingers {
		f := &s.hand.fingers[i]
		for j, p := range f.joints {
			points, shown = append(points, p), append(shown, j <= len(f.bones))
		}
	}
	flat := make([]int64, 0, 3*len(points))
	for i, p := range points {
		p = s.project(p, size)
		edge := float64(size)
		switch {
		case p.x < 0 || p.y < 0 || p.x > edge || p.y > edge:
			flat = append(flat, 0, 0, 0)
		case shown[i]:
			flat = append(flat, milli(p.x), milli(p.y), 2)
		default:
			flat = append(flat, milli(p.x), milli(p.y), 1)
		}
	}
	return &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{flat}}
}

// mask returns the pixels of a finger as runs, column by column.
func (s *scene) mask(f *finger, size int) *gov.Geometry {
	rings := make([][]vec, len(f.bones))
	for i := range f.bones {
		rings[i] = f.bones[i].outline(0, true)
		for j, p := range rings[i] {
			rings[i][j] = s.project(p, size)
		}
	}
	var runs []int64
	inside, length := false, int64(0)
	column := make([]bool, size)
	for x := range size {
		clear(column)
		for _, ring := range rings {
			fill(column, ring, float64(x)+.5)
		}
		for _, in := range column {
			if in != inside {
				runs, inside, length = append(runs, length), in, 0
			}
			length++
		}
	}
	runs = append(runs, length)
	return &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{int64(size), int64(size)}, runs}}
}

// fill sets the pixels of column x that are within a convex ring.
func fill(column []bool, ring []vec, x float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for i, b := range ring {
		a := ring[(i+len(ring)-1)%len(ring)]
		if (a.x < x) == (b.x < x) {
			continue
		}
		y := a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)
		low, high = min(low, y), max(high, y)
	}
	for y := max(int(math.Ceil(low-.5)), 0); y < len(column) && float64(y)+.5 < high; y++ {
		column[y] = true
	}
}
