package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// A ballot is a vote before it is cast.
type ballot struct {
	change   *govdv1.Change
	revision *govdv1.Revision // that is voted on
	kind     gov.VoteKind
	of       string // a lift: id of whose veto, if not one's own
	message  string
}

// newBallot begins a vote on the newest revision of a change, or on the one that
// is expected.
func newBallot(resp *govdv1.GetChangeResponse, kind gov.VoteKind, expect string) (*ballot, error) {
	b := &ballot{change: resp.GetChange(), kind: kind}
	d, err := expected(expect, resp.GetChange().GetDigest())
	if err != nil {
		return nil, err
	}
	for _, r := range resp.GetRevisions() {
		if r.GetDigest() == d {
			b.revision = r
		}
	}
	if b.revision == nil { // for the server to refuse, and to record
		b.revision = &govdv1.Revision{Digest: d}
	}
	return b, nil
}

// expected returns the digest that is meant by a digest or its beginning, as
// terminals show it; the newest if nothing is said. A whole digest is for the
// server to judge.
func expected(said, newest string) (string, error) {
	const least = len("sha256:") + 8
	_, err := gov.ParseDigest(said)
	switch {
	case said == "":
		return newest, nil
	case err == nil:
		return said, nil
	case len(said) < least:
		return "", usage("--expect %q is too short: want a digest such as %s", said, short(newest))
	case strings.HasPrefix(newest, said):
		return newest, nil
	}
	return "", complain(exitRefused, "STALE_DIGEST", "it is %s now, not %s", newest, said)
}

// expectedOf is expected for a change that is not at hand. It asks nobody where
// nothing is said.
func (c *client) expectedOf(ctx context.Context, id uint64, said string) (string, error) {
	if said == "" {
		return "", nil
	}
	resp, err := c.GetChange(ctx, &govdv1.GetChangeRequest{Change: id})
	if err != nil {
		return "", err
	}
	return expected(said, resp.GetChange().GetDigest())
}

// cast signs and casts a vote.
func (a *app) cast(ctx context.Context, c *client, b *ballot, s signing) (*govdv1.CastVoteResponse, error) {
	proof, err := a.sign(ctx, c, s, b)
	if err != nil {
		return nil, err
	}
	return c.CastVote(ctx, &govdv1.CastVoteRequest{
		RequestId: requestID(), Change: b.change.GetNumber(), ExpectedDigest: b.revision.GetDigest(), Kind: string(b.kind),
		Of: b.of, Message: b.message, Statement: proof.statement, Signature: proof.signature,
	})
}

// A castView is what became of a vote.
type castView struct {
	Change     uint64 `json:"change"`
	Digest     string `json:"digest"`
	Kind       string `json:"kind"` // as recorded: a machine's approval is advisory
	SignedBy   string `json:"signed_by,omitempty"`
	Ready      bool   `json:"ready"`
	AuditIndex uint64 `json:"audit_index"`
}

func viewCast(b *ballot, resp *govdv1.CastVoteResponse) castView {
	v := resp.GetVote()
	return castView{b.change.GetNumber(), v.GetRevision(), v.GetKind(), v.GetSignedBy(), resp.GetVerdict().GetReady(), resp.GetAuditIndex()}
}

// castWords tells what became of a vote.
func castWords(b *ballot, resp *govdv1.CastVoteResponse) string {
	v := viewCast(b, resp)
	words := fmt.Sprintf("%s %d, log entry %d", b.did(), v.Change, v.AuditIndex)
	if v.SignedBy != "" {
		words += "\nsigned by " + v.SignedBy
	}
	if v.Kind == string(gov.Advisory) {
		words += "\nit is recorded as advisory: only humans count"
	}
	if b.kind == gov.Comment {
		return words
	}
	return words + "\n" + missingWords(b.change, resp.GetVerdict(), names(resp.GetVerdict().GetNames()))
}

// did says what a vote was, up to the number of the change.
func (b *ballot) did() string {
	switch {
	case b.of != "":
		return "you spoke against a veto of change"
	case b.kind == gov.Lift:
		return "you have no vote any more on change"
	}
	return map[gov.VoteKind]string{
		gov.Approve: "you approved change", gov.Veto: "you vetoed change", gov.Comment: "you commented on change",
	}[b.kind]
}

// A voteCmd is what the commands that vote have in common.
type voteCmd struct {
	kind            gov.VoteKind
	message, expect string
	of              string
	yes             bool
	signing
}

func (v *voteCmd) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&v.message, "message", "m", "", "why")
	f.StringVar(&v.expect, "expect", "", "digest of the revision that is meant, or its beginning;\nanother is refused (default the newest)")
	if v.kind != gov.Comment {
		v.signing.flags(cmd)
		yesFlag(cmd, &v.yes)
	}
}

