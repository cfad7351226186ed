package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"govd/internal/gov"
)

var originForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/~-]{0,127}$`)

// CheckOrigin checks the name of a log: 1 to 128 letters, digits and . _ : / ~ -
// beginning with a letter or a digit. It should be a URL without its scheme
// that nobody else uses, such as "data.example.org/govd".
func CheckOrigin(origin string) error {
	if !originForm.MatchString(origin) {
		return gov.Errorf(gov.Invalid, "BAD_ORIGIN", "a log's origin is 1 to 128 letters, digits and . _ : / ~ - beginning with a letter or digit")
	}
	return nil
}

// GenerateKey makes a key for the log of that origin from 32 random bytes. The
// signer key is secret; the verifier key is what others are told.
func GenerateKey(origin string, rand io.Reader) (signerKey, verifierKey string, err error) {
	if err := CheckOrigin(origin); err != nil {
		return "", "", err
	}
	var seed [ed25519.SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return "", "", err
	}
	verifierKey, err = note.NewEd25519VerifierKey(origin, publicKey(seed[:]))
	if err != nil {
		return "", "", err
	}
	hash := strings.Split(verifierKey, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{algEd25519}, seed[:]...))
	return "PRIVATE+KEY+" + origin + "+" + hash + "+" + secret, verifierKey, nil
}

// algEd25519 is the type of an Ed25519 key in a signed note.
const algEd25519 = 1

func publicKey(seed []byte) ed25519.PublicKey {
	return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
}

// A Signer signs the checkpoints of one log. It is safe for concurrent use.
type Signer struct {
	key      note.Signer
	verifier string
}

// NewSigner returns the signer for a key that GenerateKey made.
func NewSigner(signerKey string) (Signer, error) {
	bad := gov.Errorf(gov.Invalid, "BAD_KEY", "not a signer key")
	key, err := note.NewSigner(signerKey)
	if err != nil || CheckOrigin(key.Name()) != nil {
		return Signer{}, bad
	}
	// The secret is base64 and may hold a + itself: PRIVATE+KEY+NAME+HASH+SECRET.
	secret, err := base64.StdEncoding.DecodeString(strings.SplitN(signerKey, "+", 5)[4])
	if err != nil || len(secret) != 1+ed25519.SeedSize {
		return Signer{}, bad
	}
	verifier, err := note.NewEd25519VerifierKey(key.Name(), publicKey(secret[1:]))
	return Signer{key: key, verifier: verifier}, err
}

// Origin returns the name of the log, which is the key's name.
func (s Signer) Origin() string { return s.key.Name() }

// VerifierKey returns the key that checks what s signs.
func (s Signer) VerifierKey() string { return s.verifier }

// Sign returns the checkpoint as a signed note. The same checkpoint gives the
// same bytes. Whoever calls it must know that the checkpoint continues every
// one signed before: two that contradict each other can never be taken back.
func (s Signer) Sign(c Checkpoint) ([]byte, error) {
	if c.Origin != s.Origin() {
		return nil, gov.Errorf(gov.Invalid, "BAD_ORIGIN", "the key of %s does not sign for %s", s.Origin(), c.Origin)
	}
	return note.Sign(&note.Note{Text: c.Body()}, s.key)
}

// CheckVerifierKey checks a verifier key and returns the origin it is for.
func CheckVerifierKey(verifierKey string) (origin string, err error) {
	key, err := newVerifier(verifierKey)
	if err != nil {
		return "", err
	}
	return key.Name(), nil
}

func newVerifier(verifierKey string) (note.Verifier, error) {
	key, err := note.NewVerifier(verifierKey)
	if err != nil || CheckOrigin(key.Name()) != nil {
		return nil, gov.Errorf(gov.Invalid, "BAD_KEY", "not a verifier key: want NAME+HASH+BASE64 as status shows it")
	}
	return key, nil
}
