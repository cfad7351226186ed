package policy

import (
	"errors"
	"strings"
	"testing"

	"govd/internal/gov"
)

// strange are ids that a stranger might hope to be taken for another's.
var strange = []string{
	"", " ", "*", "**", "role:admin", "role:viewer", "user:", "user:0", "user:01", "user:1 ", " user:1", "USER:1", "user:1\n", "user:1\x00",
	"user:1$$p", "user:1,p", "user:1::p", "user:*", "user:1|user:2", "user:.*", "us\u0435r:1", "user:\uff11", "sys:govd", "sys:bootstrap",
	"p$$d", "p/", "/d", "p//d", "p/d/e", "p/*", "*/d", "P", "p\n", "p|q", "p,q", "..", "p/../q", "\u0440", "p ", "p/d\x00",
	`" || true || "`,
}

// everything grants user:1 and user:2 all they can be granted in p and q.
func everything() world {
	w := world{rules: Template()}
	for _, who := range []gov.PersonID{"user:1", "user:2"} {
		for _, place := range []gov.Place{"*", "p", "p/d", "q", "q/d"} {
			for _, role := range gov.Roles {
				if g := (gov.Grant{Person: who, Role: role, Place: place}); Check(g) == nil {
					w.grants = append(w.grants, g)
				}
			}
		}
	}
	return w
}

func TestStrangeFields(t *testing.T) {
	w := &counting{world: everything()}
	e := newEngine(w.rules, 8, 8)
	good := Query{Who: "user:1", Do: gov.VersionRead, At: "p/d", Stage: 1}
	if ok, err := e.Decide(Revision{}, good, w.load); !ok || err != nil {
		t.Fatalf("the good query: %v, %v", ok, err)
	}
	for _, s := range strange {
		who, do, at := good, good, good
		who.Who, do.Do, at.At = gov.PersonID(s), gov.Action(s), gov.Place(s)
		for _, q := range []Query{who, do, at} {
			if q.At == gov.Server {
				continue // a place like any other
			}
			if ok, err := e.Decide(Revision{}, q, w.load); ok || err != nil {
				t.Errorf("%q: %v, %v, want a denial", q, ok, err)
			}
		}
	}
	if w.calls != 1 {
		t.Errorf("%d loads: strange places are looked up", w.calls)
	}
	for _, st := range []gov.Stage{6, 255} {
		good.Stage = st
		if ok, _ := e.Decide(Revision{}, good, w.load); ok {
			t.Errorf("stage %d is allowed", st)
		}
	}
}

// TestSeparatorsDoNotJoin: two queries whose fields join to the same text are
// two queries, also in the memo.
func TestSeparatorsDoNotJoin(t *testing.T) {
	w := world{Template(), []gov.Grant{{Person: "user:1", Role: gov.Viewer, Place: "a-b"}}}
	e := newEngine(w.rules, 8, 8)
	for _, at := range []gov.Place{"a-b", "a-b/c", "a", "a/b", "a-b-c", "a.b"} {
		q := Query{Who: "user:1", Do: gov.ProjectRead, At: at}
		if ok, err := e.Decide(Revision{}, q, w.load); ok != w.allows(q) || err != nil {
			t.Errorf("%s: %v, %v", at, ok, err)
		}
	}
}

// TestEmptyPolicy: casbin takes the empty request for a match of the empty
// policy; we must not.
func TestEmptyPolicy(t *testing.T) {
	nothing := world{}
	for _, rules := range [][]Rule{nil, Template()} {
		e := newEngine(rules, 8, 8)
		for _, q := range []Query{{}, {At: "p"}, {Who: "user:1", Do: gov.ProjectRead, At: "p"}, {Who: "user:1", Do: gov.PersonAdd, At: "*"}} {
			if ok, _ := e.Decide(Revision{}, q, nothing.load); ok {
				t.Errorf("%d rules, no grants: %+v is allowed", len(rules), q)
			}
		}
	}
	if _, err := newDomain("p", nil, everything().grants); err == nil {
		t.Error("a domain without rules was made")
	}
}

