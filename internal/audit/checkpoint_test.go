package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/mod/sumdb/note"

	"govd/internal/gov"
)

// The golden key and checkpoint: their bytes are frozen.
const (
	goldenSecret = "PRIVATE+KEY+log.example/hands+7a5e5b5c+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"
	goldenKey    = "log.example/hands+7a5e5b5c+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
	goldenSigned = "log.example/hands\n42\nPH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n\n" +
		"— log.example/hands el5bXGZyuh9VQkFs8k8co8azgrlKr6b99lWEECmFAFjtC+X5bgkf7gUGAukDwAwUPJw42DRhZ98yXpc04Z6P9h4u8gk=\n"
)

func TestGoldenCheckpoint(t *testing.T) {
	secret, verifierKey, err := GenerateKey("log.example/hands", bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil || secret != goldenSecret || verifierKey != goldenKey {
		t.Errorf("GenerateKey = %q, %q, %v", secret, verifierKey, err)
	}
	key := testKey(t)
	if key.VerifierKey() != verifierKey || key.Origin() != "log.example/hands" {
		t.Errorf("the signer's key is %q of %q", key.VerifierKey(), key.Origin())
	}
	c := Checkpoint{Origin: "log.example/hands", Size: 42, Root: LeafHash([]byte("x"))}
	signed, err := key.Sign(c)
	if err != nil || string(signed) != goldenSigned {
		t.Errorf("Sign = %q, %v", signed, err)
	}
	if got, err := ParseCheckpoint(signed, verifierKey); err != nil || got != c {
		t.Errorf("ParseCheckpoint = %+v, %v, want %+v", got, err, c)
	}
}

// TestAppendSigns parses what Append signs, from the empty log on.
func TestAppendSigns(t *testing.T) {
	m, a := newLog(t)
	for _, n := range []int{0, 1, 0, 300} {
		signed := grow(t, m, a, n)
		c, err := ParseCheckpoint(signed, testKey(t).VerifierKey())
		want := Checkpoint{Origin: "log.example/hands", Size: m.LogSize(), Root: plainRoot(m.entries)}
		if err != nil || c != want {
			t.Errorf("got %+v, %v, want %+v", c, err, want)
		}
	}
}

// TestForgedCheckpoints changes every byte of a signed checkpoint.
func TestForgedCheckpoints(t *testing.T) {
	for i := range goldenSigned {
		for _, x := range []byte{1, 2, 0x20, 0x80} {
			b := []byte(goldenSigned)
			b[i] ^= x
			mustRefuse(t, b, goldenKey, "byte %d", i)
		}
		mustRefuse(t, []byte(goldenSigned[:i]), goldenKey, "cut at %d", i)
	}
	mustRefuse(t, []byte(goldenSigned+"\n"), goldenKey, "newline at the end")
	mustRefuse(t, []byte(strings.Replace(goldenSigned, "gk=", "gl=", 1)), goldenKey, "another base64 of the same signature")
	witness := "— witness.example " + strings.Repeat("AAAA", 400) + "\n"
	if c, err := ParseCheckpoint([]byte(goldenSigned+witness), goldenKey); err != nil {
		t.Errorf("with a long witness: %v, %v", c, err)
	}
	mustRefuse(t, []byte(goldenSigned+strings.Repeat(witness, 11)), goldenKey, "too long")
}

// TestOtherKeys pins the key: other keys, and our key under another log's name,
// prove nothing.
func TestOtherKeys(t *testing.T) {
	seed := bytes.Repeat([]byte{8}, 32)
	_, sameName, err := GenerateKey("log.example/hands", bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, []byte(goldenSigned), sameName, "another key of the same name")
	_, otherName, err := GenerateKey("log.example/feet", bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, []byte(goldenSigned), otherName, "the same key of another name")
	if _, err := testKey(t).Sign(Checkpoint{Origin: "log.example/feet"}); err == nil {
		t.Error("signed for another log")
	}
	feet := sign(t, Checkpoint{Origin: "log.example/feet", Size: 1}.Body())
	mustRefuse(t, feet, goldenKey, "another log signed by our key")
	for _, bad := range []string{"", "x", goldenKey + "A", goldenSecret, strings.Replace(goldenKey, "hands", "h nds", 1), strings.Replace(goldenKey, "+", "+0", 1)} {
		if _, err := ParseCheckpoint([]byte(goldenSigned), bad); gov.ReasonOf(err) != "BAD_KEY" {
			t.Errorf("key %q: %v", bad, err)
		}
		if _, err := CheckVerifierKey(bad); gov.ReasonOf(err) != "BAD_KEY" {
			t.Errorf("key %q: %v", bad, err)
		}
		if _, err := NewSigner(bad); bad != goldenSecret && gov.ReasonOf(err) != "BAD_KEY" {
			t.Errorf("signer key %q: %v", bad, err)
		}
	}
	if origin, err := CheckVerifierKey(goldenKey); err != nil || origin != "log.example/hands" {
		t.Errorf("CheckVerifierKey = %q, %v", origin, err)
	}
}

// TestBadBodies signs what is no checkpoint of ours.
func TestBadBodies(t *testing.T) {
	root := base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
	for name, body := range map[string]string{
		"extension line":  "log.example/hands\n42\n" + root + "\nmore\n",
		"blank extension": "log.example/hands\n42\n" + root + "\n\n",
		"no root":         "log.example/hands\n42\n",
		"leading zero":    "log.example/hands\n042\n" + root + "\n",
		"plus":            "log.example/hands\n+42\n" + root + "\n",
		"too large":       "log.example/hands\n281474976710657\n" + root + "\n",
		"negative":        "log.example/hands\n-1\n" + root + "\n",
		"short root":      "log.example/hands\n42\n" + root[4:] + "\n",
		"unpadded root":   "log.example/hands\n42\n" + strings.TrimRight(root, "=") + "\n",
		"loose base64":    "log.example/hands\n42\n" + root[:42] + "B=\n",
	} {
		mustRefuse(t, sign(t, body), goldenKey, "%s", name)
	}
}

// TestWitnesses accepts signatures by others beside the log's own.
func TestWitnesses(t *testing.T) {
	secret, _, err := GenerateKey("witness.example", bytes.NewReader(bytes.Repeat([]byte{9}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	witness, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{Origin: "log.example/hands", Size: 42, Root: LeafHash([]byte("x"))}
	for _, signers := range [][]note.Signer{{testKey(t).key, witness}, {witness, testKey(t).key}} {
		signed, err := note.Sign(&note.Note{Text: c.Body()}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseCheckpoint(signed, goldenKey); err != nil || got != c {
			t.Errorf("ParseCheckpoint = %+v, %v", got, err)
		}
	}
	alone, err := note.Sign(&note.Note{Text: c.Body()}, witness)
	if err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, alone, goldenKey, "a witness alone")
}

func sign(t *testing.T, body string) []byte {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: body}, testKey(t).key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustRefuse(t *testing.T, signed []byte, key, format string, args ...any) {
	t.Helper()
	if c, err := ParseCheckpoint(signed, key); gov.ReasonOf(err) != "BAD_CHECKPOINT" || c != (Checkpoint{}) {
		t.Errorf(format+": parsed to %+v, %v", append(args, c, err)...)
	}
}

func TestOrigins(t *testing.T) {
	for _, good := range []string{"a", "data.example.org/govd", "127.0.0.1:7480", strings.Repeat("x", 128)} {
		if err := CheckOrigin(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a b", "a+b", "a\nb", "/a", "ü", "a\"", strings.Repeat("x", 129)} {
		if err := CheckOrigin(bad); gov.ReasonOf(err) != "BAD_ORIGIN" {
			t.Errorf("%q: %v", bad, err)
		}
		if _, _, err := GenerateKey(bad, bytes.NewReader(make([]byte, 32))); err == nil {
			t.Errorf("%q: a key", bad)
		}
	}
	if _, _, err := GenerateKey("a", iotest.ErrReader(bytes.ErrTooLarge)); err == nil {
		t.Error("a key without randomness")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add([]byte(goldenSigned))
	f.Add([]byte("log.example/hands\n0\n\n\n— log.example/hands YewbCA==\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCheckpoint(b, goldenKey)
		if err == nil && !bytes.HasPrefix(b, []byte(c.Body())) {
			t.Fatalf("%q parses to %+v", b, c)
		}
	})
}

// FuzzParseBody looks behind the signature, which the fuzzer cannot make.
func FuzzParseBody(f *testing.F) {
	f.Add(goldenSigned[:strings.Index(goldenSigned, "\n\n")+1])
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseBody(text); err == nil && c.Body() != text {
			t.Fatalf("%q parses to %+v", text, c)
		}
	})
}
