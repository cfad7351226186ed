package rpc

import (
	"context"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// intakes serves IntakeService.
type intakes struct {
	v1.UnimplementedIntakeServiceServer
	svc   *govern.Service
	pages pager
}

// TakeLot reads the header, then lets the operation pull the records off the
// stream.
func (s *intakes) TakeLot(stream grpc.ClientStreamingServer[v1.TakeLotRequest, v1.TakeLotResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.TakeLotRequest).GetHeader)
	if err != nil {
		return err
	}
	in := govern.TakeLot{Lot: h.GetLot(), Message: h.GetMessage(), Skipped: h.GetSkipped(), DryRun: h.GetDryRun()}
	if in.Dataset, err = gov.ParseDatasetName(h.GetDataset()); err != nil {
		return err
	}
	records := parts(stream.Recv,
		func(m *v1.TakeLotRequest) ([]govern.Edit, bool) { return merged(m.GetBatch()), m.GetBatch() != nil },
		func(e govern.Edit) (govern.Edit, error) { return e, nil })
	done, err := s.svc.TakeLot(stream.Context(), c, in, records)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.TakeLotResponse{Lot: lotToProto(govern.LotInfo{Lot: done.Lot}), AuditIndex: done.Index})
}

func (s *intakes) ListLots(ctx context.Context, req *v1.ListLotsRequest) (*v1.ListLotsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	dataset, err := gov.ParseDatasetName(req.GetDataset())
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("lots", req.GetDataset())
	after, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := s.svc.Lots(ctx, c, dataset, after, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListLotsResponse{}
	for _, info := range page {
		resp.Lots = append(resp.Lots, lotToProto(info))
	}
	if len(page) == n {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, page[n-1].Name)
	}
	return resp, nil
}

func (s *intakes) AcceptLot(ctx context.Context, req *v1.AcceptLotRequest) (*v1.AcceptLotResponse, error) {
	c, in, err := decideFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	done, err := s.svc.AcceptLot(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info, err := s.svc.LotWorkedOn(ctx, in.Dataset, in.Lot)
	return &v1.AcceptLotResponse{
		Version: versionToProto(done.VersionInfo), Counts: countsToProto(done.Counts), Lot: lotToProto(info), AuditIndex: done.Index,
	}, err
}

func (s *intakes) RejectLot(ctx context.Context, req *v1.RejectLotRequest) (*v1.RejectLotResponse, error) {
	c, in, err := decideFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	done, err := s.svc.RejectLot(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info, err := s.svc.LotWorkedOn(ctx, in.Dataset, in.Lot)
	return &v1.RejectLotResponse{Lot: lotToProto(info), AuditIndex: done.Index}, err
}

func decideFromProto(ctx context.Context, req interface {
	GetRequestId() string
	GetDataset() string
	GetLot() string
	GetMessage() string
},
) (c govern.Call, in govern.DecideLot, err error) {
	if c, err = writer(ctx, req.GetRequestId()); err != nil {
		return c, in, err
	}
	in = govern.DecideLot{Lot: req.GetLot(), Message: req.GetMessage()}
	in.Dataset, err = gov.ParseDatasetName(req.GetDataset())
	return c, in, err
}

func lotToProto(l govern.LotInfo) *v1.Lot {
	m := &v1.Lot{
		Name: l.Name, Dataset: string(l.Dataset), State: string(l.State), Records: l.Tree.Records, Root: l.Tree.Root.String(), Skipped: l.Skipped,
		Message: l.Message, By: string(l.By), ByName: l.ByName, Taken: timeToProto(l.Taken), Inspection: uint64(l.Inspected.ID),
		InspectionState: string(l.Inspected.State), Why: l.Why, EndedBy: string(l.EndedBy), EndedByName: l.EndedByName, Ended: timeToProto(l.Ended),
		AuditIndex: l.Entry,
	}
	if l.Number != 0 {
		m.Ref = gov.Ref{Dataset: l.Dataset, Number: l.Number}.String()
	}
	return m
}
