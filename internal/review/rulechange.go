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
	counts := rc.counting(rules, people, now)
	if need := consentsNeeded(rules); len(counts) >= need {
		return counts[need-1].Time.Add(rules.RuleDelay.Duration()), true
	}
	return time.Time{}, false
}

// Missing returns how many more must agree.
func (rc *RuleChange) Missing(rules *Rules, people People, now time.Time) int {
	return max(consentsNeeded(rules)-len(rc.counting(rules, people, now)), 0)
}

func consentsNeeded(rules *Rules) int { return max(int(rules.RuleNeed), 1) }

// counting returns the consents that count, one of each person.
func (rc *RuleChange) counting(rules *Rules, people People, now time.Time) (all []Asked) {
	for _, a := range rc.Consents {
		same := func(b Asked) bool { return a.Person == b.Person }
		if rc.unfit(rules, people, a.Person, now) == "" && !slices.ContainsFunc(all, same) {
			all = append(all, a)
		}
	}
	return all
}

// unfit holds consents to what holds for approvals: another human, an admin by
// a grant that the proposer did not make for it.
func (rc *RuleChange) unfit(rules *Rules, people People, who gov.PersonID, now time.Time) gov.Reason {
	r := Request{By: rc.By, Entry: rc.Entry, Role: gov.Admin}
	return r.unfit(rules, people, who, now)
}
