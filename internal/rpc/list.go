package rpc

import (
	"context"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// Records are streamed in runs of so many, and of about so many bytes.
const (
	runRecords = 500
	runBytes   = 512 << 10
)

// ListRecords streams records in runs.
func (s *versions) ListRecords(req *v1.ListRecordsRequest, stream grpc.ServerStreamingServer[v1.ListRecordsResponse]) error {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return err
	}
	rows, err := s.svc.Records(stream.Context(), reader(stream.Context()), ref, govern.Span{Prefix: req.GetPrefix(), After: req.GetAfter()})
	if err != nil {
		return err
	}
	run, size, left := &v1.ListRecordsResponse{}, 0, req.GetLimit()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Record == nil {
			run.Erased, run.Records = append(run.Erased, row.Key), append(run.Records, &v1.Record{Key: row.Key})
		} else {
			run.Records = append(run.Records, recordToProto(row.Record))
		}
		size += len(row.Key) + weight(row.Record)
		if left--; left == 0 { // a limit of 0 wraps around and is none
			break
		}
		if len(run.Records) < runRecords && size < runBytes {
			continue
		}
		if err := stream.Send(run); err != nil {
			return err
		}
		run, size = &v1.ListRecordsResponse{}, 0
	}
	return stream.Send(run)
}

// DiffVersions streams changes in runs, and the counts at the end.
func (s *versions) DiffVersions(req *v1.DiffVersionsRequest, stream grpc.ServerStreamingServer[v1.DiffVersionsResponse]) error {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return err
	}
	against, err := optional(req.GetAgainst(), func(s string) (*gov.Ref, error) {
		r, err := gov.ParseRef(s)
		return &r, err
	})
	if err != nil {
		return err
	}
	d, err := s.svc.Diff(stream.Context(), reader(stream.Context()), ref, against)
	if err != nil {
		return err
	}
	sum := &v1.DiffSummary{From: versionToProto(d.From), To: versionToProto(d.To)}
	run, size := &v1.DiffVersionsResponse{}, 0
	for ch, err := range d.Changes {
		if err != nil {
			return err
		}
		count(sum, ch.Kind)
		if req.GetCountsOnly() {
			continue
		}
		run.Changes = append(run.Changes, &v1.RecordChange{
			Key: ch.Key, Kind: v1.ChangeKind(ch.Kind), From: recordToProto(ch.From), To: recordToProto(ch.To),
		})
		if size += weight(ch.From) + weight(ch.To); len(run.Changes) < runRecords && size < runBytes {
			continue
		}
		if err := stream.Send(run); err != nil {
			return err
		}
		run, size = &v1.DiffVersionsResponse{}, 0
	}
	sum.Unchanged = d.To.Tree.Records - sum.Added - sum.Changed - sum.Relabelled
	run.Summary = sum
	return stream.Send(run)
}

func count(sum *v1.DiffSummary, kind govern.ChangeKind) {
	switch kind {
	case govern.Added:
		sum.Added++
	case govern.Removed:
		sum.Removed++
	case govern.Changed:
		sum.Changed++
	case govern.Relabelled:
		sum.Relabelled++
	}
}

// weight is about how many bytes a record adds to a message.
func weight(r *gov.Record) int {
	if r == nil {
		return 0
	}
	n := 128 + len(r.Key)
	for k, v := range r.Attributes {
		n += len(k) + len(v) + 8
	}
	for _, l := range r.Labels {
		n += len(l.ID) + len(l.Name) + 16
		if l.Geometry != nil {
			for _, p := range l.Geometry.Parts {
				n += 4 * len(p)
			}
		}
	}
	return n
}

// GetRecord returns one record.
func (s *versions) GetRecord(ctx context.Context, req *v1.GetRecordRequest) (*v1.GetRecordResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	if err := gov.CheckKey(req.GetKey()); err != nil {
		return nil, err
	}
	r, digest, err := s.svc.Record(ctx, reader(ctx), ref, req.GetKey())
	if err != nil {
		return nil, err
	}
	return &v1.GetRecordResponse{Record: recordToProto(r), Digest: digest.String()}, nil
}
