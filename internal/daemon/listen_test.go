package daemon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"govd/internal/auth"
	govdv1 "govd/proto/govd/v1"
)

// An authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.sign(template)
	return a
}

var serial int64

// sign signs a certificate, or makes the authority's own.
func (a *authority) sign(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a.t, err)
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(serial), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	must(a.t, err)
	cert, err := x509.ParseCertificate(der)
	must(a.t, err)
	return cert, key
}

// server makes a certificate for this host.
func (a *authority) server() (*x509.Certificate, *ecdsa.PrivateKey) {
	return a.sign(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
}

// client makes a certificate with a URI name.
func (a *authority) client(uri string) tls.Certificate {
	a.t.Helper()
	u, err := url.Parse(uri)
	must(a.t, err)
	cert, key := a.sign(&x509.Certificate{URIs: []*url.URL{u}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func writePair(t *testing.T, names TLS, cert *x509.Certificate, key *ecdsa.PrivateKey) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	writePEM(t, names.Cert, "CERTIFICATE", cert.Raw)
	writePEM(t, names.Key, "EC PRIVATE KEY", der)
}

// trusting is what a client of the authority's servers uses.
func (a *authority) trusting(own ...tls.Certificate) credentials.TransportCredentials {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return credentials.NewTLS(&tls.Config{RootCAs: pool, Certificates: own})
}

// withTLS is a daemon on a TCP port with TLS.
func withTLS(t *testing.T, a *authority) (*running, Config) {
	t.Helper()
	dir := t.TempDir()
	cfg := onSocket(newDir(t))
	cfg.Listen = "127.0.0.1:0"
	cfg.TLS = TLS{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")}
	cert, key := a.server()
	writePair(t, cfg.TLS, cert, key)
	writePEM(t, cfg.TLS.ClientCA, "CERTIFICATE", a.cert.Raw)
	return start(t, cfg), cfg
}

// person makes a person, links a certificate to them and returns a token of theirs.
func (c api) person(t *testing.T, name, uri string) (token string) {
	t.Helper()
	_, err := c.AddPerson(t.Context(), &govdv1.AddPersonRequest{RequestId: request(), Name: name})
	must(t, err)
	_, err = c.LinkPerson(t.Context(), &govdv1.LinkPersonRequest{RequestId: request(), Person: name, Subject: &govdv1.LinkPersonRequest_CertificateUri{CertificateUri: uri}})
	must(t, err)
	return c.tokenOf(t, name)
}

func TestTLS(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	r, _ := withTLS(t, a)
	alice := r.as(r.admin())
	bob := alice.person(t, "bob", "spiffe://example.org/bob")
	carol := alice.person(t, "carol", "spiffe://example.org/carol")
	asBob := a.client("spiffe://example.org/bob")

	for name, c := range map[string]struct {
		creds credentials.TransportCredentials
		token string
		code  codes.Code
		who   string
	}{
		"a token":                            {a.trusting(), bob, codes.OK, "bob"},
		"a certificate":                      {a.trusting(asBob), "", codes.OK, "bob"},
		"both, of one person":                {a.trusting(asBob), bob, codes.OK, "bob"},
		"both, of different persons":         {a.trusting(asBob), carol, codes.Unauthenticated, ""},
		"a certificate that nobody linked":   {a.trusting(a.client("spiffe://example.org/eve")), "", codes.Unauthenticated, ""},
		"an unlinked one and a token":        {a.trusting(a.client("spiffe://example.org/eve")), bob, codes.OK, "bob"},
		"a certificate of another authority": {a.trusting(stranger.client("spiffe://example.org/bob")), "", codes.Unavailable, ""},
		"nothing":                            {a.trusting(), "", codes.Unauthenticated, ""},
		"plaintext":                          {insecure.NewCredentials(), bob, codes.Unavailable, ""},
		"no trust in the server":             {stranger.trusting(), bob, codes.Unavailable, ""},
	} {
		st, err := dial(t, r.addrs[1], c.creds, c.token).GetStatus(t.Context(), &govdv1.GetStatusRequest{})
		if code := codeOf(err); code != c.code || st.GetPerson().GetName() != c.who {
			t.Errorf("%s: %v as %q, want %v as %q (%v)", name, code, st.GetPerson().GetName(), c.code, c.who, err)
		}
	}
	if strings.Contains(r.log.String(), bob) {
		t.Error("the log holds a token")
	}
}

func TestTLSIsAtLeast13(t *testing.T) {
	a := newAuthority(t)
	r, _ := withTLS(t, a)
	_, err := tls.Dial("tcp", r.addrs[1], &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err == nil {
		t.Error("TLS 1.2 is spoken")
	}
}

// New files count from the next connection on; bad ones do not, and are told of.
func TestTLSFilesAreReadAgain(t *testing.T) {
	a, next := newAuthority(t), newAuthority(t)
	r, cfg := withTLS(t, a)
	alice := r.as(r.admin())
	alice.person(t, "bob", "spiffe://example.org/bob")
	try := func(creds credentials.TransportCredentials) codes.Code {
		_, err := dial(t, r.addrs[1], creds, "").GetStatus(t.Context(), &govdv1.GetStatusRequest{})
		return codeOf(err)
	}
	old, renewed := a.client("spiffe://example.org/bob"), next.client("spiffe://example.org/bob")
	want := func(what string, creds credentials.TransportCredentials, code codes.Code) {
		t.Helper()
		if got := try(creds); got != code {
			t.Errorf("%s: %v, want %v", what, got, code)
		}
	}
	want("before", a.trusting(old), codes.OK)
	cert, key := next.server()
	writePEM(t, cfg.TLS.Cert, "CERTIFICATE", cert.Raw) // its key is yet to come
	want("half a renewal", a.trusting(old), codes.OK)
	if !strings.Contains(r.log.String(), "are not good") {
		t.Error("nobody is told that the files are not good")
	}
	writePair(t, cfg.TLS, cert, key)
	want("a renewed certificate", next.trusting(old), codes.OK)
	want("the old one", a.trusting(old), codes.Unavailable)
	writePEM(t, cfg.TLS.ClientCA, "CERTIFICATE", next.cert.Raw)
	want("a client of the new authority", next.trusting(renewed), codes.OK)
	want("a client of the old one", next.trusting(old), codes.Unavailable)
}

func TestTLSFilesMustBeThere(t *testing.T) {
	cfg := onSocket(newDir(t))
	cfg.Listen, cfg.TLS = "127.0.0.1:0", TLS{Cert: "/none/cert.pem", Key: "/none/key.pem"}
	refused(t, cfg, "/none/cert.pem")
	a, dir := newAuthority(t), t.TempDir()
	cfg.TLS = TLS{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")}
	cert, key := a.server()
	writePair(t, cfg.TLS, cert, key)
	refused(t, cfg, "ca.pem")
	must(t, os.WriteFile(cfg.TLS.ClientCA, []byte("nothing"), 0o600))
	refused(t, cfg, "ca.pem", "holds no certificate")
}

func TestPortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	cfg := onSocket(newDir(t))
	cfg.Listen = l.Addr().String()
	refused(t, cfg, cfg.Listen, "in use")
	cfg.Listen = "127.0.0.1:0"
	start(t, cfg).end() // what failed has left nothing
}

// The user at the other end of the socket acts as the person they are linked to.
func TestLocalUser(t *testing.T) {
	r := start(t, onSocket(newDir(t)))
	alice := r.as(r.admin())
	_, err := alice.AddPerson(t.Context(), &govdv1.AddPersonRequest{RequestId: request(), Name: "bob"})
	must(t, err)
	local := dial(t, r.addrs[0], auth.UnixCredentials(), "")
	_, err = local.GetStatus(t.Context(), &govdv1.GetStatusRequest{})
	wantCode(t, err, codes.Unauthenticated)
	link := &govdv1.LinkPersonRequest{RequestId: request(), Person: "bob", Subject: &govdv1.LinkPersonRequest_Uid{Uid: uint32(os.Getuid())}}
	linked, err := alice.LinkPerson(t.Context(), link)
	must(t, err)
	if who := local.status(t).GetPerson().GetName(); who != "bob" {
		t.Errorf("the local user acts as %q", who)
	}
	if who := alice.status(t).GetPerson().GetName(); who != "alice" {
		t.Errorf("with alice's token they act as %q", who)
	}
	_, err = alice.RevokeToken(t.Context(), &govdv1.RevokeTokenRequest{RequestId: request(), Id: linked.GetId()})
	must(t, err)
	_, err = local.GetStatus(t.Context(), &govdv1.GetStatusRequest{})
	wantCode(t, err, codes.Unauthenticated)
}
