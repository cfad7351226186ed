package govern

import (
	"maps"
	"sync"
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
	if err := readSayings(tx, c); err != nil {
		return nil, err
	}
	var err error
	if c.Pinned, err = s.rules.strictest(tx, []gov.Digest{c.Revisions[len(c.Revisions)-1].Rules}); err != nil {
		return nil, err
	}
	return c, s.surround(tx, c, extra...)
}

// surround adds to a case what it is judged by now: the dataset, the rules in
// force, and the people.
func (s *Service) surround(tx *store.Tx, c *review.Case, extra ...gov.PersonID) error {
	at := gov.Place(c.Change.Dataset)
	d, err := tx.Dataset(c.Change.Dataset)
	if err != nil {
		return err
	}
	head, err := tx.Version(d.Name, d.Versions)
	if err != nil {
		return err
	}
	c.Stage, c.Head = d.Stage, head.Digest
	if c.Current, err = s.rulesInForce(tx, at); err != nil {
		return err
	}
	c.People, err = s.peopleAt(tx, at, append(involved(c), extra...))
	return err
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
	r, err := s.rosterAt(tx, at)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(r.people)
	return all, s.addPeople(tx, at, all, r.held, append(others, r.unseen...))
}

// addPeople adds those of ids who are not there, and whoever answers for them.
func (s *Service) addPeople(tx *store.Tx, at gov.Place, to review.People, held map[gov.PersonID][]review.Held, ids []gov.PersonID) error {
	for len(ids) > 0 {
		id := ids[0]
		ids = ids[1:]
		if _, known := to[id]; known || id == "" || id == gov.System || id == gov.Bootstrap {
			continue
		}
		p, err := s.personAt(tx, at, id)
		if err != nil {
			return err
		}
		p.Roles = held[id]
		to[id] = p
		ids = append(ids, p.Owner)
	}
	return nil
}

// A roster is who holds roles at a place under one revision of its policy: who
// is granted or loses a role, is disabled or loses a credential, makes another.
// It is not changed.
type roster struct {
	revision policy.Revision
	people   review.People
	held     map[gov.PersonID][]review.Held
	unseen   []gov.PersonID // who may be seen for the first time without another revision
}

// rosterAt returns the roster of a place, which is often asked for.
func (s *Service) rosterAt(tx *store.Tx, at gov.Place) (*roster, error) {
	revision := revisions(tx, at)
	if r := s.rosters.get(at); r != nil && r.revision == revision {
		return r, nil
	}
	r := &roster{revision: revision, people: review.People{}, held: map[gov.PersonID][]review.Held{}}
	grants, err := grantsIn(tx)(at.Project())
	if err != nil {
		return nil, err
	}
	var ids []gov.PersonID
	for _, g := range grants {
		if g.Place.Holds(at) {
			r.held[g.Person] = append(r.held[g.Person], review.Held{Role: g.Role, By: g.By, Entry: g.Entry})
			ids = append(ids, g.Person, g.By)
		}
	}
	if err := s.addPeople(tx, at, r.people, r.held, ids); err != nil {
		return nil, err
	}
	for id, p := range r.people {
		if p.Seen.IsZero() {
			r.unseen = append(r.unseen, id)
			delete(r.people, id)
		}
	}
	s.rosters.put(at, r)
	return r, nil
}

// A rosterBook keeps the newest roster of each place that was asked for of late.
type rosterBook struct {
	mu  sync.Mutex
	all map[gov.Place]*roster
}

// maxRosters is how many a rosterBook keeps before it begins anew.
const maxRosters = 256

func (b *rosterBook) get(at gov.Place) *roster {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all[at]
}

func (b *rosterBook) put(at gov.Place, r *roster) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil || len(b.all) >= maxRosters {
		b.all = map[gov.Place]*roster{}
	}
	b.all[at] = r
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
