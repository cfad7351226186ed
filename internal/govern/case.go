package govern

import (
	"time"

	"govd/internal/gov"
	"govd/internal/policy"
	"govd/internal/review"
	"govd/internal/store"
)

// caseOf gathers all that a judgement of a change rests on. Extra are people
// whom it must know besides.
func (s *Service) caseOf(tx *store.Tx, ch gov.Change, extra ...gov.PersonID) (*review.Case, error) {
	c := &review.Case{Change: ch, Glass: breaking(ch.Glass), Now: tx.Now}
	d, err := tx.Dataset(ch.Dataset)
	if err != nil {
		return nil, err
	}
	c.Stage = d.Stage
	head, err := tx.Version(d.Name, d.Versions)
	if err != nil {
		return nil, err
	}
	c.Head = head.Digest
	if err := readSayings(tx, c); err != nil {
		return nil, err
	}
	if c.Pinned, err = s.rules.strictest(tx, []gov.Digest{c.Revisions[len(c.Revisions)-1].Rules}); err != nil {
		return nil, err
	}
	if c.Current, err = s.rulesInForce(tx, gov.Place(ch.Dataset)); err != nil {
		return nil, err
	}
	c.People, err = s.peopleAt(tx, gov.Place(ch.Dataset), append(involved(c), extra...))
	return c, err
}

// readSayings reads what was proposed and said of the change.
func readSayings(tx *store.Tx, c *review.Case) (err error) {
	if c.Revisions, err = take(tx.ChangeRevisions(c.Change.ID), 0); err != nil {
		return err
	}
	if c.Votes, err = take(tx.Votes(c.Change.ID), 0); err != nil {
		return err
	}
	for e, err := range tx.Evidence(c.Change.ID) {
		if err != nil {
			return err
		}
		c.Suppliers = append(c.Suppliers, e.By)
	}
	return nil
}

func breaking(g *gov.Glass) *review.Breaking {
	if g == nil {
		return nil
	}
	b := &review.Breaking{Revision: g.Revision, Applied: g.Applied}
	for _, a := range g.Asked {
		b.Asked = append(b.Asked, review.Asked{Person: a.Person, Time: a.Time})
	}
	return b
}

// involved returns everyone who did something about the change.
func involved(c *review.Case) []gov.PersonID {
	ids := append([]gov.PersonID{c.Change.Author}, c.Suppliers...)
	for i := range c.Revisions {
		ids = append(ids, c.Revisions[i].By, c.Revisions[i].For)
	}
	for i := range c.Votes {
		ids = append(ids, c.Votes[i].Person, c.Votes[i].Of)
	}
	if c.Glass != nil {
		for _, a := range c.Glass.Asked {
			ids = append(ids, a.Person)
		}
	}
	return ids
}

// peopleAt returns everyone who holds a role at the place, who granted it, the
// others that are named, and whoever answers for any of them.
func (s *Service) peopleAt(tx *store.Tx, at gov.Place, others []gov.PersonID) (review.People, error) {
	grants, err := grantsIn(tx)(at.Project())
	if err != nil {
		return nil, err
	}
	held := map[gov.PersonID][]review.Held{}
	for _, g := range grants {
		if g.Place.Holds(at) {
			held[g.Person] = append(held[g.Person], review.Held{Role: g.Role, By: g.By, Entry: g.Entry})
			others = append(others, g.Person, g.By)
		}
	}
	all := review.People{}
	for len(others) > 0 {
		id := others[0]
		others = others[1:]
		if _, known := all[id]; known || id == "" || id == gov.System || id == gov.Bootstrap {
			continue
		}
		p, err := s.personAt(tx, at, id)
		if err != nil {
			return nil, err
		}
		p.Roles = held[id]
		all[id] = p
		others = append(others, p.Owner)
	}
	return all, nil
}

// personAt returns what counts of a person at a place, but for their roles.
func (s *Service) personAt(tx *store.Tx, at gov.Place, id gov.PersonID) (p review.Person, err error) {
	row, err := tx.Person(id)
	if err != nil {
		return p, err
	}
	p = review.Person{Owner: row.Owner, Disabled: row.Disabled, Created: row.Created}
	if p.Seen, err = firstSeen(tx, id); err != nil {
		return p, err
	}
	p.Reads, err = s.policy.Decide(revisions(tx, at), policy.Query{Who: id, Do: gov.VersionRead, At: at}, grantsIn(tx))
	return p, err
}

// firstSeen returns since when a person has been able to prove who they are.
// Zero is never. A vote that was cast was cast by one who did.
func firstSeen(tx *store.Tx, id gov.PersonID) (t time.Time, err error) {
	for c, err := range tx.CredentialsOf(id) {
		if err != nil || !c.Revoked {
			return c.Created, err
		}
	}
	return t, nil
}
