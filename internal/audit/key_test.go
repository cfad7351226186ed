package audit

import (
	"bytes"
	"testing"
)

// TestEveryKeyReadsBack: base64 has a + in its alphabet, as the form of a key
// has between its parts.
func TestEveryKeyReadsBack(t *testing.T) {
	for i := range 256 {
		seed := bytes.Repeat([]byte{byte(i)}, 32)
		secret, verifier, err := GenerateKey("example.org/log", bytes.NewReader(seed))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSigner(secret)
		if err != nil {
			t.Errorf("key %d: %v", i, err)
		} else if s.VerifierKey() != verifier {
			t.Errorf("key %d verifies as %s, want %s", i, s.VerifierKey(), verifier)
		}
	}
}
