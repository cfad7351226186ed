package measure

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"govd/internal/gov"
)

// Sequences follows recordings frame by frame: the records whose attributes
// named by Sequence have the same values, in order of key, which must be the
// order of their frames. Other records may come between them.
type Sequences struct {
	Sequence []string // attributes that name a sequence together; a record without the first is in none
	Frame    string   // attribute: the frame's number; "": not checked
	Time     string   // attribute: when it was taken, a decimal number
	Unit     TimeUnit // of Time
	Rate     string   // attribute: frames a second, a decimal number; "": FPS holds for all
	FPS      uint64   // frames in 1,000 seconds, where the record does not say; 0: unknown
	Jitter   uint64   // microseconds that a step may differ from 1/rate; 0: not checked
}

// A TimeUnit is how many decimals a time has down to the microsecond.
type TimeUnit int

// The units.
const (
	Seconds      TimeUnit = 6
	Milliseconds TimeUnit = 3
	Microseconds TimeUnit = 0
)

// MaxSequences is the most sequences that are followed.
const MaxSequences = 1 << 18

// Key implements Measure.
func (m Sequences) Key() string {
	return key("sequences/1", tuple(m.Sequence...), m.Frame, m.Time, strconv.Itoa(int(m.Unit)), m.Rate,
		strconv.FormatUint(m.FPS, 10), strconv.FormatUint(m.Jitter, 10))
}

// In returns the tracks. A Delta has none: what lies between two frames is not
// a sum over records.
func (m Sequences) In(p *Profile) *Tracks { return stateIn[*Tracks](p, m) }

func (m Sequences) ordered()     {}
func (m Sequences) state() State { return &Tracks{jitter: m.Jitter, tracks: map[string]*Track{}} }

func (m Sequences) folder(*lexicon) folder {
	return &trackFolder{m: m, Tracks: m.state().(*Tracks)}
}

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
	Turns       uint64  // steps to another size, media type or rate
	Jittered    uint64  // steps beyond the jitter that is allowed, gaps aside
	Steps       Moments // of steps that are no gap and go forward
}

// A Frame is one end of a Track.
type Frame struct {
	Number, Time  int64
	Rate          uint64 // frames in 1,000 seconds; 0: unknown
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
	if a.Width != b.Width || a.Height != b.Height || a.MediaType != b.MediaType || a.Rate != b.Rate {
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
	dst = appendNumbers(dst, uint64(f.Number), uint64(f.Time), f.Rate, uint64(f.Width), uint64(f.Height))
	return appendString(dst, f.MediaType)
}

func (f *Frame) decode(d *decoder) {
	const most32 = 1<<32 - 1
	*f = Frame{int64(d.uvarint()), int64(d.uvarint()), d.uvarint(), uint32(d.most(most32)), uint32(d.most(most32)), string(d.bytes())}
}

// A trackFolder follows the sequences, the current one without looking it up.
type trackFolder struct {
	m Sequences
	*Tracks
	name    []byte
	current string
	track   *Track
}

func (f *trackFolder) add(r *Row) {
	if !f.named(r) {
		return
	}
	if f.track == nil || f.current != string(f.name) {
		f.current = strings.Clone(string(f.name))
		f.track = f.tracks[f.current]
		if f.track == nil {
			f.track = new(Track)
			f.extend(f.current, f.track)
		}
	}
	one := Track{Frames: 1, Unread: 1}
	if frame, ok := f.m.frame(r); ok {
		one.First, one.Last, one.Unread = frame, frame, 0
	}
	f.track.join(&one, f.jitter)
}

// named puts the name of the record's sequence together.
func (f *trackFolder) named(r *Row) bool {
	f.name = f.name[:0]
	for i, a := range f.m.Sequence {
		value, has := r.Attr(a)
		if i == 0 && !has {
			return false
		}
		if i > 0 {
			f.name = append(f.name, '/')
		}
		f.name = append(f.name, value...)
	}
	return len(f.m.Sequence) > 0
}

// frame returns the record as a frame and whether it can be placed.
func (m Sequences) frame(r *Row) (f Frame, ok bool) {
	f.MediaType, f.Rate = string(r.MediaType), m.FPS
	if r.Facts != nil {
		f.Width, f.Height = r.Facts.Width, r.Facts.Height
	}
	if rate, ok := r.decimal(m.Rate); ok && m.Rate != "" {
		f.Rate = rate
	}
	text, _ := r.Attr(m.Time)
	if f.Time, ok = parseDecimal(text, int(m.Unit)); !ok || m.Frame == "" {
		return f, ok
	}
	text, _ = r.Attr(m.Frame)
	f.Number, ok = parseDecimal(text, 0)
	return f, ok
}

func (f *trackFolder) flush(to State) {
	to.merge(f.Tracks)
	f.Tracks, f.track = f.m.state().(*Tracks), nil
}
