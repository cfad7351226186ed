package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// rules serves RulesService.
type rules struct {
	v1.UnimplementedRulesServiceServer
	svc *govern.Service
}

func (s *rules) GetRules(ctx context.Context, req *v1.GetRulesRequest) (*v1.GetRulesResponse, error) {
	at, err := gov.ParsePlace(req.GetPlace())
	if err != nil {
		return nil, err
	}
	r, err := s.svc.Rules(ctx, reader(ctx), at)
	if err != nil {
		return nil, err
	}
	resp := &v1.GetRulesResponse{Effective: r.All.Document(), Digest: r.All.Digest().String(), BuiltIn: r.BuiltIn}
	if r.Own != nil {
		resp.Own, err = s.toProto(ctx, *r.Own)
	}
	return resp, err
}

func (s *rules) SetRules(ctx context.Context, req *v1.SetRulesRequest) (*v1.SetRulesResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.SetRules{Document: req.GetDocument(), DryRun: req.GetDryRun()}
	if in.Place, in.Of, err = rulesAt(req); err != nil {
		return nil, err
	}
	done, err := s.svc.SetRules(ctx, c, in)
	if err != nil {
		return nil, err
	}
	resp := &v1.SetRulesResponse{AuditIndex: done.Index}
	if in.DryRun {
		resp.Rules = &v1.RuleSet{Place: req.GetPlace(), Of: req.GetOf(), Number: done.Event.Number, Digest: done.Event.Document.String()}
		return resp, nil
	}
	resp.Rules, err = s.worked(ctx, govern.RuleRef{Place: in.Place, Of: in.Of, Number: done.Event.Number})
	return resp, err
}

func (s *rules) ConsentToRules(ctx context.Context, req *v1.ConsentToRulesRequest) (*v1.ConsentToRulesResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.RuleRef{Number: req.GetNumber()}
	if in.Place, in.Of, err = rulesAt(req); err != nil {
		return nil, err
	}
	if in.Expected, err = gov.ParseDigest(req.GetExpectedDigest()); err != nil {
		return nil, err
	}
	done, err := s.svc.ConsentToRules(ctx, c, in)
	if err != nil {
		return nil, err
	}
	resp := &v1.ConsentToRulesResponse{AuditIndex: done.Index}
	resp.Rules, err = s.worked(ctx, in)
	return resp, err
}

func (s *rules) WithdrawRules(ctx context.Context, req *v1.WithdrawRulesRequest) (*v1.WithdrawRulesResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.RuleRef{Number: req.GetNumber()}
	if in.Place, in.Of, err = rulesAt(req); err != nil {
		return nil, err
	}
	done, err := s.svc.WithdrawRules(ctx, c, in)
	return &v1.WithdrawRulesResponse{AuditIndex: done.Index}, err
}

func (s *rules) ListRules(ctx context.Context, req *v1.ListRulesRequest) (*v1.ListRulesResponse, error) {
	q := govern.RulesQuery{All: req.GetAll(), InForce: req.GetInForce()}
	var err error
	if q.Place, q.Of, err = rulesAt(req); err != nil {
		return nil, err
	}
	page, err := s.svc.ListRules(ctx, reader(ctx), q)
	resp := &v1.ListRulesResponse{}
	for i := 0; err == nil && i < len(page); i++ {
		var m *v1.RuleSet
		m, err = s.toProto(ctx, page[i])
		resp.Rules = append(resp.Rules, m)
	}
	return resp, err
}

// rulesAt returns the place of rules, and what they are about.
func rulesAt(req interface {
	GetPlace() string
	GetOf() string
},
) (at gov.Place, of gov.RulesOf, err error) {
	if at, err = gov.ParsePlace(req.GetPlace()); err != nil {
		return at, of, err
	}
	of, err = gov.ParseRulesOf(req.GetOf())
	return at, of, err
}

// worked describes rules to who has just worked on them.
func (s *rules) worked(ctx context.Context, in govern.RuleRef) (*v1.RuleSet, error) {
	info, err := s.svc.RulesWorkedOn(ctx, reader(ctx), in)
	if err != nil {
		return nil, err
	}
	return s.toProto(ctx, info)
}

func (s *rules) toProto(ctx context.Context, r govern.RuleSetInfo) (*v1.RuleSet, error) {
	ids := []gov.PersonID{r.By}
	for _, c := range r.Consents {
		ids = append(ids, c.Person)
	}
	names, err := s.svc.Names(ctx, ids)
	m := &v1.RuleSet{
		Place: string(r.Place), Of: string(r.Of), Number: r.Number, Document: r.Text, Digest: r.Document.String(), State: string(r.State), By: string(r.By), ByName: names[r.By],
		Proposed: timeToProto(r.Proposed), Missing: uint32(r.Missing), Effective: timeToProto(r.Effective), AuditIndex: r.Entry,
	}
	for _, id := range ids[1:] {
		m.Consents, m.ConsentNames = append(m.Consents, string(id)), append(m.ConsentNames, names[id])
	}
	return m, err
}
