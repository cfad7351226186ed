package govern

import (
	"context"
	"errors"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/store"
)

// TokenCreated: a person has a token. Its secret is known by its digest alone.
type TokenCreated struct {
	ID      gov.CredentialID `json:"id"`
	Person  gov.PersonID     `json:"person"`
	Secret  gov.Digest       `json:"secret"`
	Scope   gov.Scope        `json:"scope,omitzero"`
	Expires time.Time        `json:"expires"`
}

func (*TokenCreated) name() string { return "token.created" }

func (e *TokenCreated) apply(tx *store.Tx, o origin) error {
	return addCredential(tx, gov.Credential{
		ID: e.ID, Person: e.Person, Kind: gov.Token, Secret: e.Secret, Scope: e.Scope, Created: o.time, Expires: e.Expires,
	})
}

func addCredential(tx *store.Tx, c gov.Credential) error {
	tx.Next(credentialCounter)
	return tx.PutCredential(c)
}

// How long a token lasts if nothing is said, and at most.
const (
	tokenLife    = 90 * 24 * time.Hour
	maxTokenLife = 366 * 24 * time.Hour
)

// CreateToken is a request for a token. The caller makes the secret.
type CreateToken struct {
	Person  string
	Secret  gov.Digest // SHA-256 of the secret
	Expires time.Time  // 90 days from now if zero
	Scope   gov.Scope
}

// CreateToken gives a person a token.
func (s *Service) CreateToken(ctx context.Context, c Call, in CreateToken) (Done[*TokenCreated], error) {
	return write(ctx, s, c, action{do: gov.TokenCreate, at: gov.Server, args: in}, func(tx *store.Tx) (*TokenCreated, error) {
		p, err := findPerson(tx, in.Person)
		if err != nil {
			return nil, err
		}
		if p.Disabled {
			return nil, gov.Errorf(gov.Conflict, "DISABLED", "%s is disabled", p.Name)
		}
		if !in.Scope.Within(c.Scope) {
			return nil, gov.Errorf(gov.Denied, "SCOPE", "your own credential is narrower than the scope you ask for")
		}
		return newToken(tx, p.ID, in)
	})
}

// newToken returns the event that gives the person a token.
func newToken(tx *store.Tx, person gov.PersonID, in CreateToken) (*TokenCreated, error) {
	if in.Expires.IsZero() {
		in.Expires = tx.Now.Add(tokenLife).Truncate(time.Second)
	}
	switch {
	case in.Secret.IsZero():
		return nil, gov.Errorf(gov.Invalid, "BAD_SECRET", "secret_digest must be the SHA-256 of a secret")
	case !in.Expires.After(tx.Now):
		return nil, gov.Errorf(gov.Invalid, "BAD_EXPIRY", "a token cannot end in the past")
	case in.Expires.After(tx.Now.Add(maxTokenLife)):
		return nil, gov.Errorf(gov.Invalid, "BAD_EXPIRY", "a token lasts 366 days at most")
	}
	return &TokenCreated{ID: nextCredential(tx), Person: person, Secret: in.Secret, Scope: in.Scope, Expires: in.Expires.UTC()}, nil
}

func nextCredential(tx *store.Tx) gov.CredentialID {
	return gov.NewCredentialID(tx.Counter(credentialCounter) + 1)
}

// PersonLinked: a certificate or a local user acts as a person.
type PersonLinked struct {
	ID      gov.CredentialID   `json:"id"`
	Person  gov.PersonID       `json:"person"`
	Kind    gov.CredentialKind `json:"kind"`
	Subject string             `json:"subject"`
}

func (*PersonLinked) name() string { return "person.linked" }

func (e *PersonLinked) apply(tx *store.Tx, o origin) error {
	return addCredential(tx, gov.Credential{ID: e.ID, Person: e.Person, Kind: e.Kind, Subject: e.Subject, Created: o.time})
}

// LinkPerson is a request to let a certificate's URI or a user id act as a person.
type LinkPerson struct {
	Person  string
	Kind    gov.CredentialKind
	Subject string
}

