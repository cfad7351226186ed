package ctl

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
	"govd/internal/signature"
	govdv1 "govd/proto/govd/v1"
)

// keyFiles writes a key and its .pub into a new directory.
func keyFiles(t *testing.T, seed byte, passphrase string) (private string, key *signature.PublicKey) {
	t.Helper()
	secret := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), 32)))
	block, err := ssh.MarshalPrivateKey(secret, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(secret, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(secret.Public())
	if err != nil {
		t.Fatal(err)
	}
	private = filepath.Join(t.TempDir(), "key")
	for path, b := range map[string][]byte{private: pem.EncodeToMemory(block), private + ".pub": ssh.MarshalAuthorizedKey(public)} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key, err = signature.ParsePublicKey(string(ssh.MarshalAuthorizedKey(public)))
	if err != nil {
		t.Fatal(err)
	}
	return private, key
}

// startAgent serves an ssh-agent that holds the keys of files.
func startAgent(t *testing.T, files ...string) (socket string) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ssh.ParseRawPrivateKey(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "agent") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, conn)
		}
	}()
	return l.Addr().String()
}

func TestSign(t *testing.T) {
	mine, key := keyFiles(t, 'm', "")
	locked, _ := keyFiles(t, 'm', "secret")
	other, _ := keyFiles(t, 'o', "")
	lockedOther, _ := keyFiles(t, 'o', "secret")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	both, nothing := startAgent(t, other, mine), startAgent(t, other)
	for _, test := range []struct {
		name, file, agent, stdin string
		reason                   gov.Reason // "" if it signs
	}{
		{"a key file", mine, "", "", ""},
		{"a passphrase", locked, "", "secret\n", ""},
		{"a wrong passphrase", locked, "", "guess\n", "BAD_PASSPHRASE"},
		{"a locked key of nobody", lockedOther, "", "", "UNKNOWN_KEY"},
		{"a key of nobody", other, "", "", "UNKNOWN_KEY"},
		{"no key in the file", empty, "", "", "BAD_SSH_KEY"},
		{"no file", empty + "er", "", "", "NO_FILE"},
		{"the agent's first that is known", "", both, "", ""},
		{"the agent's that is named", mine + ".pub", both, "", ""},
		{"the agent's that is not known", other + ".pub", both, "", "UNKNOWN_KEY"},
		{"not in the agent", mine + ".pub", nothing, "", "NO_KEY"},
		{"none known in the agent", "", nothing, "", "NO_KEY"},
		{"no agent", "", "", "", "NO_AGENT"},
		{"a dead agent", "", empty, "", "NO_AGENT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeServer()
			f.witnessed(t)
			f.keys = []*govdv1.SSHKey{{Fingerprint: key.Fingerprint()}}
			a, _ := testApp(screen{})
			a.stdin = strings.NewReader(test.stdin)
			a.getenv = func(name string) string { return map[string]string{"SSH_AUTH_SOCK": test.agent}[name] }
			b := aBallot(t, f)
			got, err := a.sign(context.Background(), f.client(), signing{on: true, key: test.file}, b)
			if test.reason != "" {
				if complaintOf(err).reason != test.reason || got != (signed{}) {
					t.Errorf("%v, want %s", err, test.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := signature.Verify(key, got.signature, got.statement, gov.ApprovalNamespace); err != nil {
				t.Error(err)
			}
			checkStatement(t, got.statement)
		})
	}
}

func aBallot(t *testing.T, f *fakeServer) *ballot {
	t.Helper()
	resp, err := f.GetChange(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBallot(resp, gov.Approve, "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkStatement checks that a statement says what is on the screen.
func checkStatement(t *testing.T, text string) {
	t.Helper()
	s, err := gov.ParseApprovalStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	if s.Change != 7 || s.Revision.String() != digestOf2 || s.Dataset != "hands/signs" || s.Base.Number != 3 || s.Base.Digest.IsZero() ||
		s.Decision != gov.Approve || s.Person != "user:3" || s.Nonce == [16]byte{} || !s.Expires.Equal(now.Add(signLife)) || s.LogSize != 34 {
		t.Errorf("signed\n%s", text)
	}
}

// A revoked key does not sign, and neither does anyone for a log whose head is
// not signed by the key that is known of it.
func TestSignNot(t *testing.T) {
	mine, key := keyFiles(t, 'm', "")
	f := newFakeServer()
	f.witnessed(t)
	f.keys = []*govdv1.SSHKey{{Fingerprint: key.Fingerprint(), Revoked: timestamppb.New(now)}}
	a, _ := testApp(screen{})
	if _, err := a.sign(context.Background(), f.client(), signing{key: mine}, aBallot(t, f)); complaintOf(err).reason != "UNKNOWN_KEY" {
		t.Errorf("a revoked key: %v", err)
	}
	f.keys[0].Revoked = nil
	stale := aBallot(t, f)
	stale.revision = &govdv1.Revision{Digest: gov.Digest{1}.String()}
	if _, err := a.sign(context.Background(), f.client(), signing{key: mine}, stale); complaintOf(err).reason != "STALE_DIGEST" {
		t.Errorf("a revision that is not there: %v", err)
	}
	c := f.client()
	c.target.VerifierKey = strings.Replace(f.verifier, "data.", "dato.", 1)
	if _, err := a.sign(context.Background(), c, signing{key: mine}, aBallot(t, f)); err == nil {
		t.Error("signed the head of another log")
	}
}

// A signed review carries the statement and its signature.
func TestReviewSigned(t *testing.T) {
	mine, key := keyFiles(t, 'm', "")
	f := newFakeServer()
	f.witnessed(t)
	f.keys = []*govdv1.SSHKey{{Fingerprint: key.Fingerprint()}}
	if _, err := play(t, f, signing{key: mine}, "v\na\n\ny\n"); err != nil {
		t.Fatal(err)
	}
	v := f.votes[0]
	if err := signature.Verify(key, v.GetSignature(), v.GetStatement(), gov.ApprovalNamespace); err != nil {
		t.Error(err)
	}
}
