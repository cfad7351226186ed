package review

import (
	"math"
	"slices"

	"govd/internal/gov"
)

// MayVote returns an error of kind Denied, with the reason, if a vote must not
// be cast. The vote is as it will be recorded, its time being the case's; its
// Revision is the digest that the voter expects to vote on. A machine's approval is refused
// as MACHINE, and may be recorded as advisory instead.
//
// That another's veto is lifted with a reason is for the caller to check.
func MayVote(c *Case, v gov.Vote) error {
	v.Time, v.Entry = c.Now, c.Change.Reopened
	what := "to " + string(v.Kind)
	if v.Kind == gov.Lift && !ownLift(&v) {
		what = "to lift the veto of " + string(v.Of)
	}
	if why := c.refusal(&v); why != "" {
		return refuse(what, why)
	}
	return nil
}

func (c *Case) refusal(v *gov.Vote) gov.Reason {
	p, known := c.People[v.Person]
	switch {
	case !known:
		return NotEligible
	case p.Disabled:
		return Disabled
	case v.Kind == gov.Comment || v.Kind == gov.Advisory:
		if !p.Reads {
			return NoRead
		}
		return ""
	case c.Change.State != gov.ChangeOpen && !c.Glass.applied():
		return NotOpen
	case v.Change != c.Change.ID || v.Revision != c.newest().Digest:
		return StaleDigest
	case c.ahead():
		return ClockBack
	}
	switch {
	case v.Kind == gov.Veto:
		return c.mayVeto(v.Person)
	case v.Kind == gov.Lift && ownLift(v):
		return c.mayLiftOwn(v.Person)
	}
	return c.mayCount(v)
}

// mayCount says whether an approval, or a lift of another's veto, can count. It
// must be able to under some rules, and be in the form that all ask for.
func (c *Case) mayCount(v *gov.Vote) gov.Reason {
	benches := c.benches()
	var unfit []gov.Reason
	for _, b := range benches {
		if !c.Glass.applied() && (!c.Now.Before(c.Change.Expires) || b.rules.ChangeLife.Over(c.Change.Opened, c.Now)) {
			return Expired
		}
		if why := b.unfitFor(v); why != "" {
			unfit = append(unfit, why)
		}
	}
	if len(unfit) == len(benches) {
		return unfit[len(unfit)-1]
	}
	own, other := benches[0].ballots[v.Person], benches[0].ballots[v.Of]
	switch {
	case v.Kind == gov.Lift && (other == nil || other.veto == nil):
		return NothingToLift
	case v.Kind == gov.Approve && own != nil && own.veto != nil:
		return Vetoed
	}
	for _, b := range benches {
		if why := b.void(v); why != "" {
			return why
		}
	}
	return ""
}

// unfitFor returns why the voter has no say under the rules, or "". Where no
// approval is needed, stewards may give one all the same.
func (b *bench) unfitFor(v *gov.Vote) gov.Reason {
	demands := b.demands()
	if v.Kind == gov.Lift || len(demands) == 0 {
		return b.unvoiced(v.Person, demands)
	}
	return b.unfitAll(v.Person, demands)
}

// mayVeto: whoever has a role that approves may stop a change, contributors and
// the newly added too, as stopping is safe. Machines and auditors may not.
func (c *Case) mayVeto(id gov.PersonID) gov.Reason {
	p := c.People[id]
	switch {
	case id.Machine():
		return IsMachine
	case p.holds(gov.Auditor):
		return IsAuditor
	case !p.Reads:
		return NoRead
	case p.holds(gov.Steward):
		return ""
	}
	for _, b := range c.benches() {
		if slices.ContainsFunc(b.demands(), func(d demand) bool { return p.holds(d.Role) }) {
			return ""
		}
	}
	return NotEligible
}

// mayLiftOwn: anyone may take back what they said.
func (c *Case) mayLiftOwn(id gov.PersonID) gov.Reason {
	if b := c.ballots()[id]; b == nil || b.approve == nil && b.veto == nil {
		return NothingToLift
	}
	return ""
}

// Awaits reports whether the change is not ready and an approval of who could
// count now, who has not given one. That it may have to be signed, and the
// change looked at, is left to them.
func Awaits(c *Case, who gov.PersonID) bool {
	v := gov.Vote{
		Change: c.Change.ID, Revision: c.newest().Digest, Person: who, Kind: gov.Approve, Time: c.Now, Entry: c.Change.Reopened,
		Signature: c.newest().Digest, Looked: gov.Looked{Edits: math.MaxUint64, Seconds: math.MaxUint32},
	}
	for _, b := range c.benches() {
		if given, _ := b.standing(who); given {
			return false
		}
	}
	return c.refusal(&v) == "" && !Judge(c).Ready
}

// MayApply judges the case and returns an error, with the gravest reason, if
// who must not apply the change: because it is not ready, or because who has
// another part in it and the rules keep the two apart. Nobody is exempt; admins
// are not. The server itself, gov.System, may apply what is ready.
func MayApply(c *Case, who gov.PersonID) (Verdict, error) {
	v := Judge(c)
	if !v.Ready {
		return v, v.Err()
	}
	return v, c.apart(who)
}

// apart refuses to let who apply the change if they have another part in it and
// the rules keep the two apart.
func (c *Case) apart(who gov.PersonID) error {
	if who == gov.System {
		return nil
	}
	for _, b := range c.benches() {
		if why := b.mayNotApply(who); why != "" {
			return refuse("to apply", why)
		}
	}
	return nil
}

func (b *bench) mayNotApply(who gov.PersonID) gov.Reason {
	human := b.People.human(who)
	approved, _ := b.standing(human)
	switch p, known := b.People[who]; {
	case !known:
		return NotEligible
	case p.Disabled || b.People[human].Disabled:
		return Disabled
	case bool(b.rules.ApplierNotContributor) && (b.workers[who] || b.workers[human]):
		return SamePerson
	case bool(b.rules.ApplierNotApprover) && approved:
		return SamePerson
	}
	return ""
}
