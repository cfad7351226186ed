package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/policy"
	"govd/internal/review"
	"govd/internal/store"
)

// RoleGranted: a person holds a role in a place.
type RoleGranted struct {
	Person gov.PersonID `json:"person"`
	Role   gov.Role     `json:"role"`
	Place  gov.Place    `json:"place"`
}

func (*RoleGranted) name() string { return "role.granted" }

func (e *RoleGranted) apply(tx *store.Tx, o origin) error {
	g := gov.Grant{Person: e.Person, Role: e.Role, Place: e.Place, By: o.who, Entry: o.index}
	return errors.Join(tx.PutGrant(g), tx.SetRevision(e.Place.Project(), o.index))
}

// RoleRevoked: they hold it no more.
type RoleRevoked struct {
	Person gov.PersonID `json:"person"`
	Role   gov.Role     `json:"role"`
	Place  gov.Place    `json:"place"`
}

func (*RoleRevoked) name() string { return "role.revoked" }

func (e *RoleRevoked) apply(tx *store.Tx, o origin) error {
	return errors.Join(tx.RemoveGrant(e.Person, e.Role, e.Place), tx.SetRevision(e.Place.Project(), o.index))
}

// Role is a request about a role of a person in a place.
type Role struct {
	Person string
	Role   gov.Role
	Place  gov.Place
}

// GrantRole gives a person a role. Nobody grants themselves one while another
// admin could.
func (s *Service) GrantRole(ctx context.Context, c Call, in Role) (Done[*RoleGranted], error) {
	return write(ctx, s, c, action{do: gov.RoleGrant, at: in.Place, args: in}, func(tx *store.Tx) (*RoleGranted, error) {
		p, err := findPerson(tx, in.Person)
		if err != nil {
			return nil, err
		}
		if err := mayGrant(tx, c, p, in); err != nil {
			return nil, err
		}
		if err := s.mayHold(tx, p, in); err != nil {
			return nil, err
		}
		return &RoleGranted{p.ID, in.Role, in.Place}, nil
	})
}

func mayGrant(tx *store.Tx, c Call, p gov.Person, in Role) error {
	if err := policy.Check(gov.Grant{Person: p.ID, Role: in.Role, Place: in.Place}); err != nil {
		return err
	}
	if err := placeExists(tx, in.Place); err != nil {
		return err
	}
	if p.Disabled {
		return gov.Errorf(gov.Conflict, "DISABLED", "%s is disabled", p.Name)
	}
	if _, err := tx.Grant(p.ID, in.Role, in.Place); !errors.Is(err, gov.NotFound) {
		if err == nil {
			err = gov.Errorf(gov.Exists, "GRANT_EXISTS", "%s is %s in %s already", p.Name, in.Role, in.Place)
		}
		return err
	}
	if p.ID == c.Actor.Person {
		return othersMust(tx, c.Actor.Person, "SELF_GRANT", "give you a role")
	}
	return nil
}

// mayHold refuses a role that the rules of approval keep apart from another that
// the person holds at the place, above it or within it.
func (s *Service) mayHold(tx *store.Tx, p gov.Person, in Role) error {
	rules, err := s.rulesInForce(tx, in.Place)
	if err != nil {
		return err
	}
	var held []gov.Role
	for g, err := range tx.GrantsOf(p.ID) {
		if err != nil {
			return err
		}
		if g.Place.Holds(in.Place) || in.Place.Holds(g.Place) {
			held = append(held, g.Role)
		}
	}
	return review.CheckGrant(rules, held, in.Role)
}

// othersMust refuses what a person asks for themselves while there is another
// admin of the server who could do it.
func othersMust(tx *store.Tx, me gov.PersonID, reason gov.Reason, what string) error {
	for g, err := range tx.Grants("") {
		if err != nil {
			return err
		}
		if g.Role != gov.Admin || g.Person == me {
			continue
		}
		p, err := tx.Person(g.Person)
		if err != nil {
			return err
		}
		if !p.Disabled {
			return gov.Errorf(gov.Denied, reason, "another admin, such as %s, must %s", p.Name, what)
		}
	}
	return nil
}

func placeExists(tx *store.Tx, p gov.Place) (err error) {
	switch {
	case p == gov.Server:
	case p.Dataset() != "":
		_, err = tx.Dataset(p.Dataset())
	default:
		_, err = tx.Project(p.Project())
	}
	return err
}

// RevokeRole takes a role away. The last admin of the server stays.
func (s *Service) RevokeRole(ctx context.Context, c Call, in Role) (Done[*RoleRevoked], error) {
	return write(ctx, s, c, action{do: gov.RoleRevoke, at: in.Place, args: in}, func(tx *store.Tx) (*RoleRevoked, error) {
		p, err := findPerson(tx, in.Person)
		if err != nil {
			return nil, err
		}
		if _, err := tx.Grant(p.ID, in.Role, in.Place); err != nil {
			return nil, err
		}
		if in.Role == gov.Admin && in.Place == gov.Server {
			if err := othersMust(tx, p.ID, "", ""); err == nil {
				return nil, gov.Errorf(gov.Conflict, "LAST_ADMIN", "%s is the last admin of the server", p.Name)
			} else if !errors.Is(err, gov.Denied) {
				return nil, err
			}
		}
		return &RoleRevoked{p.ID, in.Role, in.Place}, nil
	})
}
