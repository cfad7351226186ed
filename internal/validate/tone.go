package validate

import (
	"strconv"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// maxTone is the last value of a tone scale: Monk's has ten, Fitzpatrick's six.
const maxTone = 100

func judgeToneAgree(j *judged) {
	pairs := j.toneVotes.In(j.e.Now).Pairs()
	last, wrong := lastTone(pairs)
	if wrong != "" {
		j.unknown("a tone vote is no number of the scale: %.40q", wrong)
		return
	}
	ratings := newRatings(last + 1)
	near, all := uint64(0), uint64(0)
	for _, p := range pairs {
		a, b := tone(p.A), tone(p.B)
		addPair(ratings, last+1, a, b, p.Count)
		all += p.Count
		if max(a, b)-min(a, b) <= 1 {
			near += p.Count
		}
	}
	if all == 0 {
		j.unknown("no record has two votes on its tone")
		return
	}
	alpha, varied := ratings.Alpha(stat.Ordinal)
	if !varied {
		alpha = 1
	}
	j.atLeast(j.set.Severity, Facet{Name: "alpha", Value: stat.Near(alpha), Limit: j.param("alpha"), Count: all - near})
	j.atLeast(j.set.Severity, Facet{Name: "within a step", Value: stat.Down(float64(near) / float64(all)), Limit: j.param("within"), Count: all - near})
	j.witness(measure.Faults{Rule: apart{j.Policy.Attribute(ToneVotes)}})
}

// witness gives every part so far the witnesses of a fault that has one code.
func (j *judged) witness(m measure.Faults) {
	found := m.In(j.e.Now)
	for i := range j.parts {
		for _, code := range found.Codes() {
			j.parts[i].Witnesses = keys(found.Witnesses(code))
		}
	}
}

// lastTone returns the largest tone that was voted, and a vote that is none.
func lastTone(pairs []measure.VotePair) (last int, wrong string) {
	for _, p := range pairs {
		for _, vote := range []string{p.A, p.B} {
			if tone(vote) < 0 {
				return 0, vote
			}
			last = max(last, tone(vote))
		}
	}
	return last, ""
}

// tone returns a number of the scale, or -1.
func tone(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxTone {
		return -1
	}
	return n
}

func newRatings(values int) *stat.Ratings {
	r, err := stat.NewRatings(values)
	if err != nil {
		panic(err) // maxTone is less than stat.MaxValues
	}
	return r
}

// addPair counts n records with the votes a and b, by doubling.
func addPair(to *stat.Ratings, values, a, b int, n uint64) {
	counts := make([]uint64, values)
	counts[a]++
	counts[b]++
	times := newRatings(values)
	for times.Add(counts); n > 0; n >>= 1 {
		if n&1 == 1 {
			to.Merge(times)
		}
		times.Merge(times)
	}
}

// apart finds records whose tone votes are more than a step apart.
type apart struct{ prefix string }

// Key implements measure.Rule.
func (a apart) Key() string { return "tone apart/1\x00" + a.prefix }

// Find implements measure.Rule.
func (a apart) Find(r *measure.Row, fault func(string)) bool {
	least, most, n := maxTone, 0, 0
	r.Votes(a.prefix, func(_, vote []byte) {
		if v := tone(string(vote)); v >= 0 {
			least, most, n = min(least, v), max(most, v), n+1
		}
	})
	if n > 0 && most-least > 1 {
		fault("apart")
	}
	return n > 0
}
