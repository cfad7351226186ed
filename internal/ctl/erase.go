package ctl

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func eraseCmd(a *app) *cobra.Command {
	cmd := group("erase", "Erase records from every version that holds them",
		eraseDueCmd(a), eraseRequestCmd(a), eraseImpactCmd(a), eraseApproveCmd(a), eraseRunCmd(a), eraseListCmd(a), eraseShowCmd(a), eraseCertificateCmd(a))
	cmd.Long = `Erase records from every version that holds them. One person asks, another
approves what was found, and it is run. The values go; keys, digests and the
proofs of other records stay. What is on hold is not erased ('govctl hold'), nor
what the retention of its dataset keeps for longer ('govctl retention').

Then stop govd and run 'govd compact': until then what was erased still stands
in free pages of the file. Backups that were made before hold it as well.`
	return cmd
}

type erasureView struct {
	Erasure    uint64     `json:"erasure"`
	Project    string     `json:"project"`
	State      string     `json:"state"`
	Where      string     `json:"where"`
	Reason     string     `json:"reason"`
	Records    uint64     `json:"records"`
	Values     uint64     `json:"values"`
	Edits      uint64     `json:"edits"`
	Versions   uint64     `json:"versions"`
	Looked     uint64     `json:"looked"`
	Failed     uint64     `json:"failed"`
	By         string     `json:"by"`
	ByID       string     `json:"by_id"`
	Asked      time.Time  `json:"asked"`
	Approver   string     `json:"approver,omitempty"`
	Ended      *time.Time `json:"ended,omitempty"`
	Compacted  bool       `json:"compacted"`
	AuditIndex uint64     `json:"audit_index"`
	DoneIndex  uint64     `json:"done_index,omitempty"`
}

func viewErasure(e *govdv1.Erasure) erasureView {
	f := e.GetFound()
	v := erasureView{
		Erasure: e.GetNumber(), Project: e.GetProject(), State: e.GetState(), Where: e.GetWhere(), Reason: e.GetReason(),
		Records: f.GetRecords(), Values: f.GetValues(), Edits: f.GetEdits(), Versions: f.GetVersions(), Looked: f.GetLooked(), Failed: f.GetFailed(),
		By: first(e.GetByName(), e.GetBy()), ByID: e.GetBy(), Asked: when(e.GetAsked()), Approver: first(e.GetApproverName(), e.GetApprover()),
		Compacted: e.GetCompacted(), AuditIndex: e.GetAuditIndex(), DoneIndex: e.GetDoneIndex(),
	}
	if t := when(e.GetEnded()); !t.IsZero() {
		v.Ended = &t
	}
	return v
}

func erasureColumns() []column[erasureView] {
	return []column[erasureView]{
		{name: "ERASURE", value: func(v erasureView) any { return strconv.FormatUint(v.Erasure, 10) }, right: true},
		{name: "PROJECT", value: func(v erasureView) any { return v.Project }},
		{name: "STATE", value: func(v erasureView) any { return v.State }},
		{name: "RECORDS", value: func(v erasureView) any { return v.Records }, right: true},
		{name: "VALUES", value: func(v erasureView) any { return v.Values }, right: true},
		{name: "VERSIONS", value: func(v erasureView) any { return v.Versions }, right: true},
		{name: "BY", value: func(v erasureView) any { return v.By }},
		{name: "ASKED", value: func(v erasureView) any { return v.Asked }},
		{name: "APPROVER", value: func(v erasureView) any { return v.Approver }},
		{name: "COMPACTED", value: func(v erasureView) any { return v.Compacted }},
		{name: "REASON", value: func(v erasureView) any { return v.Reason }, prose: true},
	}
}

// whole are the columns of one erasure alone.
func wholeErasure() []column[erasureView] {
	return append(erasureColumns(),
		column[erasureView]{name: "WHERE", value: func(v erasureView) any { return v.Where }},
		column[erasureView]{name: "EDITS", value: func(v erasureView) any { return v.Edits }},
		column[erasureView]{name: "LOOKED", value: func(v erasureView) any { return v.Looked }},
		column[erasureView]{name: "FAILED", value: func(v erasureView) any { return v.Failed }})
}

