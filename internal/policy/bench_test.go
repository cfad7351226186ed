package policy

import (
	"fmt"
	"testing"

	"govd/internal/gov"
)

// bigWorld is 10,000 projects with 10 grants each; every fifth is at a dataset.
type bigWorld map[gov.Project][]gov.Grant

func newBigWorld() bigWorld {
	w := bigWorld{"": {{Person: "user:1", Role: gov.Admin, Place: gov.Server}, {Person: "user:2", Role: gov.Auditor, Place: gov.Server}}}
	dataRoles := []gov.Role{gov.Steward, gov.Annotator, gov.Trainer, gov.Viewer}
	for i := range 10_000 {
		p := gov.Project(fmt.Sprintf("project-%d", i))
		for j := range 10 {
			place := gov.Place(p)
			if j%5 == 4 {
				place += "/hand"
			}
			w[p] = append(w[p], gov.Grant{Person: bigPerson(i, j), Role: dataRoles[j%4], Place: place})
		}
	}
	return w
}

func bigPerson(project, n int) gov.PersonID { return gov.NewPersonID(uint64(10+project*10+n), false) }

func (w bigWorld) load(p gov.Project) ([]gov.Grant, error) {
	if p == "" {
		return w[""], nil
	}
	return append(w[""][:2:2], w[p]...), nil
}

// BenchmarkDecide asks in a world of 10,000 projects and 100,000 grants: of one
// project whose snapshot is there, of 512 such projects in turn, of one answer
// that is remembered, and of projects whose snapshot must be built.
func BenchmarkDecide(b *testing.B) {
	w := newBigWorld()
	b.Run("cold-in-warm-project/allow", func(b *testing.B) { w.ask(b, w.queries(1, gov.VersionTag), 0, true) })
	b.Run("cold-in-warm-project/deny", func(b *testing.B) { w.ask(b, w.queries(1, gov.AuditExport), 0, false) })
	b.Run("cold-in-512-warm-projects", func(b *testing.B) { w.ask(b, w.queries(512, gov.VersionTag), 0, true) })
	b.Run("memo", func(b *testing.B) { w.ask(b, w.queries(1, gov.VersionTag), 4096, true) })
	b.Run("memo-of-512-projects", func(b *testing.B) { w.ask(b, w.queries(512, gov.VersionTag), 4096, true) })
	b.Run("build", func(b *testing.B) { w.ask(b, w.queries(10_000, gov.VersionTag), 0, true) })
}

// queries has a steward of each of n projects ask.
func (w bigWorld) queries(n int, do gov.Action) (qs []Query) {
	for i := range n {
		qs = append(qs, Query{bigPerson(i, 0), do, gov.Place(fmt.Sprintf("project-%d", i)), 1})
	}
	return qs
}

func (w bigWorld) ask(b *testing.B, qs []Query, memo int, want bool) {
	e, err := NewEngine(512, memo)
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range qs[:min(len(qs), 512)] {
		if _, err := e.Decide(Revision{}, q, w.load); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		q := qs[(512+i)%len(qs)]
		if got, err := e.Decide(Revision{}, q, w.load); err != nil || got != want {
			b.Fatal(q, got, err)
		}
	}
}
