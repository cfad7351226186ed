package auth

import (
	"crypto/x509"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
)

var (
	now    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	annURI = "spiffe://example.org/ann"
	jobURI = "spiffe://example.org/job"
)

// directory is a Directory of maps. With broken set, it fails.
type directory struct {
	credentials map[gov.CredentialID]gov.Credential
	persons     map[gov.PersonID]gov.Person
	broken      error
}

func (d directory) Credential(id gov.CredentialID) (gov.Credential, error) {
	if c, ok := d.credentials[id]; ok || d.broken != nil {
		return c, d.broken
	}
	return gov.Credential{}, gov.Errorf(gov.NotFound, "NO_CREDENTIAL", "no credential %s", id)
}

func (d directory) CredentialBySubject(k gov.CredentialKind, subject string) (gov.Credential, error) {
	for _, c := range d.credentials {
		if c.Kind == k && c.Subject == subject && !c.Revoked {
			return c, d.broken
		}
	}
	if d.broken != nil {
		return gov.Credential{}, d.broken
	}
	return gov.Credential{}, gov.Errorf(gov.NotFound, "NO_CREDENTIAL", "no %s %s", k, subject)
}

func (d directory) Person(id gov.PersonID) (gov.Person, error) {
	if p, ok := d.persons[id]; ok || d.broken != nil {
		return p, d.broken
	}
	return gov.Person{}, gov.Errorf(gov.NotFound, "NO_PERSON", "no person %s", id)
}

// secretOf gives each credential of the tests a secret of its own.
func secretOf(id gov.CredentialID) (s Secret) {
	copy(s[:], id)
	return s
}

// office is a directory of ann, a human, and job, a machine, with credentials
// of every kind and in every state.
func office() directory {
	d := directory{credentials: map[gov.CredentialID]gov.Credential{}, persons: map[gov.PersonID]gov.Person{
		"user:1": {ID: "user:1"}, "sa:2": {ID: "sa:2"}, "user:3": {ID: "user:3", Disabled: true},
	}}
	for _, c := range []gov.Credential{
		{ID: "t1", Person: "user:1", Kind: gov.Token, Expires: now.Add(time.Hour), Scope: gov.Scope{Places: []gov.Place{"p"}}},
		{ID: "t2", Person: "sa:2", Kind: gov.Token, Expires: now.Add(time.Hour)},
		{ID: "t3", Person: "user:3", Kind: gov.Token, Expires: now.Add(time.Hour)},
		{ID: "t4", Person: "user:1", Kind: gov.Token, Expires: now.Add(time.Hour), Revoked: true},
		{ID: "t5", Person: "user:1", Kind: gov.Token, Expires: now},
		{ID: "t6", Person: "user:3", Kind: gov.Token, Expires: now},
		{ID: "t7", Person: "user:1", Kind: gov.Token, Expires: now, Revoked: true},
		{ID: "t8", Person: "user:9", Kind: gov.Token, Expires: now.Add(time.Hour)},
		{ID: "t11", Person: "user:1", Kind: gov.Certificate, Subject: annURI},
		{ID: "t12", Person: "sa:2", Kind: gov.Certificate, Subject: jobURI},
		{ID: "t13", Person: "user:3", Kind: gov.Certificate, Subject: "spiffe://example.org/gone"},
		{ID: "t14", Person: "user:1", Kind: gov.Certificate, Subject: "spiffe://example.org/old", Expires: now},
		{ID: "t21", Person: "user:1", Kind: gov.LocalUser, Subject: "1000"},
		{ID: "t22", Person: "user:3", Kind: gov.LocalUser, Subject: "1003"},
		{ID: "t23", Person: "user:1", Kind: gov.LocalUser, Subject: "4294967295"},
		{ID: "t24", Person: "user:1", Kind: gov.LocalUser, Subject: "1004", Revoked: true},
	} {
		if c.Kind == gov.Token || c.ID == "t11" { // a secret that must not count for a certificate
			c.Secret = HashSecret(secretOf(c.ID))
		}
		d.credentials[c.ID] = c
	}
	return d
}

func boot(secret gov.Digest, at time.Time) bool {
	return secret == HashSecret(secretOf("boot")) && at.Before(now.Add(time.Minute))
}

// pat, mat and bootstrap are authorization headers.
func pat(id gov.CredentialID) []string { return with(PersonToken, id, id) }
func mat(id gov.CredentialID) []string { return with(MachineToken, id, id) }

func with(k TokenKind, id, secret gov.CredentialID) []string {
	return []string{"Bearer " + FormatToken(k, id, secretOf(secret))}
}

func cert(uris ...string) *x509.Certificate {
	c := &x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	c.Subject.CommonName = "ann"
	c.DNSNames = []string{"ann"}
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			panic(err)
		}
		c.URIs = append(c.URIs, u)
	}
	return c
}

func shifted(c *x509.Certificate, by time.Duration) *x509.Certificate {
	c.NotBefore, c.NotAfter = c.NotBefore.Add(by), c.NotAfter.Add(by)
	return c
}

func uid(n uint32) *uint32 { return &n }

