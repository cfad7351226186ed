package review

import (
	"time"

	"govd/internal/gov"
)

// A Breaking is an emergency: a change applied, or about to be, without its
// quorum. It stands in for missing approvals and for nothing else: a veto, a
// moved base, an expired change and a wrong digest stop it as ever. It is about
// one revision.
type Breaking struct {
	Revision gov.Digest
	Asked    []Asked // in the order of the log
	Applied  time.Time
}

// Asked is a person who asked for it.
type Asked struct {
	Person gov.PersonID
	Time   time.Time
}

func (b *Breaking) applied() bool { return b != nil && !b.Applied.IsZero() }

// MayBreak returns an error if who must not ask for the glass to be broken, or
// not for this: digest is the revision they mean, reason the bytes of the
// reason they give. That there is a ticket is for the caller to check.
func MayBreak(c *Case, who gov.PersonID, digest gov.Digest, reason int) error {
	const what = "to break the glass"
	switch {
	case c.Change.State != gov.ChangeOpen:
		return refuse(what, NotOpen)
	case digest != c.newest().Digest:
		return refuse(what, StaleDigest)
	}
	for _, asked := range c.asked() {
		if c.People.human(asked.Person) == c.People.human(who) {
			return refuse(what, AlreadyAsked)
		}
	}
	for _, b := range c.withoutGlass().benches() {
		g := b.rules.BreakGlass
		if g.Never || len(g.Factors) == 0 {
			return gov.Errorf(gov.Denied, GlassOff, "%s is refused: the rules do not allow it here", what)
		}
		if reason < int(g.Reason) {
			return gov.Errorf(gov.Denied, ReasonTooShort, "%s needs a reason of %d bytes at least", what, g.Reason)
		}
		if why := b.unglazed(who); why != "" {
			return refuse(what, why)
		}
	}
	return nil
}

// MayApplyBroken returns an error unless enough people have asked, lately
// enough and for the newest revision, and nothing but approvals is missing. Who
// applies is held to what MayApply holds them to.
func MayApplyBroken(c *Case, who gov.PersonID) error {
	plain := c.withoutGlass()
	for _, r := range Judge(plain).Reasons {
		if r.Reason != Quorum && r.Reason != NoQuorum {
			return r.err()
		}
	}
	for _, b := range plain.benches() {
		g := b.rules.BreakGlass
		if g.Never || len(g.Factors) == 0 {
			return gov.Errorf(gov.Denied, GlassOff, "the rules do not allow to break the glass here")
		}
		if missing := b.unasked(c.Glass); missing > 0 {
			return gov.Errorf(gov.Denied, Quorum, "%d more must ask for the glass to be broken", missing)
		}
	}
	return c.apart(who)
}

// unasked returns how many more must ask.
func (b *bench) unasked(glass *Breaking) int {
	factors := b.rules.BreakGlass.Factors
	need, can, all := make([]int, len(factors)), make([][]int, len(factors)), 0
	asked := b.asking(glass)
	for k, f := range factors {
		need[k] = int(f.Need)
		all += need[k]
		for i, id := range asked {
			if named(f, id) && b.unheld(id, f.Role) == "" {
				can[k] = append(can[k], i)
			}
		}
	}
	for _, k := range seat(need, can, len(asked)) {
		if k >= 0 {
			all--
		}
	}
	return all
}

// asking returns who asked for the newest revision and still counts.
func (b *bench) asking(glass *Breaking) (all []gov.PersonID) {
	if glass == nil || glass.Revision != b.newest().Digest {
		return nil
	}
	seen := map[gov.PersonID]bool{}
	for _, a := range glass.Asked {
		if !seen[a.Person] && !askLife(b.rules).Over(a.Time, b.Now) && b.barred(a.Person) == "" {
			all = append(all, a.Person)
			seen[a.Person] = true
		}
	}
	return all
}

// unglazed returns why a person cannot ask, or "". Contributors cannot: one
// person's word is not enough in an emergency either. Whether they may read the
// data is not asked, as those who run access may not.
func (b *bench) unglazed(id gov.PersonID) gov.Reason {
	why := b.barred(id)
	if why != "" {
		return why
	}
	why = NotEligible
	for _, f := range b.rules.BreakGlass.Factors {
		if named(f, id) {
			if why = b.unheld(id, f.Role); why == "" {
				return ""
			}
		}
	}
	return why
}

// asked returns who asked for the newest revision.
func (c *Case) asked() []Asked {
	if c.Glass == nil || c.Glass.Revision != c.newest().Digest {
		return nil
	}
	return c.Glass.Asked
}

func (c *Case) withoutGlass() *Case {
	plain := *c
	plain.Glass = nil
	return &plain
}

// A Ratification is what became of a version that was made by breaking the
// glass.
type Ratification string

const (
	Pending     Ratification = "PENDING"     // the quorum may still follow
	Ratified    Ratification = "RATIFIED"    // it has: the change is as good as any
	Quarantined Ratification = "QUARANTINED" // it has not in time: the version is frozen
)

// Ratify says how a change stands that was applied by breaking the glass, until
// when it can be ratified, and what is missing. It is ratified when Judge finds
// the change ready, those who asked counting as contributors. Late is too late:
// the caller records what was found in time.
func Ratify(c *Case) (Ratification, time.Time, Verdict) {
	due := c.Glass.Applied.Add(RatifyWithin(c))
	v := Judge(c)
	switch {
	case !c.Now.Before(due):
		return Quarantined, due, v
	case v.Ready && c.Glass.Revision == v.Digest:
		return Ratified, due, v
	}
	return Pending, due, v
}

// RatifyWithin returns in what time the quorum must follow after the glass was
// broken.
func RatifyWithin(c *Case) time.Duration {
	return min(ratifyLife(c.Pinned), ratifyLife(c.Current)).Duration()
}

// AskWithin returns how long the asking counts.
func AskWithin(c *Case) time.Duration { return min(askLife(c.Pinned), askLife(c.Current)).Duration() }

// ratifyLife is 72 hours where the rules do not say.
func ratifyLife(r *Rules) Life {
	if r.BreakGlass.Ratify == 0 {
		return 72 * Hour
	}
	return r.BreakGlass.Ratify
}

// askLife is an hour where the rules do not say.
func askLife(r *Rules) Life {
	if r.BreakGlass.Life == 0 {
		return Hour
	}
	return r.BreakGlass.Life
}
