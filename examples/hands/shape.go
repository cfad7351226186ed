package hands

import "math"

// A vec is a point or a direction. In the hand's coordinates x is to the right
// and y towards the fingers.
type vec struct{ x, y float64 }

func (a vec) add(b vec) vec              { return vec{a.x + b.x, a.y + b.y} }
func (a vec) sub(b vec) vec              { return vec{a.x - b.x, a.y - b.y} }
func (a vec) times(f float64) vec        { return vec{a.x * f, a.y * f} }
func (a vec) dot(b vec) float64          { return a.x*b.x + a.y*b.y }
func (a vec) length() float64            { return math.Sqrt(a.dot(a)) }
func (a vec) across() vec                { return vec{-a.y, a.x} }
func mix(a, b vec, t float64) vec        { return a.add(b.sub(a).times(t)) }
func towards(degrees float64) vec        { return vec{sin(degrees), cos(degrees)} } // 0 is up, positive to the right
func sin(degrees float64) float64        { return math.Sin(degrees * math.Pi / 180) }
func cos(degrees float64) float64        { return math.Cos(degrees * math.Pi / 180) }
func clamp(v, low, high float64) float64 { return max(low, min(high, v)) }

// turned returns a turned by degrees to the right.
func (a vec) turned(degrees float64) vec {
	s, c := sin(degrees), cos(degrees)
	return vec{a.x*c + a.y*s, a.y*c - a.x*s}
}

// A capsule is a stroke from a to b, with round ends, whose radius goes from ra
// to rb; flat is how much of the height of a round body it has, sunk how much
// of that is missing at a.
type capsule struct {
	a, b   vec
	ra, rb float64
	flat   float64
	sunk   float64
}

// at returns the signed distance of p from the capsule's edge, negative
// inside, and the height of its surface over p, 0 outside.
func (c *capsule) at(p vec) (distance, height float64) {
	d := c.b.sub(c.a)
	t := clamp(p.sub(c.a).dot(d)/max(d.dot(d), 1e-9), 0, 1)
	r := c.ra + (c.rb-c.ra)*t
	off := p.sub(mix(c.a, c.b, t))
	square := off.dot(off)
	if square < r*r {
		height = c.flat * (1 - c.sunk*max(1-2.5*t, 0)) * math.Sqrt(r*r-square)
	}
	return math.Sqrt(square) - r, height
}

// outline returns the polygon around the part of the capsule from t on; its
// far end is round or cut straight.
func (c *capsule) outline(t float64, round bool) []vec {
	d := c.b.sub(c.a)
	along := d.times(1 / max(d.length(), 1e-9))
	from, r := mix(c.a, c.b, t), c.ra+(c.rb-c.ra)*t
	side := along.across()
	ring := []vec{from.sub(side.times(r)), from.add(side.times(r)), c.b.add(side.times(c.rb))}
	if round {
		for degrees := 60.0; degrees >= -60; degrees -= 30 {
			ring = append(ring, c.b.add(side.times(c.rb*sin(degrees))).add(along.times(c.rb*cos(degrees))))
		}
	}
	return append(ring, c.b.sub(side.times(c.rb)))
}

// A line is a thin mark on the skin along a curve.
type line struct {
	points    []vec
	width     float64
	depth     float64 // how much light it takes, 0 to 1; negative is lighter than the skin
	low, high vec     // beyond them nothing of it shows
}

func newLine(width, depth float64, points ...vec) line {
	l := line{points: points, width: width, depth: depth}
	l.low, l.high = bounds(points)
	fringe := vec{2.5 * width, 2.5 * width}
	l.low, l.high = l.low.sub(fringe), l.high.add(fringe)
	return l
}

// bounds returns the corners of the box around the points.
func bounds(points []vec) (low, high vec) {
	low, high = points[0], points[0]
	for _, p := range points {
		low = vec{min(low.x, p.x), min(low.y, p.y)}
		high = vec{max(high.x, p.x), max(high.y, p.y)}
	}
	return low, high
}

