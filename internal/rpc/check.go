package rpc

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"sync"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/validate"
	v1 "govd/proto/govd/v1"
)

// checks serves CheckService.
type checks struct {
	v1.UnimplementedCheckServiceServer
	svc   *govern.Service
	pages pager
}

// checkOf translates what a run and its plan have in common.
func checkOf(ref string, stage uint32, only []string, against string) (in govern.Check, err error) {
	if in.Ref, err = gov.ParseRef(ref); err != nil {
		return in, err
	}
	if in.Stage, err = optionalStage(stage); err != nil {
		return in, err
	}
	if in.Only = only; against == "" {
		return in, nil
	}
	other, err := gov.ParseRef(against)
	in.Against = &other
	return in, err
}

// optionalStage returns a stage, or 0 for none.
func optionalStage(n uint32) (gov.Stage, error) {
	if n == 0 {
		return 0, nil
	}
	return gov.ParseStage(int(min(n, 255)))
}

func (s *checks) RunChecks(req *v1.RunChecksRequest, stream grpc.ServerStreamingServer[v1.RunChecksResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	in, err := checkOf(req.GetRef(), req.GetStage(), req.GetOnly(), req.GetAgainst())
	if err != nil {
		return err
	}
	var mu sync.Mutex // a stream is sent by one at a time
	done, err := s.svc.RunCheck(stream.Context(), c, in, func(done, total uint64) {
		mu.Lock()
		defer mu.Unlock()
		stream.Send(&v1.RunChecksResponse{Done: done, Total: total}) // one who is gone ends the run by its context
	})
	if err != nil {
		return err
	}
	info, err := s.named(stream.Context(), done.Report)
	if err != nil {
		return err
	}
	doc := done.Document.Document()
	for len(doc) > runBytes {
		if err := stream.Send(&v1.RunChecksResponse{Document: doc[:runBytes]}); err != nil {
			return err
		}
		doc = doc[runBytes:]
	}
	return stream.Send(&v1.RunChecksResponse{Report: reportToProto(info), Document: doc, Again: done.Again})
}

// named adds to a report the name of who ran it.
func (s *checks) named(ctx context.Context, r gov.Report) (govern.ReportInfo, error) {
	names, err := s.svc.Names(ctx, []gov.PersonID{r.By})
	return govern.ReportInfo{Report: r, ByName: names[r.By]}, err
}

func reportToProto(r govern.ReportInfo) *v1.ReportInfo {
	ref := gov.Ref{Dataset: r.Dataset, Number: r.Number}
	m := &v1.ReportInfo{
		Ref: ref.String(), Version: r.Version.String(), Stage: uint32(r.Stage), Policy: r.Policy.String(), Digest: r.Digest.String(),
		Verdict: r.Verdict, Records: r.Records, Partial: r.Partial, By: string(r.By), ByName: r.ByName, Time: timeToProto(r.Time), AuditIndex: r.Entry,
	}
	if ref.Number = r.Against; r.Against != 0 {
		m.Against = ref.String()
	}
	return m
}

func (s *checks) PlanChecks(ctx context.Context, req *v1.PlanChecksRequest) (*v1.PlanChecksResponse, error) {
	in, err := checkOf(req.GetRef(), req.GetStage(), req.GetOnly(), "")
	if err != nil {
		return nil, err
	}
	p, policy, err := s.svc.CheckPlan(ctx, reader(ctx), in)
	if err != nil {
		return nil, err
	}
	resp := &v1.PlanChecksResponse{CostUs: p.Cost, Sample: p.Sample, Over: p.Over, Policy: policy.String()}
	for _, r := range p.Rows {
		resp.Checks = append(resp.Checks, &v1.CheckPlan{
			Check: r.Check, Kind: string(r.Kind), Severity: string(r.Severity), Sees: r.Sees, Of: r.Of, What: r.What, Why: r.Why, CostUs: r.Cost,
		})
	}
	return resp, nil
}

// DrawContents streams keys in runs.
func (s *checks) DrawContents(req *v1.DrawContentsRequest, stream grpc.ServerStreamingServer[v1.DrawContentsResponse]) error {
	in, err := checkOf(req.GetRef(), req.GetStage(), nil, "")
	if err != nil {
		return err
	}
	d, err := s.svc.DrawContents(stream.Context(), reader(stream.Context()), in.Ref, in.Stage)
	if err != nil {
		return err
	}
	run := &v1.DrawContentsResponse{Total: d.Size}
	for row, err := range d.Records {
		if err != nil {
			return err
		}
		if row.Record == nil {
			continue
		}
		if run.Keys = append(run.Keys, row.Key); len(run.Keys) < runRecords {
			continue
		}
		if err := stream.Send(run); err != nil {
			return err
		}
		run = &v1.DrawContentsResponse{}
	}
	return stream.Send(run)
}

func (s *checks) ReadContents(stream grpc.ClientStreamingServer[v1.ReadContentsRequest, v1.ReadContentsResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	h := first.GetHeader()
	c, err := writer(stream.Context(), h.GetRequestId())
	if err != nil {
		return err
	}
	in, err := checkOf(h.GetRef(), h.GetStage(), nil, "")
	if err != nil {
		return err
	}
	var r gov.Reading
	if h.GetServer() {
		r, err = s.svc.VerifyContents(stream.Context(), c, in.Ref, in.Stage)
	} else {
		r, err = s.svc.ReadContents(stream.Context(), c, in.Ref, in.Stage, findingsFrom(stream))
	}
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.ReadContentsResponse{
		Read: r.Read, Failed: r.Failed, Wrong: r.Wrong, Broken: r.Broken, AuditIndex: r.Entry, Server: r.Server,
	})
}

func findingsFrom(stream grpc.ClientStreamingServer[v1.ReadContentsRequest, v1.ReadContentsResponse]) iter.Seq2[govern.Finding, error] {
	return func(yield func(govern.Finding, error) bool) {
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(govern.Finding{}, err)
				return
			}
			for _, f := range m.GetFindings().GetFindings() {
				if !yield(findingFromProto(f), nil) {
					return
				}
			}
		}
	}
}

