package hands

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"govd/internal/gov"
)

// A sequence is a gesture that two cameras see at the same time.
type sequence struct {
	sub     *subject
	gesture int // which; each subject makes each
	angle   string
	light   string
	motion  string
	frames  int
}

const (
	fps = 10
	// frameTime is the time between frames, and streamDelay how much later the
	// second camera takes its pictures, in microseconds.
	frameTime   = 1_000_000 / fps
	streamDelay = 3_000
)

var (
	streams = [2]string{"cam-a", "cam-b"}
	angles  = [3]string{"front", "left", "right"}
	lights  = [2]string{"day", "lamp"}
	motions = [2]string{"slow", "fast"}
)

// sequence plans a subject's gesture. Any twelve subjects in a row make it from
// each angle, in each light, slow and fast.
func (o Options) sequence(sub *subject, gesture int) *sequence {
	cell := (sub.n + 3*gesture) % 12
	return &sequence{
		sub: sub, gesture: gesture, frames: o.Frames,
		angle: angles[cell%3], light: lights[cell/3%2], motion: motions[cell/6],
	}
}

func (q *sequence) id() string { return fmt.Sprintf("%s-%s", q.sub.id(), Gestures()[q.gesture]) }

// frames plans a subject's sequences.
func (o Options) frames(sub *subject) []*shot {
	var shots []*shot
	for g, gesture := range Gestures() {
		q := o.sequence(sub, g)
		for stream := range streams {
			for frame := range o.Frames {
				s := &shot{
					sub: sub, class: gesture, back: true, seq: q, stream: stream, frame: frame,
					seed: o.Seed, stage: o.Stage, size: o.Size,
				}
				s.record = q.record(s)
				s.record.Labels = s.labels()
				shots = append(shots, s)
			}
		}
	}
	return shots
}

// record says what is known of a frame.
func (q *sequence) record(s *shot) *gov.Record {
	a := q.sub.attributes(s.stage)
	stream := streams[s.stream]
	for name, value := range map[string]string{
		"lot": "lot-3", "asset": fmt.Sprintf("%s-%s-%05d", q.id(), stream, s.frame), "view": "back", "camera": stream,
		"source": [2]string{"studio", "clinic"}[q.gesture%2], "annotator": fmt.Sprintf("a%02d", q.gesture+1),
		"sequence": q.id(), "stream": stream, "frame": strconv.Itoa(s.frame), "frames": strconv.Itoa(q.frames),
		"time_us": strconv.Itoa(q.time(s.stream, s.frame)), "fps": strconv.Itoa(fps),
		"angle": q.angle, "light": q.light, "motion": q.motion,
		"parent": fmt.Sprintf("%s/back/%04d.png", q.sub.split, q.sub.n), "run": fmt.Sprintf("run-%04d", 1+q.sub.n/10),
	} {
		a[name] = value
	}
	key := fmt.Sprintf("%s/%s/%s/%05d.png", q.sub.split, q.id(), stream, s.frame)
	return &gov.Record{Key: key, MediaType: "image/png", Split: q.sub.split, Attributes: a}
}

// time returns when a frame was taken, in microseconds from when the first
// camera began.
func (q *sequence) time(stream, frame int) int { return frame*frameTime + stream*streamDelay }

// labels returns the gesture with the box around the hand, and its landmarks.
func (q *sequence) labels(s *shot) []gov.Label {
	sc := s.scene()
	var around []vec
	for i := range sc.hand.fingers {
		for _, b := range sc.hand.fingers[i].bones {
			for _, p := range circle(b.b, b.rb) {
				around = append(around, sc.project(p, s.size))
			}
		}
	}
	for _, p := range []vec{{-.33, -.5}, {.33, -.5}, {-.42, .2}, {.41, .2}} {
		around = append(around, sc.project(p, s.size))
	}
	return []gov.Label{
		{ID: "1", Name: s.class, Geometry: boxAround(around, s.size)},
		{ID: "keypoints", Name: s.class, Geometry: sc.landmarks(s.size)},
	}
}

// scene arranges a frame: what stays the same through the sequence is drawn
// from its own lot, what moves follows from the time.
func (q *sequence) scene(s *shot) *scene {
	r := rand.New(rand.NewPCG(s.seed, 1<<56|uint64(q.gesture)<<40|uint64(q.sub.n)))
	p := newPose(r, true)
	phase := float64(q.time(s.stream, s.frame)) / 1e6 * map[string]float64{"slow": .7, "fast": 1.5}[q.motion]
	sway := q.move(&p, phase+.25*r.Float64())
	sc := &scene{
		stage: s.stage, center: vec{-.03, .16}, view: 2.7 + .15*r.Float64(), turn: 4*r.NormFloat64() + sway,
		stretch: vec{q.sub.mirror(), 1}, grain: r.Uint64(), ground: newGround(r),
	}
	from := towards(-50 + 100*r.Float64())
	sc.hand = newHand(&q.sub.build, p, s.stage)
	sc.shine(from, rgb{1, 1, 1}.times(.92+.12*r.Float64()))
	if q.light == "lamp" {
		sc.shine(from.times(1.2), rgb{1.04, .93, .78})
	}
	sc.tone(q.sub, true)
	sc.slant(q.angle, s.stream)
	sc.moment = int64(s.frame)
	return sc
}

// slant looks at the hand from where the camera stands. The second camera is
// higher up and further away.
func (s *scene) slant(angle string, stream int) {
	turn := map[string]float64{"front": 0, "left": -40, "right": 40}[angle]
	s.stretch.x *= cos(turn)
	s.turn += turn / 8
	if stream == 1 {
		s.view *= 1.10
		s.stretch.y = cos(28)
		s.center.y -= .05
	}
}

// move poses the hand at a phase of its gesture, a turn being 1, and returns
// how many degrees the whole hand is turned.
func (q *sequence) move(p *pose, phase float64) (sway float64) {
	swing := math.Sin(2 * math.Pi * phase)
	curl := func(v float64, fingers ...int) {
		for _, i := range fingers {
			p.curls[i] = v
		}
	}
	switch Gestures()[q.gesture] {
	case "open":
		p.spread = 1.15 + .55*swing
		curl(.10+.08*swing, 1, 2, 3, 4)
	case "fist":
		v := .80 + .20*swing
		curl(v, 1, 2, 3, 4)
		p.curls[0], p.turns[0], p.spread = .5*v, 26*v, .5
	case "point":
		curl(.95, 2, 3, 4)
		p.curls[1] = .06 + .06*swing
		p.curls[0], p.turns[0], p.spread = .4, 20, .6
		return 7 * swing
	case "wave":
		return 20 * swing
	}
	return 2 * swing
}

// stream returns the shots of one stream in the order of their frames.
func (s *Set) stream(sequence, stream string) (shots []*shot) {
	for _, sh := range s.shots {
		if sh.seq != nil && sh.record.Attributes["sequence"] == sequence && sh.record.Attributes["stream"] == stream {
			shots = append(shots, sh)
		}
	}
	slices.SortFunc(shots, func(a, b *shot) int { return a.frame - b.frame })
	return shots
}
