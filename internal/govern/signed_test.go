package govern_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
	"govd/internal/signature"
)

// signer makes the key of a name: the same in every run.
func signer(t *testing.T, name string) ssh.Signer {
	t.Helper()
	seed := bytes.Repeat([]byte{name[0]}, ed25519.SeedSize)
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (s *signs) addKey(by *govtest.Actor, key ssh.Signer) string {
	s.t.Helper()
	done, err := s.Service.AddKey(ctx, by.Call(), string(ssh.MarshalAuthorizedKey(key.PublicKey())))
	s.must(err)
	return done.Event.Fingerprint
}

// statement is what somebody signs who has just looked at the change and the log.
func (s *signs) statement(by *govtest.Actor, p govern.Proposed, kind gov.VoteKind) gov.ApprovalStatement {
	s.t.Helper()
	text, err := s.Service.Checkpoint(ctx)
	s.must(err)
	head, err := audit.ParseCheckpoint(text, s.Key)
	s.must(err)
	return gov.ApprovalStatement{
		Origin: govtest.Origin, Change: p.Change.ID, Revision: p.Change.Newest.Digest, Dataset: digits, Base: p.Change.Newest.Base,
		Decision: kind, Person: by.ID, Nonce: [16]byte{1}, Expires: s.Clock.Now().Add(time.Hour), LogSize: head.Size, LogRoot: head.Root,
	}
}

// signed is the ballot of a statement, signed by a key.
func (s *signs) signed(st gov.ApprovalStatement, key ssh.Signer) govern.Ballot {
	s.t.Helper()
	armored, err := signature.Sign(key, st.Text(), gov.ApprovalNamespace)
	s.must(err)
	return govern.Ballot{Change: st.Change, Revision: st.Revision, Kind: st.Decision, Of: string(st.Of), Message: "because", Statement: st.Text(), Signature: armored}
}

// TestSignedVotes: where the rules ask for signed votes, an unsigned one is
// refused, and a signed one can be verified by anyone for ever.
func TestSignedVotes(t *testing.T) {
	s := newCalm(t)
	s.rule("signs", func(r *review.Rules) { r.SignedFrom = 2 })
	key := signer(t, "bob")
	p := s.propose(s.ann, one(0))
	s.refused(s.vote(s.bob, p, gov.Approve), review.Unsigned)
	ballot := s.signed(s.statement(s.bob, p, gov.Approve), key)
	_, err := s.Service.Vote(ctx, s.bob.Call(), ballot)
	s.refused(err, "BAD_SIGNATURE") // the key is nobody's yet
	print := s.addKey(s.bob, key)
	cast, err := s.Service.Vote(ctx, s.bob.Call(), ballot)
	s.must(err)
	if cast.Key != print || cast.Statement != ballot.Statement || cast.Armored != ballot.Signature || !cast.Verdict.Ready {
		t.Errorf("cast %+v", cast)
	}
	s.applied(p)
	_, err = s.Service.RevokeKey(ctx, s.bob.Call(), print)
	s.must(err)
	whole, err := s.Service.Change(ctx, s.ann.Call(), p.Change.ID)
	s.must(err)
	public, err := signature.ParsePublicKey(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
	s.must(err)
	s.must(signature.Verify(public, whole.Votes[0].Armored, whole.Votes[0].Statement, gov.ApprovalNamespace))
}

// TestSignedVetoAndLift: what is signed is the whole of what is said.
func TestSignedVetoAndLift(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	bobs, cids := signer(t, "bob"), signer(t, "cid")
	s.addKey(s.bob, bobs)
	s.addKey(s.cid, cids)
	_, err := s.Service.Vote(ctx, s.bob.Call(), s.signed(s.statement(s.bob, p, gov.Veto), bobs))
	s.must(err)
	st := s.statement(s.cid, p, gov.Lift)
	st.Of = s.bob.ID
	_, err = s.Service.Vote(ctx, s.cid.Call(), s.signed(st, cids))
	s.must(err)
	st.Of = s.ann.ID
	b := s.signed(st, cids)
	b.Of = string(s.bob.ID)
	_, err = s.Service.Vote(ctx, s.cid.Call(), b)
	s.refused(err, "BAD_STATEMENT")
}

// TestForgedVotes: a signature that is not exactly this person's, of exactly this
// vote on this log now, is none. Nothing changes.
func TestForgedVotes(t *testing.T) {
	s := newCalm(t)
	p, q := s.propose(s.ann, one(0)), s.propose(s.ann, one(1))
	key, other, old := signer(t, "bob"), signer(t, "cid"), signer(t, "old")
	s.addKey(s.bob, key)
	s.addKey(s.cid, other)
	_, err := s.Service.RevokeKey(ctx, s.bob.Call(), s.addKey(s.bob, old))
	s.must(err)
	statement := func(change func(*gov.ApprovalStatement)) govern.Ballot {
		st := s.statement(s.bob, p, gov.Approve)
		change(&st)
		return s.signed(st, key)
	}
	fine := func(*gov.ApprovalStatement) {}
	for name, c := range map[string]struct {
		ballot govern.Ballot
		change func(*govern.Ballot)
		reason gov.Reason
	}{
		"another's key":     {s.signed(s.statement(s.bob, p, gov.Approve), other), nil, "BAD_SIGNATURE"},
		"a key of nobody's": {s.signed(s.statement(s.bob, p, gov.Approve), signer(t, "eve")), nil, "BAD_SIGNATURE"},
		"a revoked key":     {s.signed(s.statement(s.bob, p, gov.Approve), old), nil, "KEY_REVOKED"},
		"another's words":   {s.signed(s.statement(s.cid, p, gov.Approve), other), nil, "BAD_STATEMENT"},
		"no signature":      {statement(fine), func(b *govern.Ballot) { b.Signature = "x" }, "BAD_SIGNATURE"},
		"a bit is flipped":  {statement(fine), flipBit, "BAD_SIGNATURE"},
		"another text":      {statement(fine), func(b *govern.Ballot) { b.Statement = swapNonce(b.Statement) }, "BAD_SIGNATURE"},
		"no statement":      {statement(fine), func(b *govern.Ballot) { b.Statement = "yes" }, "BAD_STATEMENT"},
		"for another vote":  {statement(fine), func(b *govern.Ballot) { b.Kind = gov.Veto }, "BAD_STATEMENT"},
		"for another change": {statement(fine), func(b *govern.Ballot) {
			b.Change, b.Revision = q.Change.ID, q.Change.Newest.Digest
		}, "BAD_STATEMENT"},
		"of another revision":    {statement(func(st *gov.ApprovalStatement) { st.Revision = gov.Digest{1} }), func(b *govern.Ballot) { b.Revision = p.Change.Newest.Digest }, review.StaleDigest},
		"of another base":        {statement(func(st *gov.ApprovalStatement) { st.Base.Digest = gov.Digest{1} }), nil, review.StaleDigest},
		"of another dataset":     {statement(func(st *gov.ApprovalStatement) { st.Dataset = "signs/others" }), nil, "BAD_STATEMENT"},
		"of another log":         {statement(func(st *gov.ApprovalStatement) { st.Origin = "other.test/log" }), nil, "BAD_STATEMENT"},
		"another log's head":     {statement(func(st *gov.ApprovalStatement) { st.LogRoot = gov.Digest{1} }), nil, "OTHER_LOG"},
		"a head that is to come": {statement(func(st *gov.ApprovalStatement) { st.LogSize += 100 }), nil, "OTHER_LOG"},
		"an older head":          {statement(func(st *gov.ApprovalStatement) { st.LogSize-- }), nil, "OTHER_LOG"},
		"an expired one":         {statement(func(st *gov.ApprovalStatement) { st.Expires = s.Clock.Now() }), nil, review.Expired},
		"for another namespace":  {s.misnamed(p, key), nil, "BAD_SIGNATURE"},
	} {
		if c.change != nil {
			c.change(&c.ballot)
		}
		s.keeps(name, c.reason, func() error {
			_, err := s.Service.Vote(ctx, s.bob.Call(), c.ballot)
			return err
		})
	}
	b := statement(fine)
	_, err = s.Service.Vote(ctx, s.bob.Call(), b)
	s.must(err)
	s.revise(s.ann, p, govern.Proposal{}, one(2))
	s.keeps("replayed after a revision", review.StaleDigest, func() error {
		_, err := s.Service.Vote(ctx, s.bob.Call(), b)
		return err
	})
}

// misnamed signs a statement for something else than approvals.
func (s *signs) misnamed(p govern.Proposed, key ssh.Signer) govern.Ballot {
	b := s.signed(s.statement(s.bob, p, gov.Approve), key)
	armored, err := signature.Sign(key, b.Statement, "file")
	s.must(err)
	b.Signature = armored
	return b
}

// flipBit changes the signature near its end.
func flipBit(b *govern.Ballot) {
	at := strings.LastIndex(b.Signature, "\n-----END") - 20
	sig := []byte(b.Signature)
	sig[at] = map[bool]byte{true: 'B', false: 'A'}[sig[at] == 'A']
	b.Signature = string(sig)
}

func swapNonce(statement string) string {
	return strings.Replace(statement, "nonce 01", "nonce 02", 1)
}

// TestKeysAreTheirOwners: a key is one person's for ever, and a machine has none.
func TestKeysAreTheirOwners(t *testing.T) {
	s := newCalm(t)
	line := string(ssh.MarshalAuthorizedKey(signer(t, "bob").PublicKey()))
	print := s.addKey(s.bob, signer(t, "bob"))
	bot := s.Machine("bot", s.bob, gov.Steward, "signs")
	add := func(by *govtest.Actor, line string) func() error {
		return func() error { _, err := s.Service.AddKey(ctx, by.Call(), line); return err }
	}
	revoke := func(by *govtest.Actor, print string) func() error {
		return func() error { _, err := s.Service.RevokeKey(ctx, by.Call(), print); return err }
	}
	s.keeps("again", "KEY_EXISTS", add(s.bob, line))
	s.keeps("another's", "KEY_EXISTS", add(s.cid, line))
	s.keeps("a machine's", "MACHINE", add(bot, string(ssh.MarshalAuthorizedKey(signer(t, "bot").PublicKey()))))
	s.keeps("no key", "BAD_SSH_KEY", add(s.bob, "ssh-ed25519 AAAA"))
	s.keeps("revoke another's", "DENIED", revoke(s.cid, print))
	s.keeps("revoke none", "NO_KEY", revoke(s.Admin(), "SHA256:none"))
	s.must(revoke(s.Admin(), print)())
	s.keeps("revoke again", "KEY_REVOKED", revoke(s.bob, print))
	s.keeps("add again", "KEY_EXISTS", add(s.bob, line))
}
