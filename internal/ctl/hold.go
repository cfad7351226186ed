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

func holdCmd(a *app) *cobra.Command {
	cmd := group("hold", "Keep data from being erased and from being used",
		holdAddCmd(a), holdListCmd(a), holdShowCmd(a), holdLiftCmd(a))
	cmd.Long = `Keep data from being erased and from being used: a legal hold. What is on hold
cannot be erased, whoever approved the erasure, and a run whose input is on hold
does not start. A hold is placed by one person and lifted by two.`
	return cmd
}

type holdView struct {
	Hold       uint64     `json:"hold"`
	On         string     `json:"on"`
	Records    uint64     `json:"records"`
	Keys       []string   `json:"keys"`
	State      string     `json:"state"`
	Reason     string     `json:"reason"`
	By         string     `json:"by"`
	ByID       string     `json:"by_id"`
	Placed     time.Time  `json:"placed"`
	AskedBy    string     `json:"asked_by,omitempty"`
	AskedWhy   string     `json:"asked_reason,omitempty"`
	LiftedBy   string     `json:"lifted_by,omitempty"`
	Lifted     *time.Time `json:"lifted,omitempty"`
	AuditIndex uint64     `json:"audit_index"`
}

func viewHold(h *govdv1.Hold) holdView {
	v := holdView{
		Hold: h.GetNumber(), On: h.GetOn(), Records: h.GetRecords(), Keys: nonNil(h.GetKeys()), State: "holds", Reason: h.GetReason(),
		By: first(h.GetByName(), h.GetBy()), ByID: h.GetBy(), Placed: when(h.GetPlaced()), AuditIndex: h.GetAuditIndex(),
		AskedBy: first(h.GetAskedByName(), h.GetAskedBy()), AskedWhy: h.GetAskedReason(), LiftedBy: first(h.GetLiftedByName(), h.GetLiftedBy()),
	}
	if t := when(h.GetLifted()); !t.IsZero() {
		v.Lifted, v.State = &t, "lifted"
	} else if v.AskedBy != "" {
		v.State = "holds, lift asked"
	}
	return v
}

func (v holdView) held() string {
	if v.Records == 0 {
		return "all"
	}
	return strconv.FormatUint(v.Records, 10)
}

func holdColumns() []column[holdView] {
	return []column[holdView]{
		{name: "HOLD", value: func(v holdView) any { return strconv.FormatUint(v.Hold, 10) }, right: true},
		{name: "ON", value: func(v holdView) any { return v.On }},
		{name: "RECORDS", value: func(v holdView) any { return v.held() }, right: true},
		{name: "STATE", value: func(v holdView) any { return v.State }},
		{name: "BY", value: func(v holdView) any { return v.By }},
		{name: "PLACED", value: func(v holdView) any { return v.Placed }},
		{name: "ASKED BY", value: func(v holdView) any { return v.AskedBy }},
		{name: "LIFTED BY", value: func(v holdView) any { return v.LiftedBy }},
		{name: "REASON", value: func(v holdView) any { return v.Reason }, prose: true},
	}
}

func holdAddCmd(a *app) *cobra.Command {
	req := &govdv1.PlaceHoldRequest{}
	cmd := &cobra.Command{
		Use:   "add PLACE|REF --reason TEXT",
		Short: "Hold a project, a dataset, a version or some records",
		Example: `  govctl hold add hands/signs --reason "case 7 of 2026"
  govctl hold add hands/signs@v3 --reason "case 7 of 2026"
  govctl hold add hands/signs --key s17/fist.png --key s17/palm.png --reason "the subject objects"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.On = requestID(), args[0]
			resp, err := c.PlaceHold(ctx, req)
			if err != nil {
				return err
			}
			v := viewHold(resp.GetHold())
			return a.tell(v, strconv.FormatUint(v.Hold, 10), "hold %d is on %s, log entry %d", v.Hold, v.On, resp.GetAuditIndex())
		}),
	}
	cmd.Flags().StringArrayVar(&req.Keys, "key", nil, "only this record; repeat for more")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	required(cmd, "reason")
	return cmd
}

func holdListCmd(a *app) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list [PLACE]",
		Short: "List holds, newest first",
		Example: `  govctl hold list
  govctl hold list hands --all`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "holds", holdColumns(), convert(c.holds(ctx, append(args, "")[0], all), viewHold))
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that were lifted, too")
	return cmd
}

// holds lists the holds of a place; "" is everywhere.
func (c *client) holds(ctx context.Context, place string, all bool) iter.Seq2[*govdv1.Hold, error] {
	return pages(func(token string) ([]*govdv1.Hold, string, error) {
		resp, err := c.ListHolds(ctx, &govdv1.ListHoldsRequest{Place: place, All: all, PageSize: pageSize, PageToken: token})
		return resp.GetHolds(), resp.GetNextPageToken(), err
	})
}

func holdShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show NUMBER",
		Short:             "Show a hold and the keys that it names",
		Example:           `  govctl hold show 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeHold,
		RunE: a.hold(func(ctx context.Context, c *client, id uint64) error {
			resp, err := c.GetHold(ctx, &govdv1.GetHoldRequest{Number: id})
			if err != nil {
				return err
			}
			columns := append(holdColumns(), column[holdView]{name: "KEYS", value: func(v holdView) any { return v.Keys }})
			return show(a, columns, viewHold(resp.GetHold()))
		}),
	}
}

func holdLiftCmd(a *app) *cobra.Command {
	var yes bool
	req := &govdv1.LiftHoldRequest{}
	cmd := &cobra.Command{
		Use:   "lift NUMBER --reason TEXT",
		Short: "Ask to lift a hold, or agree with who asked",
		Long: `Ask to lift a hold, or agree with who asked: it is lifted when another person
runs this as well. Machines cannot agree, and nobody can for themselves.`,
		Example:           `  govctl hold lift 3 --reason "case 7 is settled"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeHold,
		RunE: a.hold(func(ctx context.Context, c *client, id uint64) error {
			if err := a.confirm(yes, "lift hold %d", id); err != nil {
				return err
			}
			req.RequestId, req.Number = requestID(), id
			resp, err := c.LiftHold(ctx, req)
			if err != nil {
				return err
			}
			v := viewHold(resp.GetHold())
			words := fmt.Sprintf("hold %d is lifted", id)
			if v.Lifted == nil {
				words = fmt.Sprintf("hold %d holds until another person runs 'govctl hold lift %d' as well", id, id)
			}
			return a.tell(v, v.State, "%s, log entry %d", words, resp.GetAuditIndex())
		}),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	yesFlag(cmd, &yes)
	return cmd
}

// hold is the body of a command about one hold.
func (a *app) hold(do func(ctx context.Context, c *client, id uint64) error) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client, args []string) error {
		id, err := gov.ParseHoldID(args[0])
		if err != nil {
			return usage("%v", err)
		}
		return do(ctx, c, uint64(id))
	})
}

// completeHold completes the number of a hold that holds.
func (a *app) completeHold(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		return convert(c.holds(ctx, "", false), func(h *govdv1.Hold) string {
			return fmt.Sprintf("%d\t%s, %s", h.GetNumber(), h.GetOn(), clean(h.GetReason()))
		})
	}), noFiles
}
