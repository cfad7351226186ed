package rpc

import (
	"context"
	"strconv"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// persons serves PersonService.
type persons struct {
	v1.UnimplementedPersonServiceServer
	svc   *govern.Service
	pages pager
}

func (p *persons) AddPerson(ctx context.Context, req *v1.AddPersonRequest) (*v1.AddPersonResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := p.svc.AddPerson(ctx, c, govern.AddPerson{Name: req.GetName(), Machine: req.GetMachine(), Owner: req.GetOwner()})
	if err != nil {
		return nil, err
	}
	person := gov.Person{ID: done.Event.ID, Name: req.GetName(), Owner: done.Event.Owner, Created: done.Time}
	return &v1.AddPersonResponse{Person: personToProto(person), AuditIndex: done.Index}, nil
}

func (p *persons) ListPersons(ctx context.Context, req *v1.ListPersonsRequest) (*v1.ListPersonsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	c := reader(ctx)
	after, err := p.pages.open(c.Actor.Person, "persons", req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := p.svc.Persons(ctx, c, gov.PersonID(after), n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListPersonsResponse{}
	for _, x := range page {
		resp.Persons = append(resp.Persons, personToProto(x))
	}
	if len(page) == n {
		resp.NextPageToken = p.pages.seal(c.Actor.Person, "persons", string(page[n-1].ID))
	}
	return resp, nil
}

func (p *persons) DisablePerson(ctx context.Context, req *v1.DisablePersonRequest) (*v1.DisablePersonResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := p.svc.DisablePerson(ctx, c, req.GetPerson())
	return &v1.DisablePersonResponse{AuditIndex: done.Index}, err
}

func (p *persons) LinkPerson(ctx context.Context, req *v1.LinkPersonRequest) (*v1.LinkPersonResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in, err := linkFromProto(req)
	if err != nil {
		return nil, err
	}
	done, err := p.svc.LinkPerson(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return &v1.LinkPersonResponse{Id: string(done.Event.ID), AuditIndex: done.Index}, nil
}

func linkFromProto(req *v1.LinkPersonRequest) (in govern.LinkPerson, err error) {
	in.Person = req.GetPerson()
	switch s := req.GetSubject().(type) {
	case *v1.LinkPersonRequest_CertificateUri:
		in.Kind = gov.Certificate
		in.Subject, err = auth.ParseURI(s.CertificateUri)
	case *v1.LinkPersonRequest_Uid:
		in.Kind, in.Subject = gov.LocalUser, strconv.FormatUint(uint64(s.Uid), 10)
	default:
		err = gov.Errorf(gov.Invalid, "NO_SUBJECT", "name a certificate's URI or a user id")
	}
	return in, err
}

func (p *persons) CreateToken(ctx context.Context, req *v1.CreateTokenRequest) (*v1.CreateTokenResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.CreateToken{Person: req.GetPerson()}
	if in.Expires, err = timeFromProto(req.GetExpires()); err != nil {
		return nil, err
	}
	if in.Secret, err = secretFromProto(req.GetSecretDigest()); err != nil {
		return nil, err
	}
	if in.Scope, err = gov.ParseScope(req.GetScope()); err != nil {
		return nil, err
	}
	done, err := p.svc.CreateToken(ctx, c, in)
	if err != nil {
		return nil, err
	}
	t := done.Event
	return &v1.CreateTokenResponse{Id: string(t.ID), Person: string(t.Person), Expires: timeToProto(t.Expires), AuditIndex: done.Index}, nil
}

func (p *persons) ListTokens(ctx context.Context, req *v1.ListTokensRequest) (*v1.ListTokensResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("tokens", req.GetPerson())
	after, err := p.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := p.svc.Credentials(ctx, c, req.GetPerson(), gov.CredentialID(after), n)
	if err != nil {
		return nil, err
	}
	ids := make([]gov.PersonID, len(page))
	for i, x := range page {
		ids[i] = x.Person
	}
	names, err := p.svc.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListTokensResponse{}
	for _, x := range page {
		resp.Credentials = append(resp.Credentials, credentialToProto(x, names[x.Person]))
	}
	if len(page) == n {
		resp.NextPageToken = p.pages.seal(c.Actor.Person, what, string(page[n-1].ID))
	}
	return resp, nil
}

func (p *persons) RevokeToken(ctx context.Context, req *v1.RevokeTokenRequest) (*v1.RevokeTokenResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	id, err := gov.ParseCredentialID(req.GetId())
	if err != nil {
		return nil, err
	}
	done, err := p.svc.RevokeToken(ctx, c, id)
	return &v1.RevokeTokenResponse{AuditIndex: done.Index}, err
}

func personToProto(p gov.Person) *v1.Person {
	return &v1.Person{
		Id: string(p.ID), Name: p.Name, Machine: p.ID.Machine(), Owner: string(p.Owner), Disabled: p.Disabled, Created: timeToProto(p.Created),
	}
}

func credentialToProto(c gov.Credential, name string) *v1.Credential {
	return &v1.Credential{
		Id: string(c.ID), Person: string(c.Person), PersonName: name, Kind: string(c.Kind), Subject: c.Subject, Scope: c.Scope.Items(),
		Created: timeToProto(c.Created), Expires: timeToProto(c.Expires), Revoked: c.Revoked,
	}
}
