package review

import (
	"slices"
	"time"

	"govd/internal/gov"
)

// A RuleChange is new rules for a place, or a role that needs other eyes, which
// waits for other admins and then for a delay. Rules do not change at once, not
// even to become stricter: what is switched off and on again would pass unseen.
type RuleChange struct {
	By       gov.PersonID
	Entry    uint64 // the log entry that proposed it
	Proposed time.Time
	Consents []Asked // in the order of the log
}

// MayConsent returns an error if who must not agree to the new rules. Rules are
// those in force, people those of the place.
func (rc *RuleChange) MayConsent(rules *Rules, people People, who gov.PersonID, now time.Time) error {
	const what = "to agree to new rules"
	if slices.ContainsFunc(rc.Consents, func(a Asked) bool { return a.Person == who }) {
		return refuse(what, AlreadyAsked)
	}
	if why := rc.unfit(rules, people, who, now); why != "" {
		return refuse(what, why)
	}
	return nil
}

// Effective returns when the new rules come into force, if enough have agreed
// who still may. Until then, and while that time is ahead, the old ones hold.
func (rc *RuleChange) Effective(rules *Rules, people People, now time.Time) (at time.Time, agreed bool) {
	need, seen := max(int(rules.RuleNeed), 1), map[gov.PersonID]bool{}
	for _, a := range rc.Consents {
		if rc.unfit(rules, people, a.Person, now) != "" {
			continue
		}
		if seen[a.Person] = true; len(seen) == need {
			return a.Time.Add(rules.RuleDelay.Duration()), true
		}
	}
	return time.Time{}, false
}

// unfit holds consents to what holds for approvals: another human, an admin by
// a grant that the proposer did not make for it.
func (rc *RuleChange) unfit(rules *Rules, people People, who gov.PersonID, now time.Time) gov.Reason {
	c := &Case{Change: gov.Change{Author: rc.By, Entry: rc.Entry}, People: people, Now: now}
	b := bench{Case: c, rules: rules, workers: c.contributors()}
	if why := b.barred(who); why != "" {
		return why
	}
	return b.unheld(who, gov.Admin)
}
