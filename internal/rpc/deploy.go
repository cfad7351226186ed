package rpc

import (
	"context"
	"strconv"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// DeployModel lets a model serve.
func (s *models) DeployModel(ctx context.Context, req *v1.DeployModelRequest) (*v1.DeployModelResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	ref, err := gov.ParseModelRef(req.GetModel())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.DeployModel(ctx, c, govern.DeployModel{Model: ref, Site: req.GetSite(), Trial: req.GetTrial(), Note: req.GetNote()})
	if err != nil {
		return nil, err
	}
	d, err := s.svc.DeploymentWorkedOn(ctx, gov.DeploymentRef{Site: done.Event.Site, Number: done.Event.Number})
	return &v1.DeployModelResponse{Deployment: deploymentToProto(d), AuditIndex: done.Index}, err
}

// UndeployModel ends what serves at a site.
func (s *models) UndeployModel(ctx context.Context, req *v1.UndeployModelRequest) (*v1.UndeployModelResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	r, err := siteFromProto(req.GetSite())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.UndeployModel(ctx, c, govern.UndeployModel{Site: r.Site, Number: r.Number, Why: req.GetReason()})
	if err != nil {
		return nil, err
	}
	d, err := s.svc.DeploymentWorkedOn(ctx, gov.DeploymentRef{Site: done.Event.Site, Number: done.Event.Number})
	return &v1.UndeployModelResponse{Deployment: deploymentToProto(d), AuditIndex: done.Index}, err
}

// siteFromProto reads a site, or a deployment at one.
func siteFromProto(s string) (r gov.DeploymentRef, err error) {
	if strings.Contains(s, "#") {
		return gov.ParseDeploymentRef(s)
	}
	r.Site, err = gov.ParseDatasetName(s)
	return r, err
}

// ListDeployments lists what serves.
func (s *models) ListDeployments(ctx context.Context, req *v1.ListDeploymentsRequest) (*v1.ListDeploymentsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	q, err := deploymentQuery(req)
	if err != nil {
		return nil, err
	}
	at := ""
	if !q.At.IsZero() {
		at = q.At.Format(time.RFC3339Nano)
	}
	c, what := reader(ctx), listing("deployments", req.GetPlace(), strconv.FormatBool(q.Ended), at)
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	after, err := optional(from, gov.ParseDeploymentRef)
	if err != nil {
		return nil, err
	}
	page, err := s.svc.Deployments(ctx, c, q, after, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListDeploymentsResponse{}
	for _, d := range page {
		resp.Deployments = append(resp.Deployments, deploymentToProto(d))
	}
	if len(page) == n {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, page[n-1].Ref().String())
	}
	return resp, nil
}

func deploymentQuery(req *v1.ListDeploymentsRequest) (q govern.DeploymentQuery, err error) {
	q.Ended = req.GetEnded()
	if t := req.GetTime(); t != nil {
		q.At = t.AsTime()
	}
	if place := req.GetPlace(); strings.Contains(place, ":") {
		ref, err := gov.ParseModelRef(place)
		q.Project, q.Model, q.Version = ref.Model.Project(), ref.Model, ref.Number
		return q, err
	}
	place, err := gov.ParsePlace(req.GetPlace())
	if err != nil || place == gov.Server {
		return q, gov.Errorf(gov.Invalid, "BAD_PLACE", "%q is neither a project nor a model", req.GetPlace())
	}
	q.Project, q.Model = place.Project(), place.Dataset()
	return q, nil
}

func deploymentToProto(d govern.DeploymentInfo) *v1.Deployment {
	out := &v1.Deployment{
		Ref: d.Ref().String(), Model: d.Model.String(), Trial: d.Trial, Note: d.NoteText, By: string(d.By), ByName: d.ByName,
		Since: timeToProto(d.Since), AuditIndex: d.Entry, EndedBy: string(d.EndedBy), EndedByName: d.EndedByName, EndNote: d.EndText, EndAuditIndex: d.EndEntry,
	}
	if d.EndEntry != 0 {
		out.Until = timeToProto(d.Until)
	}
	for _, found := range d.Found {
		for _, l := range found.Lacks {
			out.Lacks = append(out.Lacks, &v1.Lack{Reason: string(l.Reason), Words: l.Words})
		}
	}
	return out
}