func eraseRequestCmd(a *app) *cobra.Command {
	req := &govdv1.RequestErasureRequest{}
	cmd := &cobra.Command{
		Use:   "request PROJECT --where EXPR|--due --reason TEXT",
		Short: "Find records and ask for their erasure",
		Long: `Find the records of a project that an expression picks, in every version of
every dataset, and ask for their erasure. Nothing is erased yet.

The expression is in the Common Expression Language, over record.key, .content,
.size, .media_type, .split, .labels (names), .attributes and .registered (when
the dataset first had the record), and over dataset (PROJECT/NAME). A record on
which it fails, as one without an attribute that it reads, is not picked; the
answer says how many those were.

--due stands for the expression that picks what is due now ('govctl erase due');
with --where, the records that both pick. It is written down with its times, so
that what becomes due later is not part of the erasure.`,
		Example: `  govctl erase request hands --where 'record.attributes["subject"] == "s17"' --reason "article 17"
  govctl erase request hands --where 'record.key.startsWith("s17/")' --reason "article 17"
  govctl erase request hands --due --reason "storage limitation"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Project = requestID(), args[0]
			resp, err := c.RequestErasure(ctx, req)
			if err != nil {
				return err
			}
			v := viewErasure(resp.GetErasure())
			if v.Failed > 0 {
				a.note("the expression failed on %s of %s: those are not among what was found", count(v.Failed, "value"), thousands(v.Looked))
			}
			return a.tell(v, strconv.FormatUint(v.Erasure, 10), "erasure %d is of %s in %s, log entry %d\n'govctl erase impact %d' says what that means; another person must approve it",
				v.Erasure, count(v.Records, "record"), count(v.Versions, "version"), resp.GetAuditIndex(), v.Erasure)
		}),
	}
	cmd.Flags().StringVar(&req.Where, "where", "", "which records: an expression that is true of them")
	cmd.Flags().BoolVar(&req.Due, "due", false, "what is due now by the retention of its dataset")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	cmd.MarkFlagsOneRequired("where", "due")
	required(cmd, "reason")
	return cmd
}

func eraseApproveCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               "approve NUMBER",
		Short:             "Agree to an erasure that another person asked for",
		Example:           `  govctl erase approve 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeErasure,
		RunE: a.erasure(func(ctx context.Context, c *client, id uint64) error {
			if err := a.confirm(yes, "approve erasure %d, which nobody can take back once it is run", id); err != nil {
				return err
			}
			resp, err := c.ApproveErasure(ctx, &govdv1.ApproveErasureRequest{RequestId: requestID(), Number: id})
			if err != nil {
				return err
			}
			return a.tell(viewErasure(resp.GetErasure()), "", "erasure %d is approved, log entry %d\n'govctl erase run %d' runs it", id, resp.GetAuditIndex(), id)
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

func eraseRunCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "run NUMBER",
		Short: "Erase what was approved",
		Long: `Erase what was approved. If it was cut off, run it again: it goes on. While it
runs, no version can be registered and no change be proposed or applied, in any
project. A version that is being registered comes to nothing: push it again.`,
		Example:           `  govctl erase run 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeErasure,
		RunE: a.erasure(func(ctx context.Context, c *client, id uint64) error {
			if err := a.confirm(yes, "erase for good what erasure %d is of", id); err != nil {
				return err
			}
			resp, err := c.RunErasure(ctx, &govdv1.RunErasureRequest{RequestId: requestID(), Number: id})
			if err != nil {
				return err
			}
			v := viewErasure(resp.GetErasure())
			if !v.Compacted {
				a.note("stop govd and run 'govd compact': until then the values stand in free pages of the file")
			}
			return a.tell(v, v.State, "%s are erased, log entry %d\n'govctl erase certificate %d -o FILE' writes the proof", count(v.Values, "value"), v.DoneIndex, v.Erasure)
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

func eraseListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "list [PROJECT]",
		Short:             "List erasures, newest first",
		Example:           `  govctl erase list hands`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "erasures", erasureColumns(), convert(c.erasures(ctx, append(args, "")[0]), viewErasure))
		}),
	}
}

// erasures lists the erasures of a project; "" is all.
func (c *client) erasures(ctx context.Context, project string) iter.Seq2[*govdv1.Erasure, error] {
	return pages(func(token string) ([]*govdv1.Erasure, string, error) {
		resp, err := c.ListErasures(ctx, &govdv1.ListErasuresRequest{Project: project, PageSize: pageSize, PageToken: token})
		return resp.GetErasures(), resp.GetNextPageToken(), err
	})
}

func eraseShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show NUMBER",
		Short:             "Show an erasure",
		Example:           `  govctl erase show 3 --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeErasure,
		RunE: a.erasure(func(ctx context.Context, c *client, id uint64) error {
			resp, err := c.GetErasure(ctx, &govdv1.GetErasureRequest{Number: id})
			if err != nil {
				return err
			}
			return show(a, wholeErasure(), viewErasure(resp.GetErasure()))
		}),
	}
}

// erasure is the body of a command about one erasure.
func (a *app) erasure(do func(ctx context.Context, c *client, id uint64) error) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client, args []string) error {
		id, err := gov.ParseErasureID(args[0])
		if err != nil {
			return usage("%v", err)
		}
		return do(ctx, c, uint64(id))
	})
}

// completeErasure completes the number of an erasure.
func (a *app) completeErasure(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		return convert(c.erasures(ctx, ""), func(e *govdv1.Erasure) string {
			return fmt.Sprintf("%d\t%s, %s", e.GetNumber(), e.GetProject(), e.GetState())
		})
	}), noFiles
}