func findingFromProto(m *v1.ContentFinding) govern.Finding {
	f := govern.Finding{Key: m.GetKey(), Size: m.GetSize(), MediaType: m.GetMediaType(), Decodes: m.GetDecodes()}
	if f.Unread = len(m.GetContent()) != len(f.Content); !f.Unread {
		f.Content = gov.Digest(m.GetContent())
	}
	return f
}

func (s *checks) ListReports(ctx context.Context, req *v1.ListReportsRequest) (*v1.ListReportsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("reports", req.GetRef())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	skip, err := optional(from, strconv.Atoi)
	if err != nil {
		return nil, err
	}
	page, err := s.svc.Reports(ctx, c, ref, skip, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListReportsResponse{}
	for _, r := range page {
		resp.Reports = append(resp.Reports, reportToProto(r))
	}
	if len(page) == n {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, strconv.Itoa(skip+n))
	}
	return resp, nil
}

// reportRef parses a digest or a version.
func reportRef(s string, stage uint32) (ref govern.ReportRef, err error) {
	if d, err := gov.ParseDigest(s); err == nil {
		return govern.ReportRef{Digest: d}, nil
	}
	if ref.Ref, err = gov.ParseRef(s); err != nil {
		return ref, err
	}
	ref.Stage, err = optionalStage(stage)
	return ref, err
}

func (s *checks) GetReport(ctx context.Context, req *v1.GetReportRequest) (*v1.GetReportResponse, error) {
	ref, err := reportRef(req.GetReport(), req.GetStage())
	if err != nil {
		return nil, err
	}
	info, doc, err := s.svc.Report(ctx, reader(ctx), ref)
	if err != nil {
		return nil, err
	}
	return &v1.GetReportResponse{Report: reportToProto(info), Document: doc}, nil
}

func (s *checks) ExportReport(ctx context.Context, req *v1.ExportReportRequest) (*v1.ExportReportResponse, error) {
	ref, err := reportRef(req.GetReport(), req.GetStage())
	if err != nil {
		return nil, err
	}
	_, doc, err := s.svc.Report(ctx, reader(ctx), ref)
	if err != nil {
		return nil, err
	}
	file, err := exported(doc, req.GetFormat())
	return &v1.ExportReportResponse{File: file}, err
}

func (s *checks) DiffReports(ctx context.Context, req *v1.DiffReportsRequest) (*v1.DiffReportsResponse, error) {
	was, err := reportRef(req.GetWas(), req.GetStage())
	if err != nil {
		return nil, err
	}
	is, err := reportRef(req.GetIs(), req.GetStage())
	if err != nil {
		return nil, err
	}
	d, err := s.svc.DiffReports(ctx, reader(ctx), was, is)
	if err != nil {
		return nil, err
	}
	resp := &v1.DiffReportsResponse{Was: reportToProto(d.Was), Is: reportToProto(d.Is)}
	for _, m := range d.Moves {
		resp.Moves = append(resp.Moves, &v1.CheckMove{Check: m.Check, Was: stateToProto(m.Was), Is: stateToProto(m.Is), Better: m.Better, Worse: m.Worse})
	}
	return resp, nil
}

func stateToProto(f *validate.Finding) *v1.CheckState {
	if f == nil {
		return nil
	}
	return &v1.CheckState{Verdict: string(f.Verdict), Value: f.Value.String(), Limit: f.Limit.String(), Count: f.Count}
}
