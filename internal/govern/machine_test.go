package govern_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
)

// Small domains, so that things collide.
var (
	names    = []string{"ann", "bob", "cat", "dan"}
	places   = []gov.Place{gov.Server, "p", "q", "p/d", "p/e", "q/d"}
	projects = []gov.Project{"p", "q"}
	sets     = []gov.DatasetName{"p/d", "p/e", "q/d"}
	keys     = []string{"a", "b", "c", "d", "e"}
	words    = []string{"fist", "palm"}
	tags     = []string{"good", "best"}
)

// TestOperations runs operations at random against a model, which says what
// each must come to and how many entries the log must have. At the end the
// tables are what replaying the log makes, and fsck finds nothing.
func TestOperations(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"":                m.check,
			"add person":      m.addPerson,
			"disable person":  m.disablePerson,
			"create token":    m.createToken,
			"revoke token":    m.revokeToken,
			"grant role":      m.grantRole,
			"grant role 2":    m.grantRole,
			"revoke role":     m.revokeRole,
			"create project":  m.createProject,
			"create dataset":  m.createDataset,
			"register whole":  m.registerWhole,
			"register delta":  m.registerDelta,
			"register badly":  m.registerBadly,
			"set tag":         m.setTag,
			"remove tag":      m.removeTag,
			"ask again":       m.askAgain,
			"reuse a request": m.reuseRequest,
			"read records":    m.readRecords,
			"read places":     m.readPlaces,
			"wait":            m.wait,
		})
		m.compare(rt)
		if diff := cmp.Diff(m.kit.Tables(), govtest.Tables(rt, m.kit.Replay())); diff != "" {
			rt.Errorf("replaying the log gives other tables (-state +replayed)\n%s", diff)
		}
	})
}

// A machine does each operation on the real thing and on the model.
type machine struct {
	*model
	kit *govtest.Kit
	svc *govern.Service
}

var ctx = context.Background()

// newMachine begins with ann, the first admin, and bob, steward of project p.
func newMachine(t govtest.TB) *machine {
	m := &machine{model: newModel(), kit: govtest.New(t)}
	m.svc = m.kit.Service
	for _, a := range []*govtest.Actor{m.kit.Admin(), m.kit.Person("bob", "", "")} {
		m.persons[a.Name] = &person{id: a.ID}
		m.tokens = append(m.tokens, &token{Actor: a, expires: govtest.Noon.Add(90 * 24 * time.Hour)})
	}
	m.kit.Dataset("p/d")
	m.kit.Grant(m.tokens[1].Actor, gov.Steward, "p")
	m.projects["p"] = true
	m.datasets["p/d"] = &dataset{tags: map[string]uint64{}}
	m.grants[gov.Grant{Person: m.persons["ann"].id, Role: gov.Admin, Place: gov.Server}] = true
	m.grants[gov.Grant{Person: m.persons["bob"].id, Role: gov.Steward, Place: "p"}] = true
	m.log = m.kit.LogSize()
	return m
}

func (m *machine) check(t *rapid.T) {
	if got := m.kit.LogSize(); got != m.log {
		t.Fatalf("the log has %d entries, want %d", got, m.log)
	}
}

func (m *machine) now() time.Time { return m.kit.Clock.Now() }

// ask does a change. rule says what it comes to for who may, and effect what
// it does to the model.
func (m *machine) ask(t *rapid.T, do gov.Action, at gov.Place, rule func(*token) outcome, call func(govern.Call) (uint64, error), effect func()) {
	by := rapid.SampledFrom(m.tokens).Draw(t, "by")
	m.askBy(t, by, do, at, m.judge(by, m.now(), do, at), rule, call, effect)
}

