package hands

import "math"

// texture is the fine detail of skin at p: tone that varies from place to
// place, pores and the net of fine lines, ridges on the pads of the fingers,
// and freckles. What is finer than two pixels fades, as it does for a lens.
// The light that it adds or takes is as much for every tone: dark skin has less
// shade and more gloss.
func (s *scene) texture(p vec, step float64, albedo rgb, near *neighbors) (rgb, float64) {
	flush := s.cloud(p.times(3.1)) - .5
	albedo = albedo.by(rgb{1 + .05*flush, 1 - .07*flush, 1 - .05*flush})
	for _, t := range near.spots {
		v := p.sub(t.center).dot(p.sub(t.center)) / (t.radius * t.radius)
		albedo = albedo.to(albedo.by(rgb{.66, .52, .44}), math.Exp(-v*v))
	}
	fine := .085 * fade(.034, step) * (s.net(p.times(1/.034)) - .5)
	for _, w := range near.prints {
		fine += .28 * w.ridges(s, p, step)
	}
	return albedo, fine
}

// fade is how much of a pattern of the given period a picture of that many
// units a pixel can show.
func fade(period, step float64) float64 { return clamp((period/step-2)/2, 0, 1) }

// net is the net of fine lines between the pores, from 0 in a line to 1.
func (s *scene) net(p vec) float64 {
	warp := s.cloud(p.times(.6)) * 1.6
	a := math.Abs(wave(.5*(p.x+.6*p.y) + warp))
	b := math.Abs(wave(.5*(.7*p.y-p.x) - warp + .3))
	return .55*min(a, b) + .45*s.cloud(p.times(1.7))
}

// ridges is the light that a print's ridges add at p: loops around its core.
func (w *print) ridges(s *scene, p vec, step float64) float64 {
	const period = .021
	q := p.sub(w.center)
	v, u := q.dot(w.along), q.dot(w.along.across())
	near := clamp(2.5*(1-q.length()/w.reach), 0, 1)
	if near == 0 {
		return 0
	}
	if v < 0 {
		v *= .35 // open towards the palm
	}
	r := math.Sqrt(u*u+.7*v*v) + .012*s.cloud(p.times(14))
	return .26 * near * fade(period, step) * wave(r/period)
}
