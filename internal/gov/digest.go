package gov

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A Digest is a SHA-256. Its text form is "sha256:" and 64 lower-case hex digits.
type Digest [sha256.Size]byte

const digestPrefix = "sha256:"

// ParseDigest parses the form that String writes, and no other.
func ParseDigest(s string) (d Digest, err error) {
	h, ok := strings.CutPrefix(s, digestPrefix)
	if !ok || len(h) != 2*len(d) || h != strings.ToLower(h) {
		return Digest{}, Errorf(Invalid, "BAD_DIGEST", "%q is not a digest: want sha256: and 64 lower-case hex digits", clip(s))
	}
	if _, err := hex.Decode(d[:], []byte(h)); err != nil {
		return Digest{}, Errorf(Invalid, "BAD_DIGEST", "%q is not a digest: it is not hex", clip(s))
	}
	return d, nil
}

// String returns the text form.
func (d Digest) String() string { return digestPrefix + hex.EncodeToString(d[:]) }

// Short returns the text form with 12 hex digits, for people.
func (d Digest) Short() string { return d.String()[:len(digestPrefix)+12] }

// IsZero reports whether d is the zero digest, which means "none".
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the text form; the zero digest is the empty string.
func (d Digest) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return []byte{}, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText parses what MarshalText writes.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Digest{}
		return nil
	}
	*d, err = ParseDigest(string(b))
	return err
}

// clip shortens what a stranger sent before it goes into a message.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
