package signature

import (
	"bytes"
	"crypto/rsa"
	"strings"

	"golang.org/x/crypto/ssh"

	"govd/internal/gov"
)

// MaxLine is the most bytes that the line of a public key may have.
const MaxLine = 4096

// The sizes of RSA keys, in bits: smaller ones are weak, and larger ones only
// make work.
const (
	minRSA = 3072
	maxRSA = 8192
)

// A PublicKey is the public half of a key that may sign.
type PublicKey struct {
	Comment string // what the line says after the key; no part of the key
	key     ssh.PublicKey
}

// ParsePublicKey parses a line as ssh-keygen writes it into a .pub file: the
// type, the key and maybe a comment. It takes Ed25519, ECDSA, RSA of 3072 to
// 8192 bits, and the first two held by a security key. Whatever else is an error
// of kind Invalid with the reason BAD_SSH_KEY, such as a certificate, whose
// validity another authority decides, or a line with options, which might
// loosen how the key must be used.
func ParsePublicKey(line string) (*PublicKey, error) {
	line = strings.TrimSpace(line)
	switch {
	case len(line) > MaxLine:
		return nil, badKey("it has %d bytes, %d at most", len(line), MaxLine)
	case strings.Contains(line, "PRIVATE KEY"):
		return nil, badKey("this is a private key: keep it, and give the file that ends in .pub")
	case strings.ContainsAny(line, "\n\r\x00"):
		return nil, badKey("want one line")
	}
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		return nil, gov.Because(err, gov.Invalid, "BAD_SSH_KEY", "not an SSH public key: want a line such as %q", "ssh-ed25519 AAAA… comment")
	case len(options) > 0 || len(rest) > 0:
		return nil, badKey("it has options before the type: leave them out")
	}
	return newPublicKey(key, comment)
}

func newPublicKey(key ssh.PublicKey, comment string) (*PublicKey, error) {
	if wrong := unfit(key); wrong != "" {
		return nil, badKey("%s", wrong)
	}
	return &PublicKey{comment, key}, nil
}

// unfit returns why a key may not sign, or "".
func unfit(key ssh.PublicKey) string {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
		return ""
	case ssh.KeyAlgoRSA:
		return unfitRSA(key)
	case "ssh-dss":
		return "DSA keys are too weak: make one with 'ssh-keygen -t ed25519'"
	}
	if strings.Contains(key.Type(), "-cert-v") {
		return "it is a certificate: want the key itself"
	}
	return "its type is not known here: want ed25519, ecdsa or rsa, or one of the first two held by a security key"
}

func unfitRSA(key ssh.PublicKey) string {
	bits := 0
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok {
			bits = k.N.BitLen()
		}
	}
	switch {
	case bits < minRSA:
		return "RSA keys of less than 3072 bits are too weak: make one with 'ssh-keygen -t ed25519'"
	case bits > maxRSA:
		return "RSA keys may have 8192 bits at most"
	}
	return ""
}

func badKey(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_SSH_KEY", "SSH key: "+format, args...)
}

// String returns the line of the key without a comment. The same key has the
// same line, so that it can be compared and stored.
func (k *PublicKey) String() string {
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(k.key)))
}

// Fingerprint returns what 'ssh-keygen -l' prints: "SHA256:" and 43 characters.
func (k *PublicKey) Fingerprint() string { return ssh.FingerprintSHA256(k.key) }

// Type returns the name of the key's type, such as "ssh-ed25519".
func (k *PublicKey) Type() string { return k.key.Type() }
