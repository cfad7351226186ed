package ctl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"govd/internal/gov"
)

const (
	callTime   = 30 * time.Second       // for a call that is no stream
	retries    = 5                      // after the first attempt
	retryPause = 100 * time.Millisecond // before the first of them; doubles
	backTime   = 10 * time.Second       // to wait for the server to come back
)

// requestID names a mutation. The server remembers it, so that a call may be
// repeated when its answer was lost: it is done once.
func requestID() string { return uuid.Must(uuid.NewV7()).String() }

// retryUnary repeats calls that found the server away, with the same request.
func (l *link) retryUnary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return l.retry(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		return invoke(ctx, method, req, reply, conn, opts...)
	})
}

// retry calls do until it succeeds, fails for another reason than that the
// server is away, or has failed too often. A server that never answered at all
// is not waited for.
func (l *link) retry(ctx context.Context, do func(context.Context) error) error {
	err := do(ctx)
	for n := 0; n < retries && status.Code(err) == codes.Unavailable && l.answered.Load(); n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryPause << n):
		}
		if !l.ready(ctx) {
			break
		}
		err = do(ctx)
	}
	return l.explain(err)
}

// ready waits for the server to come back, and reports whether it did.
func (l *link) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, backTime)
	defer cancel()
	for s := l.conn.GetState(); s != connectivity.Ready; s = l.conn.GetState() {
		l.conn.Connect()
		if !l.conn.WaitForStateChange(ctx, s) {
			return false
		}
	}
	return true
}

// explain says which server was not reached or has refused, and what to do.
func (l *link) explain(err error) error {
	switch status.Code(err) {
	case codes.Unavailable:
		return l.unreachable(transportWords(err))
	case codes.DeadlineExceeded:
		return complain(exitUnreachable, "UNREACHABLE", "%s did not answer in time", l.addr)
	case codes.Unauthenticated:
		return hint(err, "log in with 'govctl login', or set GOVCTL_TOKEN")
	case codes.PermissionDenied:
		if reasonOf(status.Convert(err)) == "DENIED" { // by policy, which can say why
			return hint(err, "'govctl policy explain %s' says why", deniedWords(status.Convert(err).Message()))
		}
	}
	return err
}

// deniedWords finds in a refusal what to ask an explanation of.
func deniedWords(refusal string) string {
	var do, at string
	fmt.Sscanf(refusal, "you may not %s in %s", &do, &at)
	if _, err := gov.ParseAction(do); err != nil {
		return "ACTION PLACE"
	}
	return do + " " + first(at, `"*"`)
}

func (l *link) unreachable(why string) error {
	switch {
	case l.answered.Load():
		return complain(exitUnreachable, "UNREACHABLE", "%s does not answer any more: %s", l.addr, why)
	case strings.Contains(why, "tls: "):
		err := complain(exitUnreachable, "UNREACHABLE", "no safe connection to %s: %s", l.addr, why)
		return hint(err, "--ca says which authority to trust, --server-name which name to expect")
	case l.reached.Load():
		err := complain(exitUnreachable, "UNREACHABLE", "%s does not speak as a govd: %s", l.addr, why)
		return hint(err, "if it speaks TLS, name its authority with --ca")
	}
	err := complain(exitUnreachable, "UNREACHABLE", "no server at %s: %s", l.addr, why)
	return hint(err, "start one with 'govd serve', or name another with --addr or GOVCTL_ADDR")
}

// transportWords returns the last, telling part of what gRPC says.
func transportWords(err error) string {
	words := status.Convert(err).Message()
	for _, head := range []string{"transport: ", "desc = ", "Error while dialing: ", "authentication handshake failed: "} {
		if _, after, ok := strings.Cut(words, head); ok {
			words = after
		}
	}
	return strings.Trim(words, `"`)
}
