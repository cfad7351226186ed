package govern

import (
	"context"
	"errors"
	"time"

	"govd/internal/gov"
	"govd/internal/signature"
	"govd/internal/store"
)

// KeyAdded: a person signs with a key.
type KeyAdded struct {
	Fingerprint string `json:"fingerprint"`
	Public      string `json:"public"`
}

func (*KeyAdded) name() string { return "key.added" }

func (e *KeyAdded) apply(tx *store.Tx, o origin) error {
	return tx.PutSSHKey(gov.SSHKey{Fingerprint: e.Fingerprint, Public: e.Public, Person: o.who, Added: o.time, Entry: o.index})
}

// KeyRevoked: they do no more. What the key signed before stays signed.
type KeyRevoked struct {
	Fingerprint string `json:"fingerprint"`
}

func (*KeyRevoked) name() string { return "key.revoked" }

func (e *KeyRevoked) apply(tx *store.Tx, o origin) error {
	k, err := tx.SSHKey(e.Fingerprint)
	if err != nil {
		return err
	}
	k.Revoked = o.time
	return tx.PutSSHKey(k)
}

// maxKeys is how many keys a person has at most.
const maxKeys = 32

// AddKey adds a public key of the caller. Everyone may add their own, and nobody
// another's; a key is one person's for ever.
func (s *Service) AddKey(ctx context.Context, c Call, line string) (Done[*KeyAdded], error) {
	key, err := signature.ParsePublicKey(line)
	if err != nil {
		return Done[*KeyAdded]{}, err
	}
	return write(ctx, s, c, action{do: gov.KeyAdd, at: gov.Server, args: key.String(), own: true}, func(tx *store.Tx) (*KeyAdded, error) {
		if c.Actor.Person.Machine() {
			return nil, gov.Errorf(gov.Denied, "MACHINE", "a machine has no say, and nothing to sign")
		}
		if _, err := tx.SSHKey(key.Fingerprint()); !errors.Is(err, gov.NotFound) {
			if err == nil {
				err = gov.Errorf(gov.Exists, "KEY_EXISTS", "the key %s is somebody's already", key.Fingerprint())
			}
			return nil, err
		}
		have, err := take(tx.SSHKeysOf(c.Actor.Person), maxKeys)
		if err == nil && len(have) == maxKeys {
			err = gov.Errorf(gov.Exhausted, "TOO_MANY_KEYS", "a person has %d keys at most", maxKeys)
		}
		return &KeyAdded{key.Fingerprint(), key.String()}, err
	})
}

// RevokeKey takes a key out of use. Everyone may revoke their own.
func (s *Service) RevokeKey(ctx context.Context, c Call, fingerprint string) (Done[*KeyRevoked], error) {
	own := false
	err := s.store.View(ctx, func(tx *store.Tx) error {
		k, err := tx.SSHKey(fingerprint)
		own = err == nil && k.Person == c.Actor.Person // whose it is never changes
		if errors.Is(err, gov.NotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		return Done[*KeyRevoked]{}, err
	}
	return write(ctx, s, c, action{do: gov.KeyRevoke, at: gov.Server, args: fingerprint, own: own}, func(tx *store.Tx) (*KeyRevoked, error) {
		k, err := tx.SSHKey(fingerprint)
		if err == nil && !k.Revoked.IsZero() {
			err = gov.Errorf(gov.Conflict, "KEY_REVOKED", "the key %s was revoked at %s", fingerprint, k.Revoked.Format(time.RFC3339))
		}
		return &KeyRevoked{fingerprint}, err
	})
}

// Keys returns the keys of a person, the oldest first. Everyone may see their
// own.
func (s *Service) Keys(ctx context.Context, c Call, nameOrID string) (who gov.Person, keys []gov.SSHKey, err error) {
	list := func(tx *store.Tx, p gov.Person) (err error) {
		who = p
		keys, err = take(tx.SSHKeysOf(p.ID), maxKeys)
		return err
	}
	mine := false
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		me, err := tx.Person(c.Actor.Person)
		if mine = nameOrID == "" || nameOrID == me.Name || nameOrID == string(me.ID); err == nil && mine {
			err = list(tx, me)
		}
		return err
	})
	if err != nil || mine {
		return who, keys, err
	}
	err = s.see(ctx, c, gov.KeyRead, gov.Server, func(tx *store.Tx) error {
		p, err := findPerson(tx, nameOrID)
		if err != nil {
			return err
		}
		return list(tx, p)
	})
	return who, keys, err
}