func TestProven(t *testing.T) {
	bootScope := gov.Scope{Actions: []gov.Action{gov.ServerBootstrap}}
	for name, c := range map[string]struct {
		p     Presented
		actor gov.Actor
		scope gov.Scope
	}{
		"a token":                          {Presented{Authorization: pat("t1")}, gov.Actor{Person: "user:1", Credential: "t1"}, gov.Scope{Places: []gov.Place{"p"}}},
		"a machine's token":                {Presented{Authorization: mat("t2")}, gov.Actor{Person: "sa:2", Credential: "t2"}, gov.Scope{}},
		"another spelling of the scheme":   {Presented{Authorization: []string{"bEARER " + pat("t1")[0][7:]}}, gov.Actor{Person: "user:1", Credential: "t1"}, gov.Scope{Places: []gov.Place{"p"}}},
		"a certificate":                    {Presented{Certificate: cert(jobURI)}, gov.Actor{Person: "sa:2", Credential: "t12"}, gov.Scope{}},
		"a local user":                     {Presented{UID: uid(1000)}, gov.Actor{Person: "user:1", Credential: "t21"}, gov.Scope{}},
		"the bootstrap token":              {Presented{Authorization: with(BootstrapToken, "", "boot")}, gov.Actor{Person: gov.Bootstrap}, bootScope},
		"the bootstrap token of a user":    {Presented{Authorization: with(BootstrapToken, "", "boot"), UID: uid(1000)}, gov.Actor{Person: gov.Bootstrap}, bootScope},
		"a token beats the local user":     {Presented{Authorization: mat("t2"), UID: uid(1000)}, gov.Actor{Person: "sa:2", Credential: "t2"}, gov.Scope{}},
		"token and certificate of one":     {Presented{Authorization: pat("t1"), Certificate: cert(annURI)}, gov.Actor{Person: "user:1", Credential: "t1"}, gov.Scope{Places: []gov.Place{"p"}}},
		"token, and certificate of nobody": {Presented{Authorization: pat("t1"), Certificate: cert("spiffe://example.org/unknown")}, gov.Actor{Person: "user:1", Credential: "t1"}, gov.Scope{Places: []gov.Place{"p"}}},
	} {
		actor, scope, err := Resolve(c.p, office(), boot, now)
		if actor != c.actor || !reflect.DeepEqual(scope, c.scope) || err != nil {
			t.Errorf("%s: %+v, %+v, %v", name, actor, scope, err)
		}
	}
}

func TestUnproven(t *testing.T) {
	for name, p := range map[string]Presented{
		"nothing":                        {},
		"an empty header":                {Authorization: []string{""}},
		"only a scheme":                  {Authorization: []string{"Bearer"}},
		"another scheme":                 {Authorization: []string{"Basic " + pat("t1")[0][7:]}},
		"no scheme":                      {Authorization: []string{pat("t1")[0][7:]}},
		"two spaces":                     {Authorization: []string{"Bearer  " + pat("t1")[0][7:]}},
		"a space behind":                 {Authorization: []string{pat("t1")[0] + " "}},
		"twice the same":                 {Authorization: append(pat("t1"), pat("t1")...)},
		"two tokens":                     {Authorization: append(pat("t1"), mat("t2")...)},
		"mistyped":                       {Authorization: []string{pat("t1")[0][:60] + "x"}},
		"an unknown id":                  {Authorization: pat("t99")},
		"a wrong secret":                 {Authorization: with(PersonToken, "t1", "t2")},
		"a zero secret":                  {Authorization: []string{"Bearer " + FormatToken(PersonToken, "t1", Secret{})}},
		"a machine's token as a human's": {Authorization: pat("t2")},
		"a human's token as a machine's": {Authorization: mat("t1")},
		"a token of a disabled person":   {Authorization: pat("t3")},
		"a revoked token":                {Authorization: pat("t4")},
		"revoked and expired":            {Authorization: pat("t7")},
		"disabled and expired":           {Authorization: pat("t6")},
		"expired, and a wrong secret":    {Authorization: with(PersonToken, "t5", "t1")},
		"a token of nobody":              {Authorization: pat("t8")},
		"a link as a token":              {Authorization: pat("t11")},
		"a bad token and a good user":    {Authorization: pat("t4"), UID: uid(1000)},
		"a bad token and a good cert":    {Authorization: pat("t4"), Certificate: cert(annURI)},
		"an empty header and a user":     {Authorization: []string{""}, UID: uid(1000)},
		"token and cert of two":          {Authorization: pat("t1"), Certificate: cert(jobURI)},
		"token and cert of a disabled":   {Authorization: pat("t1"), Certificate: cert("spiffe://example.org/gone")},
		"token and cert of two names":    {Authorization: pat("t1"), Certificate: cert(annURI, annURI)},
		"bootstrap and a certificate":    {Authorization: with(BootstrapToken, "", "boot"), Certificate: cert(annURI)},
		"a wrong bootstrap token":        {Authorization: with(BootstrapToken, "", "t1")},
		"a cert without a URI":           {Certificate: cert()},
		"a cert with two URIs":           {Certificate: cert(annURI, jobURI)},
		"an unknown cert":                {Certificate: cert("spiffe://example.org/nobody")},
		"a cert of a disabled person":    {Certificate: cert("spiffe://example.org/gone")},
		"a cert whose link has expired":  {Certificate: cert("spiffe://example.org/old")},
		"a cert that has expired":        {Certificate: shifted(cert(annURI), -2*time.Hour)},
		"a cert from tomorrow":           {Certificate: shifted(cert(annURI), 2*time.Hour)},
		"a bad cert and a good user":     {Certificate: cert(), UID: uid(1000)},
		"a cert with a query":            {Certificate: cert(annURI + "?x")},
		"an unknown user":                {UID: uid(1001)},
		"root, who is not linked":        {UID: uid(0)},
		"a user of a disabled person":    {UID: uid(1003)},
		"no user":                        {UID: uid(4294967295)},
		"a user whose link was revoked":  {UID: uid(1004)},
	} {
		actor, scope, err := Resolve(p, office(), boot, now)
		// The same error to the letter: what is wrong is nobody's business.
		if err != gov.ErrUnproven || actor != (gov.Actor{}) || !reflect.DeepEqual(scope, gov.Scope{}) {
			t.Errorf("%s: %+v, %+v, %v", name, actor, scope, err)
		}
	}
	if _, _, err := Resolve(Presented{}, nil, nil, time.Time{}); !errors.Is(err, gov.Unproven) || gov.ReasonOf(err) != "UNAUTHENTICATED" {
		t.Error(err)
	}
}

