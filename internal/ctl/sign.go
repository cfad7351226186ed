package ctl

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/signature"
	govdv1 "govd/proto/govd/v1"
)

// signLife is how long a signed statement can be handed in: longer than clocks
// differ, and no longer than a person needs.
const signLife = time.Hour

// A signing says whether a vote is signed, and with which key.
type signing struct {
	on  bool
	key string // file of a private key, or of a public one whose other half is in ssh-agent
}

func (s *signing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&s.on, "sign", false, "sign the vote with an SSH key")
	f.StringVar(&s.key, "key", "", "file of the key: a private one, or a .pub whose private half is\nin ssh-agent (default the agent's first that govd knows); implies --sign")
}

// A signed vote is a statement and its armored signature; both empty if the vote
// is not signed.
type signed struct{ statement, signature string }

// sign signs a vote on a revision.
func (a *app) sign(ctx context.Context, c *client, s signing, b *ballot) (signed, error) {
	if !s.on && s.key == "" {
		return signed{}, nil
	}
	if b.revision.GetNumber() == 0 {
		return signed{}, complain(exitRefused, "STALE_DIGEST", "change %d has no revision %s to sign for", b.change.GetNumber(), b.revision.GetDigest())
	}
	statement, err := c.statement(ctx, b, a.now())
	if err != nil {
		return signed{}, err
	}
	keys, err := c.ListKeys(ctx, &govdv1.ListKeysRequest{})
	if err != nil {
		return signed{}, err
	}
	signer, done, err := a.signer(s.key, inUse(keys.GetKeys()))
	if err != nil {
		return signed{}, err
	}
	defer done()
	text := statement.Text()
	armored, err := signature.Sign(signer, text, gov.ApprovalNamespace)
	if err != nil && gov.ReasonOf(err) == "" {
		err = complain(exitError, "NOT_SIGNED", "the key did not sign: %v", err)
	}
	return signed{text, armored}, err
}

// inUse returns the fingerprints of keys that are not revoked.
func inUse(keys []*govdv1.SSHKey) map[string]bool {
	known := map[string]bool{}
	for _, k := range keys {
		if k.GetRevoked() == nil {
			known[k.GetFingerprint()] = true
		}
	}
	return known
}

// statement says what is signed: the vote, and the head of the log as the voter
// sees it. That head must be signed with the key that is known of the log, so
// that nobody vouches for another one.
func (c *client) statement(ctx context.Context, b *ballot, now time.Time) (*gov.ApprovalStatement, error) {
	status, err := c.GetStatus(ctx, &govdv1.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	head, err := audit.ParseCheckpoint([]byte(status.GetCheckpoint()), first(c.target.VerifierKey, status.GetVerifierKey()))
	if err != nil {
		return nil, err
	}
	s := &gov.ApprovalStatement{
		Origin: head.Origin, Change: gov.ChangeID(b.change.GetNumber()), Decision: b.kind, Of: gov.PersonID(b.of),
		Expires: now.Add(signLife).UTC().Truncate(time.Second), LogSize: head.Size, LogRoot: head.Root,
	}
	rand.Read(s.Nonce[:])
	var errs [5]error
	s.Person, errs[0] = gov.ParsePersonID(status.GetPerson().GetId())
	s.Dataset, errs[1] = gov.ParseDatasetName(b.change.GetDataset())
	s.Revision, errs[2] = gov.ParseDigest(b.revision.GetDigest())
	s.Base.Number, errs[3] = strconv.ParseUint(strings.TrimPrefix(afterAt(b.revision.GetBase()), "v"), 10, 64)
	s.Base.Digest, errs[4] = gov.ParseDigest(b.revision.GetBaseDigest())
	return s, errors.Join(errs[:]...)
}

// signer finds the key to sign with: of the file, or else the agent's first that
// the server knows. The caller calls done after signing.
func (a *app) signer(file string, known map[string]bool) (s ssh.Signer, done func(), err error) {
	done = func() {}
	private := file != "" && !strings.HasSuffix(file, ".pub")
	if private {
		s, err = a.fileSigner(file, known)
	} else {
		s, done, err = a.agentSigner(file, known)
	}
	if err != nil {
		return nil, done, err
	}
	if err := isKnown(s.PublicKey(), known); err != nil {
		done()
		return nil, func() {}, err
	}
	return s, done, nil
}

// isKnown complains about a key that the server does not know as the caller's.
func isKnown(key ssh.PublicKey, known map[string]bool) error {
	print := ssh.FingerprintSHA256(key)
	if known[print] {
		return nil
	}
	return hint(complain(exitError, "UNKNOWN_KEY", "the server does not know the key %s as yours", print), "'govctl key add FILE.pub' adds it")
}

const maxKeyFile = 64 << 10

// fileSigner reads a private key, and asks for its passphrase if it has one: not
// for a key that is of no use.
func (a *app) fileSigner(file string, known map[string]bool) (ssh.Signer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	s, err := ssh.ParsePrivateKey(pem)
	if e, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		if e.PublicKey != nil {
			if err := isKnown(e.PublicKey, known); err != nil {
				return nil, err
			}
		}
		passphrase, err := a.secret("passphrase of " + clean(file) + ": ")
		if err != nil {
			return nil, err
		}
		s, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(passphrase))
		if err != nil {
			return nil, complain(exitError, "BAD_PASSPHRASE", "the passphrase does not open %s", file)
		}
		return s, nil
	}
	if err != nil {
		err := complain(exitError, "BAD_SSH_KEY", "%s holds no private key that can be used", file)
		return nil, hint(err, "a key that a security key holds signs through ssh-agent: 'ssh-add %s', then --key %s.pub", file, file)
	}
	return s, nil
}

// agentSigner asks ssh-agent for the private half of the key in a .pub file, or
// for its first key that the server knows.
func (a *app) agentSigner(file string, known map[string]bool) (s ssh.Signer, done func(), err error) {
	done = func() {}
	want := ""
	if file != "" {
		key, err := readPublicKey(file, nil)
		if err != nil {
			return nil, done, err
		}
		want = key.Fingerprint()
	}
	socket := a.getenv("SSH_AUTH_SOCK")
	if socket == "" {
		err := complain(exitError, "NO_AGENT", "no ssh-agent is running: SSH_AUTH_SOCK is not set")
		return nil, done, hint(err, "--key FILE signs with a key file")
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, done, complain(exitError, "NO_AGENT", "ssh-agent does not answer at %s: %v", socket, plainCause(err))
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		conn.Close()
		return nil, done, complain(exitError, "NO_AGENT", "ssh-agent does not say which keys it has: %v", err)
	}
	for _, s := range signers {
		if print := ssh.FingerprintSHA256(s.PublicKey()); print == want || want == "" && known[print] {
			return s, func() { conn.Close() }, nil
		}
	}
	conn.Close()
	if want != "" {
		return nil, done, hint(complain(exitError, "NO_KEY", "ssh-agent does not have the private half of %s", file), "'ssh-add' adds a key to it")
	}
	err = complain(exitError, "NO_KEY", "none of the %d keys in ssh-agent is known to the server as yours", len(signers))
	return nil, done, hint(err, "'govctl key add FILE.pub' adds one, --key FILE signs with a key file")
}

// readPublicKey reads the file of a public key; "-" is stdin.
func readPublicKey(file string, stdin io.Reader) (*signature.PublicKey, error) {
	in := stdin
	if file != "-" || stdin == nil {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxKeyFile))
	if err != nil {
		return nil, err
	}
	return signature.ParsePublicKey(string(b))
}
