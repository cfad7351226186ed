package review

import (
	"slices"

	"govd/internal/gov"
)

// A bench judges a case under one set of rules.
type bench struct {
	*Case
	rules    *Rules
	under    string // "pinned" or "current", "" where both are the same
	workers  map[gov.PersonID]bool
	ballots  map[gov.PersonID]*ballot
	ids      []gov.PersonID // everyone, in order
	everyone []int          // 0, 1, … len(ids)-1
}

// benches returns one for the pinned rules and one for the current, or a single
// one where they are the same: both must hold, so that neither loosening the
// rules after a change was opened nor opening it before they are tightened
// helps anyone.
func (c *Case) benches() []*bench {
	now := bench{Case: c, rules: c.Current, workers: c.contributors(), ballots: c.ballots(), ids: byPerson(c.People)}
	for i := range now.ids {
		now.everyone = append(now.everyone, i)
	}
	if c.Pinned == c.Current || c.newest().Rules == c.Current.Digest() {
		return []*bench{&now}
	}
	then := now
	then.rules, then.under, now.under = c.Pinned, "pinned", "current"
	return []*bench{&then, &now}
}

// barred returns why a person can fill no place at all, or "". The first that
// applies is given: what the person did before what they are.
func (b *bench) barred(id gov.PersonID) gov.Reason {
	p, known := b.People[id]
	switch human := b.People.human(id); {
	case human == b.People.human(b.Change.Author):
		return SelfApproval
	case b.workers[human] || b.workers[id]:
		return Contributor
	case id.Machine():
		return IsMachine
	case !known:
		return NotEligible
	case p.Disabled:
		return Disabled
	case p.holds(gov.Auditor):
		return IsAuditor
	case b.conflicted(p):
		return Conflict
	case p.Seen.IsZero() || b.rules.MinAge > 0 && !b.rules.MinAge.Over(p.Created, b.Now):
		return TooNew
	}
	return ""
}

// unseated is barred for those who vote: they must be able to read as well.
func (b *bench) unseated(id gov.PersonID) gov.Reason {
	if why := b.barred(id); why != "" {
		return why
	}
	if !b.People[id].Reads {
		return NoRead
	}
	return ""
}

func (p Person) holds(role gov.Role) bool {
	return slices.ContainsFunc(p.Roles, func(h Held) bool { return h.Role == role })
}

func (b *bench) conflicted(p Person) bool {
	return slices.ContainsFunc(b.rules.Exclusive, func(pair RolePair) bool { return p.holds(pair[0]) && p.holds(pair[1]) })
}

// unheld returns why a person does not hold a role in a way that counts, or "".
// One good grant is enough.
func (b *bench) unheld(id gov.PersonID, role gov.Role) gov.Reason {
	why := NotEligible
	for _, h := range b.People[id].Roles {
		if h.Role != role {
			continue
		}
		by := b.People.human(h.By)
		switch {
		case by == id:
			why = GrantedBySelf
		case h.Entry > b.Change.Entry && (b.workers[by] || b.workers[h.By]):
			why = GrantedByWorker
		default:
			return ""
		}
	}
	return why
}

// unfit returns why a person can fill no place of a factor, or "".
func (b *bench) unfit(id gov.PersonID, f Factor) gov.Reason {
	if why := b.unseated(id); why != "" {
		return why
	}
	if !named(f, id) {
		return NotEligible
	}
	return b.unheld(id, f.Role)
}

// named reports whether the factor leaves room for the person.
func named(f Factor, id gov.PersonID) bool {
	return len(f.People) == 0 || slices.Contains(f.People, id)
}

// void returns why an approval, or a lift of another's veto, counts for nothing
// now, or "".
func (b *bench) void(v *gov.Vote) gov.Reason {
	newest := b.newest()
	switch {
	case v.Revision != newest.Digest:
		return StaleDigest
	case v.Entry < b.Change.Reopened:
		return Reopened
	case b.rules.VoteLife.Over(v.Time, b.Now):
		return Expired
	case b.rules.SignedFrom != 0 && b.stage() >= b.rules.SignedFrom && v.Signature.IsZero():
		return Unsigned
	case v.Looked.Edits < min(uint64(b.rules.LookEdits), newest.Edits.Records) || v.Looked.Seconds < uint32(b.rules.LookTime):
		return NotLooked
	}
	return ""
}

// standing returns the approval of a person that counts, if there is one, and
// otherwise why the one they gave does not.
func (b *bench) standing(id gov.PersonID) (ok bool, why gov.Reason) {
	ballot := b.ballots[id]
	switch {
	case ballot == nil || ballot.approve == nil:
		return false, ""
	case ballot.veto != nil:
		return false, Vetoed
	}
	why = b.void(ballot.approve)
	return why == "", why
}
