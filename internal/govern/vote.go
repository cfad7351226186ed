package govern

import (
	"context"
	"errors"
	"strings"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/signature"
	"govd/internal/store"
)

// ChangeVoted: somebody said something of a revision.
type ChangeVoted struct {
	Change    gov.ChangeID `json:"change"`
	Revision  gov.Digest   `json:"revision"`
	Kind      gov.VoteKind `json:"kind"`
	Of        gov.PersonID `json:"of,omitempty"`
	Why       gov.Digest   `json:"why,omitzero"`
	Signature gov.Digest   `json:"signature,omitzero"`
	Key       string       `json:"key,omitempty"`
	Looked    gov.Looked   `json:"looked,omitzero"`
}

func (*ChangeVoted) name() string { return "change.voted" }

func (e *ChangeVoted) apply(tx *store.Tx, o origin) error { return tx.PutVote(e.vote(o)) }

func (e *ChangeVoted) vote(o origin) gov.Vote {
	return gov.Vote{
		Change: e.Change, Revision: e.Revision, Person: o.who, Kind: e.Kind, Of: e.Of, Entry: o.index, Time: o.time,
		Why: e.Why, Signature: e.Signature, Key: e.Key, Looked: e.Looked,
	}
}

// A Ballot is a request to vote.
type Ballot struct {
	Change    gov.ChangeID
	Revision  gov.Digest // that the voter means
	Kind      gov.VoteKind
	Of        string // a lift: whose veto, if not one's own: a name or an id
	Message   string
	Statement string // that was signed; "" if the vote is not signed
	Signature string // armored
}

// A Cast is a vote as it was recorded.
type Cast struct {
	VoteInfo
	Verdict review.Verdict
	Index   uint64 // the log entry
}

// Vote records what the caller says of a revision. A machine's approval is
// recorded as advisory.
func (s *Service) Vote(ctx context.Context, c Call, in Ballot) (cast Cast, err error) {
	if err := in.check(); err != nil {
		return cast, err
	}
	do := gov.ChangeVote
	if in.Kind == gov.Comment || in.Kind == gov.Advisory {
		do = gov.ChangeComment
	}
	signer, err := s.signerOf(ctx, c.Actor.Person, in)
	if err != nil {
		return cast, err
	}
	done, err := writeChange(ctx, s, c, do, in.Change, in, func(tx *store.Tx, ch gov.Change) (*ChangeVoted, error) {
		of, err := personNamed(tx, in.Of)
		if err != nil {
			return nil, err
		}
		ev := &ChangeVoted{Change: ch.ID, Revision: in.Revision, Kind: in.Kind, Of: of}
		if c.Actor.Person.Machine() && ev.Kind == gov.Approve {
			ev.Kind = gov.Advisory
		}
		ev.Looked = s.looks.looked(c.Actor.Person, in.Revision, tx.Now)
		if err := s.sign(tx, c, ch, in, signer, ev); err != nil {
			return nil, err
		}
		k, err := s.caseOf(tx, ch, c.Actor.Person, of)
		if err != nil {
			return nil, err
		}
		if err := review.MayVote(k, ev.vote(origin{index: tx.LogSize(), time: tx.Now, who: c.Actor.Person})); err != nil {
			return nil, err
		}
		ev.Why, err = putText(tx, in.Message)
		return ev, err
	})
	if err != nil {
		return cast, err
	}
	cast.Index = done.Index
	err = s.store.View(ctx, func(tx *store.Tx) error {
		ch, err := tx.Change(in.Change)
		if err != nil {
			return err
		}
		if cast.VoteInfo, err = describeVote(tx, done.Event.vote(origin{index: done.Index, time: done.Time, who: c.Actor.Person})); err != nil {
			return err
		}
		cast.Verdict, err = s.judgeChange(tx, ch)
		return err
	})
	return cast, err
}

// check reports what a ballot lacks, whoever casts it.
func (in *Ballot) check() error {
	if _, err := gov.ParseVoteKind(string(in.Kind)); err != nil || in.Kind == gov.Advisory {
		return gov.Errorf(gov.Invalid, "UNKNOWN_VOTE", "no vote %q: the votes are approve, veto, lift and comment", in.Kind)
	}
	switch {
	case in.Revision.IsZero():
		return gov.Errorf(gov.Invalid, "NO_DIGEST", "a vote must name the digest of the revision that it is about")
	case in.Of != "" && in.Kind != gov.Lift:
		return gov.Errorf(gov.Invalid, "BAD_VOTE", "only a lift is of somebody's veto")
	case in.Message == "" && (in.Kind == gov.Veto || in.Kind == gov.Comment || in.Of != ""):
		return gov.Errorf(gov.Invalid, "NO_REASON", "to %s needs a message that says why", in.Kind)
	case (in.Statement == "") != (in.Signature == ""):
		return gov.Errorf(gov.Invalid, "BAD_SIGNATURE", "a signed vote has a statement and its signature")
	}
	return nil
}

