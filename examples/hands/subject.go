package hands

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// A subject is a person whose hand is drawn. It is in one split.
type subject struct {
	n     int
	split string
	tone  int // of the Monk scale, 1 to 10, as the person declared it
	shade float64
	left  bool
	build build
}

// subjects draws lots for the persons. Within each split they take the ten
// tones in turn, light, medium and dark alternating, so that neither tone nor
// tone group depends on the split; the splits begin at different tones, so that
// thirty subjects have each tone three times.
func (o Options) subjects() []*subject {
	turns := map[string]int{splitNames[0]: 0, splitNames[1]: 8, splitNames[2]: 4}
	all := make([]*subject, o.PerClass)
	for n := range all {
		r := rand.New(rand.NewPCG(o.Seed, 1<<40+uint64(n)))
		split := o.split(n)
		all[n] = &subject{
			n: n, split: split, tone: toneTurns[turns[split]%len(toneTurns)],
			shade: r.Float64(), left: r.IntN(2) == 0, build: newBuild(r),
		}
		turns[split]++
	}
	return all
}

var toneTurns = [10]int{1, 4, 7, 2, 5, 8, 3, 6, 9, 10}

// mirror is the factor of x that makes the hand the subject's.
func (s *subject) mirror() float64 {
	if s.left {
		return -1
	}
	return 1
}

// skin returns the color of the hand. Palms are lighter than backs, the more so
// the darker the skin.
func (s *subject) skin(back bool) rgb {
	c := hex(tones[s.tone-1])
	if s.tone < 10 {
		c = c.to(hex(tones[s.tone]), .5*s.shade)
	}
	c = c.to(rgb{.85, .5, .42}, .10+.04*s.shade) // blood under the skin
	if !back {
		c = c.to(rgb{.88, .66, .56}, .05*float64(s.tone-1)/2)
	}
	return c
}

func (s *subject) id() string { return fmt.Sprintf("s%04d", s.n) }

// toneGroup is light, medium or dark: 1 to 3, 4 to 6, 7 to 10.
func toneGroup(tone int) string {
	switch {
	case tone <= 3:
		return "light"
	case tone <= 6:
		return "medium"
	}
	return "dark"
}

// attributes are what every record of the subject says.
func (s *subject) attributes(stage int) map[string]string {
	a := map[string]string{
		"subject": s.id(), "session": s.id() + "-d1", "license": "CC0-1.0", "consent": fmt.Sprintf("c-%04d", s.n),
		"captured": fmt.Sprintf("2026-%02d-%02d", 3+s.n/28%3, 1+s.n%28), "side": "right",
	}
	if s.left {
		a["side"] = "left"
	}
	if stage >= 4 {
		s.declare(a)
	}
	return a
}

// toneRegions are where the six annotators of tones are from.
var toneRegions = [6]string{"africa", "america", "asia", "europe", "africa", "asia"}

// declare adds the tone, as the subject declared it and as two annotators saw
// it: the first agrees, the second is one step off for every third subject.
func (s *subject) declare(a map[string]string) {
	second := s.tone
	if s.n%3 == 2 {
		second = max(s.tone-1, 1)
	}
	by := [2]int{(s.n + s.n/10) % 6, (s.n + s.n/10 + 1 + s.n%5) % 6}
	a["tone"], a["tone_group"], a["tone_scale"] = strconv.Itoa(s.tone), toneGroup(s.tone), "monk10"
	for i, vote := range [2]int{s.tone, second} {
		n := strconv.Itoa(i + 1)
		a["tone_vote_"+n] = strconv.Itoa(vote)
		a["tone_annotator_"+n] = fmt.Sprintf("t%02d", by[i]+1)
		a["tone_region_"+n] = toneRegions[by[i]]
	}
}