// LinkPerson links a certificate or a local user to a person.
func (s *Service) LinkPerson(ctx context.Context, c Call, in LinkPerson) (Done[*PersonLinked], error) {
	return write(ctx, s, c, action{do: gov.PersonLink, at: gov.Server, args: in}, func(tx *store.Tx) (*PersonLinked, error) {
		p, err := findPerson(tx, in.Person)
		if err != nil {
			return nil, err
		}
		if !(gov.Scope{}).Within(c.Scope) {
			return nil, gov.Errorf(gov.Denied, "SCOPE", "your own credential is narrower than a link, which has no scope")
		}
		if p.ID == c.Actor.Person {
			if err := othersMust(tx, c.Actor.Person, "SELF_LINK", "link a credential to you"); err != nil {
				return nil, err
			}
		}
		old, err := tx.CredentialBySubject(in.Kind, in.Subject)
		if err == nil && !old.Revoked {
			return nil, gov.Errorf(gov.Exists, "LINK_EXISTS", "%s %s acts as a person already (%s)", in.Kind, in.Subject, old.ID)
		}
		if err != nil && !errors.Is(err, gov.NotFound) {
			return nil, err
		}
		return &PersonLinked{ID: nextCredential(tx), Person: p.ID, Kind: in.Kind, Subject: in.Subject}, nil
	})
}

// TokenRevoked: a credential of any kind proves nothing any more.
type TokenRevoked struct {
	ID gov.CredentialID `json:"id"`
}

func (*TokenRevoked) name() string { return "token.revoked" }

func (e *TokenRevoked) apply(tx *store.Tx, o origin) error {
	c, err := tx.Credential(e.ID)
	if err != nil {
		return err
	}
	c.Revoked = true
	return errors.Join(tx.PutCredential(c), tx.SetRevision("", o.index))
}

// RevokeToken ends a credential at once. Everyone may revoke their own.
func (s *Service) RevokeToken(ctx context.Context, c Call, id gov.CredentialID) (Done[*TokenRevoked], error) {
	own, err := s.owns(ctx, c, id)
	if err != nil {
		return Done[*TokenRevoked]{}, err
	}
	return write(ctx, s, c, action{do: gov.TokenRevoke, at: gov.Server, args: id, own: own}, func(tx *store.Tx) (*TokenRevoked, error) {
		old, err := tx.Credential(id)
		if err == nil && old.Revoked {
			err = gov.Errorf(gov.Conflict, "REVOKED", "%s is revoked already", id)
		}
		return &TokenRevoked{id}, err
	})
}

// owns reports whether the credential is the caller's own. Whose it is never changes.
func (s *Service) owns(ctx context.Context, c Call, id gov.CredentialID) (own bool, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		old, err := tx.Credential(id)
		own = err == nil && old.Person == c.Actor.Person
		if errors.Is(err, gov.NotFound) {
			return nil
		}
		return err
	})
	return own, err
}

// Credentials returns up to n credentials after one: a person's, or everyone's
// if nameOrID is empty. Everyone may list their own.
func (s *Service) Credentials(ctx context.Context, c Call, nameOrID string, after gov.CredentialID, n int) (page []gov.Credential, err error) {
	list := func(tx *store.Tx) (err error) {
		page, err = credentials(tx, nameOrID, after, n)
		return err
	}
	mine := false
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		p, err := tx.Person(c.Actor.Person)
		if err != nil {
			return err
		}
		if mine = nameOrID == p.Name || nameOrID == string(p.ID); mine {
			return list(tx)
		}
		return nil
	})
	if err != nil || mine {
		return page, err
	}
	err = s.see(ctx, c, gov.TokenRead, gov.Server, list)
	return page, err
}

func credentials(tx *store.Tx, nameOrID string, after gov.CredentialID, n int) ([]gov.Credential, error) {
	if nameOrID == "" {
		return take(tx.Credentials(after), n)
	}
	p, err := findPerson(tx, nameOrID)
	if err != nil {
		return nil, err
	}
	all, err := take(tx.CredentialsOf(p.ID), -1)
	past := slices.IndexFunc(all, func(c gov.Credential) bool { return c.ID == after })
	all = all[past+1:]
	return all[:min(n, len(all))], err
}
