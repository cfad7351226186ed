package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A conflictView is a label that both a change and a newer version have changed.
type conflictView struct {
	Key    string `json:"key"`
	Label  string `json:"label_id"`
	Base   string `json:"base"` // the label's name and where it holds; "" for none
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
}

func viewConflict(m *govdv1.MergeConflict) conflictView {
	words := func(r *govdv1.Record) string {
		for _, l := range viewRecord(r).Labels {
			if l.ID == m.GetLabel() {
				l.ID = l.Name // which is said already
				return l.words()
			}
		}
		return ""
	}
	return conflictView{m.GetKey(), m.GetLabel(), words(m.GetBase()), words(m.GetOurs()), words(m.GetTheirs())}
}

func conflictColumns() []column[conflictView] {
	return []column[conflictView]{
		{name: "KEY", value: func(v conflictView) any { return v.Key }},
		{name: "LABEL", value: func(v conflictView) any { return v.Label }},
		{name: "BASE", value: func(v conflictView) any { return v.Base }},
		{name: "OURS", value: func(v conflictView) any { return v.Ours }},
		{name: "THEIRS", value: func(v conflictView) any { return v.Theirs }},
	}
}

func changeRebaseCmd(a *app) *cobra.Command {
	req := &govdv1.RebaseChangeRequest{}
	cmd := &cobra.Command{
		Use:   "rebase CHANGE",
		Short: "Set a change on the newest version; approvals count no more",
		Long: `Make a revision of a change against the newest version of its dataset. What the
dataset changed since is kept. Where both changed the same label, the conflicts
are listed and nothing is made, unless --drop-conflicts leaves those edits out.`,
		Example: `  govctl change rebase 7
  govctl change rebase 7 --drop-conflicts`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId = requestID()
			if req.Change, err = changeID(args[0]); err != nil {
				return err
			}
			resp, err := c.RebaseChange(ctx, req)
			if err != nil {
				return refused(err, req.Change)
			}
			return a.rebased(ctx, c, req, resp)
		}),
	}
	cmd.Flags().BoolVar(&req.DropConflicts, "drop-conflicts", false, "leave out the edits that are in conflict")
	return cmd
}

func (a *app) rebased(ctx context.Context, c *client, req *govdv1.RebaseChangeRequest, resp *govdv1.RebaseChangeResponse) error {
	ch, r, n := resp.GetChange(), resp.GetRevision(), resp.GetConflictCount()
	switch {
	case n > 0 && !req.GetDropConflicts():
		if err := list(a, "conflicts", conflictColumns(), seq(viewAll(resp.GetConflicts(), viewConflict))); err != nil {
			return err
		}
		err := complain(exitConflict, "MERGE_CONFLICTS", "%s changed by change %d and since its base; nothing was changed", areWords(n, "record"), req.GetChange())
		return hint(err, "'govctl change rebase %d --drop-conflicts' leaves them out", req.GetChange())
	case resp.GetNoChange():
		v := viewProposed(ch, r)
		return a.tell(v, v.line(), "change %d is on the newest version already", req.GetChange())
	case n > 0:
		a.note("left out the edits of %s in conflict", count(n, "record"))
	}
	return a.tellRevision(ch, r, resp.GetVerdict(), resp.GetAuditIndex())
}

// A stateView is what became of a change.
type stateView struct {
	Change     uint64 `json:"change"`
	State      string `json:"state"`
	AuditIndex uint64 `json:"audit_index"`
}

func (a *app) tellState(ch *govdv1.Change, index uint64, words string) error {
	v := stateView{ch.GetNumber(), ch.GetState(), index}
	return a.tell(v, "", "change %d is %s%s", v.Change, v.State, words)
}

func changeWithdrawCmd(a *app) *cobra.Command {
	req := &govdv1.WithdrawChangeRequest{}
	cmd := &cobra.Command{
		Use:               "withdraw CHANGE",
		Short:             "Take a change of your own back",
		Example:           `  govctl change withdraw 7 -m "wrong folder"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId = requestID()
			if req.Change, err = changeID(args[0]); err != nil {
				return err
			}
			resp, err := c.WithdrawChange(ctx, req)
			if err != nil {
				return refused(err, req.Change)
			}
			return a.tellState(resp.GetChange(), resp.GetAuditIndex(), fmt.Sprintf("; 'govctl change reopen %d' opens it again, without its approvals", req.Change))
		}),
	}
	cmd.Flags().StringVarP(&req.Message, "message", "m", "", "why")
	return cmd
}

func changeReopenCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "reopen CHANGE",
		Short:   "Open a withdrawn change again, without its approvals",
		Example: `  govctl change reopen 7`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			resp, err := c.ReopenChange(ctx, &govdv1.ReopenChangeRequest{RequestId: requestID(), Change: id})
			if err != nil {
				return refused(err, id)
			}
			return a.tellState(resp.GetChange(), resp.GetAuditIndex(), "")
		}),
	}
}

// An appliedView is the version that a change became.
type appliedView struct {
	Change     uint64 `json:"change"`
	Version    string `json:"version"`
	Digest     string `json:"digest"`
	AuditIndex uint64 `json:"audit_index"`
}

func changeApplyCmd(a *app) *cobra.Command {
	req := &govdv1.ApplyChangeRequest{}
	cmd := &cobra.Command{
		Use:   "apply CHANGE",
		Short: "Make the version that an approved change describes",
		Long: `Make the version that a change describes. The rules are checked again, in the
same transaction; if something is missing, that is told and nothing is made.`,
		Example: `  govctl change apply 7
  govctl change apply 7 --json | jq -r .version`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId = requestID()
			if req.Change, err = changeID(args[0]); err != nil {
				return err
			}
			if req.ExpectedDigest, err = c.expectedOf(ctx, req.Change, req.ExpectedDigest); err != nil {
				return refused(err, req.Change)
			}
			resp, err := c.ApplyChange(ctx, req)
			if err != nil {
				return refused(err, req.Change)
			}
			version := resp.GetVersion()
			v := appliedView{req.Change, version.GetRef(), version.GetDigest(), resp.GetAuditIndex()}
			words := ""
			if resp.GetGlassBroken() {
				words = fmt.Sprintf("\nthe glass was broken for it: it must be ratified until %s, or it is quarantined", when(resp.GetRatifyBy()).Format("2006-01-02 15:04 MST"))
				if !a.screen.terminal {
					a.note("%s", words[1:])
				}
			}
			return a.tell(v, fmt.Sprintf("%d\t%s\t%s\t%d", v.Change, v.Version, v.Digest, v.AuditIndex), "%s  %s\nfrom change %d, log entry %d%s",
				v.Version, short(v.Digest), v.Change, v.AuditIndex, words)
		}),
	}
	cmd.Flags().StringVar(&req.ExpectedDigest, "expect", "", "digest of the revision that is meant, or its beginning")
	return cmd
}
