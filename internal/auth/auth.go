// Package auth proves who calls: from a token, from the name in a verified
// client certificate, or from the user at the other end of the unix socket.
//
// Whoever cannot be proven learns nothing but that: an unknown id, a wrong
// secret, a revoked credential and a disabled person all look alike.
package auth

import (
	"crypto/x509"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"govd/internal/gov"
)

// Presented is what a call brings along as proof.
type Presented struct {
	Authorization []string          // the values of the header of that name
	Certificate   *x509.Certificate // of the peer; must have been verified; or nil
	UID           *uint32           // of the peer on a unix socket, or nil
}

// A Directory knows credentials and persons. Its methods return gov.NotFound
// for those that do not exist. *store.Tx is one.
type Directory interface {
	Credential(gov.CredentialID) (gov.Credential, error)
	CredentialBySubject(gov.CredentialKind, string) (gov.Credential, error)
	Person(gov.PersonID) (gov.Person, error)
}

// Bootstrap reports whether a secret, known by its SHA-256, is that of the
// bootstrap token and lets it in at a time.
type Bootstrap func(secret gov.Digest, now time.Time) bool

// errExpired is told only to who knows the secret of a token.
var errExpired = gov.Errorf(gov.Unproven, "TOKEN_EXPIRED", "the token has expired: ask for another")

// Resolve returns who calls and what their credential is narrowed to. A call
// counts as one credential: a token, else a certificate, else the local user. A
// token that does not hold is never made up for by another; beside a token, a
// certificate must not be linked to another person. Returns an error of kind
// gov.Unproven if nobody is proven, of another kind if the directory fails.
func Resolve(p Presented, in Directory, boot Bootstrap, now time.Time) (gov.Actor, gov.Scope, error) {
	c, err := credential(p, in, boot, now)
	if err != nil {
		return gov.Actor{}, gov.Scope{}, hide(err)
	}
	return gov.Actor{Person: c.Person, Credential: c.ID}, c.Scope, nil
}

// credential finds the one credential that a call counts as.
func credential(p Presented, in Directory, boot Bootstrap, now time.Time) (gov.Credential, error) {
	switch {
	case len(p.Authorization) > 0:
		return token(p, in, boot, now)
	case p.Certificate != nil:
		return certificate(p.Certificate, in, now)
	case p.UID != nil:
		return localUser(*p.UID, in, now)
	}
	return gov.Credential{}, gov.ErrUnproven
}

func token(p Presented, in Directory, boot Bootstrap, now time.Time) (gov.Credential, error) {
	t, err := bearer(p.Authorization)
	if err != nil {
		return gov.Credential{}, err
	}
	secret := HashSecret(t.Secret)
	if t.Kind == BootstrapToken {
		if p.Certificate != nil || boot == nil || !boot(secret, now) {
			return gov.Credential{}, gov.ErrUnproven
		}
		return gov.Credential{Person: gov.Bootstrap, Scope: gov.Scope{Actions: []gov.Action{gov.ServerBootstrap}}}, nil
	}
	c, err := in.Credential(t.ID)
	if err != nil && !errors.Is(err, gov.NotFound) {
		return gov.Credential{}, err
	}
	// Of a credential that does not exist, too, so that it takes as long.
	if !t.Secret.Is(c.Secret) || c.Kind != gov.Token || t.Kind != KindOf(c.Person) {
		return gov.Credential{}, gov.ErrUnproven
	}
	if err := sameAs(c.Person, p.Certificate, in); err != nil {
		return gov.Credential{}, err
	}
	return live(c, errExpired, in, now)
}

// bearer parses the only authorization there may be.
func bearer(values []string) (Token, error) {
	if len(values) != 1 {
		return Token{}, gov.ErrUnproven
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "bearer") {
		return Token{}, gov.ErrUnproven
	}
	t, err := ParseToken(text)
	if err != nil {
		return Token{}, gov.ErrUnproven
	}
	return t, nil
}

// sameAs refuses a certificate that is linked to another person.
func sameAs(who gov.PersonID, cert *x509.Certificate, in Directory) error {
	if cert == nil {
		return nil
	}
	uri, err := CertificateURI(cert)
	if err != nil {
		return err
	}
	c, err := in.CredentialBySubject(gov.Certificate, uri)
	if err == nil && c.Person != who {
		return gov.ErrUnproven
	}
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	return err
}

func certificate(cert *x509.Certificate, in Directory, now time.Time) (gov.Credential, error) {
	uri, err := CertificateURI(cert)
	if err != nil || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return gov.Credential{}, gov.ErrUnproven
	}
	return linked(gov.Certificate, uri, in, now)
}

func localUser(uid uint32, in Directory, now time.Time) (gov.Credential, error) {
	if uid == ^uint32(0) { // the kernel's "no user"
		return gov.Credential{}, gov.ErrUnproven
	}
	return linked(gov.LocalUser, strconv.FormatUint(uint64(uid), 10), in, now)
}

func linked(kind gov.CredentialKind, subject string, in Directory, now time.Time) (gov.Credential, error) {
	c, err := in.CredentialBySubject(kind, subject)
	if err != nil {
		return gov.Credential{}, err
	}
	if c.Kind != kind || c.Subject != subject {
		return gov.Credential{}, gov.ErrUnproven
	}
	return live(c, gov.ErrUnproven, in, now)
}

// live returns the credential if it and its person are good at time now, and
// expired if only time has run out.
func live(c gov.Credential, expired error, in Directory, now time.Time) (gov.Credential, error) {
	who, err := in.Person(c.Person)
	if err != nil {
		return gov.Credential{}, err
	}
	switch {
	case c.Revoked || who.Disabled:
		return gov.Credential{}, gov.ErrUnproven
	case !c.Live(now):
		return gov.Credential{}, expired
	}
	return c, nil
}

// hide keeps what a directory says of a missing thing from the caller.
func hide(err error) error {
	if errors.Is(err, gov.NotFound) {
		return gov.ErrUnproven
	}
	return err
}

// CertificateURI returns the name of a certificate's owner: its only URI. Other
// names in it, such as a common name, mean nothing. Returns an error of kind
// gov.Unproven if there is none, more than one, or one that ParseURI refuses.
func CertificateURI(cert *x509.Certificate) (string, error) {
	if len(cert.URIs) != 1 {
		return "", gov.ErrUnproven
	}
	uri, err := ParseURI(cert.URIs[0].String())
	if err != nil {
		return "", gov.ErrUnproven
	}
	return uri, nil
}

// ParseURI checks the URI of a certificate that may be linked to a person: a
// scheme, a host and a path, in the one spelling that net/url writes, and 2048
// bytes at most.
func ParseURI(s string) (string, error) {
	u, err := url.Parse(s)
	bare := err == nil && u.Scheme != "" && u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
	if !bare || u.String() != s || len(s) > 2048 {
		return "", gov.Errorf(gov.Invalid, "BAD_URI", "not the URI of a certificate: want scheme://host/path and no more")
	}
	return s, nil
}
