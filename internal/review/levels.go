package review

import "govd/internal/gov"

// Strictest returns rules that ask for everything that any of the given rules
// ask for. Factors of the same role and people count once, with the larger
// need; those that differ must all be filled. It shares nothing with them.
func Strictest(rules ...*Rules) *Rules {
	all := &Rules{}
	for _, r := range rules {
		for _, o := range options {
			o.join(all, r)
		}
	}
	return all
}

// CheckTightens returns an error of kind Denied that names the first option of
// which the rules of a narrower place ask for less than upper, the Strictest of
// all wider ones. An option that lower leaves out is as upper says.
func CheckTightens(upper, lower *Rules) error {
	for _, o := range options {
		if o.looser(upper, lower) {
			return gov.Errorf(gov.Denied, "LOOSENS", "%s: the rules of the wider place are stricter, and a narrower one can only tighten them", o.path)
		}
	}
	return nil
}

// CheckComplete returns an error of kind Invalid if rules cannot stand alone,
// as those of the server must: nothing wider makes up for what they leave out.
func (r *Rules) CheckComplete() error {
	for stage := gov.Stage(1); stage <= 5; stage++ {
		if _, there := r.Stages[stage]; !there {
			return badRules("stages: the server's rules must name stage %d, if only to say {}", stage)
		}
	}
	for _, must := range []struct {
		path string
		set  bool
	}{{"vote_life", r.VoteLife > 0}, {"change_life", r.ChangeLife > 0}, {"rule_need", r.RuleNeed > 0}, {"rule_delay", r.RuleDelay > 0}} {
		if !must.set {
			return badRules("%s: the server's rules must set it", must.path)
		}
	}
	return nil
}

// CheckGrant refuses a role to someone who holds another that excludes it.
// Held are all roles that the person holds at the place, inherited ones too.
func CheckGrant(r *Rules, held []gov.Role, add gov.Role) error {
	for _, h := range held {
		if r.excludes(h, add) {
			return gov.Errorf(gov.Denied, "SOD_CONFLICT", "nobody may be %s and %s at once", h, add)
		}
	}
	return nil
}

func (r *Rules) excludes(a, b gov.Role) bool {
	for _, p := range r.Exclusive {
		if p == (RolePair{a, b}) || p == (RolePair{b, a}) {
			return true
		}
	}
	return false
}
