package govern_test

import (
	"maps"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/policy"
)

// A model says what the operations must do, with maps and no cleverness.
type model struct {
	persons  map[string]*person // by name
	tokens   []*token
	grants   map[gov.Grant]bool // of person, role and place alone
	projects map[gov.Project]bool
	datasets map[gov.DatasetName]*dataset
	log      uint64
	asked    []asked
}

type person struct {
	id       gov.PersonID
	disabled bool
}

// A token is a credential that someone acts by.
type token struct {
	*govtest.Actor
	expires time.Time
	revoked bool
}

type dataset struct {
	versions []version
	tags     map[string]uint64
}

// A version is the label of each record.
type version struct {
	digest gov.Digest
	rows   map[string]string
}

// An asked is a request that was answered, and may be made again.
type asked struct {
	by    *token
	call  govern.Call
	do    gov.Action
	at    gov.Place
	again func(govern.Call) (uint64, error)
	kind  gov.Kind // of the refusal, 0 if there was none
	index uint64
}

// ok stands for no error.
const ok gov.Kind = 0

// An outcome is what an operation must come to.
type outcome struct {
	kind   gov.Kind
	logged bool // there must be one entry more
}

var (
	done     = outcome{ok, true}
	nothing  = outcome{ok, false}
	unproven = outcome{gov.Unproven, false}
)

// fails is a failure that leaves no trace.
func fails(k gov.Kind) outcome { return outcome{k, false} }

// refused is a refusal, which is recorded.
func refused(k gov.Kind) outcome { return outcome{k, true} }

func newModel() *model {
	return &model{
		persons: map[string]*person{}, grants: map[gov.Grant]bool{}, projects: map[gov.Project]bool{}, datasets: map[gov.DatasetName]*dataset{},
	}
}

// proven reports whether the token proves anything.
func (m *model) proven(t *token, now time.Time) bool {
	return !t.revoked && now.Before(t.expires) && !m.persons[t.Name].disabled
}

// may reports whether a token's owner may do a thing, by the token.
func (m *model) may(t *token, do gov.Action, at gov.Place) bool {
	if !t.Scope.Allows(do, at) || policy.OnServer(do) && at != gov.Server {
		return false
	}
	for g := range m.grants {
		if g.Person == t.ID && g.Place.Holds(at) && slices.Contains(policy.Template(), policy.Rule{Role: g.Role, Action: do}) {
			return true
		}
	}
	return false
}

// judge is the outcome for who may not, and done for who may.
func (m *model) judge(t *token, now time.Time, do gov.Action, at gov.Place) outcome {
	read := gov.DatasetRead
	if at.Dataset() == "" {
		read = gov.ProjectRead
	}
	switch {
	case !m.proven(t, now):
		return unproven
	case m.may(t, do, at):
		return done
	case at == gov.Server || m.may(t, read, at):
		return refused(gov.Denied)
	}
	return refused(gov.NotFound)
}

// exists reports whether a place is there.
func (m *model) exists(at gov.Place) bool {
	switch {
	case at == gov.Server:
		return true
	case at.Dataset() == "":
		return m.projects[at.Project()]
	}
	return m.datasets[at.Dataset()] != nil
}

// otherAdmin reports whether someone else is admin of the server.
func (m *model) otherAdmin(me gov.PersonID) bool {
	for _, p := range m.persons {
		if p.id != me && !p.disabled && m.grants[gov.Grant{Person: p.id, Role: gov.Admin, Place: gov.Server}] {
			return true
		}
	}
	return false
}

// grant is the rule for a grant.
func (m *model) grant(t *token, name string, role gov.Role, at gov.Place) outcome {
	p := m.persons[name]
	switch {
	case p == nil:
		return fails(gov.NotFound)
	case at == gov.Server && role != gov.Admin && role != gov.Auditor:
		return fails(gov.Invalid)
	case !m.exists(at):
		return fails(gov.NotFound)
	case p.disabled:
		return fails(gov.Conflict)
	case m.grants[gov.Grant{Person: p.id, Role: role, Place: at}]:
		return fails(gov.Exists)
	case p.id == t.ID && m.otherAdmin(t.ID):
		return refused(gov.Denied)
	case m.keptApart(p.id, role, at):
		return refused(gov.Denied)
	}
	return done
}

// keptApart reports whether the person holds a role at the place, above it or
// within it that excludes another.
func (m *model) keptApart(id gov.PersonID, role gov.Role, at gov.Place) bool {
	apart := [][2]gov.Role{{gov.Admin, gov.Auditor}, {gov.Admin, gov.Steward}, {gov.Annotator, gov.Auditor}, {gov.Auditor, gov.Steward}}
	for g := range m.grants {
		meets := g.Place.Holds(at) || at.Holds(g.Place)
		if g.Person == id && meets && (slices.Contains(apart, [2]gov.Role{g.Role, role}) || slices.Contains(apart, [2]gov.Role{role, g.Role})) {
			return true
		}
	}
	return false
}

// revoke is the rule for the end of a grant.
func (m *model) revoke(name string, role gov.Role, at gov.Place) outcome {
	p := m.persons[name]
	switch {
	case p == nil || !m.grants[gov.Grant{Person: p.id, Role: role, Place: at}]:
		return fails(gov.NotFound)
	case role == gov.Admin && at == gov.Server && !m.otherAdmin(p.id):
		return fails(gov.Conflict)
	}
	return done
}

// newest returns the newest version of a dataset, an empty one if there is none.
func (d *dataset) newest() version {
	if len(d.versions) == 0 {
		return version{}
	}
	return d.versions[len(d.versions)-1]
}

// counts counts what differs between the newest version and rows.
func (d *dataset) counts(rows map[string]string) (n gov.Counts) {
	old := d.newest().rows
	for k, label := range rows {
		was, there := old[k]
		switch {
		case !there:
			n.Added++
		case was != label:
			n.Changed++
		default:
			n.Unchanged++
		}
	}
	for k := range old {
		if _, there := rows[k]; !there {
			n.Removed++
		}
	}
	return n
}

// same reports whether rows are those of the newest version.
func (d *dataset) same(rows map[string]string) bool {
	return len(d.versions) > 0 && maps.Equal(rows, d.newest().rows)
}
