package ctl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

type revisionView struct {
	Revision   uint64    `json:"revision"`
	Digest     string    `json:"digest"`
	Base       string    `json:"base"`
	BaseDigest string    `json:"base_digest"`
	Edits      uint64    `json:"edits"`
	EditsRoot  string    `json:"edits_root"`
	Records    uint64    `json:"records"`
	MovedPPM   uint32    `json:"moved_ppm"`
	Labels     []string  `json:"labels"`
	Stage      uint32    `json:"stage"`
	Message    string    `json:"message"`
	Evidence   []string  `json:"evidence"`
	Rules      string    `json:"rules"`
	By         string    `json:"by"`
	ByID       string    `json:"by_id"`
	OnBehalfOf string    `json:"on_behalf_of_id,omitempty"`
	Created    time.Time `json:"created"`
}

func viewRevision(r *govdv1.Revision) revisionView {
	return revisionView{
		r.GetNumber(), r.GetDigest(), r.GetBase(), r.GetBaseDigest(), r.GetEdits(), r.GetEditsRoot(), r.GetRecords(), r.GetMoved(),
		nonNil(r.GetLabels()), r.GetStage(), r.GetMessage(), nonNil(r.GetEvidence()), r.GetRules(),
		first(r.GetByName(), r.GetBy()), r.GetBy(), r.GetOnBehalfOf(), when(r.GetCreated()),
	}
}

type voteView struct {
	Person        string    `json:"person"`
	PersonID      string    `json:"person_id"`
	Kind          string    `json:"kind"`
	Of            string    `json:"of,omitempty"`
	Digest        string    `json:"digest"`
	Message       string    `json:"message"`
	Time          time.Time `json:"time"`
	SignedBy      string    `json:"signed_by,omitempty"`
	Statement     string    `json:"statement,omitempty"`
	Signature     string    `json:"signature,omitempty"`
	LookedAtStat  bool      `json:"looked_at_stat"`
	LookedAtEdits uint64    `json:"looked_at_edits"`
	LookedSeconds uint32    `json:"looked_seconds"`
	AuditIndex    uint64    `json:"audit_index"`
}

func viewVote(v *govdv1.Vote, n names) voteView {
	view := voteView{
		Person: first(v.GetPersonName(), n.of(v.GetPerson())), PersonID: v.GetPerson(), Kind: v.GetKind(), Digest: v.GetRevision(),
		Message: v.GetMessage(), Time: when(v.GetTime()), SignedBy: v.GetSignedBy(), Statement: v.GetStatement(), Signature: v.GetSignature(),
		LookedAtStat: v.GetLookedAtStat(), LookedAtEdits: v.GetLookedAtEdits(), LookedSeconds: v.GetLookedSeconds(), AuditIndex: v.GetAuditIndex(),
	}
	if v.GetOf() != "" {
		view.Of = n.of(v.GetOf())
	}
	return view
}

// looked says what a reviewer had fetched.
func (v voteView) looked() string {
	switch {
	case v.Kind == "comment" || v.Kind == "advisory":
		return ""
	case !v.LookedAtStat && v.LookedAtEdits == 0:
		return "nothing"
	case v.LookedAtEdits == 0:
		return "summary"
	}
	return count(v.LookedAtEdits, "edit") + " in " + span(time.Duration(v.LookedSeconds)*time.Second)
}

type askView struct {
	Person     string    `json:"person"`
	PersonID   string    `json:"person_id"`
	Reason     string    `json:"reason"`
	Ticket     string    `json:"ticket"`
	Time       time.Time `json:"time"`
	AuditIndex uint64    `json:"audit_index"`
}

func viewAsk(g *govdv1.GlassAsk) askView {
	return askView{first(g.GetPersonName(), g.GetPerson()), g.GetPerson(), g.GetReason(), g.GetTicket(), when(g.GetTime()), g.GetAuditIndex()}
}

// A step is one thing that happened to a change.
type step struct {
	Time      time.Time `json:"time"`
	Person    string    `json:"person"`
	Did       string    `json:"did"` // propose, revise, rebase, a vote, break-glass or import-votes
	Digest    string    `json:"digest,omitempty"`
	Message   string    `json:"message,omitempty"`
	Looked    string    `json:"looked,omitempty"`
	SignedBy  string    `json:"signed_by,omitempty"`
	Statement string    `json:"statement,omitempty"`
	Signature string    `json:"signature,omitempty"`
	Entry     uint64    `json:"audit_index,omitempty"`
}

// steps returns what happened to a change, the oldest first.
func (v changeDetail) steps() (all []step) {
	for i, r := range v.Revisions {
		s := step{Time: r.Created, Person: r.By, Did: "revise", Digest: r.Digest, Message: r.Message}
		switch {
		case i == 0:
			s.Did, s.Entry = "propose", v.AuditIndex
		case r.Base != v.Revisions[i-1].Base:
			s.Did = "rebase"
		}
		all = append(all, s)
	}
	for _, b := range v.Votes {
		s := step{b.Time, b.Person, b.Kind, b.Digest, b.Message, b.looked(), b.SignedBy, b.Statement, b.Signature, b.AuditIndex}
		if b.Of != "" {
			s.Did += " of " + b.Of
		}
		all = append(all, s)
	}
	for _, g := range v.Asked {
		all = append(all, step{Time: g.Time, Person: g.Person, Did: "break-glass", Message: g.Ticket + ": " + g.Reason, Entry: g.AuditIndex})
	}
	for _, e := range v.Evidence {
		all = append(all, step{Time: e.Time, Person: e.By, Did: "import-votes", Digest: e.Digest, Message: e.words(), Entry: e.AuditIndex})
	}
	slices.SortStableFunc(all, func(x, y step) int { return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.Entry, y.Entry)) })
	return all
}

func stepColumns() []column[step] {
	return []column[step]{
		{name: "WHEN", value: func(s step) any { return s.Time }},
		{name: "WHO", value: func(s step) any { return s.Person }},
		{name: "DID", value: func(s step) any { return s.Did }},
		{name: "DIGEST", value: func(s step) any { return digest(s.Digest) }},
		{name: "LOOKED AT", value: func(s step) any { return s.Looked }},
		{name: "SIGNED", value: func(s step) any { return s.SignedBy != "" }},
		{name: "SIGNED BY", value: func(s step) any { return s.SignedBy }, wide: true},
		{name: "ENTRY", value: func(s step) any { return s.Entry }, wide: true},
		{name: "MESSAGE", value: func(s step) any { return s.Message }, prose: true},
	}
}

func changeHistoryCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "history CHANGE",
		Short: "List a change's revisions and votes, and who looked at what",
		Long: `List what happened to a change: its revisions, every vote with what the reviewer
had fetched before, who asked for the glass to be broken, and imported votes.

A signed vote has its statement and signature in --json; check one without govd:

  ssh-keygen -Y verify -f allowed_signers -I PERSON -n dataset-approval@govd \
    -s vote.sig < statement`,
		Example: `  govctl change history 7
  govctl change history 7 --json | jq -r 'select(.signature).statement'`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			resp, n, err := c.getChange(ctx, id)
			if err != nil {
				return refused(err, id)
			}
			return list(a, fmt.Sprintf("steps of change %d", id), stepColumns(), seq(viewDetail(resp, n).steps()))
		}),
	}
}
