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
func clamp(v, low, high float64) float64 { return math.Max(low, math.Min(high, v)) }

// A capsule is a stroke from a to b, with round ends, whose radius goes from ra
// to rb; flat is how much of the height of a round body it has.
type capsule struct {
	a, b   vec
	ra, rb float64
	flat   float64
}

// at returns the signed distance of p from the capsule's edge, negative
// inside, and the height of its surface over p, 0 outside.
func (c *capsule) at(p vec) (distance, height float64) {
	d := c.b.sub(c.a)
	t := clamp(p.sub(c.a).dot(d)/math.Max(d.dot(d), 1e-9), 0, 1)
	r := c.ra + (c.rb-c.ra)*t
	off := p.sub(mix(c.a, c.b, t)).length()
	return off - r, c.flat * math.Sqrt(math.Max(r*r-off*off, 0))
}

// A line is a thin mark on the skin along a curve.
type line struct {
	points    []vec
	width     float64
	depth     float64 // how much light it takes, 0 to 1; negative is lighter than the skin
	low, high vec     // beyond them nothing of it shows
}

func newLine(width, depth float64, points ...vec) line {
	l := line{points: points, width: width, depth: depth, low: points[0], high: points[0]}
	for _, p := range points {
		l.low = vec{math.Min(l.low.x, p.x), math.Min(l.low.y, p.y)}
		l.high = vec{math.Max(l.high.x, p.x), math.Max(l.high.y, p.y)}
	}
	fringe := vec{3 * width, 3 * width}
	l.low, l.high = l.low.sub(fringe), l.high.add(fringe)
	return l
}

// curve returns a line along a quadratic Bézier curve.
func curve(a, b, c vec, width, depth float64) line {
	const steps = 7
	points := make([]vec, steps+1)
	for i := range points {
		t := float64(i) / steps
		points[i] = mix(mix(a, b, t), mix(b, c, t), t)
	}
	return newLine(width, depth, points...)
}

// at returns how much of the line's depth shows at p.
func (l *line) at(p vec) float64 {
	if p.x < l.low.x || p.y < l.low.y || p.x > l.high.x || p.y > l.high.y {
		return 0
	}
	nearest := math.Inf(1)
	for i := range len(l.points) - 1 {
		c := capsule{a: l.points[i], b: l.points[i+1]}
		d, _ := c.at(p)
		nearest = math.Min(nearest, d)
	}
	v := nearest / l.width
	return l.depth * math.Exp(-v*v)
}

// A nail is an ellipse on a finger's tip, seen from the back.
type nail struct {
	center, along vec // along is the direction of the finger
	half          vec // half its width and length
}

// at returns how much of the nail is at p, 0 to 1, and how close to its rim.
func (n *nail) at(p vec) (cover, rim float64) {
	q := p.sub(n.center)
	if q.dot(q) > 4*n.half.dot(n.half) {
		return 0, 0
	}
	u, v := q.dot(n.along.across())/n.half.x, q.dot(n.along)/n.half.y
	r := math.Sqrt(math.Sqrt(u*u*u*u + v*v*v*v)) // squarer than an ellipse
	return clamp((1-r)*8, 0, 1), math.Exp(-64 * (r - 1) * (r - 1))
}

// smoothMin is the lesser of two distances, rounded where they are within k.
func smoothMin(a, b, k float64) float64 {
	h := math.Max(k-math.Abs(a-b), 0) / k
	return math.Min(a, b) - h*h*k/4
}
