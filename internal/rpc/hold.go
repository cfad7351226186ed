package rpc

import (
	"context"
	"strconv"
	"strings"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// holds serves HoldService.
type holds struct {
	v1.UnimplementedHoldServiceServer
	svc   *govern.Service
	pages pager
}

func (s *holds) PlaceHold(ctx context.Context, req *v1.PlaceHoldRequest) (*v1.PlaceHoldResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.PlaceHold{Keys: req.GetKeys(), Reason: req.GetReason()}
	if in.Place, in.Ref, err = placeOrRef(req.GetOn()); err != nil {
		return nil, err
	}
	done, err := s.svc.PlaceHold(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info, err := s.svc.HoldWorkedOn(ctx, done.Event.Hold)
	return &v1.PlaceHoldResponse{Hold: holdToProto(info), AuditIndex: done.Index}, err
}

// placeOrRef parses the name of a place, or of a version and the place that it
// lies in.
func placeOrRef(s string) (at gov.Place, ref gov.Ref, err error) {
	if !strings.Contains(s, "@") || s == string(gov.Server) {
		at, err = gov.ParsePlace(s)
		return at, ref, err
	}
	ref, err = gov.ParseRef(s)
	return gov.Place(ref.Dataset), ref, err
}

func (s *holds) LiftHold(ctx context.Context, req *v1.LiftHoldRequest) (*v1.LiftHoldResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.LiftHold{Hold: gov.HoldID(req.GetNumber()), Reason: req.GetReason()}
	index, err := s.svc.LiftHold(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info, err := s.svc.HoldWorkedOn(ctx, in.Hold)
	return &v1.LiftHoldResponse{Hold: holdToProto(info), AuditIndex: index}, err
}

func (s *holds) GetHold(ctx context.Context, req *v1.GetHoldRequest) (*v1.GetHoldResponse, error) {
	info, err := s.svc.Hold(ctx, reader(ctx), gov.HoldID(req.GetNumber()))
	if err != nil {
		return nil, err
	}
	return &v1.GetHoldResponse{Hold: holdToProto(info)}, nil
}

func (s *holds) ListHolds(ctx context.Context, req *v1.ListHoldsRequest) (*v1.ListHoldsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	at, err := optional(req.GetPlace(), gov.ParsePlace)
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("holds", req.GetPlace(), strconv.FormatBool(req.GetAll()))
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := optional(from, gov.ParseHoldID)
	if err != nil {
		return nil, err
	}
	page, next, err := s.svc.Holds(ctx, c, at, req.GetAll(), before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListHoldsResponse{}
	for _, info := range page {
		resp.Holds = append(resp.Holds, holdToProto(info))
	}
	if next > 1 {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, next.String())
	}
	return resp, nil
}

func holdToProto(h govern.HoldInfo) *v1.Hold {
	m := &v1.Hold{
		Number: uint64(h.ID), On: h.What(), Records: h.Count, Keys: h.Keys, Reason: h.Reason, By: string(h.By), ByName: h.ByName,
		Placed: timeToProto(h.Placed), Live: h.Live(), AuditIndex: h.Entry,
	}
	if h.Asked != nil {
		m.AskedBy, m.AskedByName, m.AskedReason = string(h.Asked.By), h.Asker, h.Why
	}
	if h.Lifted != nil {
		m.LiftedBy, m.LiftedByName, m.Lifted = string(h.Lifted.By), h.Lifter, timeToProto(h.Lifted.Time)
	}
	return m
}
