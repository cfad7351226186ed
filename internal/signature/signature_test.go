package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"govd/internal/gov"
)

const namespace = gov.ApprovalNamespace

func golden(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func goldenKey(t testing.TB, name string) *PublicKey {
	t.Helper()
	k, err := ParsePublicKey(golden(t, name+".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// edSigner is the signer of the golden Ed25519 key.
func edSigner(t testing.TB) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What ssh-keygen made once holds for ever.
func TestGolden(t *testing.T) {
	text := golden(t, "statement.txt")
	for _, name := range []string{"ed25519", "ecdsa", "rsa"} {
		if err := Verify(goldenKey(t, name), golden(t, name+".sig"), text, namespace); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ed25519 signs the same text alike, so ours must be ssh-keygen's but for where
// lines end.
func TestSignGolden(t *testing.T) {
	got, err := Sign(edSigner(t), golden(t, "statement.txt"), namespace)
	if err != nil {
		t.Fatal(err)
	}
	bare := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
	if want := golden(t, "ed25519.sig"); bare(got) != bare(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, text, armored := goldenKey(t, "ed25519"), golden(t, "statement.txt"), golden(t, "ed25519.sig")
	signed := func(text, namespace string) string {
		sig, err := sshsig.Sign(strings.NewReader(text), edSigner(t), sshsig.HashSHA256, namespace)
		if err != nil {
			t.Fatal(err)
		}
		return string(sshsig.Armor(sig))
	}
	if err := Verify(key, signed(text, namespace), text, namespace); err != nil {
		t.Errorf("SHA-256 is refused: %v", err)
	}
	for _, test := range []struct {
		name    string
		armored string
		kind    gov.Kind
	}{
		{"another text", signed(text+"\n", namespace), gov.Denied},
		{"another namespace", signed(text, "file"), gov.Denied},
		{"another key", golden(t, "ecdsa.sig"), gov.Denied},
		{"another key in the blob", reblob(t, armored, swapKey(t)), gov.Denied},
		{"forged", reblob(t, armored, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), gov.Denied},
		{"nothing", "", gov.Invalid},
		{"truncated", armored[:len(armored)/2], gov.Invalid},
		{"no end", strings.TrimSuffix(armored, armorEnd+"\n"), gov.Invalid},
		{"twice", armored + armored, gov.Invalid},
		{"words before", "approved!\n" + armored, gov.Invalid},
		{"words after", armored + "approved!", gov.Invalid},
		{"a header", strings.Replace(armored, armorBegin+"\n", armorBegin+"\nComment: x\n\n", 1), gov.Invalid},
		{"another block", strings.ReplaceAll(armored, "SSH SIGNATURE", "PGP SIGNATURE"), gov.Invalid},
		{"too long", strings.Replace(armored, "\n", strings.Repeat("\n", MaxArmored), 1), gov.Invalid},
		{"not base64", strings.Replace(armored, "U1NI", "U1N!", 1), gov.Invalid},
		{"loose base64", strings.Replace(armored, "nA4=", "nA5=", 1), gov.Invalid},
		{"a byte short", reblob(t, armored, func(b []byte) []byte { return b[:len(b)-1] }), gov.Invalid},
		{"a byte more", reblob(t, armored, func(b []byte) []byte { return append(b, 0) }), gov.Invalid},
		{"something reserved", reblob(t, armored, reserve), gov.Invalid},
		{"something after the signature", reblob(t, armored, trail), gov.Invalid},
		{"another version", reblob(t, armored, func(b []byte) []byte { b[9] = 2; return b }), gov.Invalid},
		{"another hash", reblob(t, armored, func(b []byte) []byte { return bytes.Replace(b, []byte("sha512"), []byte("sha384"), 1) }), gov.Invalid},
	} {
		reason := map[gov.Kind]gov.Reason{gov.Denied: "WRONG_SIGNATURE", gov.Invalid: "BAD_SIGNATURE"}[test.kind]
		if err := Verify(key, test.armored, text, namespace); !errors.Is(err, test.kind) || gov.ReasonOf(err) != reason {
			t.Errorf("%s: %v, want kind %v", test.name, err, test.kind)
		}
	}
	if err := Verify(key, armored, text, ""); !errors.Is(err, gov.Denied) {
		t.Errorf("no namespace: %v", err)
	}
}

// What travels through mail or a form keeps its meaning.
func TestVerifyLineEnds(t *testing.T) {
	key, text, armored := goldenKey(t, "ed25519"), golden(t, "statement.txt"), golden(t, "ed25519.sig")
	for _, form := range []string{strings.ReplaceAll(armored, "\n", "\r\n"), "\n" + armored + "\n\n", strings.TrimSpace(armored)} {
		if err := Verify(key, form, text, namespace); err != nil {
			t.Errorf("%q: %v", form, err)
		}
	}
}

// RSA signs with SHA-2 or not at all.
func TestSHA1(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, minRSA)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := newPublicKey(signer.PublicKey(), "")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := sshsig.Sign(strings.NewReader("x"), sha1Signer{signer.(ssh.AlgorithmSigner)}, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(public, string(sshsig.Armor(sig)), "x", namespace); !errors.Is(err, gov.Invalid) {
		t.Errorf("a signature by ssh-rsa: %v", err)
	}
}

type sha1Signer struct{ ssh.AlgorithmSigner }

func (s sha1Signer) SignWithAlgorithm(r io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.AlgorithmSigner.SignWithAlgorithm(r, data, ssh.KeyAlgoRSA)
}

// reblob changes the bytes in the armor.
func reblob(t *testing.T, armored string, change func([]byte) []byte) string {
	t.Helper()
	p, _ := pem.Decode([]byte(armored))
	return string(pem.EncodeToMemory(&pem.Block{Type: p.Type, Bytes: change(p.Bytes)}))
}

// swapKey claims that a signature is by another key.
func swapKey(t *testing.T) func([]byte) []byte {
	other, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public())
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) []byte { return bytes.Replace(b, edSigner(t).PublicKey().Marshal(), other.Marshal(), 1) }
}

// reserve fills the field between namespace and hash, which is empty.
func reserve(b []byte) []byte {
	hash := []byte("\x00\x00\x00\x06sha512")
	return bytes.Replace(b, append([]byte{0, 0, 0, 0}, hash...), append([]byte{0, 0, 0, 1, 'x'}, hash...), 1)
}

// trail adds a byte inside the field of the signature.
func trail(b []byte) []byte {
	head := []byte("\x00\x00\x00\x53\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x40") // 83 bytes follow its length
	longer := append([]byte{0, 0, 0, 0x54}, head[4:]...)
	return append(bytes.Replace(b, head, longer, 1), 'x')
}

// A fido plays a security key: it signs as PROTOCOL.u2f says, with the flags
// that it is told.
type fido struct {
	ed25519.PrivateKey
	flags byte
}

const fidoApplication = "ssh:"

func (f fido) PublicKey() ssh.PublicKey {
	k, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, f.Public().(ed25519.PublicKey), fidoApplication}))
	if err != nil {
		panic(err)
	}
	return k
}

func (f fido) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte(fidoApplication)), sha256.Sum256(data)
	rest := []byte{f.flags, 0, 0, 0, 7}
	signed := append(append(application[:], rest...), message[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(f.PrivateKey, signed), Rest: rest}, nil
}

// A security key counts when somebody touched it.
func TestSecurityKey(t *testing.T) {
	f := fido{PrivateKey: ed25519.NewKeyFromSeed(make([]byte, 32)), flags: 1}
	armored, err := Sign(f, "text", namespace)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey(string(ssh.MarshalAuthorizedKey(f.PublicKey())))
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(key, armored, "text", namespace); err != nil {
		t.Error(err)
	}
	f.flags = 4 // verified by PIN, but not touched
	if _, err := Sign(f, "text", namespace); gov.ReasonOf(err) != "WRONG_SIGNATURE" {
		t.Errorf("untouched: %v", err)
	}
}
