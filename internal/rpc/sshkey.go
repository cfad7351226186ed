package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// sshKeys serves KeyService.
type sshKeys struct {
	v1.UnimplementedKeyServiceServer
	svc *govern.Service
}

func (s *sshKeys) AddKey(ctx context.Context, req *v1.AddKeyRequest) (*v1.AddKeyResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.AddKey(ctx, c, req.GetPublicKey())
	if err != nil {
		return nil, err
	}
	names, err := s.svc.Names(ctx, []gov.PersonID{c.Actor.Person})
	key := gov.SSHKey{Fingerprint: done.Event.Fingerprint, Public: done.Event.Public, Person: c.Actor.Person, Added: done.Time, Entry: done.Index}
	return &v1.AddKeyResponse{Key: sshKeyToProto(key, names[c.Actor.Person]), AuditIndex: done.Index}, err
}

func (s *sshKeys) ListKeys(ctx context.Context, req *v1.ListKeysRequest) (*v1.ListKeysResponse, error) {
	who, keys, err := s.svc.Keys(ctx, reader(ctx), req.GetPerson())
	if err != nil {
		return nil, err
	}
	resp := &v1.ListKeysResponse{}
	for _, k := range keys {
		resp.Keys = append(resp.Keys, sshKeyToProto(k, who.Name))
	}
	return resp, nil
}

func (s *sshKeys) RevokeKey(ctx context.Context, req *v1.RevokeKeyRequest) (*v1.RevokeKeyResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.RevokeKey(ctx, c, req.GetFingerprint())
	return &v1.RevokeKeyResponse{AuditIndex: done.Index}, err
}

func sshKeyToProto(k gov.SSHKey, name string) *v1.SSHKey {
	return &v1.SSHKey{
		Fingerprint: k.Fingerprint, PublicKey: k.Public, Person: string(k.Person), PersonName: name,
		Added: timeToProto(k.Added), Revoked: timeToProto(k.Revoked), AuditIndex: k.Entry,
	}
}
