package rpc

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
	"govd/internal/govern"
)

// An Identity is who a call comes from, as proven.
type Identity struct {
	Actor gov.Actor
	Scope gov.Scope
}

type identityKey struct{}

// reader returns the caller of a read.
func reader(ctx context.Context) govern.Call {
	id, _ := ctx.Value(identityKey{}).(Identity)
	return govern.Call{Actor: id.Actor, Scope: id.Scope}
}

// writer returns the caller of a change.
func writer(ctx context.Context, requestID string) (govern.Call, error) {
	c := reader(ctx)
	id, err := govern.ParseRequestID(requestID)
	c.Request = id
	return c, err
}

// timeFromProto returns the time, or the zero time for none.
func timeFromProto(t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if t.CheckValid() != nil {
		return time.Time{}, gov.Errorf(gov.Invalid, "BAD_TIME", "a time lies between the years 1 and 9999")
	}
	return t.AsTime(), nil
}

// timeToProto returns none for the zero time.
func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// secretFromProto checks the digest of a token's secret.
func secretFromProto(b []byte) (gov.Digest, error) {
	if len(b) != len(gov.Digest{}) {
		return gov.Digest{}, gov.Errorf(gov.Invalid, "BAD_SECRET", "secret_digest must be the SHA-256 of a secret, 32 bytes")
	}
	return gov.Digest(b), nil
}

// optional runs parse unless s is empty.
func optional[T any](s string, parse func(string) (T, error)) (v T, err error) {
	if s == "" {
		return v, nil
	}
	return parse(s)
}

// listing names a listing for the pager: the method and all that selects.
func listing(parts ...string) string { return strings.Join(parts, "\x00") }
