package validate

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"govd/internal/validate/stat"
)

// settings reads the checks: "S1.size: {severity: W, most: 10}", or "S1.size:
// off" for one that the extended policy has.
func (r *policyReader) settings(n *yaml.Node) {
	if r.policy.Checks == nil {
		r.policy.Checks = map[string]Setting{}
	}
	r.object(n, "checks", func(id string, at, value *yaml.Node) {
		check, known := r.checks[id]
		switch {
		case !known:
			r.complain(at, "there is no check %.40q", id)
		case value.Kind == yaml.ScalarNode && value.Value == "off":
			delete(r.policy.Checks, id)
		case value.Kind == yaml.ScalarNode && value.Value == "on":
			r.policy.Checks[id] = check.setting()
		default:
			r.policy.Checks[id] = r.setting(check, value)
		}
	})
}

// setting returns the check as it is if a policy says nothing more.
func (c *Check) setting() Setting {
	s := Setting{Severity: c.Severity, Params: map[string]stat.Micro{}}
	for _, p := range c.Params {
		if !p.List {
			s.Params[p.Name] = p.Default
		}
	}
	return s
}

func (r *policyReader) setting(check Check, n *yaml.Node) Setting {
	s, extends := r.policy.Checks[check.ID]
	if !extends {
		s = check.setting()
	}
	s.Params, s.Lists = maps.Clone(s.Params), maps.Clone(s.Lists)
	r.object(n, check.ID, func(key string, at, value *yaml.Node) {
		p, known := check.Param(key)
		switch {
		case key == "severity":
			r.choice((*string)(&s.Severity), string(Blocks), string(Waiver))(value)
		case !known:
			r.complain(at, "%s takes no %.40q", check.ID, key)
		case p.List:
			var names []string
			r.texts(&names)(value)
			if s.Lists == nil {
				s.Lists = map[string][]string{}
			}
			s.Lists[key] = sorted(names)
		default:
			d := s.Params[key]
			r.decimal(&d, p.Min, p.Max)(value)
			s.Params[key] = d
		}
	})
	for _, p := range check.Params {
		if p.Below != "" && s.Params[p.Name] > s.Params[p.Below] {
			r.complain(n, "%s: %s is %s and must not be above %s, %s", check.ID, p.Name, s.Params[p.Name], p.Below, s.Params[p.Below])
		}
	}
	return s
}

// rules adds the rules of the document to those of the policy it extends; a
// rule of the same id takes the other's place.
func (r *policyReader) rules(n *yaml.Node) {
	rules := slices.Clone(r.policy.Rules)
	seen := map[string]bool{}
	r.list(n, "rules", func(item *yaml.Node) {
		rule := Rule{Severity: Waiver}
		r.fields(item, "a rule", map[string]func(*yaml.Node){
			"id":       r.text(&rule.ID),
			"says":     r.text(&rule.Says),
			"holds":    r.text(&rule.Holds),
			"severity": r.choice((*string)(&rule.Severity), string(Blocks), string(Waiver)),
			"most":     r.share(&rule.Most),
		})
		if _, err := rule.Compile(); err != nil {
			r.complain(item, "%v", err)
		}
		if seen[rule.ID] {
			r.complain(item, "rule %q is there twice", rule.ID)
		}
		seen[rule.ID] = true
		rules = slices.DeleteFunc(rules, func(o Rule) bool { return o.ID == rule.ID })
		rules = append(rules, rule)
	})
	const most = 64
	if len(rules) > most {
		r.complain(n, "%d rules, %d at most", len(rules), most)
	}
	r.policy.Rules = rules
}

// consistent reports what is wrong between the parts of a policy.
func (r *policyReader) consistent(root *yaml.Node) {
	p := r.policy
	switch {
	case p.Stage == 0:
		r.complain(root, "a policy has a stage")
	case p.Name == "":
		r.complain(root, "a policy has a name")
	case len(p.Checks) == 0:
		r.complain(root, "a policy asks for a check at least")
	case p.Content.Verify == "":
		r.complain(root, "a policy says in content how contents are verified")
	case p.Budget.Records == 0 || p.Budget.Memory == 0 || p.Budget.Wall == 0:
		r.complain(root, "a policy has a budget of records_per_second, memory and wall")
	case p.Promotion.Stewards == 0 || p.Promotion.Stewards > MaxStewards:
		r.complain(root, "a policy says in promotion how many stewards must agree: 1 to %d", MaxStewards)
	}
}
