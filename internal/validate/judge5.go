package validate

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// microsecond times are seconds in millionths, which is what a stat.Micro is.
func seconds(us uint64) stat.Micro { return stat.Micro(min(us, math.MaxInt64)) }

func (s *Suite) sequences() {
	p := s.Policy
	s.streams = measure.Sequences{
		Sequence: []string{p.Attribute(Sequence), p.Attribute(Stream)}, Frame: p.Attribute(Frame),
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

// judgeSync compares the streams of each sequence: where they begin and end,
// and how many frames they have.
func judgeSync(j *judged) {
	type ends struct{ first, last, frames [2]uint64 } // least and most
	all := map[string]*ends{}
	several := false
	if !j.tracks(func(name string, t *measure.Track) {
		sequence := name[:max(strings.LastIndexByte(name, '/'), 0)]
		e := all[sequence]
		if e == nil {
			e = &ends{}
			all[sequence] = e
			e.first, e.last, e.frames = same(t.First.Time), same(t.Last.Time), [2]uint64{t.Frames, t.Frames}
			return
		}
		several = true
		e.first, e.last = widen(e.first, uint64(t.First.Time)), widen(e.last, uint64(t.Last.Time))
		e.frames = widen(e.frames, t.Frames)
	}) {
		return
	}
	if !several {
		j.skip("no sequence has two streams")
		return
	}
	var off, uneven keyset
	most := uint64(0)
	for name, e := range all {
		apart := max(e.first[1]-e.first[0], e.last[1]-e.last[0])
		switch {
		case e.frames[0] != e.frames[1]:
			uneven.add(name)
		case seconds(apart) > j.param("seconds"):
			off.add(name)
		}
		if e.frames[0] == e.frames[1] {
			most = max(most, apart)
		}
	}
	j.atMost(j.set.Severity, Facet{Name: "streams of unequal length", Value: whole(uneven.n), Limit: j.param("max"), Count: uneven.n, Witnesses: uneven.list()})
	j.atMost(j.set.Severity, Facet{Name: "largest offset in seconds", Value: seconds(most), Limit: j.param("seconds"), Count: off.n, Witnesses: off.list()})
}

func same(t int64) [2]uint64 { return [2]uint64{uint64(t), uint64(t)} }

func widen(r [2]uint64, v uint64) [2]uint64 { return [2]uint64{min(r[0], v), max(r[1], v)} }

func judgeSeqIntegrity(j *judged) {
	var holes, turns, unread keyset
	if !j.tracks(func(name string, t *measure.Track) {
		if t.Breaks > 0 || t.First.Number != 0 {
			holes.add(name)
		}
		if t.Turns > 0 {
			turns.add(name)
		}
		if t.Unread > 0 {
			unread.add(name)
		}
	}) {
		return
	}
	for _, f := range []struct {
		name string
		at   *keyset
	}{{"streams with holes in their numbers", &holes}, {"streams whose size, type or rate changes", &turns}, {"streams with frames of no time or number", &unread}} {
		j.atMost(j.set.Severity, Facet{Name: f.name, Value: whole(f.at.n), Limit: j.param("max"), Count: f.at.n, Witnesses: f.at.list()})
	}
}

func judgeLeak(j *judged) {
	if !j.indexed() {
		return
	}
	for _, r := range leaking {
		j.found(j.set.Severity, j.Policy.Attribute(r), j.leaks[r].In(j.e.Index), "leak", j.param("max"))
	}
}

var leaking = []Role{Subject, Session, Sequence}

func judgeDupSplit(j *judged) {
	if j.indexed() {
		j.found(j.set.Severity, "same content across splits", j.contents.In(j.e.Index), "across", j.param("max"))
		j.found(j.set.Severity, "alike across splits", j.near.In(j.e.Index), "across", j.param("max"))
	}
}

// judgeCoverage asks for every combination that the policy requires.
func judgeCoverage(j *judged) {
	if len(j.coverageBy) == 0 {
		j.skip("the policy requires no combinations")
		return
	}
	counts := map[string]uint64{}
	labels := map[string]bool{}
	for words, n := range j.coverage.In(j.e.Now).Cells() {
		cell := strings.Join(words[:len(j.coverageBy)], " × ")
		counts[cell] += 0
		if label := words[len(words)-1]; label != "" && !slices.Contains(words[:len(j.coverageBy)], "") {
			labels[label] = true
			counts[cell+" × "+label] += n
		}
	}
	if len(labels) == 0 {
		j.skip("no record says all of what coverage is about")
		return
	}
	var empty, few []string
	cells := j.required(labels)
	for _, cell := range cells {
		switch n := counts[cell]; {
		case n == 0:
			empty = append(empty, cell)
		case n < j.times("n"):
			few = append(few, cell)
		}
	}
	n := uint64(len(cells))
	j.atLeast(j.set.Severity, Facet{Name: "covered", Value: stat.Down(float64(n-uint64(len(empty))) / float64(n)), Limit: j.param("covered"), Count: uint64(len(empty)), Witnesses: some(empty)})
	j.atMost(Waiver, Facet{Name: "cells with too few", Value: whole(uint64(len(few))), Limit: 0, Count: uint64(len(few)), Witnesses: some(few)})
}

// required returns the combinations of the policy's values and the labels that
// occur with them.
func (j *judged) required(labels map[string]bool) []string {
	cells := []string{""}
	for _, r := range j.coverageBy {
		var longer []string
		for _, cell := range cells {
			for _, v := range j.Policy.Coverage[r] {
				longer = append(longer, strings.TrimPrefix(cell+" × "+v, " × "))
			}
		}
		cells = longer
	}
	var all []string
	for _, cell := range cells {
		for label := range labels {
			all = append(all, cell+" × "+label)
		}
	}
	slices.Sort(all)
	return all
}

func judgeLineage(j *judged) {
	if !j.indexed() {
		return
	}
	j.found(j.set.Severity, "parents that are no record", j.parents.In(j.e.Index), "dangling", j.param("max"))
	if j.e.Runs == nil {
		return
	}
	unknown, n := []string{}, uint64(0)
	for words, count := range j.runs.In(j.e.Now).Cells() {
		if run := words[0]; run != "" && !j.e.Runs[run] {
			unknown, n = append(unknown, run), n+count
		}
	}
	j.atMost(j.set.Severity, Facet{Name: "records of unknown runs", Value: whole(n), Limit: j.param("max"), Count: n, Witnesses: some(unknown)})
}

// judgeAudit asks that the guarantee of the last inspection still holds over
// what has changed since.
func judgeAudit(j *judged) {
	found := false
	for _, got := range j.e.Inspections {
		if got.Asks == "label" && got.Group == "" {
			found = true
			j.atMost(j.set.Severity, Facet{Name: got.ID, Value: got.Bound, Limit: j.param("max"), Count: got.Errors, Witnesses: some(got.Wrong)})
		}
	}
	if !found {
		j.unknown("no inspection of labels was made or carried forward")
	}
}

// Carry returns the bound that holds after a change: what was inspected keeps
// its bound, and of what changed only a part may be wrong that an inspection of
// the change bounds (stat.One if there was none). Both risks add up, so each
// inspection has to be made with half of the risk.
func Carry(before uint64, bound stat.Micro, changed uint64, ofChanged stat.Micro, now uint64) stat.Micro {
	if now == 0 {
		return 0
	}
	kept := min(before, now)
	wrong := float64(kept)*bound.Float() + float64(min(changed, now))*ofChanged.Float()
	return min(stat.Up(wrong/float64(now)), stat.One)
}
