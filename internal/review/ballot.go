package review

import (
	"maps"
	"slices"

	"govd/internal/gov"
)

// A ballot is where the votes of a person have left them.
type ballot struct {
	approve *gov.Vote                  // the latest, unless vetoed or lifted since
	veto    *gov.Vote                  // unless lifted since
	against map[gov.PersonID]*gov.Vote // lifts of this person's veto by others, the latest of each
}

// ballots folds the votes. A person has one stance: a veto ends their approval,
// and a lift ends both and brings nothing back.
func (c *Case) ballots() map[gov.PersonID]*ballot {
	all := map[gov.PersonID]*ballot{}
	of := func(id gov.PersonID) *ballot {
		if all[id] == nil {
			all[id] = &ballot{against: map[gov.PersonID]*gov.Vote{}}
		}
		return all[id]
	}
	for i := range c.Votes {
		v := &c.Votes[i]
		if v.Change != c.Change.ID {
			continue
		}
		b := of(v.Person)
		switch {
		case v.Kind == gov.Approve:
			b.approve = v
		case v.Kind == gov.Veto:
			b.approve, b.veto = nil, v
			clear(b.against) // they spoke against an older one
		case v.Kind == gov.Lift && ownLift(v):
			b.approve, b.veto = nil, nil
		case v.Kind == gov.Lift:
			of(v.Of).against[v.Person] = v
		}
	}
	return all
}

// ownLift reports whether a lift is about the person's own votes.
func ownLift(v *gov.Vote) bool { return v.Of == "" || v.Of == v.Person }

// byPerson returns the keys of a map in order.
func byPerson[V any](m map[gov.PersonID]V) []gov.PersonID {
	return slices.Sorted(maps.Keys(m))
}
