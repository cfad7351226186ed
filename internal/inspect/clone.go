package inspect

import (
	"maps"
	"slices"

	"govd/internal/gov"
)

// Clone returns an inspection that goes on by itself: who decides on an answer
// before it is recorded answers a clone.
func (i *Inspection) Clone() *Inspection {
	c := *i
	c.answers, c.lines = make([]answers, len(i.answers)), slices.Clone(i.lines)
	for at, given := range i.answers {
		c.answers[at] = slices.Clone(given)
	}
	c.scores = make(map[gov.PersonID]*score, len(i.scores))
	for who, s := range maps.All(i.scores) {
		was := *s
		c.scores[who] = &was
	}
	return &c
}
