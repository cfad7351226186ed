package policy

import (
	"errors"
	"slices"
	"strconv"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"govd/internal/gov"
)

// casbinModel compares by equality only and asks for the role last, as that
// costs most. The effect needs a rule that allows, so that no rules mean no
// access; and no rule that denies.
const casbinModel = `
[request_definition]
r = sub, dom, act, stage

[policy_definition]
p = sub, dom, act, stage, eft

[role_definition]
g = _, _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.act == p.act && r.dom == p.dom && (p.stage == "*" || r.stage == p.stage) && g(r.sub, p.sub, r.dom)
`

// errCasbin stands for whatever casbin failed with: its texts quote requests
// and stack traces, and are shown to nobody.
var errCasbin = errors.New("the policy engine gave no answer")

// A domain is what casbin calls one: the rules and bindings that hold in one
// place. Nothing changes its enforcer after newDomain, so that it is safe for
// concurrent use.
type domain struct {
	place    gov.Place
	rules    []Rule
	grants   []gov.Grant // that hold in the place, the widest first
	holders  map[gov.PersonID]bool
	enforcer *casbin.Enforcer
}

// newDomain compiles the rules for a place, given grants from the widest on.
// Rules for the server itself are left out everywhere else.
func newDomain(place gov.Place, rules []Rule, grants []gov.Grant) (*domain, error) {
	d := &domain{place: place, holders: map[gov.PersonID]bool{}}
	for _, r := range rules {
		if place == gov.Server || !OnServer(r.Action) {
			d.rules = append(d.rules, r)
		}
	}
	for _, g := range grants {
		if g.Place.Holds(place) {
			d.grants = append(d.grants, g)
			d.holders[g.Person] = true
		}
	}
	return d, d.compile()
}

func (d *domain) compile() error {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return errCasbin
	}
	var p, g [][]string
	for _, r := range d.rules {
		p = append(p, d.row(r))
	}
	for _, b := range d.grants {
		g = append(g, []string{string(b.Person), roleSubject(b.Role), string(d.place)})
	}
	// Only the model takes rows; the enforcer never sees one come or go.
	if m.AddPolicies("p", "p", p) != nil || m.AddPolicies("g", "g", g) != nil {
		return errCasbin
	}
	if d.enforcer, err = casbin.NewEnforcer(m); err != nil {
		return errCasbin
	}
	if d.enforcer.BuildRoleLinks() != nil {
		return errCasbin
	}
	return nil
}

// row returns the rule as casbin's p row of this domain.
func (d *domain) row(r Rule) []string {
	stage, effect := "*", "allow"
	if r.Stage != 0 {
		stage = stageText(r.Stage)
	}
	if r.Deny {
		effect = "deny"
	}
	return []string{roleSubject(r.Role), string(d.place), string(r.Action), stage, effect}
}

// decide asks casbin. The query must have passed its check. Those who hold no
// role are turned away first: casbin would remember every one of them.
func (d *domain) decide(q Query) (bool, error) {
	if !d.holders[q.Who] {
		return false, nil
	}
	allowed, err := d.enforcer.Enforce(d.request(q)...)
	if err != nil {
		return false, errCasbin
	}
	return allowed, nil
}

// decider is decide that also returns the rule that allowed or denied, if one did.
func (d *domain) decider(q Query) (bool, *Rule, error) {
	if !d.holders[q.Who] {
		return false, nil, nil
	}
	allowed, row, err := d.enforcer.EnforceEx(d.request(q)...)
	if err != nil {
		return false, nil, errCasbin
	}
	at := slices.IndexFunc(d.rules, func(r Rule) bool { return slices.Equal(d.row(r), row) })
	if at < 0 {
		return allowed, nil, nil
	}
	rule := d.rules[at]
	return allowed, &rule, nil
}

func (d *domain) request(q Query) []any {
	return []any{string(q.Who), string(d.place), string(q.Do), stageText(q.Stage)}
}

// roleSubject keeps roles and persons apart: casbin takes a subject for a
// holder of the role of the same name.
func roleSubject(r gov.Role) string { return "role:" + string(r) }

// stageText never is empty; no stage is "0".
func stageText(s gov.Stage) string { return strconv.Itoa(int(s)) }
