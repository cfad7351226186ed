package signature

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"govd/internal/gov"
)

// MaxArmored is the most bytes that an armored signature may have. One by the
// largest RSA key has about 3,000.
const MaxArmored = 8192

const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----"
	armorEnd   = "-----END SSH SIGNATURE-----"
)

// Verify reports whether armored is a signature of text by the key, made for
// the namespace. It takes exactly one armored block and nothing beside it, in
// the one form that a signature has. Keys held by a security key must have been
// touched.
//
// Returns an error of kind Invalid with the reason BAD_SIGNATURE if armored is
// no signature, and one of kind Denied with the reason WRONG_SIGNATURE if it is
// one, but not by this key, for this namespace or of this text.
func Verify(key *PublicKey, armored, text, namespace string) error {
	sig, err := parse(armored)
	if err != nil {
		return err
	}
	switch {
	case sig.Namespace != namespace:
		return wrong("it is for %q, not for %q", clip(sig.Namespace), namespace)
	case !bytes.Equal(sig.PublicKey.Marshal(), key.key.Marshal()):
		return wrong("it is by another key, not by %s", key.Fingerprint())
	}
	err = sshsig.Verify(strings.NewReader(text), sig, key.key, sig.HashAlgorithm, namespace)
	if err != nil {
		return gov.Because(err, gov.Denied, "WRONG_SIGNATURE", "the signature does not hold: it is forged, of another text, or made without touching the security key")
	}
	return nil
}

// Sign signs text for a namespace and returns the armored signature, which
// Verify has accepted.
func Sign(signer ssh.Signer, text, namespace string) (string, error) {
	key, err := newPublicKey(signer.PublicKey(), "")
	if err != nil {
		return "", err
	}
	sig, err := sshsig.Sign(strings.NewReader(text), signer, sshsig.HashSHA512, namespace)
	if err != nil {
		return "", err
	}
	armored := string(sshsig.Armor(sig))
	return armored, Verify(key, armored, text, namespace)
}

// parse parses an armored signature and no other text.
func parse(armored string) (*sshsig.Signature, error) {
	blob, err := unarmor(armored)
	if err != nil {
		return nil, err
	}
	sig, err := sshsig.ParseSignature(blob)
	if err != nil {
		return nil, gov.Because(err, gov.Invalid, "BAD_SIGNATURE", "the block is no SSH signature")
	}
	// What is left over or reserved is signed by nobody.
	if !bytes.Equal(sig.Marshal(), blob) || len(sig.Signature.Rest) > 0 && !isSecurityKey(sig.PublicKey) {
		return nil, bad("it holds more than a signature")
	}
	return sig, nil
}

func isSecurityKey(key ssh.PublicKey) bool {
	return key.Type() == ssh.KeyAlgoSKED25519 || key.Type() == ssh.KeyAlgoSKECDSA256
}

// unarmor returns what is between the two lines. As their dashes cannot be in
// there, there is one block.
func unarmor(armored string) ([]byte, error) {
	if len(armored) > MaxArmored {
		return nil, bad("it has %d bytes, %d at most", len(armored), MaxArmored)
	}
	text := strings.ReplaceAll(strings.TrimSpace(armored), "\r\n", "\n")
	body, begins := strings.CutPrefix(text, armorBegin+"\n")
	body, ends := strings.CutSuffix(body, "\n"+armorEnd)
	if !begins || !ends {
		return nil, bad("want one block from %q to %q", armorBegin, armorEnd)
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(body) // which passes over line ends
	if err != nil {
		return nil, bad("what is in the block is not base64")
	}
	return blob, nil
}

func bad(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_SIGNATURE", "not an SSH signature: "+format, args...)
}

func wrong(format string, args ...any) error {
	return gov.Errorf(gov.Denied, "WRONG_SIGNATURE", "the signature does not hold: "+format, args...)
}

// clip keeps a stranger's text short.
func clip(s string) string { return s[:min(len(s), 64)] }