// TestExpired: only the right secret of a token that is good otherwise is told.
func TestExpired(t *testing.T) {
	_, _, err := Resolve(Presented{Authorization: pat("t5")}, office(), boot, now)
	if !errors.Is(err, gov.Unproven) || gov.ReasonOf(err) != "TOKEN_EXPIRED" {
		t.Errorf("%v", err)
	}
	if _, _, err := Resolve(Presented{Authorization: pat("t5")}, office(), boot, now.Add(-time.Nanosecond)); err != nil {
		t.Errorf("a moment before: %v", err)
	}
}

func TestBootstrapEnds(t *testing.T) {
	p := Presented{Authorization: with(BootstrapToken, "", "boot")}
	if _, _, err := Resolve(p, office(), nil, now); err != gov.ErrUnproven {
		t.Errorf("where there is none: %v", err)
	}
	if _, _, err := Resolve(p, office(), boot, now.Add(time.Hour)); err != gov.ErrUnproven {
		t.Errorf("after its time: %v", err)
	}
}

// TestBrokenDirectory: a directory that fails lets nobody in, and the failure
// is not taken for a bad credential.
func TestBrokenDirectory(t *testing.T) {
	d := office()
	d.broken = errors.New("bad disk")
	for _, p := range []Presented{
		{Authorization: pat("t1")}, {Authorization: pat("t99")}, {Certificate: cert(annURI)}, {UID: uid(1000)}, {UID: uid(1001)},
	} {
		actor, _, err := Resolve(p, d, boot, now)
		if !errors.Is(err, d.broken) || errors.Is(err, gov.Unproven) || actor != (gov.Actor{}) {
			t.Errorf("%+v: %+v, %v", p, actor, err)
		}
	}
}

// liar answers every question for a link with one credential.
type liar struct {
	directory
	answer gov.Credential
}

func (l liar) CredentialBySubject(gov.CredentialKind, string) (gov.Credential, error) {
	return l.answer, nil
}

// TestWrongRow: a row that is not what was asked for proves nothing.
func TestWrongRow(t *testing.T) {
	p := Presented{UID: uid(1001)}
	for _, answer := range []gov.Credential{
		{Person: "user:1", Kind: gov.LocalUser, Subject: "1000"},
		{Person: "user:1", Kind: gov.Certificate, Subject: "1001"},
	} {
		if _, _, err := Resolve(p, liar{office(), answer}, boot, now); err != gov.ErrUnproven {
			t.Errorf("%+v: %v", answer, err)
		}
	}
}

func TestParseURI(t *testing.T) {
	for _, good := range []string{annURI, "https://example.org", "spiffe://td/a/b%20c", "urn://x/y"} {
		if got, err := ParseURI(good); got != good || err != nil {
			t.Errorf("%q: %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{
		"", "ann", "/ann", "spiffe:", "spiffe:ann", "spiffe:///ann", "//td/ann", "spiffe://u@td/ann", "spiffe://td/ann?x", "spiffe://td/ann?",
		"spiffe://td/ann#f", "SPIFFE://td/ann", "spiffe://td/a b", "spiffe://td/%zz", "spiffe://td/\n", "spiffe://td/" + strings.Repeat("a", 2048),
	} {
		if got, err := ParseURI(bad); !errors.Is(err, gov.Invalid) {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	d := office()
	p := Presented{Authorization: pat("t1"), UID: uid(1000)}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Resolve(p, d, boot, now); err != nil {
			b.Fatal(err)
		}
	}
}
