package rpc

import (
	"context"

	"google.golang.org/grpc"
)

// A layer wraps a call, unary or streaming, in one concern.
type layer func(ctx context.Context, method string, next func(context.Context) error) error

func (l layer) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, h grpc.UnaryHandler) (resp any, err error) {
	err = l(ctx, info.FullMethod, func(ctx context.Context) (err error) {
		resp, err = h(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func (l layer) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, h grpc.StreamHandler) error {
	return l(ss.Context(), info.FullMethod, func(ctx context.Context) error {
		return h(srv, &streamWith{ss, ctx})
	})
}

// streamWith is a stream with another context.
type streamWith struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context that the layers made.
func (s *streamWith) Context() context.Context { return s.ctx }