// sign checks the signature of a ballot, if it has one, and lays the statement
// and the signature beside the log.
func (s *Service) sign(tx *store.Tx, c Call, ch gov.Change, in Ballot, signer string, ev *ChangeVoted) error {
	if in.Statement == "" {
		return nil
	}
	if err := s.checkStatement(tx, c, ch, in, ev); err != nil {
		return err
	}
	key, err := keyInUse(tx, signer)
	if err != nil {
		return err
	}
	doc := []byte(in.Statement + in.Signature)
	ev.Signature, ev.Key = gov.DocumentDigest(doc), key.Fingerprint
	return tx.PutDocument(ev.Signature, doc)
}

// checkStatement holds what was signed against what is voted.
func (s *Service) checkStatement(tx *store.Tx, c Call, ch gov.Change, in Ballot, ev *ChangeVoted) error {
	st, err := gov.ParseApprovalStatement(in.Statement)
	if err != nil {
		return err
	}
	r, err := tx.ChangeRevision(ch.ID, ch.Revision)
	if err != nil {
		return err
	}
	wrong := func(what string) error {
		return gov.Errorf(gov.Denied, "BAD_STATEMENT", "the statement that was signed is not about this vote: %s", what)
	}
	switch {
	case st.Origin != s.key.Origin():
		return wrong("it names another log")
	case st.Change != ch.ID || st.Dataset != ch.Dataset || st.Decision != in.Kind || st.Of != ev.Of:
		return wrong("it names another change, dataset or decision")
	case st.Revision != in.Revision || st.Base.Number != r.Base.Number || st.Base.Digest != r.Base.Digest:
		return gov.Errorf(gov.Denied, review.StaleDigest, "the statement that was signed is about another revision")
	case st.Person != c.Actor.Person:
		return wrong("it names another person")
	case !tx.Now.Before(st.Expires):
		return gov.Errorf(gov.Denied, review.Expired, "the statement that was signed has expired")
	}
	return s.checkWitness(tx, st)
}

// checkWitness holds the checkpoint that a statement names against the log: who
// signs has seen it.
func (s *Service) checkWitness(tx *store.Tx, st *gov.ApprovalStatement) error {
	log := s.seal.edge.Load().Over(tx)
	other := gov.Errorf(gov.Denied, "OTHER_LOG", "the statement that was signed names a checkpoint that this log never had")
	if st.LogSize > log.LogSize() {
		return other
	}
	root, err := audit.Root(log, st.LogSize)
	if err == nil && root != st.LogRoot {
		err = other
	}
	return err
}

// signerOf returns the fingerprint of the key of the caller that made the
// signature of a ballot, "" if there is none. It is found before the writer is
// taken, for which it would be long work; that the key is in use is seen there.
func (s *Service) signerOf(ctx context.Context, who gov.PersonID, in Ballot) (fingerprint string, err error) {
	if in.Signature == "" {
		return "", nil
	}
	var keys []gov.SSHKey
	err = s.store.View(ctx, func(tx *store.Tx) error {
		keys, err = take(tx.SSHKeysOf(who), maxKeys)
		return err
	})
	for _, k := range keys {
		public, err := signature.ParsePublicKey(k.Public)
		if err != nil {
			return "", err
		}
		if signature.Verify(public, in.Signature, in.Statement, gov.ApprovalNamespace) == nil {
			return k.Fingerprint, nil
		}
	}
	return "", err
}

// keyInUse returns the key that made a signature.
func keyInUse(tx *store.Tx, fingerprint string) (gov.SSHKey, error) {
	if fingerprint == "" {
		return gov.SSHKey{}, gov.Errorf(gov.Denied, "BAD_SIGNATURE", "none of your keys made the signature: add the key first")
	}
	k, err := tx.SSHKey(fingerprint)
	if err == nil && !k.Revoked.IsZero() {
		err = gov.Errorf(gov.Denied, "KEY_REVOKED", "the key %s was revoked", fingerprint)
	}
	return k, err
}

// A VoteInfo is a vote with what its row does not hold.
type VoteInfo struct {
	gov.Vote
	PersonName string
	Message    string
	Statement  string // that was signed
	Armored    string // its signature
}

func describeVote(tx *store.Tx, v gov.Vote) (info VoteInfo, err error) {
	info.Vote = v
	if info.Message, err = textOf(tx, v.Why); err != nil {
		return info, err
	}
	p, err := tx.Person(v.Person)
	if info.PersonName = p.Name; err != nil || v.Signature.IsZero() {
		return info, err
	}
	doc, err := tx.Document(v.Signature)
	if errors.Is(err, gov.NotFound) {
		return info, nil
	}
	at := strings.Index(string(doc), armor)
	if err == nil && at >= 0 {
		info.Statement, info.Armored = string(doc[:at]), string(doc[at:])
	}
	return info, err
}
