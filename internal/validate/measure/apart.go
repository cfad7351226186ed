package measure

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
)

// Apart finds moments at which the streams of a sequence do not run together: a
// frame whose nearest in another stream is more than Most away. It looks at each
// second by itself, with what borders on it, so that a change costs as much in
// an hour as in a minute; a second in which one stream alone has frames is left
// to Sequences, which knows how long each is and where it begins and ends.
//
// Its code is "apart". A witness is a sequence and the second.
type Apart struct {
	Sequence, Stream, Time string // attributes; Time is in microseconds from the sequence's begin
	Most                   uint64 // microseconds, MaxApart at most
}

// MaxApart is the largest distance that can be asked for.
const MaxApart = 60_000_000

// Key implements Index.
func (x Apart) Key() string {
	return key("apart/1", x.Sequence, x.Stream, x.Time, strconv.FormatUint(x.Most, 10))
}

// In returns what was found.
func (x Apart) In(d *Indexed) *Found { return foundIn(d, x) }

func (Apart) hash(key []byte) uint32 { return spread(key) }

// span is how long a stretch is that is looked at by itself: seconds, and
// longer than what is asked for.
func (x Apart) span() int64 { return (int64(x.Most)/1_000_000 + 1) * 1_000_000 }

// put puts a frame under its sequence and stretch, and under those next to it
// that it is near enough to matter in.
func (x Apart) put(r *Row, into func(key, load []byte)) {
	sequence, _ := r.Attr(x.Sequence)
	text, _ := r.Attr(x.Time)
	time, ok := parseDecimal(text, 0)
	if len(sequence) == 0 || !ok {
		return
	}
	stream, _ := r.Attr(x.Stream)
	load := binary.BigEndian.AppendUint64(appendString(nil, string(stream)), inOrder(time))
	reach := int64(x.Most)
	for at := x.stretch(time - reach); at <= x.stretch(time+reach); at++ {
		into(binary.BigEndian.AppendUint64(slices.Clone(sequence), inOrder(at)), load)
	}
}

func (x Apart) stretch(time int64) int64 {
	span := x.span()
	if time < 0 {
		return (time+1)/span - 1
	}
	return time / span
}

// inOrder writes numbers so that their bytes are in their order.
func inOrder(v int64) uint64 { return uint64(v) ^ 1<<63 }

func numbered(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }

// A streamed is the frames of one stream in a stretch, by time.
type streamed struct {
	name  []byte // after its length
	times []int64
}

func (x Apart) judge(group []item, found report) {
	streams := streamsOf(group)
	if len(streams) < 2 {
		return
	}
	name := group[0].key
	sequence, at := name[:len(name)-8], numbered(name[len(name)-8:])
	worst := int64(0)
	for i := range streams {
		for j := range streams {
			if i != j {
				worst = max(worst, x.farthest(at, streams[i].times, streams[j].times))
			}
		}
	}
	if worst > int64(x.Most) {
		second := strconv.AppendInt(append(slices.Clone(sequence), " at "...), at*(x.span()/1_000_000), 10)
		found("apart", append(second, " s"...), func() string { return strconv.FormatInt(worst, 10) + " µs apart" })
	}
}

// streamsOf returns the streams of a stretch: the items are ordered by stream
// and time.
func streamsOf(group []item) (all []streamed) {
	for i := range group {
		load := group[i].load
		if len(load) < 8 {
			continue
		}
		stream, time := load[:len(load)-8], numbered(load[len(load)-8:])
		if n := len(all); n == 0 || !bytes.Equal(all[n-1].name, stream) {
			all = append(all, streamed{name: stream})
		}
		last := &all[len(all)-1]
		last.times = append(last.times, time)
	}
	return all
}

// farthest returns how far the frames of the stretch are at most from the
// nearest of another stream. Both are in order.
func (x Apart) farthest(at int64, of, others []int64) (far int64) {
	next := 0
	for _, t := range of {
		if x.stretch(t) != at {
			continue
		}
		for next < len(others) && others[next] < t {
			next++
		}
		near := int64(1<<63 - 1)
		if next < len(others) {
			near = others[next] - t
		}
		if next > 0 {
			near = min(near, t-others[next-1])
		}
		far = max(far, near)
	}
	return far
}

func (x Apart) settle(s *settling) error { return s.anew(x) }
