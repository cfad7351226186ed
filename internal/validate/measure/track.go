package measure

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"

	"govd/internal/gov"
)

// A Track is what a sequence, or a stretch of it, comes to. Times are in
// microseconds.
type Track struct {
	First, Last Frame
	Frames      uint64
	Unread      uint64  // frames without a readable time, or number if that is asked for
	NonMono     uint64  // steps that do not go forward in time
	Gaps        uint64  // steps of more than one and a half frames
	Missing     uint64  // frames that the gaps leave out
	MaxStep     uint64  // the longest step
	Breaks      uint64  // steps to another frame number than the next
	Turns       uint64  // steps to another size, media type, rate or number of frames
	Jittered    uint64  // steps beyond the jitter that is allowed, gaps aside
	Steps       Moments // of steps that are no gap and go forward
}

// A Frame is one end of a Track.
type Frame struct {
	Number, Time  int64
	Rate          uint64 // frames in 1,000 seconds; 0: unknown
	Of            uint64 // how many frames there are, as it says; 0: it does not
	Width, Height uint32
	MediaType     string
}

// Tracks are the sequences by name, the state of Sequences. The name is the
// attributes' values with a slash between them.
type Tracks struct {
	jitter uint64
	tracks map[string]*Track
	over   bool
}

// Err implements State.
func (s *Tracks) Err() error {
	if s.over {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d sequences", MaxSequences)
	}
	return nil
}

// All yields the sequences by name.
func (s *Tracks) All() iter.Seq2[string, *Track] {
	return func(yield func(string, *Track) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.tracks)) {
			if !yield(name, s.tracks[name]) {
				return
			}
		}
	}
}

// extend puts a stretch at the end of a sequence.
func (s *Tracks) extend(name string, t *Track) {
	switch mine := s.tracks[name]; {
	case s.over:
	case mine != nil:
		mine.join(t, s.jitter)
	case len(s.tracks) == MaxSequences:
		s.over, s.tracks = true, nil
	default:
		s.tracks[name] = t
	}
}

func (s *Tracks) merge(after State) {
	o := after.(*Tracks)
	if o.over {
		s.over, s.tracks = true, nil
	}
	for name, t := range o.tracks {
		s.extend(name, t)
	}
}

// sub cannot: what a frame leaves behind depends on its neighbours.
func (s *Tracks) sub(some State) bool {
	o := some.(*Tracks)
	return len(o.tracks) == 0 && !o.over
}

// join adds the stretch that comes after t.
func (t *Track) join(o *Track, jitter uint64) {
	switch {
	case o.read() == 0:
		t.sum(o)
		return
	case t.read() == 0:
		t.First = o.First
	default:
		t.step(&t.Last, &o.First, jitter)
	}
	t.Last = o.Last
	t.sum(o)
}

// read returns how many frames have their place.
func (t *Track) read() uint64 { return t.Frames - t.Unread }

func (t *Track) sum(o *Track) {
	t.Frames += o.Frames
	t.Unread += o.Unread
	t.NonMono += o.NonMono
	t.Gaps += o.Gaps
	t.Missing += o.Missing
	t.Breaks += o.Breaks
	t.Turns += o.Turns
	t.Jittered += o.Jittered
	t.MaxStep = max(t.MaxStep, o.MaxStep)
	t.Steps.merge(&o.Steps)
}

// step counts what lies between two frames that follow each other.
func (t *Track) step(a, b *Frame, jitter uint64) {
	if b.Number != a.Number+1 {
		t.Breaks++
	}
	if a.Width != b.Width || a.Height != b.Height || a.MediaType != b.MediaType || a.Rate != b.Rate || a.Of != b.Of {
		t.Turns++
	}
	if b.Time <= a.Time {
		t.NonMono++
		return
	}
	dt := min(uint64(b.Time)-uint64(a.Time), MaxNumber)
	t.MaxStep = max(t.MaxStep, dt)
	if frames := steps(dt, b.Rate); frames > 1 {
		t.Gaps++
		t.Missing += frames - 1
		return
	}
	t.Steps.add(dt)
	if jitter > 0 && off(dt, b.Rate) > jitter {
		t.Jittered++
	}
}

// period is how many microseconds 1,000 seconds are: a rate's frames take this
// long.
const period = 1_000_000_000

// steps returns how many frames a step of dt covers: above 1 if dt is more than
// one and a half.
func steps(dt, rate uint64) uint64 {
	if rate == 0 {
		return 1
	}
	doubled := 2 * product(dt, rate)
	if doubled <= 3*period {
		return 1
	}
	return (doubled + period) / (2 * period)
}

// off returns by how much a step differs from one frame.
func off(dt, rate uint64) uint64 {
	if rate == 0 {
		return 0
	}
	frame := (period + rate/2) / rate
	return max(dt, frame) - min(dt, frame)
}

// product multiplies and stops at a number that can still be doubled.
func product(a, b uint64) uint64 {
	const most = 1 << 61
	if a > most/b {
		return most
	}
	return a * b
}

// append encodes the tracks by name.
func (s *Tracks) append(dst []byte, _ bool) []byte {
	if s.over {
		return append(dst, 1)
	}
	dst = binary.AppendUvarint(append(dst, 0), uint64(len(s.tracks)))
	for name, t := range s.All() {
		dst = t.append(appendString(dst, name))
	}
	return dst
}

func (s *Tracks) read(d *decoder) {
	if s.over = d.flag(); s.over {
		s.tracks = nil
		return
	}
	last := ""
	for n := d.most(MaxSequences); n > 0 && !d.bad; n-- {
		name, t := string(d.bytes()), new(Track)
		t.decode(d)
		if len(s.tracks) > 0 && name <= last {
			d.fail()
			return
		}
		s.tracks[name], last = t, name
	}
}

func (t *Track) counts() [9]*uint64 {
	return [...]*uint64{&t.Frames, &t.Unread, &t.NonMono, &t.Gaps, &t.Missing, &t.MaxStep, &t.Breaks, &t.Turns, &t.Jittered}
}

func (t *Track) append(dst []byte) []byte {
	for _, v := range t.counts() {
		dst = binary.AppendUvarint(dst, *v)
	}
	return t.Steps.append(t.Last.append(t.First.append(dst)))
}

func (t *Track) decode(d *decoder) {
	for _, v := range t.counts() {
		*v = d.uvarint()
	}
	t.First.decode(d)
	t.Last.decode(d)
	t.Steps.read(d)
	if t.Frames == 0 || t.Unread > t.Frames {
		d.fail()
	}
}

func (f *Frame) append(dst []byte) []byte {
	dst = appendNumbers(dst, uint64(f.Number), uint64(f.Time), f.Rate, f.Of, uint64(f.Width), uint64(f.Height))
	return appendString(dst, f.MediaType)
}

func (f *Frame) decode(d *decoder) {
	const most32 = 1<<32 - 1
	*f = Frame{int64(d.uvarint()), int64(d.uvarint()), d.uvarint(), d.uvarint(), uint32(d.most(most32)), uint32(d.most(most32)), string(d.bytes())}
}
