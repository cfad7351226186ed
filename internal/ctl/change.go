package ctl

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func changeCmd(a *app) *cobra.Command {
	cmd := group("change", "Propose, review, approve and apply label changes",
		changeProposeCmd(a), changeListCmd(a), changeShowCmd(a), changeHistoryCmd(a), changeReviewCmd(a), changeExplainCmd(a),
		changeApproveCmd(a), changeVetoCmd(a), changeLiftCmd(a), changeCommentCmd(a),
		changeReviseCmd(a), changeRebaseCmd(a), changeWithdrawCmd(a), changeReopenCmd(a), changeApplyCmd(a),
		changeBreakGlassCmd(a), changeRatifyCmd(a), changeImportVotesCmd(a), changeSuggestCmd(a))
	cmd.Long = `Propose, review, approve and apply label changes.

A change is a set of label edits against a version of a dataset. Its revisions
never change: each has a digest, and votes are about that. 'explain' says what
is missing and who could give it; 'govctl rules show' has the rules. A refusal
has the exit status 4 and a reason code, such as SELF_APPROVAL or QUORUM.`
	return cmd
}

// A changeSummary is a change as listed.
type changeSummary struct {
	Change       uint64     `json:"change"`
	Dataset      string     `json:"dataset"`
	State        string     `json:"state"`
	Revision     uint64     `json:"revision"`
	Digest       string     `json:"digest"`
	Base         string     `json:"base"`
	BaseMoved    bool       `json:"base_moved"`
	Result       string     `json:"result"`
	Edits        uint64     `json:"edits"`
	Records      uint64     `json:"records"`
	Stage        uint32     `json:"stage"`
	Author       string     `json:"author"`
	AuthorID     string     `json:"author_id"`
	Message      string     `json:"message"`
	Opened       time.Time  `json:"opened"`
	Expires      time.Time  `json:"expires"`
	Ratification string     `json:"ratification,omitempty"`
	RatifyBy     *time.Time `json:"ratify_by,omitempty"`
	AuditIndex   uint64     `json:"audit_index"`
}

func viewSummary(c *govdv1.Change) changeSummary {
	v := changeSummary{
		Change: c.GetNumber(), Dataset: c.GetDataset(), State: c.GetState(), Revision: c.GetRevision(), Digest: c.GetDigest(),
		Base: c.GetBase(), BaseMoved: c.GetBaseMoved(), Result: c.GetResult(), Edits: c.GetEdits(), Records: c.GetRecords(), Stage: c.GetStage(),
		Author: first(c.GetAuthorName(), c.GetAuthor()), AuthorID: c.GetAuthor(), Message: c.GetMessage(),
		Opened: when(c.GetOpened()), Expires: when(c.GetExpires()), Ratification: c.GetRatification(), AuditIndex: c.GetAuditIndex(),
	}
	if t := when(c.GetRatifyBy()); !t.IsZero() {
		v.RatifyBy = &t
	}
	return v
}

// stateWords says the state, and what is the matter with it.
func (v changeSummary) stateWords() string {
	switch {
	case v.Ratification == "PENDING":
		return v.State + ", unratified"
	case v.Ratification != "":
		return v.State + ", " + strings.ToLower(v.Ratification)
	case v.BaseMoved && v.State == "open":
		return "open, base moved"
	}
	return v.State
}

func summaryColumns() []column[changeSummary] {
	return []column[changeSummary]{
		{name: "CHANGE", value: func(v changeSummary) any { return strconv.FormatUint(v.Change, 10) }, right: true},
		{name: "STATE", value: func(v changeSummary) any { return v.stateWords() }},
		{name: "BASE", value: func(v changeSummary) any { return v.Base }},
		{name: "STAGE", value: func(v changeSummary) any { return v.Stage }, wide: true},
		{name: "EDITS", value: func(v changeSummary) any { return v.Edits }, right: true},
		{name: "RECORDS", value: func(v changeSummary) any { return v.Records }, wide: true},
		{name: "AUTHOR", value: func(v changeSummary) any { return v.Author }},
		{name: "OPENED", value: func(v changeSummary) any { return v.Opened }},
		{name: "DIGEST", value: func(v changeSummary) any { return digest(v.Digest) }, wide: true},
		{name: "RESULT", value: func(v changeSummary) any { return afterAt(v.Result) }},
		{name: "MESSAGE", value: func(v changeSummary) any { return v.Message }, prose: true},
	}
}

func changeListCmd(a *app) *cobra.Command {
	var limit uint
	req := &govdv1.ListChangesRequest{}
	cmd := &cobra.Command{
		Use:   "list [PROJECT[/DATASET]]",
		Short: "List changes, newest first",
		Long: `List the changes that you may read, newest first. --needs-me lists those that
you could approve now.`,
		Example: `  govctl change list
  govctl change list hands --state open
  govctl change list --needs-me`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Place = append(args, "*")[0]
			changes := convert(head(c.changes(ctx, req, limit), limit, a.cut), viewSummary)
			return list(a, "changes", summaryColumns(), changes)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.State, "state", "", "only those that are open, withdrawn or applied")
	f.BoolVar(&req.NeedsMe, "needs-me", false, "only those that you could approve now")
	limitFlag(cmd, &limit, 50)
	return cmd
}

