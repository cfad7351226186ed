package rpc

import (
	"context"
	"strconv"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// runs serves RunService.
type runs struct {
	v1.UnimplementedRunServiceServer
	svc   *govern.Service
	pages pager
}

func (s *runs) StartRun(ctx context.Context, req *v1.StartRunRequest) (*v1.StartRunResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.StartRun{Job: req.GetJob(), Purpose: req.GetPurpose(), Inputs: req.GetInputs(), Params: req.GetParams(), Exploratory: req.GetExploratory()}
	if in.Project, err = optional(req.GetProject(), gov.ParseProject); err != nil {
		return nil, err
	}
	done, err := s.svc.StartRun(ctx, c, in)
	if err != nil {
		return nil, err
	}
	r, err := s.svc.RunWorkedOn(ctx, done.Event.Run)
	return &v1.StartRunResponse{Run: runToProto(r), AuditIndex: done.Index}, err
}

func (s *runs) FinishRun(ctx context.Context, req *v1.FinishRunRequest) (*v1.FinishRunResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	id, err := gov.ParseRunID(req.GetRun())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.FinishRun(ctx, c, govern.FinishRun{Run: id, Outputs: req.GetOutputs()})
	if err != nil {
		return nil, err
	}
	r, err := s.svc.RunWorkedOn(ctx, id)
	return &v1.FinishRunResponse{Run: runToProto(r), AuditIndex: done.Index}, err
}

func (s *runs) FailRun(ctx context.Context, req *v1.FailRunRequest) (*v1.FailRunResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	id, err := gov.ParseRunID(req.GetRun())
	if err != nil {
		return nil, err
	}
	if req.GetStatus() > 255 {
		return nil, gov.Errorf(gov.Invalid, "BAD_STATUS", "an exit status is 0 to 255")
	}
	done, err := s.svc.FailRun(ctx, c, govern.FailRun{Run: id, Status: uint8(req.GetStatus()), Why: req.GetReason()})
	if err != nil {
		return nil, err
	}
	r, err := s.svc.RunWorkedOn(ctx, id)
	return &v1.FailRunResponse{Run: runToProto(r), AuditIndex: done.Index}, err
}

func (s *runs) GetRun(ctx context.Context, req *v1.GetRunRequest) (*v1.GetRunResponse, error) {
	id, err := gov.ParseRunID(req.GetRun())
	if err != nil {
		return nil, err
	}
	r, err := s.svc.Run(ctx, reader(ctx), id)
	if err != nil {
		return nil, err
	}
	return &v1.GetRunResponse{Run: runToProto(r)}, nil
}

func (s *runs) ListRuns(ctx context.Context, req *v1.ListRunsRequest) (*v1.ListRunsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	project, err := gov.ParseProject(req.GetProject())
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("runs", req.GetProject())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := optional(from, parseNumber)
	if err != nil {
		return nil, err
	}
	page, err := s.svc.Runs(ctx, c, project, before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListRunsResponse{}
	for _, r := range page {
		resp.Runs = append(resp.Runs, runToProto(r))
	}
	if len(page) == n {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, strconv.FormatUint(page[n-1].Entry, 10))
	}
	return resp, nil
}

func parseNumber(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

func runToProto(r govern.RunInfo) *v1.Run {
	m := &v1.Run{
		Id: string(r.ID), Project: string(r.Project), Job: r.Job, State: string(r.State), Purpose: r.Purpose, Params: r.Params, Exploratory: r.Exploratory,
		By: string(r.By), ByName: r.ByName, Started: timeToProto(r.Started), Ended: timeToProto(r.Ended), Status: uint32(r.Status), Reason: r.Reason,
		AuditIndex: r.Entry,
	}
	for i, n := range r.Inputs {
		in := &v1.RunInput{Node: n.String()}
		if i < len(r.Digests) && !r.Digests[i].IsZero() {
			in.Digest = r.Digests[i].String()
		}
		if i < len(r.Found) {
			for _, l := range r.Found[i].Lacks {
				in.Lacks = append(in.Lacks, &v1.Lack{Reason: string(l.Reason), Words: l.Words})
			}
		}
		m.Inputs = append(m.Inputs, in)
	}
	for _, n := range r.Outputs {
		m.Outputs = append(m.Outputs, n.String())
	}
	for _, ref := range r.Models {
		m.Models = append(m.Models, ref.String())
	}
	return m
}
