package policy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"govd/internal/gov"
)

// The casbin model. It compares by equality only and asks for the role last, as
// that costs most. The effect needs a rule that allows, so that no rules mean
// no access, and no rule that denies. casbin looks at every rule of a section,
// so each action has a section of its own; %[1]s is its number.
const (
	requestFields = "sub, dom, act, stage"
	ruleFields    = "sub, dom, act, stage, eft"
	bindingFields = "_, _, _"
	matcher       = `r.act == p%[1]s.act && r.dom == p%[1]s.dom && (p%[1]s.stage == "*" || r.stage == p%[1]s.stage) && g(r.sub, p%[1]s.sub, r.dom)`
	effect        = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
)

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
	sections map[gov.Action]casbin.EnforceContext
	enforcer *casbin.Enforcer
}

// newDomain compiles the rules for a place, given grants from the widest on.
// Rules for the server itself are left out everywhere else. No rules are an
// error, for casbin may allow where there are none.
func newDomain(place gov.Place, rules []Rule, grants []gov.Grant) (*domain, error) {
	d := &domain{place: place, holders: map[gov.PersonID]bool{}, sections: map[gov.Action]casbin.EnforceContext{}}
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
	if len(d.rules) == 0 {
		return nil, errors.New("there are no rules")
	}
	return d, d.compile()
}

// compile fills a model and makes an enforcer of it, which never sees a row
// come or go.
func (d *domain) compile() (err error) {
	m := model.NewModel()
	m.AddDef("r", "r", requestFields)
	m.AddDef("g", "g", bindingFields)
	m.AddDef("e", "e", effect)
	for _, r := range d.rules {
		if m.AddPolicy("p", d.section(m, r.Action).PType, d.row(r)) != nil {
			return errCasbin
		}
	}
	var bindings [][]string
	for _, g := range d.grants {
		bindings = append(bindings, []string{string(g.Person), roleSubject(g.Role), string(d.place)})
	}
	if m.AddPolicies("g", "g", bindings) != nil {
		return errCasbin
	}
	if d.enforcer, err = casbin.NewEnforcer(m); err != nil || d.enforcer.BuildRoleLinks() != nil {
		return errCasbin
	}
	return nil
}

// section returns the section of an action, and adds it to the model first if
// it is new. casbin numbers sections from none over 2 on.
func (d *domain) section(m model.Model, do gov.Action) casbin.EnforceContext {
	if s, ok := d.sections[do]; ok {
		return s
	}
	n := ""
	if len(d.sections) > 0 {
		n = strconv.Itoa(len(d.sections) + 1)
	}
	m.AddDef("p", "p"+n, ruleFields)
	m.AddDef("m", "m"+n, fmt.Sprintf(matcher, n))
	s := casbin.EnforceContext{RType: "r", PType: "p" + n, EType: "e", MType: "m" + n}
	d.sections[do] = s
	return s
}

// row returns the rule as casbin's row of this domain.
func (d *domain) row(r Rule) []string {
	stage, eft := "*", "allow"
	if r.Stage != 0 {
		stage = stageText(r.Stage)
	}
	if r.Deny {
		eft = "deny"
	}
	return []string{roleSubject(r.Role), string(d.place), string(r.Action), stage, eft}
}

// decide asks casbin. The query must have passed its check. Those who hold no
// role are turned away first: casbin would remember every one of them.
func (d *domain) decide(q Query) (bool, error) {
	section, ok := d.sections[q.Do]
	if !ok || !d.holders[q.Who] {
		return false, nil
	}
	allowed, err := d.enforcer.Enforce(section, string(q.Who), string(d.place), string(q.Do), stageText(q.Stage))
	if err != nil {
		return false, errCasbin
	}
	return allowed, nil
}

// decider is decide that also returns the rule that allowed or denied, if one did.
func (d *domain) decider(q Query) (bool, *Rule, error) {
	section, ok := d.sections[q.Do]
	if !ok || !d.holders[q.Who] {
		return false, nil, nil
	}
	allowed, row, err := d.enforcer.EnforceEx(section, string(q.Who), string(d.place), string(q.Do), stageText(q.Stage))
	if err != nil {
		return false, nil, errCasbin
	}
	at := slices.IndexFunc(d.rules, func(r Rule) bool { return slices.Equal(d.row(r), row) })
	if at < 0 {
		return allowed, nil, nil
	}
	found := d.rules[at]
	return allowed, &found, nil
}

// roleSubject keeps roles and persons apart: casbin takes a subject for a
// holder of the role of the same name.
func roleSubject(r gov.Role) string { return "role:" + string(r) }

// stageText never is empty; no stage is "0".
func stageText(s gov.Stage) string { return strconv.Itoa(int(s)) }