func (c *client) changes(ctx context.Context, req *govdv1.ListChangesRequest, limit uint) iter.Seq2[*govdv1.Change, error] {
	return pages(func(token string) ([]*govdv1.Change, string, error) {
		req.PageSize, req.PageToken = pageOf(limit), token
		resp, err := c.ListChanges(ctx, req)
		return resp.GetChanges(), resp.GetNextPageToken(), err
	})
}

// A changeDetail is all there is to a change but its edits.
type changeDetail struct {
	changeSummary
	Verdict   verdictView    `json:"verdict"`
	Revisions []revisionView `json:"revisions"`
	Votes     []voteView     `json:"votes"`
	Asked     []askView      `json:"asked"`
	Evidence  []evidenceView `json:"evidence"`
}

// getChange returns a change and the names of those who have to do with it.
func (c *client) getChange(ctx context.Context, id uint64) (*govdv1.GetChangeResponse, names, error) {
	resp, err := c.GetChange(ctx, &govdv1.GetChangeRequest{Change: id})
	if err != nil {
		return nil, nil, err
	}
	return resp, people(resp).with(resp.GetVerdict().GetNames()), nil
}

func viewDetail(r *govdv1.GetChangeResponse, n names) changeDetail {
	return changeDetail{
		viewSummary(r.GetChange()), viewVerdict(r.GetVerdict(), n),
		viewAll(r.GetRevisions(), viewRevision), viewAll(r.GetVotes(), func(v *govdv1.Vote) voteView { return viewVote(v, n) }),
		viewAll(r.GetAsked(), viewAsk), viewAll(r.GetEvidence(), func(e *govdv1.Evidence) evidenceView { return viewEvidence(e, n) }),
	}
}

// viewAll views every item; never nil, so that JSON gets a list.
func viewAll[T, V any](items []T, view func(T) V) []V {
	views := make([]V, len(items))
	for i, item := range items {
		views[i] = view(item)
	}
	return views
}

func changeShowCmd(a *app) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show CHANGE",
		Short: "Show a change: its state, its summary, its edits or its records",
		Long: `Show a change and what is missing until it can be applied.

--stat sums up its newest revision: from which label to which and how many, with
the share of all labels of that name; label counts before and after; records by
split; how the author's earlier changes were voted on. --diff lists its edits,
--records the records with their labels before and after.

What --diff --json prints, 'change propose --edits' takes.`,
		Example: `  govctl change show 7
  govctl change show 7 --stat
  govctl change show 7 --diff --json > edits.jsonl`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			return refused(a.showChange(ctx, c, id, o), id)
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&o.stat, "stat", false, "sum up: transitions, label counts, splits")
	f.BoolVar(&o.diff, "diff", false, "list the edits")
	f.BoolVar(&o.records, "records", false, "list the records with their labels before and after")
	f.Uint64Var(&o.revision, "revision", 0, "of this revision, not of the newest; for the three above")
	f.StringVar(&o.prefix, "prefix", "", "only keys that begin with this; for --diff and --records")
	cmd.MarkFlagsMutuallyExclusive("stat", "diff", "records")
	return cmd
}

type showOptions struct {
	stat, diff, records bool
	revision            uint64
	prefix              string
}

func (a *app) showChange(ctx context.Context, c *client, id uint64, o showOptions) error {
	switch {
	case o.stat:
		return a.showStat(ctx, c, id, o.revision)
	case o.diff:
		return a.listEdits(ctx, c, &govdv1.ListEditsRequest{Change: id, Revision: o.revision, Prefix: o.prefix})
	case o.records:
		return a.listTouched(ctx, c, &govdv1.ListEditsRequest{Change: id, Revision: o.revision, Prefix: o.prefix, WithRecords: true})
	case o.revision != 0 || o.prefix != "":
		return usage("--revision and --prefix go with --stat, --diff or --records")
	}
	resp, n, err := c.getChange(ctx, id)
	if err != nil {
		return err
	}
	v := viewDetail(resp, n)
	over := v.State != "open" && v.Ratification != "PENDING"
	if err := show(a, detailColumns(), v); err != nil || a.json || !a.screen.terminal || over {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.printVerdict(id, v.Verdict)
}

func detailColumns() []column[changeDetail] {
	return []column[changeDetail]{
		{name: "CHANGE", value: func(v changeDetail) any { return strconv.FormatUint(v.Change, 10) }},
		{name: "DATASET", value: func(v changeDetail) any { return v.Dataset }},
		{name: "STATE", value: func(v changeDetail) any { return v.stateWords() }},
		{name: "READY", value: func(v changeDetail) any { return v.Verdict.Ready }, wide: true},
		{name: "BASE", value: func(v changeDetail) any { return v.Base }},
		{name: "RESULT", value: func(v changeDetail) any { return v.Result }},
		{name: "STAGE", value: func(v changeDetail) any { return v.Stage }},
		{name: "REVISION", value: func(v changeDetail) any { return v.Revision }},
		{name: "DIGEST", value: func(v changeDetail) any { return digest(v.Digest) }},
		{name: "EDITS", value: func(v changeDetail) any { return v.Edits }},
		{name: "RECORDS", value: func(v changeDetail) any { return v.Records }},
		{name: "AUTHOR", value: func(v changeDetail) any { return v.Author }},
		{name: "MESSAGE", value: func(v changeDetail) any { return v.Message }},
		{name: "OPENED", value: func(v changeDetail) any { return v.Opened }},
		{name: "EXPIRES", value: func(v changeDetail) any { return v.Expires }},
		{name: "ENTRY", value: func(v changeDetail) any { return v.AuditIndex }},
	}
}