func (m *machine) askBy(t *rapid.T, by *token, do gov.Action, at gov.Place, want outcome, rule func(*token) outcome, call func(govern.Call) (uint64, error), effect func()) {
	if want == done {
		want = rule(by)
	}
	c := by.Call()
	index, err := call(c)
	m.expect(t, want, err)
	if !want.logged {
		return
	}
	if want == done {
		effect()
	} else if e := m.kit.Entry(m.log); e.Refused == "" || e.Refused != gov.ReasonOf(err) || e.Do != do || e.At != at || e.Who != by.ID {
		t.Fatalf("entry %d is %+v, want the refusal %v of %s at %s", m.log, e, err, do, at)
	} else {
		index = m.log
	}
	if do != gov.VersionRegister || want == done { // policy refuses a registration before its request counts
		m.asked = append(m.asked, asked{by, c, do, at, call, want.kind, index})
	}
	m.log++
}

func (m *machine) expect(t *rapid.T, want outcome, err error) {
	t.Helper()
	if want.kind == ok && err != nil || want.kind != ok && !errors.Is(err, want.kind) {
		t.Fatalf("got %v, want %v", err, want.kind)
	}
	if govern.Refused(err) != (want.kind != ok && want.logged) {
		t.Fatalf("Refused(%v) = %v, want %v", err, govern.Refused(err), want.logged)
	}
}

// compare compares what the store holds with the model.
func (m *machine) compare(t *rapid.T) {
	m.kit.View(func(tx *store.Tx) error {
		grants := map[gov.Grant]bool{}
		for _, name := range names {
			if p := m.persons[name]; p != nil {
				for g := range tx.GrantsOf(p.id) {
					grants[gov.Grant{Person: g.Person, Role: g.Role, Place: g.Place}] = true
				}
			}
		}
		if diff := cmp.Diff(m.grants, grants); diff != "" {
			t.Errorf("grants (-model +store)\n%s", diff)
		}
		for name, d := range m.datasets {
			held := map[string]uint64{}
			for tag := range tx.Tags(name) {
				held[tag.Name] = tag.Number
			}
			if got, err := tx.Dataset(name); err != nil || got.Versions != uint64(len(d.versions)) || !maps.Equal(held, d.tags) {
				t.Errorf("dataset %s is %+v with tags %v (%v), want %d versions and %v", name, got, held, err, len(d.versions), d.tags)
			}
		}
		return nil
	})
}

// index takes the log index out of what a change did.
func index[E any](d govern.Done[E], err error) (uint64, error) { return d.Index, err }

