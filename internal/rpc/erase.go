package rpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// erasures serves EraseService.
type erasures struct {
	v1.UnimplementedEraseServiceServer
	svc   *govern.Service
	pages pager
}

func (s *erasures) RequestErasure(ctx context.Context, req *v1.RequestErasureRequest) (*v1.RequestErasureResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.RequestErasure{Where: req.GetWhere(), Reason: req.GetReason(), Due: req.GetDue()}
	if in.Project, err = gov.ParseProject(req.GetProject()); err != nil {
		return nil, err
	}
	done, err := s.svc.RequestErasure(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info, err := s.svc.ErasureWorkedOn(ctx, done.Event.Erasure)
	return &v1.RequestErasureResponse{Erasure: erasureToProto(info), AuditIndex: done.Index}, err
}

func (s *erasures) ApproveErasure(ctx context.Context, req *v1.ApproveErasureRequest) (*v1.ApproveErasureResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.ApproveErasure(ctx, c, gov.ErasureID(req.GetNumber()))
	if err != nil {
		return nil, err
	}
	info, err := s.svc.ErasureWorkedOn(ctx, done.Event.Erasure)
	return &v1.ApproveErasureResponse{Erasure: erasureToProto(info), AuditIndex: done.Index}, err
}

func (s *erasures) RunErasure(ctx context.Context, req *v1.RunErasureRequest) (*v1.RunErasureResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	row, err := s.svc.RunErasure(ctx, c, gov.ErasureID(req.GetNumber()))
	if err != nil {
		return nil, err
	}
	info, err := s.svc.ErasureWorkedOn(ctx, row.ID)
	return &v1.RunErasureResponse{Erasure: erasureToProto(info)}, err
}

func (s *erasures) GetErasure(ctx context.Context, req *v1.GetErasureRequest) (*v1.GetErasureResponse, error) {
	info, err := s.svc.Erasure(ctx, reader(ctx), gov.ErasureID(req.GetNumber()))
	if err != nil {
		return nil, err
	}
	return &v1.GetErasureResponse{Erasure: erasureToProto(info)}, nil
}

func (s *erasures) ListErasures(ctx context.Context, req *v1.ListErasuresRequest) (*v1.ListErasuresResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	project, err := optional(req.GetProject(), gov.ParseProject)
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("erasures", req.GetProject())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := optional(from, gov.ParseErasureID)
	if err != nil {
		return nil, err
	}
	page, next, err := s.svc.Erasures(ctx, c, project, before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListErasuresResponse{}
	for _, info := range page {
		resp.Erasures = append(resp.Erasures, erasureToProto(info))
	}
	if next > 1 {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, next.String())
	}
	return resp, nil
}

func (s *erasures) CertifyErasure(req *v1.CertifyErasureRequest, stream grpc.ServerStreamingServer[v1.CertifyErasureResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	file, err := s.svc.CertifyErasure(stream.Context(), c, govern.CertifyErasure{Erasure: gov.ErasureID(req.GetNumber()), Since: req.GetSince()})
	if err != nil {
		return err
	}
	return inPieces(file, func(b []byte) error { return stream.Send(&v1.CertifyErasureResponse{Data: b}) })
}

// How much of an impact is sent.
const (
	maxErasureRecords = 1000
	maxErasureSteps   = 10_000
)

func (s *erasures) ErasureImpact(ctx context.Context, req *v1.ErasureImpactRequest) (*v1.ErasureImpactResponse, error) {
	m, err := s.svc.ErasureImpact(ctx, reader(ctx), gov.ErasureID(req.GetNumber()))
	if err != nil {
		return nil, err
	}
	resp := &v1.ErasureImpactResponse{
		Erasure: erasureToProto(m.ErasureInfo), Summary: summaryToProto(m.Lineage.Answer), ModelTags: m.Tags, MoreVersions: m.More,
		Steps: stepsToProto(m.Lineage.Steps[:min(len(m.Lineage.Steps), maxErasureSteps)]),
	}
	if len(m.Lineage.Steps) > maxErasureSteps {
		resp.Summary.Complete, resp.Summary.TruncatedBecause = false, fmt.Sprintf("%d nodes", maxErasureSteps)
	}
	for _, v := range m.List.Values[:min(len(m.List.Values), maxErasureRecords)] {
		resp.Records = append(resp.Records, &v1.ErasureRecord{Dataset: string(v.Dataset), Key: v.Key, Versions: runsText(v.Versions)})
	}
	for _, v := range m.Versions {
		resp.Versions = append(resp.Versions, &v1.ErasureVersion{Ref: v.Ref().String(), Values: v.Values})
	}
	for _, h := range m.Holds {
		resp.Holds = append(resp.Holds, &v1.ErasureHold{Number: uint64(h.Hold.ID), On: h.Hold.What(), Values: h.Values})
	}
	for _, f := range m.Floors {
		resp.Floors = append(resp.Floors, &v1.ErasureFloor{
			Dataset: string(f.Dataset), Class: f.Class, KeepDays: f.Keep, Values: f.Values, Until: timeToProto(f.Until),
		})
	}
	for i := range m.Recipients {
		r := &m.Recipients[i]
		resp.Recipients = append(resp.Recipients, &v1.ErasureRecipient{
			AuditIndex: r.Index, Person: string(r.Who), PersonName: r.Name, Action: string(r.Do), Place: string(r.At), Time: timeToProto(r.Time),
		})
	}
	return resp, nil
}

func (s *erasures) ListDue(ctx context.Context, req *v1.ListDueRequest) (*v1.ListDueResponse, error) {
	project, err := gov.ParseProject(req.GetProject())
	if err != nil {
		return nil, err
	}
	all, err := s.svc.Due(ctx, reader(ctx), project)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListDueResponse{}
	for _, d := range all {
		m := &v1.DueDataset{Dataset: string(d.Dataset), Class: d.Class, EraseAfterDays: d.Erase, Cutoff: timeToProto(d.Cutoff), Records: d.Records}
		for _, r := range d.First {
			m.First = append(m.First, &v1.DueRecord{Key: r.Key, Registered: timeToProto(r.Registered)})
		}
		resp.Datasets = append(resp.Datasets, m)
	}
	return resp, nil
}

// runsText writes runs of versions: "1-3,7".
func runsText(runs [][2]uint64) string {
	var words []string
	for _, r := range runs {
		word := fmt.Sprint(r[0])
		if r[1] > r[0] {
			word = fmt.Sprintf("%d-%d", r[0], r[1])
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}

func erasureToProto(e govern.ErasureInfo) *v1.Erasure {
	return &v1.Erasure{
		Number: uint64(e.ID), Project: string(e.Project), State: string(e.State), Where: e.Where, Reason: e.Reason,
		Found: &v1.ErasureCount{
			Records: e.Found.Records, Values: e.Found.Values, Edits: e.Found.Edits, Versions: e.Found.Versions, Looked: e.Found.Looked, Failed: e.Found.Failed,
		},
		By: string(e.By), ByName: e.ByName, Asked: timeToProto(e.Asked), Approver: string(e.Approver), ApproverName: e.ApproverName,
		Ended: timeToProto(e.Ended), Compacted: e.Compacted != 0, AuditIndex: e.Entry, DoneIndex: e.Done,
	}
}
