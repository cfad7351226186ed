package rpc

import (
	"bufio"
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// audits serves AuditService.
type audits struct {
	v1.UnimplementedAuditServiceServer
	svc   *govern.Service
	pages pager
}

func (a *audits) ListEntries(ctx context.Context, req *v1.ListEntriesRequest) (*v1.ListEntriesResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	f, err := filterFromProto(req)
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("entries", fmt.Sprint(f))
	at, err := a.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before := uint64(1<<63 - 1)
	if at != "" {
		if before, err = strconv.ParseUint(at, 10, 64); err != nil {
			return nil, err
		}
	}
	lines, next, err := a.svc.Entries(ctx, c, f, before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListEntriesResponse{}
	if next > 0 {
		resp.NextPageToken = a.pages.seal(c.Actor.Person, what, strconv.FormatUint(next, 10))
	}
	resp.Entries, err = a.entries(ctx, lines...)
	return resp, err
}

func filterFromProto(req *v1.ListEntriesRequest) (f govern.Filter, err error) {
	f = govern.Filter{Person: req.GetPerson(), Refused: req.GetRefused(), Do: gov.Action(req.GetAction())}
	if f.Since, err = timeFromProto(req.GetSince()); err != nil {
		return f, err
	}
	f.Place, err = optional(req.GetPlace(), gov.ParsePlace)
	return f, err
}

// entries adds people's names to lines of the log.
func (a *audits) entries(ctx context.Context, lines ...govern.Line) (out []*v1.Entry, err error) {
	ids := make([]gov.PersonID, len(lines))
	for i, l := range lines {
		ids[i] = l.Who
	}
	names, err := a.svc.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		out = append(out, &v1.Entry{
			Index: l.Index, Line: l.Bytes, Time: timeToProto(l.Time), Who: string(l.Who), WhoName: names[l.Who],
			Action: string(l.Do), Place: string(l.At), Refused: string(l.Refused), Event: l.Event,
		})
	}
	return out, nil
}

func (a *audits) GetEntry(ctx context.Context, req *v1.GetEntryRequest) (*v1.GetEntryResponse, error) {
	l, err := a.svc.Entry(ctx, reader(ctx), req.GetIndex())
	if err != nil {
		return nil, err
	}
	e, err := a.entries(ctx, l)
	if err != nil {
		return nil, err
	}
	return &v1.GetEntryResponse{Entry: e[0]}, nil
}

func (a *audits) GetCheckpoint(ctx context.Context, req *v1.GetCheckpointRequest) (*v1.GetCheckpointResponse, error) {
	cp, err := a.svc.Checkpoint(ctx)
	if err != nil || req.GetSince() == 0 {
		return &v1.GetCheckpointResponse{Checkpoint: string(cp)}, err
	}
	proof, err := a.svc.ProveGrowth(ctx, req.GetSince())
	return &v1.GetCheckpointResponse{Checkpoint: string(cp), Proof: proof}, err
}

func (a *audits) ProveEntry(ctx context.Context, req *v1.ProveEntryRequest) (*v1.ProveEntryResponse, error) {
	proof, err := a.svc.ProveEntry(ctx, reader(ctx), req.GetIndex(), req.GetSince())
	return &v1.ProveEntryResponse{Proof: proof}, err
}

func (a *audits) ExportLog(req *v1.ExportLogRequest, stream grpc.ServerStreamingServer[v1.ExportLogResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(sender(func(b []byte) error { return stream.Send(&v1.ExportLogResponse{Data: b}) }), runBytes)
	if err := a.svc.ExportLog(stream.Context(), c, w); err != nil {
		return err
	}
	return w.Flush()
}

// A sender sends what is written to it.
type sender func(data []byte) error

// Write sends b, which gRPC has copied when it returns.
func (s sender) Write(b []byte) (int, error) { return len(b), s(b) }
