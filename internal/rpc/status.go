package rpc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"govd/internal/auth"
	"govd/internal/gov"
)

// domain names whose reasons those in google.rpc.ErrorInfo are.
const domain = "govd"

// toStatus turns every error into a status: the only place where that is done.
// What nobody classified is logged under a random id, and the id is all that
// the caller sees.
func toStatus(log *slog.Logger) layer {
	return func(ctx context.Context, method string, next func(context.Context) error) error {
		err := next(ctx)
		if err == nil {
			return nil
		}
		st := statusOf(err)
		if st.Code() != codes.Internal {
			return st.Err()
		}
		id := rand.Text()[:12]
		log.Error("internal error", "method", method, "error_id", id, "cause", auth.Redact(err.Error()))
		return status.Errorf(codes.Internal, "internal error %s: the server's log says more", id)
	}
}

// statusOf returns the status that a caller is sent for an error.
func statusOf(err error) *status.Status {
	if e, ok := errors.AsType[*gov.Error](err); ok && codeOf(e.Kind) != codes.Internal {
		st := status.New(codeOf(e.Kind), e.Msg)
		if with, err := st.WithDetails(&errdetails.ErrorInfo{Reason: string(e.Reason), Domain: domain}); err == nil {
			return with
		}
		return st
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err)
	}
	if st, ok := status.FromError(err); ok {
		return transport(st)
	}
	return status.New(codes.Internal, "internal error")
}

// transport keeps what gRPC itself says of a broken stream, and no more.
func transport(st *status.Status) *status.Status {
	switch st.Code() {
	case codes.Canceled, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unimplemented, codes.Unavailable, codes.InvalidArgument:
		return status.New(st.Code(), st.Message())
	}
	return status.New(codes.Internal, "internal error")
}

// codeOf is a switch that ends in Internal, so that no kind can become OK.
func codeOf(k gov.Kind) codes.Code {
	switch k {
	case gov.Invalid:
		return codes.InvalidArgument
	case gov.Unproven:
		return codes.Unauthenticated
	case gov.Denied:
		return codes.PermissionDenied
	case gov.NotFound:
		return codes.NotFound
	case gov.Exists:
		return codes.AlreadyExists
	case gov.Conflict:
		return codes.Aborted
	case gov.Exhausted:
		return codes.ResourceExhausted
	}
	return codes.Internal
}

// catchPanic makes a panic an error like any other.
func catchPanic(ctx context.Context, method string, next func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", method, p, debug.Stack())
		}
	}()
	return next(ctx)
}