// curve returns a line along a quadratic Bézier curve.
func curve(a, b, c vec, width, depth float64) line {
	return newLine(width, depth, bezier(a, b, c)...)
}

func bezier(a, b, c vec) []vec {
	const steps = 7
	points := make([]vec, steps+1)
	for i := range points {
		t := float64(i) / steps
		points[i] = mix(mix(a, b, t), mix(b, c, t), t)
	}
	return points
}

// at returns how much of the line's depth shows at p.
func (l *line) at(p vec) float64 {
	if p.x < l.low.x || p.y < l.low.y || p.x > l.high.x || p.y > l.high.y {
		return 0
	}
	nearest := math.Inf(1)
	for i, a := range l.points[:len(l.points)-1] {
		d, to := l.points[i+1].sub(a), p.sub(a)
		t := clamp(to.dot(d)/max(d.dot(d), 1e-9), 0, 1)
		off := to.sub(d.times(t))
		nearest = min(nearest, off.dot(off))
	}
	v := nearest / (l.width * l.width)
	if v > 6 {
		return 0
	}
	return l.depth * math.Exp(-v)
}

// strip returns the polygon around a curve, as wide on either side.
func strip(points []vec, width float64) []vec {
	n := len(points)
	ring := make([]vec, 2*n)
	for i, p := range points {
		along := points[min(i+1, n-1)].sub(points[max(i-1, 0)])
		side := along.across().times(width / max(along.length(), 1e-9))
		ring[i], ring[2*n-1-i] = p.add(side), p.sub(side)
	}
	return ring
}

// circle returns a polygon of eight corners around a point.
func circle(center vec, radius float64) []vec {
	ring := make([]vec, 8)
	for i := range ring {
		ring[i] = center.add(towards(float64(i) * 45).times(radius))
	}
	return ring
}

// A nail is an ellipse on a finger's tip, seen from the back.
type nail struct {
	center, along vec // along is the direction of the finger
	half          vec // half its width and length
}

// place returns p in the nail's own measure: 1 is its rim, y towards the tip.
func (n *nail) place(p vec) vec {
	q := p.sub(n.center)
	return vec{q.dot(n.along.across()) / n.half.x, q.dot(n.along) / n.half.y}
}

// at returns how much of the nail is at p, 0 to 1, how close to its rim, and
// how far along it.
func (n *nail) at(p vec) (cover, rim, v float64) {
	q := p.sub(n.center)
	if q.dot(q) > 4*n.half.dot(n.half) {
		return 0, 0, 0
	}
	u := n.place(p)
	r := math.Sqrt(math.Sqrt(u.x*u.x*u.x*u.x + u.y*u.y*u.y*u.y)) // squarer than an ellipse
	return clamp((1-r)*8, 0, 1), math.Exp(-64 * (r - 1) * (r - 1)), u.y
}

// arc returns points on the rim, grown by a factor, between two angles.
func (n *nail) arc(grown, from, to float64) []vec {
	const steps = 8
	points := make([]vec, steps+1)
	for i := range points {
		d := towards(from + (to-from)*float64(i)/steps)
		r := grown / math.Sqrt(math.Sqrt(d.x*d.x*d.x*d.x+d.y*d.y*d.y*d.y))
		points[i] = n.center.add(n.along.across().times(d.x * r * n.half.x)).add(n.along.times(d.y * r * n.half.y))
	}
	return points
}

// smoothMin is the lesser of two distances, rounded where they are within k.
func smoothMin(a, b, k float64) float64 {
	h := k - math.Abs(a-b)
	if h <= 0 {
		return min(a, b)
	}
	return min(a, b) - h*h/(4*k)
}

// smoothMax is the greater of two heights, rounded where they are within k; a
// height of nothing adds nothing.
func smoothMax(a, b, k float64) float64 {
	if k = min(k, a, b); k <= 0 {
		return max(a, b)
	}
	return -smoothMin(-a, -b, k)
}
