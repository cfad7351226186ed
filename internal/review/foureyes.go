package review

import (
	"time"

	"govd/internal/gov"
)

// A Request is what one person asks for and another must agree to before it is
// done: it takes away from what others rely on.
type Request struct {
	What  string // "to lift hold 3"
	By    gov.PersonID
	Entry uint64   // the log entry of the asking
	Role  gov.Role // that who agrees must hold
}

// MayAgree returns an error if who must not be the second person. What holds for
// approvals holds here: another human, whichever credential they come with, whose
// role the first did not give them for it. Rules are those in force, people those
// of the place.
func (r *Request) MayAgree(rules *Rules, people People, who gov.PersonID, now time.Time) error {
	switch why := r.unfit(rules, people, who, now); why {
	case "":
		return nil
	case SelfApproval:
		return gov.Errorf(gov.Denied, why, "%s is refused: it was you who asked for it, and another person must agree", r.What)
	default:
		return refuse(r.What, why)
	}
}

func (r *Request) unfit(rules *Rules, people People, who gov.PersonID, now time.Time) gov.Reason {
	c := &Case{Change: gov.Change{Author: r.By, Entry: r.Entry}, People: people, Now: now}
	b := bench{Case: c, rules: rules, workers: c.contributors()}
	if why := b.barred(who); why != "" {
		return why
	}
	return b.unheld(who, r.Role)
}
