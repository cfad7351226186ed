package review

import (
	"fmt"
	"slices"

	"govd/internal/gov"
)

// A Verdict says whether a change is ready, and what is missing. Its JSON is a
// contract.
type Verdict struct {
	Ready   bool          `json:"ready"`
	Change  gov.ChangeID  `json:"change"`
	Digest  gov.Digest    `json:"digest"` // of the revision that was judged
	Factors []FactorState `json:"factors"`
	Reasons []Block       `json:"reasons"` // empty if and only if it is ready; the gravest first
	Void    []Excluded    `json:"void"`    // approvals that count for nothing
}

// A FactorState is how far a factor is filled.
type FactorState struct {
	Rule     string         `json:"rule"`            // such as "stage-2/steward", "size/steward", "class-prints/steward"
	Under    string         `json:"under,omitempty"` // "pinned" or "current" where the rules have changed since
	Role     gov.Role       `json:"role"`
	Need     int            `json:"need"`
	Have     int            `json:"have"`
	Missing  int            `json:"missing"`
	By       []gov.PersonID `json:"by"`       // whose approvals fill it
	Excluded []Excluded     `json:"excluded"` // who holds the role or worked on the change, and cannot
	Could    []gov.PersonID `json:"could"`    // who still could
}

// Excluded is a person who does not count, and why.
type Excluded struct {
	Person gov.PersonID `json:"person"`
	Reason gov.Reason   `json:"reason"`
}