// TestUnrelatedPolicy: rules and grants of others allow nothing.
func TestUnrelatedPolicy(t *testing.T) {
	w := world{[]Rule{{Role: gov.Viewer, Action: gov.VersionRead}}, []gov.Grant{{Person: "user:1", Role: gov.Viewer, Place: "p"}}}
	e := newEngine(w.rules, 8, 8)
	for _, q := range []Query{{"user:2", gov.VersionRead, "p", 0}, {"user:1", gov.VersionTag, "p", 0}, {"user:1", gov.VersionRead, "q", 0}} {
		if ok, err := e.Decide(Revision{}, q, w.load); ok || err != nil {
			t.Errorf("%+v: %v, %v", q, ok, err)
		}
	}
}

// TestNamedLikeARole: casbin takes a subject for a holder of the role that is
// called the same. No person can be called so.
func TestNamedLikeARole(t *testing.T) {
	for _, r := range gov.Roles {
		for _, name := range []string{string(r), roleSubject(r)} {
			w := everything()
			q := Query{Who: gov.PersonID(name), Do: gov.ProjectRead, At: "p"}
			if ok, err := newEngine(w.rules, 8, 8).Decide(Revision{}, q, w.load); ok || err != nil {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
			if Check(gov.Grant{Person: q.Who, Role: gov.Viewer, Place: "p"}) == nil {
				t.Errorf("%s may be granted a role", name)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	good := gov.Grant{Person: "sa:7", Role: gov.Trainer, Place: "p/d"}
	if err := Check(good); err != nil {
		t.Fatal(err)
	}
	for _, s := range strange {
		who, role, at := good, good, good
		who.Person, role.Role, at.Place = gov.PersonID(s), gov.Role(s), gov.Place(s)
		for _, g := range []gov.Grant{who, role, at} {
			if err := Check(g); !errors.Is(err, gov.Invalid) {
				t.Errorf("%+v: %v, want invalid", g, err)
			}
		}
	}
	for _, r := range gov.Roles {
		err := Check(gov.Grant{Person: "user:1", Role: r, Place: gov.Server})
		if may := r == gov.Admin || r == gov.Auditor; (err == nil) != may {
			t.Errorf("%s on the server: %v", r, err)
		}
	}
}

// TestImpossibleGrants: no snapshot is made of grants that lie elsewhere or
// that Check refuses; whoever wrote them, they may mean anything.
func TestImpossibleGrants(t *testing.T) {
	for _, c := range []struct {
		project gov.Project
		grant   gov.Grant
	}{
		{"p", gov.Grant{Person: "user:1", Role: gov.Viewer, Place: "q"}},
		{"", gov.Grant{Person: "user:1", Role: gov.Viewer, Place: "p"}},
		{"pp", gov.Grant{Person: "user:1", Role: gov.Viewer, Place: "p/d"}},
		{"p", gov.Grant{Person: "user:1", Role: gov.Steward, Place: gov.Server}},
		{"p", gov.Grant{Person: "role:admin", Role: gov.Viewer, Place: "p"}},
		{"p", gov.Grant{Person: "user:1", Role: "root", Place: "p"}},
		{"p", gov.Grant{Person: "user:1", Role: gov.Viewer, Place: "p/*"}},
	} {
		if _, err := newSnapshot(Revision{}, c.project, Template(), []gov.Grant{c.grant}); err == nil {
			t.Errorf("the policy of %q holds %+v", c.project, c.grant)
		}
	}
}

// TestCasbinErrors: what casbin fails with refuses, and none of it gets out.
func TestCasbinErrors(t *testing.T) {
	w := everything()
	s, err := newSnapshot(Revision{}, "p", w.rules, w.grants[:3])
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.domain("p")
	if err != nil {
		t.Fatal(err)
	}
	broken := d.sections[gov.VersionRead]
	broken.PType = "p99"
	d.sections[gov.VersionRead] = broken
	q := Query{Who: "user:1", Do: gov.VersionRead, At: "p"}
	ok, err := s.Decide(q)
	if ok || !errors.Is(err, gov.Internal) || strings.Contains(err.Error(), "panic") {
		t.Errorf("Decide: %v, %v", ok, err)
	}
	if _, err := s.Explain(q); !errors.Is(err, gov.Internal) || strings.Contains(err.Error(), "panic") {
		t.Errorf("Explain: %v", err)
	}
	if _, err := s.WhoCan(q.Do, q.At, 0); err == nil {
		t.Error("WhoCan gave an answer")
	}
	// A stranger must not reach casbin, which would remember them.
	q.Who = "user:99"
	if ok, err := s.Decide(q); ok || err != nil {
		t.Errorf("a stranger: %v, %v, want a denial", ok, err)
	}
}
