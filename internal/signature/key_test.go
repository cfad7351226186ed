package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"govd/internal/gov"
)

func TestParsePublicKey(t *testing.T) {
	line := golden(t, "ed25519.pub")
	k, err := ParsePublicKey(line)
	if err != nil {
		t.Fatal(err)
	}
	if k.Comment != "test" || k.String()+" test\n" != line || k.Type() != "ssh-ed25519" {
		t.Errorf("%q is %+v, %s, %s", line, k, k, k.Type())
	}
	if want := "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo"; k.Fingerprint() != want {
		t.Errorf("fingerprint %s, want %s", k.Fingerprint(), want)
	}
	again, err := ParsePublicKey(k.String())
	if err != nil || again.String() != k.String() || again.Comment != "" {
		t.Errorf("the canonical line comes back as %v, %v", again, err)
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	line := strings.TrimSpace(golden(t, "ed25519.pub"))
	for name, line := range map[string]string{
		"nothing":         "",
		"a comment":       "# none",
		"two":             line + "\n" + line,
		"options":         "no-touch-required " + line,
		"more options":    `from="10.0.0.1",restrict ` + line,
		"another type":    strings.Replace(line, "ssh-ed25519", "ssh-rsa", 1),
		"cut off":         line[:40],
		"too long":        line + strings.Repeat("x", MaxLine),
		"a private key":   "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA",
		"small RSA":       rsaLine(t, 2048),
		"huge RSA":        fakeRSA(t, maxRSA+8),
		"DSA":             golden(t, "dsa.pub"),
		"a certificate":   certificate(t),
		"a trailing byte": "ssh-ed25519 " + base64.StdEncoding.EncodeToString(append(edSigner(t).PublicKey().Marshal(), 0)),
	} {
		if k, err := ParsePublicKey(line); !errors.Is(err, gov.Invalid) || gov.ReasonOf(err) != "BAD_SSH_KEY" {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

// Weak keys do not sign either.
func TestSignRefuses(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(signer, "x", namespace); gov.ReasonOf(err) != "BAD_SSH_KEY" {
		t.Errorf("2048 bits of RSA: %v", err)
	}
	if _, err := Sign(edSigner(t), "x", ""); err == nil {
		t.Error("signed for no namespace")
	}
}

func keyLine(t *testing.T, public any) string {
	t.Helper()
	k, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(k))
}

func rsaLine(t *testing.T, bits int) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return keyLine(t, &k.PublicKey)
}

// fakeRSA is a public key of some odd number that nobody holds the factors of.
func fakeRSA(t *testing.T, bits int) string {
	t.Helper()
	k := rsa.PublicKey{E: 65537}
	k.N = new(big.Int).SetBytes(bytes.Repeat([]byte{0xff}, bits/8))
	return keyLine(t, &k)
}

func certificate(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	c := &ssh.Certificate{Key: public, CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := c.SignCert(rand.Reader, edSigner(t)); err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(c))
}
