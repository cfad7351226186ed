package ctl

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

func datasetIntakeCmd(a *app) *cobra.Command {
	p, lot := &push{app: a}, ""
	cmd := &cobra.Command{
		Use:   "intake PROJECT/NAME DIR --lot LOT",
		Short: "Bring new records as a lot, which waits until it was vetted",
		Long: `Bring what is in a directory as a lot of new records, read as 'dataset push'
reads it. A lot is not part of the dataset: nobody can read its records as
data or train on them before a steward who did not bring it accepts it
('govctl intake accept'), after an inspection of the lot where the stage policy
asks for one.

A key of the newest version cannot be brought again, and a lot's name is used
once. Each record is given the lot's name as its attribute.`,
		Example: `  govctl dataset intake hands/signs ./may --lot may-2026
  govctl inspect draw hands/signs --lot may-2026 --limit 1% --accept 2`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			p.client = c
			if err := p.prepare(args[0], args[1]); err != nil {
				return err
			}
			resp, err := p.take(ctx, lot)
			if err != nil {
				return err
			}
			v := viewLot(resp.GetLot())
			if p.dryRun {
				return a.tell(v, v.Lot, "lot %s would have %s\nnothing was changed", v.Lot, count(v.Records, "record"))
			}
			return a.tell(v, v.Lot, "lot %s of %s waits with %s\nlog entry %d", v.Lot, v.Dataset, count(v.Records, "record"), v.AuditIndex)
		}),
	}
	p.sourceFlags(cmd)
	cmd.Flags().StringVar(&lot, "lot", "", "name of the lot")
	cmd.Flags().StringVarP(&p.message, "message", "m", "", "what the lot is")
	required(cmd, "lot")
	return cmd
}

// take reads the directory and sends it as a lot.
func (p *push) take(ctx context.Context, lot string) (*govdv1.TakeLotResponse, error) {
	listing, err := ingest.Walk(ctx, p.options)
	if err != nil {
		return nil, err
	}
	if listing.Len() == 0 {
		return nil, complain(exitError, "NO_FILES", "no files in %s; nothing was brought", p.options.Dir)
	}
	m, err := p.read(ctx, listing)
	if err != nil {
		return nil, err
	}
	h := &govdv1.TakeLotHeader{
		RequestId: requestID(), Dataset: string(p.dataset), Lot: lot, Message: p.message, Skipped: uint64(len(m.Problems)), DryRun: p.dryRun,
	}
	var resp *govdv1.TakeLotResponse
	err = p.link.retry(ctx, func(ctx context.Context) (err error) {
		resp, err = p.sendLot(ctx, h, m)
		return err
	})
	return resp, err
}

// sendLot streams the records once.
func (p *push) sendLot(ctx context.Context, h *govdv1.TakeLotHeader, m *ingest.Manifest) (*govdv1.TakeLotResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := p.TakeLot(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.TakeLotRequest{Part: &govdv1.TakeLotRequest_Header{Header: h}})
	if err == nil {
		err = p.sendRecords(whole(m), uint64(m.Len()), func(b *govdv1.RecordBatch) error {
			return s.Send(&govdv1.TakeLotRequest{Part: &govdv1.TakeLotRequest_Batch{Batch: b}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has answered already
		return nil, err
	}
	return s.CloseAndRecv()
}

func intakeCmd(a *app) *cobra.Command {
	cmd := group("intake", "List, accept and reject lots of new records", intakeListCmd(a), intakeAcceptCmd(a), intakeRejectCmd(a))
	cmd.Long = `List, accept and reject lots of new records. 'govctl dataset intake' brings a
lot, which waits beside its dataset until a steward decides.`
	return cmd
}

// A lotView is a lot.
type lotView struct {
	Lot             string     `json:"lot"`
	Dataset         string     `json:"dataset"`
	State           string     `json:"state"`
	Records         uint64     `json:"records"`
	Root            string     `json:"root"`
	Skipped         uint64     `json:"skipped"`
	Message         string     `json:"message,omitempty"`
	By              string     `json:"by"`
	Taken           time.Time  `json:"taken"`
	Inspection      uint64     `json:"inspection"` // 0: none
	InspectionState string     `json:"inspection_state"`
	Version         string     `json:"version,omitempty"`
	Why             string     `json:"why,omitempty"`
	EndedBy         string     `json:"ended_by,omitempty"`
	Ended           *time.Time `json:"ended,omitempty"`
	AuditIndex      uint64     `json:"audit_index"`
}

func viewLot(l *govdv1.Lot) lotView {
	v := lotView{
		Lot: l.GetName(), Dataset: l.GetDataset(), State: l.GetState(), Records: l.GetRecords(), Root: l.GetRoot(), Skipped: l.GetSkipped(),
		Message: l.GetMessage(), By: first(l.GetByName(), l.GetBy()), Taken: when(l.GetTaken()), Inspection: l.GetInspection(),
		InspectionState: l.GetInspectionState(), Version: l.GetRef(), Why: l.GetWhy(), EndedBy: first(l.GetEndedByName(), l.GetEndedBy()),
		AuditIndex: l.GetAuditIndex(),
	}
	if t := when(l.GetEnded()); !t.IsZero() {
		v.Ended = &t
	}
	return v
}

func lotColumns() []column[lotView] {
	return []column[lotView]{
		{name: "LOT", value: func(v lotView) any { return v.Lot }},
		{name: "STATE", value: func(v lotView) any { return v.State }},
		{name: "RECORDS", value: func(v lotView) any { return v.Records }, right: true},
		{name: "INSPECTION", value: func(v lotView) any { return v.InspectionState }},
		{name: "VERSION", value: func(v lotView) any { return v.Version }},
		{name: "BY", value: func(v lotView) any { return v.By }},
		{name: "TAKEN", value: func(v lotView) any { return v.Taken }},
	}
}

func intakeListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "list PROJECT/NAME",
		Short:             "List the lots of a dataset, and how they stand",
		Example:           `  govctl intake list hands/signs`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "lots", lotColumns(), convert(c.lots(ctx, args[0]), viewLot))
		}),
	}
}

