package auth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// counted is the secret 00 01 02 … 1f.
func counted() (s Secret) {
	for i := range s {
		s[i] = byte(i)
	}
	return s
}

func full() (s Secret) {
	for i := range s {
		s[i] = 0xff
	}
	return s
}

// TestGolden: the form of a token and the digest of its secret are frozen.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		token  Token
		text   string
		digest string
	}{
		{
			Token{PersonToken, "t12", counted()},
			"govd_pat_t12_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf_4b1iSR", "sha256:630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
		},
		{
			Token{MachineToken, "t1", full()},
			"govd_mat_t1_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1_2YZRbo", "sha256:af9613760f72635fbdb44a5a0a63c39f12af30f950a6ee5c971be188e89c4051",
		},
		{
			Token{BootstrapToken, "", Secret{}},
			"govd_boot_0000000000000000000000000000000000000000000_0V8Lee", "sha256:66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925",
		},
	} {
		if got := FormatToken(c.token.Kind, c.token.ID, c.token.Secret); got != c.text {
			t.Errorf("FormatToken = %q, want %q", got, c.text)
		}
		if got, err := ParseToken(c.text); got != c.token || err != nil {
			t.Errorf("ParseToken(%q) = %+v, %v", c.text, got, err)
		}
		if got := HashSecret(c.token.Secret).String(); got != c.digest {
			t.Errorf("HashSecret = %s, want %s", got, c.digest)
		}
	}
}

func drawToken(t *rapid.T) Token {
	k := rapid.SampledFrom([]TokenKind{PersonToken, MachineToken, BootstrapToken}).Draw(t, "kind")
	tok := Token{Kind: k, Secret: Secret(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret"))}
	if k != BootstrapToken {
		tok.ID = gov.NewCredentialID(rapid.Uint64Range(1, 1<<62).Draw(t, "id"))
	}
	return tok
}

func (t Token) text() string { return FormatToken(t.Kind, t.ID, t.Secret) }

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawToken(t)
		if got, err := ParseToken(want.text()); got != want || err != nil {
			t.Fatalf("%q: %+v, %v, want %+v", want.text(), got, err, want)
		}
	})
}

// TestMistyped: a token with one character changed, left out or put in is none.
func TestMistyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawToken(t).text()
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		c := string(rapid.SampledFrom([]byte(digits62+"_- \n")).Draw(t, "char"))
		for _, bad := range []string{text[:at] + c + text[at+1:], text[:at] + text[at+1:], text[:at] + c + text[at:], text + c, c + text} {
			if bad == text {
				continue
			}
			_, err := ParseToken(bad)
			if !errors.Is(err, gov.Invalid) {
				t.Fatalf("%q was parsed", bad)
			}
			if strings.Contains(err.Error(), text[len(text)-12:]) {
				t.Fatalf("the error repeats the token: %v", err)
			}
		}
	})
}

// TestRightSum: a right checksum alone makes no token.
func TestRightSum(t *testing.T) {
	digits := strings.Repeat("1", secretWidth)
	for _, text := range []string{
		"govd_pat_t1_" + digits[1:], "govd_pat_t1_" + digits + "1", "govd_pat_t1_-" + digits[1:], "govd_pat_t1_1-" + digits[2:], "govd_pat_t1_é" + digits[2:],
		"govd_pat_t1_" + strings.Repeat("z", secretWidth), "govd_pat_" + digits, "govd_pat__" + digits, "govd_pat_t01_" + digits,
		"govd_boot_t1_" + digits, "govd_boot__" + digits, "govd__" + digits, "govd_root_" + digits, "govd_PAT_t1_" + digits,
		"Govd_boot_" + digits, "_boot_" + digits, "govd_boot_" + digits + "_", "",
	} {
		if tok, err := ParseToken(text + "_" + checksum(text)); !errors.Is(err, gov.Invalid) {
			t.Errorf("%q: %+v, %v", text, tok, err)
		}
	}
}