func (m *machine) addPerson(t *rapid.T) {
	name := rapid.SampledFrom(names).Draw(t, "name")
	var id gov.PersonID
	m.ask(t, gov.PersonAdd, gov.Server, func(*token) outcome {
		if m.persons[name] != nil {
			return fails(gov.Exists)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		d, err := m.svc.AddPerson(ctx, c, govern.AddPerson{Name: name})
		if err == nil {
			id = d.Event.ID
		}
		return d.Index, err
	}, func() { m.persons[name] = &person{id: id} })
}

func (m *machine) disablePerson(t *rapid.T) {
	name := rapid.SampledFrom(names[1:]).Draw(t, "name") // ann stays, so that someone can act
	m.ask(t, gov.PersonDisable, gov.Server, func(by *token) outcome {
		switch p := m.persons[name]; {
		case p == nil:
			return fails(gov.NotFound)
		case p.disabled:
			return fails(gov.Conflict)
		case by.Name == name:
			return refused(gov.Denied)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.DisablePerson(ctx, c, name))
	}, func() { m.persons[name].disabled = true })
}

func (m *machine) createToken(t *rapid.T) {
	name := rapid.SampledFrom(names).Draw(t, "name")
	life := rapid.SampledFrom([]time.Duration{0, -time.Hour, time.Hour, 1000 * 24 * time.Hour}).Draw(t, "life")
	items := rapid.SampledFrom([][]string{nil, nil, {"p"}, {"version.read", "dataset.read"}}).Draw(t, "scope")
	scope, _ := gov.ParseScope(items)
	at := m.now().Add(life)
	in := govern.CreateToken{Person: name, Secret: auth.HashSecret(auth.Secret{1}), Scope: scope, Expires: at}
	if life == 0 {
		at, in.Expires = m.now().Add(90*24*time.Hour), time.Time{}
	}
	var id gov.CredentialID
	m.ask(t, gov.TokenCreate, gov.Server, func(by *token) outcome {
		switch p := m.persons[name]; {
		case p == nil:
			return fails(gov.NotFound)
		case p.disabled:
			return fails(gov.Conflict)
		case !scope.Within(by.Scope):
			return refused(gov.Denied)
		case life < 0 || life > 366*24*time.Hour:
			return fails(gov.Invalid)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		d, err := m.svc.CreateToken(ctx, c, in)
		if err == nil {
			id = d.Event.ID
		}
		return d.Index, err
	}, func() {
		a := *m.tokens[0].Actor
		a.Name, a.ID, a.Scope, a.Token = name, m.persons[name].id, scope, auth.Token{ID: id}
		m.tokens = append(m.tokens, &token{Actor: &a, expires: at})
	})
}

func (m *machine) revokeToken(t *rapid.T) {
	i := rapid.IntRange(1, max(1, len(m.tokens)-1)).Draw(t, "token") // not ann's first
	by := rapid.SampledFrom(m.tokens).Draw(t, "by")
	it := m.tokens[i]
	want := m.judge(by, m.now(), gov.TokenRevoke, gov.Server)
	if m.proven(by, m.now()) && by.ID == it.ID && by.Scope.Allows(gov.TokenRevoke, gov.Server) {
		want = done // everyone may revoke their own
	}
	m.askBy(t, by, gov.TokenRevoke, gov.Server, want, func(*token) outcome {
		if it.revoked {
			return fails(gov.Conflict)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.RevokeToken(ctx, c, it.Token.ID))
	}, func() { it.revoked = true })
}

func (m *machine) drawRole(t *rapid.T) govern.Role {
	return govern.Role{
		Person: rapid.SampledFrom(names).Draw(t, "name"),
		Role:   rapid.SampledFrom(gov.Roles).Draw(t, "role"),
		Place:  rapid.SampledFrom(places).Draw(t, "place"),
	}
}

func (m *machine) grantRole(t *rapid.T) {
	in := m.drawRole(t)
	m.ask(t, gov.RoleGrant, in.Place,
		func(by *token) outcome { return m.grant(by, in.Person, in.Role, in.Place) },
		func(c govern.Call) (uint64, error) { return index(m.svc.GrantRole(ctx, c, in)) },
		func() { m.grants[gov.Grant{Person: m.persons[in.Person].id, Role: in.Role, Place: in.Place}] = true })
}

func (m *machine) revokeRole(t *rapid.T) {
	in := m.drawRole(t)
	if len(m.grants) > 0 && rapid.Bool().Draw(t, "held") {
		held := slices.SortedFunc(maps.Keys(m.grants), func(a, b gov.Grant) int { return cmpGrant(a, b) })
		g := rapid.SampledFrom(held).Draw(t, "grant")
		in = govern.Role{Person: m.nameOf(g.Person), Role: g.Role, Place: g.Place}
	}
	m.ask(t, gov.RoleRevoke, in.Place,
		func(*token) outcome { return m.revoke(in.Person, in.Role, in.Place) },
		func(c govern.Call) (uint64, error) { return index(m.svc.RevokeRole(ctx, c, in)) },
		func() { delete(m.grants, gov.Grant{Person: m.persons[in.Person].id, Role: in.Role, Place: in.Place}) })
}

func (m *machine) wait(t *rapid.T) {
	// Requests are remembered for a day at least, and the model never forgets one.
	if m.now().Sub(govtest.Noon) < 20*time.Hour {
		m.kit.Clock.Turn(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
	}
}
