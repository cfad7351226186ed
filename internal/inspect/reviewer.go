package inspect

import (
	"cmp"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Reviewer is how an inspector has done on gold items.
type Reviewer struct {
	Person   gov.PersonID `json:"person"`
	Answers  uint64       `json:"answers"`
	Gold     uint64       `json:"gold"`     // gold items answered
	Right    uint64       `json:"right"`    // of those
	Accuracy stat.Micro   `json:"accuracy"` // lower bound at the design's confidence
	Measured bool         `json:"measured"` // on as many gold items as the design asks for
	Excluded bool         `json:"excluded"` // their answers do not count
}

type score struct {
	answers, gold, right uint64
	excluded             bool
}

// score counts an answer for its inspector. What was counted stays counted when
// the answer no longer does.
func (i *Inspection) score(a Answer, it *Item) {
	s := i.scores[a.Inspector]
	if s == nil {
		s = &score{}
		i.scores[a.Inspector] = s
	}
	s.answers++
	if it.gold() {
		s.gold++
		if a.Verdict == it.Truth {
			s.right++
		}
	}
}

// reviewers lists how inspectors did, by person.
func (i *Inspection) reviewers() (all []Reviewer) {
	for who, s := range i.scores {
		all = append(all, Reviewer{
			Person: who, Answers: s.answers, Gold: s.gold, Right: s.right, Excluded: s.excluded,
			Accuracy: stat.Lower(s.right, s.gold, i.design.Confidence), Measured: s.gold >= i.design.MinGold,
		})
	}
	slices.SortFunc(all, func(a, b Reviewer) int { return cmp.Compare(a.Person, b.Person) })
	return all
}

// exclude takes out the answers of reviewers who were measured and found too
// inaccurate, and reports whether there were some. It judges by gold items alone,
// so it cannot favour a result.
func (i *Inspection) exclude() (some bool) {
	for _, r := range i.reviewers() {
		if r.Excluded || !r.Measured || r.Accuracy >= i.design.MinAccuracy {
			continue
		}
		some = true
		i.scores[r.Person].excluded = true
		for at := range i.answers {
			i.answers[at] = slices.DeleteFunc(i.answers[at], func(a Answer) bool { return a.Inspector == r.Person })
		}
	}
	if some {
		for at := range i.lines {
			i.lines[at] = line{places: i.lines[at].places}
		}
	}
	return some
}
