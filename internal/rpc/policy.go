package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/policy"
	v1 "govd/proto/govd/v1"
)

// policies serves PolicyService.
type policies struct {
	v1.UnimplementedPolicyServiceServer
	svc *govern.Service
}

func (p *policies) GrantRole(ctx context.Context, req *v1.GrantRoleRequest) (*v1.GrantRoleResponse, error) {
	c, in, err := roleFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	done, err := p.svc.GrantRole(ctx, c, in)
	return &v1.GrantRoleResponse{AuditIndex: done.Index}, err
}

func (p *policies) RevokeRole(ctx context.Context, req *v1.RevokeRoleRequest) (*v1.RevokeRoleResponse, error) {
	c, in, err := roleFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	done, err := p.svc.RevokeRole(ctx, c, in)
	return &v1.RevokeRoleResponse{AuditIndex: done.Index}, err
}

// roleFromProto translates a request about a role.
func roleFromProto(ctx context.Context, req interface {
	GetRequestId() string
	GetPerson() string
	GetRole() string
	GetPlace() string
},
) (c govern.Call, in govern.Role, err error) {
	if c, err = writer(ctx, req.GetRequestId()); err != nil {
		return c, in, err
	}
	in.Person = req.GetPerson()
	if in.Role, err = gov.ParseRole(req.GetRole()); err != nil {
		return c, in, err
	}
	in.Place, err = gov.ParsePlace(req.GetPlace())
	return c, in, err
}

func (p *policies) ShowPolicy(ctx context.Context, req *v1.ShowPolicyRequest) (*v1.ShowPolicyResponse, error) {
	at, err := gov.ParsePlace(req.GetPlace())
	if err != nil {
		return nil, err
	}
	pol, err := p.svc.Policy(ctx, reader(ctx), at)
	if err != nil {
		return nil, err
	}
	ids := make([]gov.PersonID, len(pol.Grants))
	for i, g := range pol.Grants {
		ids[i] = g.Person
	}
	names, err := p.svc.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	resp := &v1.ShowPolicyResponse{Revision: pol.Revision}
	for _, g := range pol.Grants {
		resp.Grants = append(resp.Grants, &v1.Grant{
			Person: string(g.Person), PersonName: names[g.Person], Role: string(g.Role), Place: string(g.Place), By: string(g.By), AuditIndex: g.Entry,
		})
	}
	for _, r := range policy.Template() {
		resp.Rules = append(resp.Rules, &v1.RoleRule{Role: string(r.Role), Action: string(r.Action)})
	}
	return resp, nil
}

func (p *policies) CheckAccess(ctx context.Context, req *v1.CheckAccessRequest) (*v1.CheckAccessResponse, error) {
	do, err := gov.ParseAction(req.GetAction())
	if err != nil {
		return nil, err
	}
	at, err := gov.ParsePlace(req.GetPlace())
	if err != nil {
		return nil, err
	}
	a, err := p.svc.CheckAccess(ctx, reader(ctx), req.GetPerson(), do, at)
	if err != nil {
		return nil, err
	}
	return &v1.CheckAccessResponse{Allowed: a.Allowed, Because: a.Words, Revision: a.Revision}, nil
}

func (p *policies) WhoCan(ctx context.Context, req *v1.WhoCanRequest) (*v1.WhoCanResponse, error) {
	do, err := gov.ParseAction(req.GetAction())
	if err != nil {
		return nil, err
	}
	at, err := gov.ParsePlace(req.GetPlace())
	if err != nil {
		return nil, err
	}
	who, rev, err := p.svc.WhoCan(ctx, reader(ctx), do, at)
	if err != nil {
		return nil, err
	}
	resp := &v1.WhoCanResponse{Revision: rev}
	for _, x := range who {
		resp.Persons = append(resp.Persons, string(x.ID))
		resp.Names = append(resp.Names, x.Name)
	}
	return resp, nil
}

func (p *policies) WhatCan(ctx context.Context, req *v1.WhatCanRequest) (*v1.WhatCanResponse, error) {
	at, err := gov.ParsePlace(req.GetPlace())
	if err != nil {
		return nil, err
	}
	acts, rev, err := p.svc.WhatCan(ctx, reader(ctx), req.GetPerson(), at)
	if err != nil {
		return nil, err
	}
	resp := &v1.WhatCanResponse{Revision: rev}
	for _, a := range acts {
		resp.Actions = append(resp.Actions, string(a))
	}
	return resp, nil
}
