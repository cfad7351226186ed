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

// BenchmarkDecide asks in a world of 10,000 projects and 100,000 grants.
func BenchmarkDecide(b *testing.B) {
	w := newBigWorld()
	at := func(i int) gov.Place { return gov.Place(fmt.Sprintf("project-%d", i%10_000)) }
	ask := func(b *testing.B, e *Engine, do gov.Action, want bool, place func(int) gov.Place) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			q := Query{bigPerson(i%512, 0), do, place(i % 512), 1}
			if got, err := e.Decide(Revision{}, q, w.load); err != nil || got != want {
				b.Fatal(q, got, err)
			}
		}
	}
	warm := func(b *testing.B, memo int) *Engine {
		e, err := NewEngine(512, memo)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 512 {
			for _, do := range gov.Actions {
				if _, err := e.Decide(Revision{}, Query{bigPerson(i, 0), do, at(i), 1}, w.load); err != nil {
					b.Fatal(err)
				}
			}
		}
		return e
	}
	b.Run("cold-in-warm-project-allow", func(b *testing.B) { ask(b, warm(b, 0), gov.VersionTag, true, at) })
	b.Run("cold-in-warm-project-deny", func(b *testing.B) { ask(b, warm(b, 0), gov.AuditExport, false, at) })
	b.Run("memo", func(b *testing.B) {
		e := warm(b, 4096)
		q := Query{bigPerson(5, 0), gov.VersionTag, at(5), 1}
		b.ReportAllocs()
		for b.Loop() {
			if ok, err := e.Decide(Revision{}, q, w.load); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("cold-project", func(b *testing.B) {
		e, err := NewEngine(1, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			q := Query{bigPerson(i%10_000, 0), gov.VersionTag, at(i), 1}
			if ok, err := e.Decide(Revision{}, q, w.load); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}