func (c *client) lots(ctx context.Context, dataset string) iter.Seq2[*govdv1.Lot, error] {
	return pages(func(token string) ([]*govdv1.Lot, string, error) {
		resp, err := c.ListLots(ctx, &govdv1.ListLotsRequest{Dataset: dataset, PageSize: pageSize, PageToken: token})
		return resp.GetLots(), resp.GetNextPageToken(), err
	})
}

func intakeAcceptCmd(a *app) *cobra.Command {
	req := &govdv1.AcceptLotRequest{}
	cmd := &cobra.Command{
		Use:   "accept PROJECT/NAME LOT",
		Short: "Make a version with the records of a lot",
		Long: `Make a version of the newest one and the records of a lot. Who brought the lot
may not, and where the stage policy asks for an inspection of lots it must have
passed ('govctl inspect draw PROJECT/NAME --lot LOT').`,
		Example:           `  govctl intake accept hands/signs may-2026 -m "the photos of May"`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeLot,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Dataset, req.Lot = requestID(), args[0], args[1]
			resp, err := c.AcceptLot(ctx, req)
			if err != nil {
				return err
			}
			v := viewLot(resp.GetLot())
			v.AuditIndex = resp.GetAuditIndex()
			return a.tell(v, v.Version, "%s takes up lot %s: %s added\nlog entry %d", v.Version, v.Lot, count(v.Records, "record"), v.AuditIndex)
		}),
	}
	cmd.Flags().StringVarP(&req.Message, "message", "m", "", "of the version")
	return cmd
}

func intakeRejectCmd(a *app) *cobra.Command {
	req := &govdv1.RejectLotRequest{}
	cmd := &cobra.Command{
		Use:               "reject PROJECT/NAME LOT -m WHY",
		Short:             "Keep a lot out for ever",
		Example:           `  govctl intake reject hands/signs may-2026 -m "half of them show no hand"`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeLot,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Dataset, req.Lot = requestID(), args[0], args[1]
			resp, err := c.RejectLot(ctx, req)
			if err != nil {
				return err
			}
			v := viewLot(resp.GetLot())
			v.AuditIndex = resp.GetAuditIndex()
			return a.tell(v, v.Lot, "lot %s of %s is rejected\nlog entry %d", v.Lot, v.Dataset, v.AuditIndex)
		}),
	}
	cmd.Flags().StringVarP(&req.Message, "message", "m", "", "why")
	required(cmd, "message")
	return cmd
}

// completeLot suggests a dataset, and then the lots of it that wait.
func (a *app) completeLot(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return a.completeRef(cmd, args, begun)
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for l, err := range c.lots(ctx, args[0]) {
				if err == nil && l.GetState() != string(gov.LotWaiting) {
					continue
				}
				if !yield(l.GetName(), err) {
					return
				}
			}
		}
	}), noFiles
}
