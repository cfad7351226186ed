package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
)

// PersonAdded: a person is there. The name is a text, so that it can be erased.
type PersonAdded struct {
	ID    gov.PersonID `json:"id"`
	Name  gov.Digest   `json:"name"`
	Owner gov.PersonID `json:"owner,omitempty"`
}

func (*PersonAdded) name() string { return "person.added" }

func (e *PersonAdded) apply(tx *store.Tx, o origin) error {
	tx.Next(personCounter)
	p := gov.Person{ID: e.ID, Name: string(e.ID), Owner: e.Owner, Created: o.time}
	name, err := tx.Text(e.Name)
	if err == nil {
		p.Name = name.Text
	} else if !errors.Is(err, gov.NotFound) {
		return err
	}
	return tx.PutPerson(p)
}

// personCounter numbers people, and credentialCounter their credentials.
const (
	personCounter     = "person"
	credentialCounter = "credential"
)

// AddPerson is a request to add a human or a machine.
type AddPerson struct {
	Name    string
	Machine bool
	Owner   string // of a machine; the caller if empty
}

// AddPerson adds a person.
func (s *Service) AddPerson(ctx context.Context, c Call, in AddPerson) (Done[*PersonAdded], error) {
	if _, err := gov.ParseName("person", in.Name); err != nil {
		return Done[*PersonAdded]{}, err
	}
	return write(ctx, s, c, action{do: gov.PersonAdd, at: gov.Server, args: in}, func(tx *store.Tx) (*PersonAdded, error) {
		ev, err := newPerson(tx, in.Name, in.Machine)
		if err != nil || !in.Machine {
			return ev, err
		}
		ev.Owner = c.Actor.Person
		if in.Owner != "" {
			owner, err := findPerson(tx, in.Owner)
			ev.Owner = owner.ID
			return ev, err
		}
		return ev, nil
	})
}

// newPerson returns the event that adds a person of that name.
func newPerson(tx *store.Tx, name string, machine bool) (*PersonAdded, error) {
	if _, err := tx.PersonByName(name); !errors.Is(err, gov.NotFound) {
		if err == nil {
			err = gov.Errorf(gov.Exists, "PERSON_EXISTS", "there is a person %s already", name)
		}
		return nil, err
	}
	text := newText(name)
	return &PersonAdded{ID: gov.NewPersonID(tx.Counter(personCounter)+1, machine), Name: text.Digest()}, tx.PutText(text.Digest(), text)
}

// findPerson finds a person by name or id.
func findPerson(tx *store.Tx, nameOrID string) (gov.Person, error) {
	if id, err := gov.ParsePersonID(nameOrID); err == nil {
		return tx.Person(id)
	}
	if _, err := gov.ParseName("person", nameOrID); err != nil {
		return gov.Person{}, err
	}
	return tx.PersonByName(nameOrID)
}

// PersonDisabled: a person can do nothing any more.
type PersonDisabled struct {
	ID gov.PersonID `json:"id"`
}

func (*PersonDisabled) name() string { return "person.disabled" }

func (e *PersonDisabled) apply(tx *store.Tx, o origin) error {
	p, err := tx.Person(e.ID)
	if err != nil {
		return err
	}
	p.Disabled = true
	return errors.Join(tx.PutPerson(p), tx.SetRevision("", o.index))
}

// DisablePerson takes away everything a person can do, at once.
func (s *Service) DisablePerson(ctx context.Context, c Call, nameOrID string) (Done[*PersonDisabled], error) {
	return write(ctx, s, c, action{do: gov.PersonDisable, at: gov.Server, args: nameOrID}, func(tx *store.Tx) (*PersonDisabled, error) {
		p, err := findPerson(tx, nameOrID)
		switch {
		case err != nil:
			return nil, err
		case p.Disabled:
			return nil, gov.Errorf(gov.Conflict, "DISABLED", "%s is disabled already", p.Name)
		case p.ID == c.Actor.Person:
			return nil, gov.Errorf(gov.Denied, "SELF_DISABLE", "you cannot disable yourself")
		}
		return &PersonDisabled{p.ID}, nil
	})
}

// Persons returns up to n people after one, in the order they were added.
func (s *Service) Persons(ctx context.Context, c Call, after gov.PersonID, n int) (page []gov.Person, err error) {
	err = s.see(ctx, c, gov.PersonRead, gov.Server, func(tx *store.Tx) (err error) {
		page, err = take(tx.Persons(after), n)
		return err
	})
	return page, err
}