func (v *voteCmd) run(a *app) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client, args []string) error {
		id, err := changeID(args[0])
		if err != nil {
			return err
		}
		resp, n, err := c.getChange(ctx, id)
		if err != nil {
			return refused(err, id)
		}
		b, err := newBallot(resp, v.kind, v.expect)
		if err != nil {
			return refused(err, id)
		}
		b.message = v.message
		if b.of, err = vetoer(resp, n, v.of); err != nil {
			return err
		}
		if err := v.confirm(a, b); err != nil {
			return err
		}
		cast, err := a.cast(ctx, c, b, v.signing)
		if err != nil {
			return refused(err, id)
		}
		return a.tell(viewCast(b, cast), "", "%s", castWords(b, cast))
	})
}

// confirm shows a person at a terminal what they vote on, unless they have said
// it themselves.
func (v *voteCmd) confirm(a *app, b *ballot) error {
	if _, asked := terminal(a.stdin); !asked || v.yes || v.expect != "" || v.kind == gov.Comment {
		return nil
	}
	a.note("revision %d of change %d: %s", b.revision.GetNumber(), b.change.GetNumber(), sizeWords(b.revision))
	a.note("%s", b.revision.GetDigest())
	return a.confirm(false, "%s it", v.kind)
}

// vetoer returns the id of the person whose veto is meant.
func vetoer(resp *govdv1.GetChangeResponse, n names, person string) (string, error) {
	if person == "" {
		return "", nil
	}
	for _, v := range resp.GetVotes() {
		if v.GetKind() == string(gov.Veto) && (v.GetPerson() == person || n.of(v.GetPerson()) == person) {
			return v.GetPerson(), nil
		}
	}
	return "", complain(exitRefused, "NOTHING_TO_LIFT", "%s has not vetoed change %d", person, resp.GetChange().GetNumber())
}

func changeApproveCmd(a *app) *cobra.Command {
	v := &voteCmd{kind: gov.Approve}
	cmd := &cobra.Command{
		Use:   "approve CHANGE",
		Short: "Approve the newest revision of a change",
		Long: `Approve the newest revision of a change. The approval is about that revision's
digest and no other. 'govctl change review' shows what there is to approve.`,
		Example: `  govctl change approve 7 --expect sha256:0123456789ab
  govctl change approve 7 --sign --key ~/.ssh/id_ed25519`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE:              v.run(a),
	}
	v.flags(cmd)
	return cmd
}

func changeVetoCmd(a *app) *cobra.Command {
	v := &voteCmd{kind: gov.Veto}
	cmd := &cobra.Command{
		Use:   "veto CHANGE -m WHY",
		Short: "Block a change until you lift the veto",
		Long: `Block a change until you lift the veto, or more others than the quorum speak
against it. A veto stands when the change is revised.`,
		Example:               `  govctl change veto 7 -m "0001 to 0007 show a fist"`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeChange,
		DisableFlagsInUseLine: true,
		RunE:                  v.run(a),
	}
	v.flags(cmd)
	required(cmd, "message")
	return cmd
}

func changeLiftCmd(a *app) *cobra.Command {
	v := &voteCmd{kind: gov.Lift}
	cmd := &cobra.Command{
		Use:   "lift CHANGE",
		Short: "Take back your vote, or speak against another's veto",
		Long: `Take back your approval and your veto. That leaves you without a vote: an
earlier approval does not come back. --of speaks against another's veto, which
falls when enough have done so; it needs a reason.`,
		Example: `  govctl change lift 7
  govctl change lift 7 --of carol -m "the photos were replaced"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		PreRunE: func(*cobra.Command, []string) error {
			if v.of != "" && strings.TrimSpace(v.message) == "" {
				return usage("to speak against the veto of %s, say why with -m", v.of)
			}
			return nil
		},
		RunE: v.run(a),
	}
	v.flags(cmd)
	cmd.Flags().StringVar(&v.of, "of", "", "whose veto: a name or an id")
	return cmd
}

func changeCommentCmd(a *app) *cobra.Command {
	v := &voteCmd{kind: gov.Comment}
	cmd := &cobra.Command{
		Use:                   "comment CHANGE -m TEXT",
		Short:                 "Say something about a change; it counts for nothing",
		Example:               `  govctl change comment 7 -m "are the mirrored ones in?"`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeChange,
		DisableFlagsInUseLine: true,
		RunE:                  v.run(a),
	}
	v.flags(cmd)
	required(cmd, "message")
	return cmd
}
