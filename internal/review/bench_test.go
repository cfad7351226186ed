package review

import (
	"fmt"
	"testing"

	"govd/internal/gov"
)

// crowd is a change under 40 factors, with 200 people who may fill them. Most
// factors name 30 people or, if open, nobody, so that each may fill any.
func crowd(t testing.TB, approvals int, open bool) *world {
	w := newWorld(t)
	for i := range 200 {
		p := w.person(gov.Steward)
		if i%2 == 0 {
			p = w.person(gov.Steward, gov.Trainer)
		}
		w.People[gov.NewPersonID(uint64(1000+i), false)] = p
	}
	w.tune(func(r *Rules) {
		r.Stages[2] = StageRules{Factors: []Factor{{Role: gov.Steward, Need: 2}, {Role: gov.Trainer, Need: 2}}}
		for i := range 38 {
			role := []gov.Role{gov.Steward, gov.Trainer}[i%2]
			r.Classes = append(r.Classes, Class{fmt.Sprintf("c%d", i), []string{"palm"}, []Factor{{Role: role, People: []gov.PersonID{}, Need: 2}}})
			for k := 0; k < 30 && !open; k++ {
				r.Classes[i].Factors[0].People = append(r.Classes[i].Factors[0].People, gov.NewPersonID(uint64(1000+(i*5+k)%200), false))
			}
		}
	})
	for i := range approvals {
		w.force(gov.NewPersonID(uint64(1000+i*7%200), false), gov.Approve)
	}
	return w
}

func BenchmarkJudge40Rules200People(b *testing.B) {
	for _, approvals := range []int{0, 60, 200} {
		for _, kind := range []string{"named", "open", "rulesMoved"} {
			b.Run(fmt.Sprintf("approvals=%d/%s", approvals, kind), func(b *testing.B) {
				w := crowd(b, approvals, kind == "open")
				if kind == "rulesMoved" {
					w.Current = Strictest(w.Current, &Rules{VoteLife: Day})
				}
				b.ReportAllocs()
				for b.Loop() {
					Judge(&w.Case)
				}
			})
		}
	}
}

func BenchmarkAgreementAdd(b *testing.B) {
	var a Agreement
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprint(i)
	}
	i := 0
	for b.Loop() {
		a.Add(items[i%1000], items[i/1000%7], items[i%3])
		i++
	}
}
