package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/inspect"
	"govd/internal/validate/stat"
	v1 "govd/proto/govd/v1"
)

// inspections serves InspectionService.
type inspections struct {
	v1.UnimplementedInspectionServiceServer
	svc   *govern.Service
	pages pager
}

func (s *inspections) DrawInspection(ctx context.Context, req *v1.DrawInspectionRequest) (*v1.DrawInspectionResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.DrawInspection{Design: designFromProto(req.GetDesign()), DryRun: req.GetDryRun(), Lot: req.GetLot()}
	if in.Ref, err = gov.ParseRef(req.GetRef()); err != nil {
		return nil, err
	}
	for _, g := range req.GetGold() {
		in.Gold = append(in.Gold, govern.Gold{Key: g.GetKey(), Truth: inspect.Verdict(g.GetTruth()), Shown: g.GetShown()})
	}
	p, err := s.svc.DrawInspection(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return &v1.DrawInspectionResponse{
		Inspection: uint64(p.Inspection), Ref: p.Version.Ref().String(), Design: designToProto(p.Design),
		Plans: plansToProto(p.Plans, p.Curves), Golds: p.Golds, AuditIndex: p.Index,
	}, nil
}

func (s *inspections) NextTask(ctx context.Context, req *v1.NextTaskRequest) (*v1.NextTaskResponse, error) {
	t, _, status, err := s.svc.NextTask(ctx, reader(ctx), gov.InspectionID(req.GetInspection()))
	if err != nil {
		return nil, err
	}
	return &v1.NextTaskResponse{Item: string(t.Item), Key: t.Key, Record: recordToProto(t.Record), Status: inspectionStatusToProto(status), Asks: t.Asks}, nil
}

func (s *inspections) AnswerTask(ctx context.Context, req *v1.AnswerTaskRequest) (*v1.AnswerTaskResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.Answer(ctx, c, govern.Answer{
		Inspection: gov.InspectionID(req.GetInspection()), Item: inspect.ItemID(req.GetItem()),
		Verdict: inspect.Verdict(req.GetVerdict()), Label: req.GetLabel(),
	})
	if err != nil {
		return nil, err
	}
	info, err := s.svc.InspectionWorkedOn(ctx, done.Event.Inspection)
	return &v1.AnswerTaskResponse{Status: inspectionStatusToProto(info.Status), AuditIndex: done.Index}, err
}

func (s *inspections) StopInspection(ctx context.Context, req *v1.StopInspectionRequest) (*v1.StopInspectionResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.StopInspection(ctx, c, gov.InspectionID(req.GetInspection()), req.GetMessage())
	if err != nil {
		return nil, err
	}
	info, err := s.svc.InspectionWorkedOn(ctx, done.Event.Inspection)
	return &v1.StopInspectionResponse{Inspection: inspectionToProto(info), AuditIndex: done.Index}, err
}

func (s *inspections) GetInspection(ctx context.Context, req *v1.GetInspectionRequest) (*v1.GetInspectionResponse, error) {
	info, err := s.svc.Inspection(ctx, reader(ctx), gov.InspectionID(req.GetInspection()))
	if err != nil {
		return nil, err
	}
	return &v1.GetInspectionResponse{Inspection: inspectionToProto(info), Result: resultToProto(info.Result)}, nil
}

func (s *inspections) ListInspections(ctx context.Context, req *v1.ListInspectionsRequest) (*v1.ListInspectionsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	at, err := optional(req.GetPlace(), gov.ParsePlace)
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("inspections", req.GetPlace())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := optional(from, gov.ParseInspectionID)
	if err != nil {
		return nil, err
	}
	page, next, err := s.svc.Inspections(ctx, c, at, before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListInspectionsResponse{}
	for _, info := range page {
		resp.Inspections = append(resp.Inspections, inspectionToProto(info))
	}
	if next > 1 {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, next.String())
	}
	return resp, nil
}

func designFromProto(m *v1.InspectionDesign) inspect.Design {
	return inspect.Design{
		Asks: asksFromProto(m.GetAsks()), Limit: stat.Micro(m.GetLimit()), Confidence: stat.Micro(m.GetConfidence()), Accept: m.GetAccept(), Good: stat.Micro(m.GetGood()),
		Risk: stat.Micro(m.GetRisk()), By: m.GetBy(), Reviewers: m.GetReviewers(), Sensitivity: stat.Micro(m.GetSensitivity()),
		MinGold: m.GetMinGold(), MinAccuracy: stat.Micro(m.GetMinAccuracy()),
	}
}

// asksFromProto returns a question as a design has it: that of labels is none.
func asksFromProto(asks string) string {
	if asks == inspect.Labels {
		return ""
	}
	return asks
}

func designToProto(d inspect.Design) *v1.InspectionDesign {
	return &v1.InspectionDesign{
		Limit: uint32(d.Limit), Confidence: uint32(d.Confidence), Accept: d.Accept, Good: uint32(d.Good), Risk: uint32(d.Risk), By: d.By,
		Reviewers: d.Reviewers, Sensitivity: uint32(d.Sensitivity), MinGold: d.MinGold, MinAccuracy: uint32(d.MinAccuracy), Gold: uint32(d.Gold),
		Asks: d.Question(),
	}
}

// plansToProto returns the plans, each with its curve if there are curves.
func plansToProto(plans []inspect.Plan, curves [][]stat.Point) (ms []*v1.InspectionPlan) {
	for i, p := range plans {
		m := &v1.InspectionPlan{Stratum: p.Stratum, Total: p.Total, N: p.Items(), Sequential: p.Sequential != nil}
		if p.Fixed != nil {
			m.Accept = p.Fixed.Accept
		}
		if len(curves) > i {
			for _, at := range curves[i] {
				m.Curve = append(m.Curve, &v1.CurvePoint{Rate: uint32(at.Rate), Passes: uint32(at.Accept), MeanN: uint64(at.MeanN)})
			}
		}
		ms = append(ms, m)
	}
	return ms
}

func inspectionStatusToProto(st inspect.Status) *v1.InspectionStatus {
	m := &v1.InspectionStatus{N: st.N, Answered: st.Answered, Errors: st.Errors, Confidence: uint32(st.Confidence), State: string(st.State)}
	if st.Bound != nil {
		bound := uint32(*st.Bound)
		m.Bound = &bound
	}
	return m
}

func inspectionToProto(i govern.InspectionInfo) *v1.Inspection {
	m := &v1.Inspection{
		Number: uint64(i.ID), Ref: gov.Ref{Dataset: i.Dataset, Number: i.Number}.String(), Status: inspectionStatusToProto(i.Status),
		Design: designToProto(i.Design), Plans: plansToProto(i.Plans, nil), By: string(i.By), ByName: i.ByName,
		Drawn: timeToProto(i.Drawn), Ended: timeToProto(i.Ended), Message: i.Why, Planted: i.Planted, Commitment: i.Commitment.String(),
		Committed: i.Committed, CommittedBefore: i.Ahead, DesignDigest: i.Inspection.Design.String(), AuditIndex: i.Entry,
		Lot: i.Lot,
	}
	if i.End != nil {
		m.Secret = i.End.Secret
	}
	for _, id := range i.Discarded {
		m.Discarded = append(m.Discarded, uint64(id))
	}
	return m
}

func resultToProto(r *inspect.Result) *v1.InspectionResult {
	if r == nil {
		return nil
	}
	m := &v1.InspectionResult{
		Reason: r.Reason, N: r.N, Errors: r.Errors, Bound: uint32(r.Bound), Confidence: uint32(r.Confidence), GoldErrors: r.GoldErrors,
		Noticed: r.Noticed, Sensitivity: uint32(r.Sensitivity), Except: r.Except, Assumptions: r.Assumptions,
	}
	if r.Agreement != nil {
		alpha := int64(*r.Agreement)
		m.Agreement = &alpha
	}
	for _, s := range r.Strata {
		m.Strata = append(m.Strata, &v1.StratumResult{Stratum: s.Stratum, Total: s.Total, N: s.N, Errors: s.Errors, Bound: uint32(s.Bound), Passed: s.Passed})
	}
	for _, v := range r.Reviewers {
		m.Reviewers = append(m.Reviewers, &v1.ReviewerResult{
			Person: string(v.Person), Answers: v.Answers, Gold: v.Gold, Right: v.Right, Accuracy: uint32(v.Accuracy), Measured: v.Measured, Excluded: v.Excluded,
		})
	}
	return m
}
