package policy

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// The small worlds of these tests: few of each thing, so that they meet.
var (
	worldPersons = []gov.PersonID{"user:1", "user:2", "sa:3", "sa:11", "user:11"}
	worldPlaces  = []gov.Place{gov.Server, "p", "p/d", "p/e", "q/d", "pp", "pp/d"}
	worldActions = []gov.Action{gov.PersonAdd, gov.RoleGrant, gov.ProjectRead, gov.VersionRead, gov.VersionTag, gov.AuditRead}
	worldRoles   = []gov.Role{gov.Admin, gov.Auditor, gov.Steward, gov.Viewer}
)

// A world is rules and grants, and the simplest evaluator that could be right.
type world struct {
	rules  []Rule
	grants []gov.Grant
}

// allows is the reference that the package is tested against.
func (w world) allows(q Query) bool {
	if OnServer(q.Do) && q.At != "*" {
		return false
	}
	allowed := false
	for _, r := range w.rules {
		if r.Action != q.Do || r.Stage != 0 && r.Stage != q.Stage || !w.holds(q.Who, r.Role, q.At) {
			continue
		}
		if r.Deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (w world) holds(who gov.PersonID, role gov.Role, at gov.Place) bool {
	return slices.ContainsFunc(w.grants, func(g gov.Grant) bool {
		wider := g.Place == "*" || g.Place == at || strings.HasPrefix(string(at), string(g.Place)+"/")
		return g.Person == who && g.Role == role && wider
	})
}

// load is the world's Source.
func (w world) load(p gov.Project) (grants []gov.Grant, err error) {
	for _, g := range w.grants {
		if g.Place == gov.Server || g.Place.Project() == p {
			grants = append(grants, g)
		}
	}
	return grants, nil
}

func drawWorld(t *rapid.T, deny bool) world {
	rule := rapid.Custom(func(t *rapid.T) Rule {
		return Rule{
			Role:   rapid.SampledFrom(worldRoles).Draw(t, "role"),
			Action: rapid.SampledFrom(worldActions).Draw(t, "action"),
			Stage:  rapid.SampledFrom([]gov.Stage{0, 0, 1, 2}).Draw(t, "stage"),
			Deny:   deny && rapid.IntRange(0, 9).Draw(t, "denies") == 0,
		}
	})
	always := Rule{Role: gov.Steward, Action: gov.RoleGrant} // a project without rules has no snapshot
	return world{
		rules:  append(rapid.SliceOfN(rule, 8, 40).Draw(t, "rules"), always),
		grants: rapid.SliceOfN(rapid.Custom(drawGrant), 6, 30).Draw(t, "grants"),
	}
}

func drawGrant(t *rapid.T) gov.Grant {
	g := gov.Grant{
		Person: rapid.SampledFrom(worldPersons).Draw(t, "person"),
		Role:   rapid.SampledFrom(worldRoles).Draw(t, "role"),
		Place:  rapid.SampledFrom(worldPlaces).Draw(t, "place"),
		Entry:  uint64(rapid.IntRange(1, 9).Draw(t, "entry")),
	}
	if Check(g) != nil {
		g.Role = gov.Auditor
	}
	return g
}

// drawQueries draws n of the queries.
func drawQueries(t *rapid.T, n int) []Query {
	return rapid.SliceOfN(rapid.SampledFrom(queries()), n, n).Draw(t, "queries")
}

// queries asks everything that can be asked in the small worlds, and of a
// stranger.
func queries() (qs []Query) {
	for _, who := range append(worldPersons, "user:99") {
		for _, do := range worldActions {
			for _, at := range worldPlaces {
				for _, st := range []gov.Stage{0, 1} {
					qs = append(qs, Query{who, do, at, st})
				}
			}
		}
	}
	return qs
}
