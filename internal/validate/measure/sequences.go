package measure

import (
	"strconv"
	"strings"
)

// Sequences follows recordings frame by frame: the records whose attributes
// named by Sequence have the same values, in order of key, which must be the
// order of their frames. Other records may come between them.
type Sequences struct {
	Sequence []string // attributes that name a sequence together; a record without the first is in none
	Frame    string   // attribute: the frame's number; "": not checked
	Frames   string   // attribute: how many frames the recording has; "": not looked at
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
	return key("sequences/2", tuple(m.Sequence...), m.Frame, m.Frames, m.Time, strconv.Itoa(int(m.Unit)), m.Rate,
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
	if text, has := r.Attr(m.Frames); has && m.Frames != "" {
		f.Of = m.declared(text)
	}
	text, _ := r.Attr(m.Time)
	if f.Time, ok = parseDecimal(text, int(m.Unit)); !ok || m.Frame == "" {
		return f, ok
	}
	text, _ = r.Attr(m.Frame)
	f.Number, ok = parseDecimal(text, 0)
	return f, ok
}

// declared reads how many frames there are: 0 if that is no number.
func (m Sequences) declared(text []byte) uint64 {
	n, _ := parseDecimal(text, 0)
	return uint64(max(n, 0))
}

func (f *trackFolder) flush(to State) {
	to.merge(f.Tracks)
	f.Tracks, f.track = f.m.state().(*Tracks), nil
}
