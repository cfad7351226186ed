package ctl

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A glassView is what became of asking for the glass to be broken.
type glassView struct {
	Change     uint64    `json:"change"`
	Enough     bool      `json:"enough"` // it can be applied now
	Expires    time.Time `json:"expires"`
	AuditIndex uint64    `json:"audit_index"`
}

func changeBreakGlassCmd(a *app) *cobra.Command {
	var yes bool
	req := &govdv1.BreakGlassRequest{}
	cmd := &cobra.Command{
		Use:   "break-glass CHANGE --reason WHY --ticket TICKET",
		Short: "Ask to apply a change without its approvals, in an emergency",
		Long: `Ask for a change to be applied without its approvals, in an emergency. The rules
say who may, and how many must ask. The version bears it for ever: unless the
approvals follow and 'change ratify' says so in time, it is quarantined.`,
		Example:               `  govctl change break-glass 7 --reason "labels leak into tonight's run" --ticket OPS-12`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeChange,
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId = requestID()
			if req.Change, err = changeID(args[0]); err != nil {
				return err
			}
			got, err := c.GetChange(ctx, &govdv1.GetChangeRequest{Change: req.Change})
			if err != nil {
				return refused(err, req.Change)
			}
			if req.ExpectedDigest, err = expected(req.ExpectedDigest, got.GetChange().GetDigest()); err != nil {
				return refused(err, req.Change)
			}
			if err := a.confirm(yes, "break the glass for change %d, %s", req.Change, short(req.ExpectedDigest)); err != nil {
				return err
			}
			resp, err := c.BreakGlass(ctx, req)
			if err != nil {
				return refused(err, req.Change)
			}
			v := glassView{req.Change, resp.GetEnough(), when(resp.GetExpires()), resp.GetAuditIndex()}
			words := "others must ask too"
			if v.Enough {
				words = fmt.Sprintf("'govctl change apply %d' applies it, until %s", v.Change, v.Expires.Format("15:04 MST"))
			}
			return a.tell(v, "", "recorded as log entry %d; %s", v.AuditIndex, words)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Reason, "reason", "", "why, in 20 bytes or more")
	f.StringVar(&req.Ticket, "ticket", "", "number or address of the ticket")
	f.StringVar(&req.ExpectedDigest, "expect", "", "digest of the revision that is meant, or its beginning")
	yesFlag(cmd, &yes)
	required(cmd, "reason")
	required(cmd, "ticket")
	return cmd
}

func changeRatifyCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "ratify CHANGE",
		Short:   "Record that the approvals have followed after breaking the glass",
		Example: `  govctl change ratify 7`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			resp, err := c.RatifyChange(ctx, &govdv1.RatifyChangeRequest{RequestId: requestID(), Change: id})
			if err != nil {
				return refused(err, id)
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "change %d is ratified", id)
		}),
	}
}
