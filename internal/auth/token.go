package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash/crc32"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"govd/internal/gov"
)

// A Secret is what only the holder of a token knows: 256 random bits. No
// slow hash is needed to keep it, as it cannot be guessed.
type Secret [32]byte

// NewSecret returns a secret from a source of randomness. It panics if the
// source fails: no secret is better than one that can be guessed.
func NewSecret(rand io.Reader) (s Secret) {
	if _, err := io.ReadFull(rand, s[:]); err != nil {
		panic("auth: no randomness: " + err.Error())
	}
	return s
}

// HashSecret returns the SHA-256 of the secret's 32 bytes, which is all that
// the server ever keeps of it.
func HashSecret(s Secret) gov.Digest { return sha256.Sum256(s[:]) }

// Is reports whether the digest is of this secret, in a time that does not
// depend on either. The zero digest is of none.
func (s Secret) Is(d gov.Digest) bool {
	h := HashSecret(s)
	return subtle.ConstantTimeCompare(h[:], d[:]) == 1
}

// String hides the secret from whoever prints it.
func (s Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return redacted }

// LogValue hides the secret from the log.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// A TokenKind says whose token it is, so that people and scanners can tell.
type TokenKind string

const (
	PersonToken    TokenKind = "pat"
	MachineToken   TokenKind = "mat"
	BootstrapToken TokenKind = "boot" // has no id
)

// KindOf returns the kind of a person's tokens.
func KindOf(p gov.PersonID) TokenKind {
	if p.Machine() {
		return MachineToken
	}
	return PersonToken
}

// A Token is what a caller sends: which credential it is, and the secret.
type Token struct {
	Kind   TokenKind
	ID     gov.CredentialID // none for BootstrapToken
	Secret Secret
}

const (
	tokenPrefix = "govd"
	secretWidth = 43 // base62 digits that hold 256 bits
	sumWidth    = 6  // base62 digits that hold 32 bits
)

// FormatToken returns the text form, which is frozen:
//
//	govd_KIND_ID_SECRET_SUM    with SECRET 43 base62 digits, big end first,
//	govd_boot_SECRET_SUM       SUM 6 of them: the CRC-32 (IEEE) of what stands
//	                           before the last underscore
//
// The sum lets a mistyped token be told from a wrong one, and scanners find
// tokens that have leaked.
func FormatToken(k TokenKind, id gov.CredentialID, s Secret) string {
	text := tokenPrefix + "_" + string(k) + "_"
	if k != BootstrapToken {
		text += string(id) + "_"
	}
	text += base62(s[:], secretWidth)
	return text + "_" + checksum(text)
}

func checksum(text string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(text)))
	return base62(sum[:], sumWidth)
}

// ParseToken parses what FormatToken writes, and nothing else. The error, of
// kind gov.Invalid, does not repeat the text.
func ParseToken(s string) (t Token, err error) {
	head, rest, _ := strings.Cut(s, "_")
	kind, rest, _ := strings.Cut(rest, "_")
	t.Kind = TokenKind(kind)
	switch t.Kind {
	case PersonToken, MachineToken:
		id, after, _ := strings.Cut(rest, "_")
		if t.ID, err = gov.ParseCredentialID(id); err != nil {
			return Token{}, errToken
		}
		rest = after
	case BootstrapToken:
	default:
		return Token{}, errToken
	}
	secret, sum, _ := strings.Cut(rest, "_")
	if head != tokenPrefix || len(secret) != secretWidth || !parseBase62(t.Secret[:], secret) {
		return Token{}, errToken
	}
	if checksum(s[:len(s)-1-sumWidth]) != sum {
		return Token{}, gov.Errorf(gov.Invalid, "BAD_TOKEN", "the token is mistyped or cut off: its checksum is wrong")
	}
	return t, nil
}

var errToken = gov.Errorf(gov.Invalid, "BAD_TOKEN", "not a token: want the text that begins with govd_")

const redacted = "[secret]"

var tokenForm = regexp.MustCompile(`govd_(pat|mat|boot)_(t[0-9]{1,19}_)?[0-9A-Za-z_]*`)

// Redact takes the secrets out of tokens, whole or cut off, in a text that will
// be logged. What remains tells which token it was.
func Redact(s string) string {
	if !strings.Contains(s, tokenPrefix+"_") {
		return s
	}
	return tokenForm.ReplaceAllString(s, "govd_${1}_${2}"+redacted)
}
