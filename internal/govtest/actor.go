package govtest

import (
	"context"
	"encoding/binary"
	"strings"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govern"
)

// An Actor is a person with a token who makes calls.
type Actor struct {
	Name  string
	ID    gov.PersonID
	Token auth.Token
	Scope gov.Scope // of the token

	kit *Kit
}

// Call returns a call by the actor under a request id that was not used before.
func (a *Actor) Call() govern.Call {
	return govern.Call{Actor: gov.Actor{Person: a.ID, Credential: a.Token.ID}, Scope: a.Scope, Request: a.kit.Request()}
}

// Request returns a request id that was not used before: the nth is the same in
// every run.
func (k *Kit) Request() (id govern.RequestID) {
	binary.BigEndian.PutUint64(id[:8], uint64(Noon.UnixMilli())<<16)
	id[6], id[8] = 0x70, 0x80 // version 7
	binary.BigEndian.PutUint32(id[12:], uint32(k.calls.Add(1)))
	return id
}

// secret returns the secret of a name's nth token.
func secret(name string, n int) auth.Secret {
	return auth.NewSecret(strings.NewReader(strings.Repeat(name+string(rune('0'+n)), 32)))
}

// Admin returns ann, who is the first admin.
func (k *Kit) Admin() *Actor {
	k.t.Helper()
	if k.admin != nil {
		return k.admin
	}
	s := secret("ann", 1)
	c := govern.Call{Actor: gov.Actor{Person: gov.Bootstrap}, Request: k.Request()}
	done, err := k.Service.Bootstrap(context.Background(), c, govern.Bootstrap{Name: "ann", Secret: auth.HashSecret(s)})
	if err != nil {
		k.t.Fatalf("bootstrap: %v", err)
	}
	t := done.Event.Token
	k.admin = &Actor{Name: "ann", ID: t.Person, Token: auth.Token{Kind: auth.PersonToken, ID: t.ID, Secret: s}, kit: k}
	return k.admin
}

// Person adds a person with a token who holds a role in a place; none if the
// role is "".
func (k *Kit) Person(name string, role gov.Role, place gov.Place) *Actor {
	k.t.Helper()
	return k.add(govern.AddPerson{Name: name}, role, place)
}

// Machine is Person for a machine that the owner answers for.
func (k *Kit) Machine(name string, owner *Actor, role gov.Role, place gov.Place) *Actor {
	k.t.Helper()
	return k.add(govern.AddPerson{Name: name, Machine: true, Owner: string(owner.ID)}, role, place)
}

func (k *Kit) add(in govern.AddPerson, role gov.Role, place gov.Place) *Actor {
	k.t.Helper()
	done, err := k.Service.AddPerson(context.Background(), k.Admin().Call(), in)
	if err != nil {
		k.t.Fatalf("add %s: %v", in.Name, err)
	}
	a := k.Login(&Actor{Name: in.Name, ID: done.Event.ID})
	if role != "" {
		k.Grant(a, role, place)
	}
	return a
}

// Login returns the actor with another token, narrowed to the items of a scope.
func (k *Kit) Login(a *Actor, scope ...string) *Actor {
	k.t.Helper()
	s, err := gov.ParseScope(scope)
	if err != nil {
		k.t.Fatalf("scope: %v", err)
	}
	key := secret(a.Name, int(k.calls.Load()))
	done, err := k.Service.CreateToken(context.Background(), k.Admin().Call(), govern.CreateToken{Person: string(a.ID), Secret: auth.HashSecret(key), Scope: s})
	if err != nil {
		k.t.Fatalf("token for %s: %v", a.Name, err)
	}
	return &Actor{Name: a.Name, ID: a.ID, Token: auth.Token{Kind: auth.KindOf(a.ID), ID: done.Event.ID, Secret: key}, Scope: s, kit: k}
}

// Grant gives an actor a role.
func (k *Kit) Grant(a *Actor, role gov.Role, place gov.Place) {
	k.t.Helper()
	if _, err := k.Service.GrantRole(context.Background(), k.Admin().Call(), govern.Role{Person: string(a.ID), Role: role, Place: place}); err != nil {
		k.t.Fatalf("grant: %v", err)
	}
}

// Revoke takes a role away from an actor.
func (k *Kit) Revoke(a *Actor, role gov.Role, place gov.Place) {
	k.t.Helper()
	if _, err := k.Service.RevokeRole(context.Background(), k.Admin().Call(), govern.Role{Person: string(a.ID), Role: role, Place: place}); err != nil {
		k.t.Fatalf("revoke: %v", err)
	}
}
