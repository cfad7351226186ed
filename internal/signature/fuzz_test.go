package signature

import (
	"errors"
	"strings"
	"testing"

	"govd/internal/gov"
)

// Whatever a stranger sends as a signature, it is refused with one of two
// reasons, or it is the golden signature in another layout.
func FuzzVerify(f *testing.F) {
	key, text, armored := goldenKey(f, "ed25519"), golden(f, "statement.txt"), golden(f, "ed25519.sig")
	bare := func(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(strings.TrimSpace(s)) }
	for _, name := range []string{"ed25519", "ecdsa", "rsa"} {
		f.Add(golden(f, name+".sig"))
	}
	f.Add(armorBegin + "\n" + armorEnd)
	f.Fuzz(func(t *testing.T, s string) {
		switch err := Verify(key, s, text, namespace); {
		case err == nil && bare(s) != bare(armored):
			t.Errorf("another signature holds: %q", s)
		case err != nil && !errors.Is(err, gov.Invalid) && !errors.Is(err, gov.Denied):
			t.Errorf("%v is no refusal", err)
		}
	})
}

// Whatever a stranger sends as a key, it is refused with a reason, or has a
// canonical line.
func FuzzParsePublicKey(f *testing.F) {
	for _, name := range []string{"ed25519", "ecdsa", "rsa"} {
		f.Add(golden(f, name+".pub"))
	}
	f.Add("restrict ssh-ed25519 AAAA")
	f.Fuzz(func(t *testing.T, line string) {
		k, err := ParsePublicKey(line)
		if err != nil {
			if gov.ReasonOf(err) != "BAD_SSH_KEY" {
				t.Errorf("%v has no reason", err)
			}
			return
		}
		again, err := ParsePublicKey(k.String())
		if err != nil || again.String() != k.String() || again.Fingerprint() != k.Fingerprint() {
			t.Errorf("%q comes back as %v, %v", k, again, err)
		}
	})
}
