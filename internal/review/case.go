package review

import (
	"time"

	"govd/internal/gov"
)

// A Case is all that a judgement rests on. Nothing in it is changed.
type Case struct {
	Change    gov.Change
	Revisions []gov.Revision // every one, the newest last: that is voted on
	Suppliers []gov.PersonID // who supplied data or evidence to any of them
	Votes     []gov.Vote     // in the order of the log
	People    People
	Stage     gov.Stage  // of the dataset now
	Head      gov.Digest // of the dataset's newest version
	Pinned    *Rules     // in force when the newest revision was made
	Current   *Rules     // in force now
	Glass     *Breaking  // nil unless the glass was broken for the change
	Now       time.Time
}

// People are everyone that a case is about: who holds a role at the dataset,
// who worked on the change, who owns such a machine, and who voted or granted.
type People map[gov.PersonID]Person

// A Person is what counts of one.
type Person struct {
	Owner    gov.PersonID // of a machine
	Disabled bool
	Created  time.Time
	Seen     time.Time // first proved who they are; zero: never
	Reads    bool      // may read all data of the dataset now
	Roles    []Held    // that hold at the dataset now, inherited ones too
}

// Held is a role that a person holds, and how they came by it.
type Held struct {
	Role  gov.Role
	By    gov.PersonID
	Entry uint64 // the log entry that granted it
}

// human returns who answers for a person: the owner of a machine, and the owner
// of that. Whatever a machine did, its owner did.
func (p People) human(id gov.PersonID) gov.PersonID {
	const chain = 8 // machines that own each other in a circle answer for themselves
	for range chain {
		owner := p[id].Owner
		if !id.Machine() || owner == "" {
			break
		}
		id = owner
	}
	return id
}

// Same reports whether one human answers for both persons.
func (p People) Same(a, b gov.PersonID) bool { return p.human(a) == p.human(b) }

// newest returns the revision that is voted on.
func (c *Case) newest() *gov.Revision { return &c.Revisions[len(c.Revisions)-1] }

// contributors returns everyone who had a hand in any revision, machines and
// those who answer for them. Who broke the glass has spoken for the change as
// well, and cannot ratify it.
func (c *Case) contributors() map[gov.PersonID]bool {
	all := map[gov.PersonID]bool{}
	add := func(id gov.PersonID) {
		if id != "" {
			all[id], all[c.People.human(id)] = true, true
		}
	}
	add(c.Change.Author)
	for i := range c.Revisions {
		add(c.Revisions[i].By)
		add(c.Revisions[i].For)
	}
	for _, id := range c.Suppliers {
		add(id)
	}
	if c.Glass != nil {
		for _, a := range c.Glass.Asked {
			add(a.Person)
		}
	}
	return all
}

// stage returns the stage whose rules hold: that of the dataset or, if higher,
// that of the revision. A revision cannot choose milder rules for itself.
func (c *Case) stage() gov.Stage { return max(c.Stage, c.newest().Stage) }
