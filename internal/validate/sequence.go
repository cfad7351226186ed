package validate

import (
	"math"
	"math/big"
	"strings"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// microsecond times are seconds in millionths, which is what a stat.Micro is.
func seconds(us uint64) stat.Micro { return stat.Micro(min(us, math.MaxInt64)) }

func (s *Suite) sequences() {
	p := s.Policy
	s.streams = measure.Sequences{
		Sequence: []string{p.Attribute(Sequence), p.Attribute(Stream)}, Frame: p.Attribute(Frame), Frames: p.Attribute(Frames),
		Time: p.Attribute(Time), Unit: measure.Microseconds, Rate: p.Attribute(FPS),
	}
}

// tracks visits every stream and says whether there is one.
func (j *judged) tracks(visit func(name string, t *measure.Track)) bool {
	any := false
	for name, t := range j.streams.In(j.e.Now).All() {
		any = true
		visit(name, t)
	}
	if !any {
		j.skip("no record is part of a sequence")
	}
	return any
}

func judgeMono(j *judged) {
	back, frames := uint64(0), uint64(0)
	var where keyset
	if j.tracks(func(name string, t *measure.Track) {
		frames += t.Frames
		if back += t.NonMono; t.NonMono > 0 {
			where.add(name)
		}
	}) {
		j.rate(j.set.Severity, "steps back in time", back, frames, j.param("max"), where.list())
	}
}

func judgeGap(j *judged) {
	missing, frames, long := uint64(0), uint64(0), uint64(0)
	var gaps, longs keyset
	if !j.tracks(func(name string, t *measure.Track) {
		frames += t.Frames + t.Missing
		if missing += t.Missing; t.Missing > 0 {
			gaps.add(name)
		}
		if t.Gaps > 0 {
			long = max(long, t.MaxStep)
		}
		if t.Gaps > 0 && seconds(t.MaxStep) > j.param("seconds") {
			longs.add(name)
		}
	}) {
		return
	}
	j.rate(Waiver, "missing frames", missing, frames, j.param("missing"), gaps.list())
	j.atMost(j.set.Severity, Facet{Name: "longest gap", Value: seconds(long), Limit: j.param("seconds"), Count: longs.n, Witnesses: longs.list()})
}

func judgeJitter(j *judged) {
	most := stat.Micro(0)
	var uneven keyset
	if j.tracks(func(name string, t *measure.Track) {
		cv := stat.Near(variation(&t.Steps))
		most = max(most, cv)
		if cv > j.param("cv") {
			uneven.add(name)
		}
	}) {
		j.atMost(j.set.Severity, Facet{Name: "sd / mean of steps", Value: most, Limit: j.param("cv"), Count: uneven.n, Witnesses: uneven.list()})
	}
}

// variation is the standard deviation of the steps over their mean: the root of
// n (n sum(x^2) - sum(x)^2) / ((n-1) sum(x)^2), exact but for the root.
func variation(m *measure.Moments) float64 {
	sum, n := integer(m.Sum), new(big.Int).SetUint64(m.N)
	if m.N < 2 || sum.Sign() == 0 {
		return 0
	}
	square := sum.Mul(sum, sum)
	over := integer(m.Squares)
	over.Mul(over, n).Sub(over, square).Mul(over, n)
	under := new(big.Int).Mul(square, new(big.Int).SetUint64(m.N-1))
	v, _ := new(big.Rat).SetFrac(over, under).Float64()
	return math.Sqrt(v)
}

func integer(s measure.Sum) *big.Int {
	n := new(big.Int).SetUint64(s.Hi)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(s.Lo))
}

// A sequence is its streams together: the least and the most of each end, and
// of how many frames they have.
type sequence struct {
	streams     int
	first, last [2]int64
	frames      [2]uint64
}

func (s *sequence) add(t *measure.Track) {
	s.streams++
	if s.streams == 1 {
		s.first, s.last, s.frames = both(t.First.Time), both(t.Last.Time), both(t.Frames)
		return
	}
	s.first, s.last, s.frames = widen(s.first, t.First.Time), widen(s.last, t.Last.Time), widen(s.frames, t.Frames)
}

func both[T int64 | uint64](v T) [2]T { return [2]T{v, v} }

func widen[T int64 | uint64](r [2]T, v T) [2]T { return [2]T{min(r[0], v), max(r[1], v)} }

// apart is how far the streams are from each other where they begin and end.
func (s *sequence) apart() uint64 { return uint64(max(s.first[1]-s.first[0], s.last[1]-s.last[0])) }

// together returns the sequences that have streams, and whether one has several.
func (j *judged) together() (all map[string]*sequence, several bool) {
	all = map[string]*sequence{}
	j.tracks(func(name string, t *measure.Track) {
		name = name[:max(strings.LastIndexByte(name, '/'), 0)]
		s := all[name]
		if s == nil {
			s = &sequence{}
			all[name] = s
		}
		s.add(t)
		several = several || s.streams > 1
	})
	return all, several
}

// judgeSync compares the streams of each sequence: how many frames they have,
// where they begin and end, and each frame with the nearest of the others.
func judgeSync(j *judged) {
	all, several := j.together()
	if !several {
		j.skip("no sequence has two streams")
		return
	}
	var off, uneven keyset
	most := uint64(0)
	for name, s := range all {
		if s.frames[0] != s.frames[1] {
			uneven.add(name)
			continue
		}
		if most = max(most, s.apart()); seconds(s.apart()) > j.param("seconds") {
			off.add(name)
		}
	}
	j.counted("sequences with streams of unequal length", &uneven)
	j.atMost(j.set.Severity, Facet{Name: "largest offset of ends in seconds", Value: seconds(most), Limit: j.param("seconds"), Count: off.n, Witnesses: off.list()})
	if j.indexed() {
		j.found(j.set.Severity, "seconds in which a frame has none near in another stream", j.apart.In(j.e.Index), "apart", j.param("max"))
	}
}

// counted adds the part of what is counted against the parameter max.
func (j *judged) counted(name string, at *keyset) {
	j.atMost(j.set.Severity, Facet{Name: name, Value: whole(at.n), Limit: j.param("max"), Count: at.n, Witnesses: at.list()})
}

func judgeSeqIntegrity(j *judged) {
	var holes, short, turns, unread keyset
	if !j.tracks(func(name string, t *measure.Track) {
		for _, f := range []struct {
			broken bool
			at     *keyset
		}{
			{t.Breaks > 0 || t.First.Number != 0, &holes},
			{t.First.Of > 0 && t.First.Of != t.Frames, &short},
			{t.Turns > 0, &turns},
			{t.Unread > 0, &unread},
		} {
			if f.broken {
				f.at.add(name)
			}
		}
	}) {
		return
	}
	j.counted("streams with holes in their numbers", &holes)
	j.counted("streams of another length than they say", &short)
	j.counted("streams whose size, type, rate or length changes", &turns)
	j.counted("streams with frames of no time or number", &unread)
}
