package review

import (
	"cmp"
	"slices"
	"time"

	"govd/internal/gov"
)

// An Approval is one that counted when a change was applied.
type Approval struct {
	Author, Reviewer gov.PersonID
	Took             time.Duration // from the first look to the vote
}

// A Couple is two persons who approve each other often and fast, the first
// before the second.
type Couple struct {
	A, B   gov.PersonID
	AofB   int // fast approvals by A of what B proposed
	BofA   int
	Within Life // what was fast
}

// Mutual returns the couples that the rules want to hear of, in order. It is an
// alarm: it blocks nothing.
func Mutual(r *Rules, approvals []Approval) (alarms []Couple) {
	if r.Alarm.Times == 0 || r.Alarm.Within == 0 {
		return nil
	}
	couples := map[[2]gov.PersonID]*Couple{}
	for _, a := range approvals {
		if a.Took >= r.Alarm.Within.Duration() || a.Author == a.Reviewer {
			continue
		}
		key := [2]gov.PersonID{min(a.Author, a.Reviewer), max(a.Author, a.Reviewer)}
		if couples[key] == nil {
			couples[key] = &Couple{A: key[0], B: key[1], Within: r.Alarm.Within}
		}
		if a.Reviewer == key[0] {
			couples[key].AofB++
		} else {
			couples[key].BofA++
		}
	}
	for _, c := range couples {
		if min(c.AofB, c.BofA) > int(r.Alarm.Times) {
			alarms = append(alarms, *c)
		}
	}
	slices.SortFunc(alarms, func(x, y Couple) int { return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B)) })
	return alarms
}