// Approvers returns those whose approvals fill the factors, in order.
func (v *Verdict) Approvers() (all []gov.PersonID) {
	for _, f := range v.Factors {
		all = append(all, f.By...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// People returns everyone the verdict speaks of, in order.
func (v *Verdict) People() (all []gov.PersonID) {
	excluded := slices.Clone(v.Void)
	for _, f := range v.Factors {
		all = append(append(all, f.By...), f.Could...)
		excluded = append(excluded, f.Excluded...)
	}
	for _, x := range excluded {
		all = append(all, x.Person)
	}
	for _, b := range v.Reasons {
		if b.Person != "" {
			all = append(all, b.Person)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Err returns the gravest reason as an error, nil if the change is ready.
func (v *Verdict) Err() error {
	if v.Ready {
		return nil
	}
	return v.Reasons[0].err()
}

// Judge decides whether the change is ready to be applied, or, where the glass
// was broken and it was applied without its quorum, whether that is ratified.
// It is a function of the case alone.
func Judge(c *Case) Verdict {
	v := Verdict{Change: c.Change.ID, Digest: c.newest().Digest, Factors: []FactorState{}, Reasons: []Block{}, Void: []Excluded{}}
	v.Reasons = append(v.Reasons, c.gates()...)
	for _, b := range c.benches() {
		b.judge(&v)
	}
	slices.SortStableFunc(v.Reasons, func(x, y Block) int { return gravity(x.Reason) - gravity(y.Reason) })
	v.Reasons = distinct(v.Reasons)
	v.Ready = len(v.Reasons) == 0
	return v
}

var gravest = []gov.Reason{DataLoss, NotOpen, ClockBack, Expired, BaseMoved, Vetoed, Quorum, NoQuorum}

func gravity(r gov.Reason) int { return slices.Index(gravest, r) }

// gates returns what keeps the change from being applied whatever the votes.
// A version that was made by breaking the glass is there already: what remains
// to be seen is whether it is sound and approved.
func (c *Case) gates() (all []Block) {
	r := c.newest()
	if r.ComputeDigest() != r.Digest || r.Rules != c.Pinned.Digest() || r.Change != c.Change.ID {
		all = append(all, block(DataLoss, "revision %d is not what its digest says", r.Number))
	}
	if c.ahead() {
		all = append(all, block(ClockBack, "the server's clock is behind its log"))
	}
	if c.Glass.applied() {
		return all
	}
	if c.Change.State != gov.ChangeOpen {
		all = append(all, block(NotOpen, "the change is %s", c.Change.State))
	}
	if !c.Now.Before(c.Change.Expires) {
		all = append(all, block(Expired, "the change has expired"))
	}
	if r.Base.Digest != c.Head {
		all = append(all, block(BaseMoved, "version %d is no longer the newest of %s: rebase the change", r.Base.Number, c.Change.Dataset))
	}
	return all
}

// ahead reports whether anything in the case is later than now. Time that runs
// backwards would give approvals a second life.
func (c *Case) ahead() bool {
	last := c.Change.Opened
	for i := range c.Revisions {
		if t := c.Revisions[i].Created; t.After(last) {
			last = t
		}
	}
	for i := range c.Votes {
		if t := c.Votes[i].Time; t.After(last) {
			last = t
		}
	}
	return last.After(c.Now)
}

// judge adds what one set of rules says.
func (b *bench) judge(v *Verdict) {
	if !b.Glass.applied() && b.rules.ChangeLife.Over(b.Change.Opened, b.Now) {
		v.Reasons = append(v.Reasons, block(Expired, "the change has expired"))
	}
	demands := b.demands()
	v.Reasons = append(v.Reasons, b.vetoes(demands)...)
	states, fits, pool := b.fill(demands)
	have := 0
	for _, s := range states {
		have += s.Have
	}
	if need := total(demands); have < need {
		v.Reasons = append(v.Reasons, block(Quorum, "%d of %d approvals are missing%s", need-have, need, b.where()))
		if pool < need {
			v.Reasons = append(v.Reasons, block(NoQuorum, "only %d of the %d approvals could be given: too few people may approve%s", pool, need, b.where()))
		}
	}
	v.Factors = append(v.Factors, states...)
	v.Void = distinct(append(v.Void, b.voided(fits, demands)...))
}

// where says under which rules, if there are two.
func (b *bench) where() string {
	switch b.under {
	case "pinned":
		return " under the rules of when the revision was made"
	case "current":
		return " under the rules of now"
	}
	return ""
}

// fill seats the approvals that count. Fits says who of ids could fill a place,
// pool how many places would be filled if they all approved.
func (b *bench) fill(demands []demand) (states []FactorState, fits []bool, pool int) {
	fits = make([]bool, len(b.ids))
	approved := make([]bool, len(b.ids))
	for i, id := range b.ids {
		approved[i], _ = b.standing(id)
	}
	unfit := map[gov.Role][]gov.Reason{}
	for _, d := range demands {
		if unfit[d.Role] == nil {
			unfit[d.Role] = b.unfitByRole(d.Role)
		}
	}
	need := make([]int, len(demands))
	may, does := make([][]int, len(demands)), make([][]int, len(demands))
	for k, d := range demands {
		need[k] = int(d.Need)
		s := FactorState{Rule: d.rule, Under: b.under, Role: d.Role, Need: need[k], By: []gov.PersonID{}}
		may[k], s.Excluded = b.candidates(d.Factor, unfit[d.Role])
		s.Could = make([]gov.PersonID, 0, len(may[k]))
		for _, i := range may[k] {
			fits[i] = true
			if approved[i] {
				does[k] = append(does[k], i)
			} else {
				s.Could = append(s.Could, b.ids[i])
			}
		}
		states = append(states, s)
	}
	for i, k := range seat(need, does, len(b.ids)) {
		if k >= 0 {
			states[k].By = append(states[k].By, b.ids[i])
		}
	}
	for k := range states {
		states[k].Have = len(states[k].By)
		states[k].Missing = need[k] - states[k].Have
	}
	for _, k := range seat(need, may, len(b.ids)) {
		if k >= 0 {
			pool++
		}
	}
	return states, fits, pool
}

// unfitByRole returns for everyone why they can fill no place of a role, or "".
func (b *bench) unfitByRole(role gov.Role) []gov.Reason {
	all := make([]gov.Reason, len(b.ids))
	for i, id := range b.ids {
		all[i] = b.unfit(id, Factor{Role: role})
	}
	return all
}

// candidates returns who can fill a place of the factor, and of those who hold
// its role or worked on the change, who cannot and why. Where the factor names
// people, it is about them alone. unfit is that of its role.
func (b *bench) candidates(f Factor, unfit []gov.Reason) (can []int, excluded []Excluded) {
	named := b.named(f)
	can, excluded = make([]int, 0, len(named)), []Excluded{}
	for _, i := range named {
		switch id := b.ids[i]; {
		case unfit[i] == "":
			can = append(can, i)
		case b.workers[id] && !id.Machine() || b.People[id].holds(f.Role):
			excluded = append(excluded, Excluded{id, unfit[i]})
		}
	}
	return can, excluded
}

// named returns the places in ids of those whom the factor leaves room for.
func (b *bench) named(f Factor) (all []int) {
	if len(f.People) == 0 {
		return b.everyone
	}
	for _, id := range f.People {
		if i, there := slices.BinarySearch(b.ids, id); there {
			all = append(all, i)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// voided returns the approvals that count for nothing.
func (b *bench) voided(fits []bool, demands []demand) (all []Excluded) {
	for _, id := range byPerson(b.ballots) {
		ok, why := b.standing(id)
		if i, known := slices.BinarySearch(b.ids, id); ok && !(known && fits[i]) {
			why = b.unfitAll(id, demands)
		}
		if why != "" {
			all = append(all, Excluded{id, why})
		}
	}
	return all
}

// unfitAll returns why a person can fill no place of any factor, or "" if there
// is one, or none is asked for.
func (b *bench) unfitAll(id gov.PersonID, demands []demand) gov.Reason {
	why := b.unseated(id)
	if why != "" || len(demands) == 0 {
		return why
	}
	why = NotEligible
	for _, d := range demands {
		switch w := b.unfit(id, d.Factor); w {
		case "":
			return ""
		case NotEligible:
		default:
			why = w
		}
	}
	return why
}

// distinct returns the elements of all, each once: the two sets of rules often
// say the same.
func distinct[T comparable](all []T) []T {
	kept := all[:0]
	for _, e := range all {
		if !slices.Contains(kept, e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// vetoes returns a block for each veto that stands.
func (b *bench) vetoes(demands []demand) (all []Block) {
	need := b.liftNeed(demands)
	for _, id := range byPerson(b.ballots) {
		if b.ballots[id].veto == nil {
			continue
		}
		if have := b.lifters(id, demands); have < need {
			says := fmt.Sprintf("the veto of %s stands: they can lift it, or %d others", id, need)
			all = append(all, Block{Vetoed, id, says})
		}
	}
	return all
}

// liftNeed returns how many must speak against a veto: more than the quorum.
func (b *bench) liftNeed(demands []demand) int {
	return max(total(demands), 1) + max(int(b.rules.LiftMore), 1)
}

// lifters counts the persons whose word against a veto counts.
func (b *bench) lifters(vetoer gov.PersonID, demands []demand) (n int) {
	for id, v := range b.ballots[vetoer].against {
		if b.void(v) == "" && b.unvoiced(id, demands) == "" {
			n++
		}
	}
	return n
}

// unvoiced returns why a person has no say in lifting a veto, or "". The voice
// is that of those who could approve, and of stewards.
func (b *bench) unvoiced(id gov.PersonID, demands []demand) gov.Reason {
	return b.unfitAll(id, append(slices.Clip(demands), demand{Factor: Factor{Role: gov.Steward}}))
}