// FuzzParseToken: what is parsed is what would be written.
func FuzzParseToken(f *testing.F) {
	for _, tok := range []Token{{PersonToken, "t12", counted()}, {MachineToken, "t1", full()}, {BootstrapToken, "", Secret{}}} {
		f.Add(tok.text())
		f.Add(tok.text()[:40])
	}
	f.Add("")
	f.Add("govd_pat__" + strings.Repeat("z", 43) + "_zzzzzz")
	f.Add("govd_boot_" + strings.Repeat("z", 43) + "_4gfFC3")
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := ParseToken(s)
		if err != nil {
			if tok != (Token{}) {
				t.Errorf("%q: an error and %+v", s, tok)
			}
			return
		}
		if tok.text() != s {
			t.Errorf("%q is parsed and written as %q", s, tok.text())
		}
		if strings.Contains(Redact(s), s[len(s)-50:len(s)-7]) {
			t.Errorf("Redact(%q) keeps the secret", s)
		}
	})
}

// TestBase62 holds the digits against math/big.
func TestBase62(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "n")
		text := base62(n, secretWidth)
		sum := new(big.Int)
		for _, c := range text {
			sum.Mul(sum, big.NewInt(62)).Add(sum, big.NewInt(int64(strings.IndexRune(digits62, c))))
		}
		if sum.Cmp(new(big.Int).SetBytes(n)) != 0 {
			t.Fatalf("%x is written as %s", n, text)
		}
	})
	over := new(big.Int).Lsh(big.NewInt(1), 256) // the first number that does not fit
	var digits []byte
	for range secretWidth {
		var d big.Int
		over.DivMod(over, big.NewInt(62), &d)
		digits = append([]byte{digits62[d.Int64()]}, digits...)
	}
	if parseBase62(make([]byte, 32), string(digits)) {
		t.Error("2^256 fits 32 bytes")
	}
}

func TestNewSecret(t *testing.T) {
	if a, b := NewSecret(rand.Reader), NewSecret(rand.Reader); a == b {
		t.Error("two secrets are the same")
	}
	if got := NewSecret(bytes.NewReader([]byte(strings.Repeat("x", 32)))); string(got[:]) != strings.Repeat("x", 32) {
		t.Errorf("not what the source gave: %x", got[:])
	}
	for _, bad := range []string{"", "short"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a secret from %q", bad)
				}
			}()
			NewSecret(iotest.OneByteReader(strings.NewReader(bad)))
		}()
	}
}

func TestSecretIs(t *testing.T) {
	s := counted()
	if !s.Is(HashSecret(s)) {
		t.Error("a secret is not itself")
	}
	for _, d := range []gov.Digest{{}, HashSecret(full()), HashSecret(Secret{})} {
		if s.Is(d) {
			t.Errorf("the secret of another, %v", d)
		}
	}
}

// TestSecretsAreNotPrinted: neither by fmt nor by slog.
func TestSecretsAreNotPrinted(t *testing.T) {
	s := counted()
	tok := Token{PersonToken, "t12", s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", tok), fmt.Sprintf("%#v", tok), s.String(), log.String()} {
		if !strings.Contains(text, redacted) || strings.Contains(text, "1 2 3") || strings.Contains(text, "0x1,") {
			t.Errorf("a secret is printed: %s", text)
		}
	}
}

func TestRedact(t *testing.T) {
	tok := Token{PersonToken, "t12", counted()}.text()
	boot := Token{BootstrapToken, "", full()}.text()
	for in, want := range map[string]string{
		"":                              "",
		"no token":                      "no token",
		"govd_pat":                      "govd_pat",
		tok:                             "govd_pat_t12_[secret]",
		tok[:30]:                        "govd_pat_t12_[secret]",
		"x" + tok:                       "xgovd_pat_t12_[secret]",
		tok + tok:                       "govd_pat_t12_[secret]",
		boot[:11]:                       "govd_boot_[secret]",
		tok + "=":                       "govd_pat_t12_[secret]=",
		"govd_token":                    "govd_token",
		"a " + tok + ", " + boot + "\n": "a govd_pat_t12_[secret], govd_boot_[secret]\n",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tok := drawToken(t)
		got := Redact(rapid.String().Draw(t, "before") + tok.text() + rapid.String().Draw(t, "after"))
		if strings.Contains(got, base62(tok.Secret[:], secretWidth)) || !strings.Contains(got, string(tok.ID)) {
			t.Fatalf("%q", got)
		}
	})
}

func BenchmarkParseToken(b *testing.B) {
	text := Token{PersonToken, "t12", counted()}.text()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseToken(text); err != nil {
			b.Fatal(err)
		}
	}
}
