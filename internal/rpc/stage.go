package rpc

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/validate"
	v1 "govd/proto/govd/v1"
)

// stages serves StageService.
type stages struct {
	v1.UnimplementedStageServiceServer
	svc *govern.Service
}

func (s *stages) GetStage(ctx context.Context, req *v1.GetStageRequest) (*v1.GetStageResponse, error) {
	stage, err := gov.ParseStage(int(min(req.GetStage(), 255)))
	if err != nil {
		return nil, err
	}
	project, err := optional(req.GetProject(), gov.ParseProject)
	if err != nil {
		return nil, err
	}
	p, err := s.svc.StagePolicy(ctx, reader(ctx), project, stage)
	if err != nil {
		return nil, err
	}
	resp := &v1.GetStageResponse{
		Stage: uint32(p.Stage), Name: p.Name, Document: p.Document(), Digest: p.Digest().String(), BuiltIn: p.Own == nil, Stewards: p.Promotion.Stewards,
	}
	for _, c := range validate.Catalogue() {
		if set, asked := p.Checks[c.ID]; asked {
			resp.Checks = append(resp.Checks, stageCheckToProto(&c, set))
		}
	}
	for _, r := range p.Rules {
		resp.Checks = append(resp.Checks, &v1.StageCheck{Check: "rule." + r.ID, Kind: string(validate.PerRecord), Severity: string(r.Severity), Asks: r.Says})
	}
	for _, i := range p.Inspections {
		resp.Inspections = append(resp.Inspections, i.ID)
	}
	return resp, nil
}

func stageCheckToProto(c *validate.Check, set validate.Setting) *v1.StageCheck {
	m := &v1.StageCheck{Check: c.ID, Kind: string(c.Kind), Severity: string(set.Severity), Asks: c.Asks, Silent: c.Silent}
	for _, name := range slices.Sorted(maps.Keys(set.Params)) {
		m.Limits = append(m.Limits, fmt.Sprint(name, " ", set.Params[name]))
	}
	return m
}

func (s *stages) PlanStage(ctx context.Context, req *v1.PlanStageRequest) (*v1.PlanStageResponse, error) {
	stage, err := optionalStage(req.GetStage())
	if err != nil {
		return nil, err
	}
	project, err := optional(req.GetProject(), gov.ParseProject)
	if err != nil {
		return nil, err
	}
	size := govern.StageSize{Records: req.GetRecords(), Bytes: req.GetBytes(), GrowTo: req.GetGrowTo()}
	if size.Ref, err = optional(req.GetRef(), gov.ParseRef); err != nil {
		return nil, err
	}
	f, err := s.svc.PlanStage(ctx, reader(ctx), project, stage, size)
	if err != nil {
		return nil, err
	}
	resp := &v1.PlanStageResponse{
		Stage: uint32(f.Stage), Records: f.Records, Bytes: f.Bytes, HotBytes: f.Hot, BulkBytes: f.Bulk, GrowthBytes: f.Growth, ManifestBytes: f.Manifest,
		GpuNodes: f.Nodes, Governance: f.Governance, Next: f.Next, Checks: uint32(f.Checks), CheckCostUs: f.CheckCost, AgainCostUs: f.AgainCost,
	}
	for _, e := range f.Epochs {
		resp.Epochs = append(resp.Epochs, &v1.ReadTime{Gbit: e.Gbit, Seconds: e.Seconds})
	}
	return resp, nil
}

func (s *stages) PromoteDataset(ctx context.Context, req *v1.PromoteDatasetRequest) (*v1.PromoteDatasetResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.Promote{Waived: req.GetWaived(), Message: req.GetMessage()}
	if in.Ref, err = gov.ParseRef(req.GetRef()); err != nil {
		return nil, err
	}
	if in.To, err = gov.ParseStage(int(min(req.GetTo(), 255))); err != nil {
		return nil, err
	}
	if in.Expected, err = optional(req.GetExpectedReport(), gov.ParseDigest); err != nil {
		return nil, err
	}
	p, err := s.svc.Promote(ctx, c, in)
	if err != nil {
		return nil, err
	}
	resp := &v1.PromoteDatasetResponse{Promoted: p.Done, Missing: missingToProto(p.Missing), AuditIndex: p.Index, Dataset: datasetToProto(p.Dataset)}
	resp.Approvers, resp.ApproverNames, err = s.approvers(ctx, p.Approvers)
	return resp, err
}

func (s *stages) ExplainPromotion(ctx context.Context, req *v1.ExplainPromotionRequest) (*v1.ExplainPromotionResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	to, err := optionalStage(req.GetTo())
	if err != nil {
		return nil, err
	}
	p, err := s.svc.ExplainPromotion(ctx, reader(ctx), ref, to)
	if err != nil {
		return nil, err
	}
	resp := &v1.ExplainPromotionResponse{Missing: missingToProto(p.Missing), Stewards: p.Stewards, To: uint32(p.To)}
	if p.Report != nil {
		resp.Report = reportToProto(*p.Report)
	}
	resp.Approvers, resp.ApproverNames, err = s.approvers(ctx, p.Approvers)
	return resp, err
}

func (s *stages) approvers(ctx context.Context, people []gov.PersonID) (ids, called []string, err error) {
	names, err := s.svc.Names(ctx, people)
	for _, id := range people {
		ids, called = append(ids, string(id)), append(called, names[id])
	}
	return ids, called, err
}

func missingToProto(missing []govern.Missing) (all []*v1.MissingForPromotion) {
	for _, m := range missing {
		all = append(all, &v1.MissingForPromotion{Reason: string(m.Reason), Says: m.Says})
	}
	return all
}
