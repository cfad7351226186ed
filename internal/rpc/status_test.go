package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// TestCodes: each kind has its code, and none that is not known becomes OK.
func TestCodes(t *testing.T) {
	want := map[gov.Kind]codes.Code{
		gov.Internal: codes.Internal, gov.Invalid: codes.InvalidArgument, gov.Unproven: codes.Unauthenticated, gov.Denied: codes.PermissionDenied,
		gov.NotFound: codes.NotFound, gov.Exists: codes.AlreadyExists, gov.Conflict: codes.Aborted, gov.Exhausted: codes.ResourceExhausted,
	}
	for k := range gov.Kind(255) {
		code, named := want[k]
		if !named {
			code = codes.Internal
		}
		if got := rpc.CodeOf(k); got != code {
			t.Errorf("kind %d: %v, want %v", k, got, code)
		}
	}
	if len(want) != int(gov.Exhausted)+1 {
		t.Error("a kind has no row here")
	}
}

// TestStatusShowsNoCause: a caller sees a kind's message and reason. What
// nobody classified stays here, however it is wrapped.
func TestStatusShowsNoCause(t *testing.T) {
	secret := errors.New("open /var/lib/govd.db: denied")
	for what, c := range map[string]struct {
		err  error
		code codes.Code
		text string
	}{
		"plain":            {secret, codes.Internal, "internal error"},
		"internal":         {gov.Because(secret, gov.Internal, "CORRUPT", "a row"), codes.Internal, "internal error"},
		"because":          {gov.Because(secret, gov.Invalid, "BAD", "no good"), codes.InvalidArgument, "no good"},
		"wrapped":          {fmt.Errorf("on the way: %w", gov.Errorf(gov.Conflict, "MOVED", "moved")), codes.Aborted, "moved"},
		"joined":           {errors.Join(nil, gov.Errorf(gov.Denied, "NO", "no")), codes.PermissionDenied, "no"},
		"cancelled":        {fmt.Errorf("reading: %w", context.Canceled), codes.Canceled, "context canceled"},
		"too late":         {context.DeadlineExceeded, codes.DeadlineExceeded, "context deadline exceeded"},
		"gRPC's own":       {status.Error(codes.ResourceExhausted, "too large"), codes.ResourceExhausted, "too large"},
		"gRPC's Unknown":   {status.Error(codes.Unknown, secret.Error()), codes.Internal, "internal error"},
		"gRPC's OK":        {fmt.Errorf("x: %w", status.Error(codes.DataLoss, secret.Error())), codes.Internal, "internal error"},
		"a panic's report": {rpc.CatchPanic(func() { panic(secret) }), codes.Internal, "internal error"},
	} {
		if st := rpc.StatusOf(c.err); st.Code() != c.code || !strings.HasSuffix(st.Message(), c.text) || strings.Contains(st.Message(), "/var/lib") {
			t.Errorf("%s: %v %q, want %v %q", what, st.Code(), st.Message(), c.code, c.text)
		}
	}
	if err := rpc.CatchPanic(func() {}); err != nil {
		t.Errorf("no panic: %v", err)
	}
}

// TestInternalErrorsLeakNothing: the caller of a call that fails, or panics, is
// told an id, under which the log has the cause, without any token in it.
func TestInternalErrorsLeakNothing(t *testing.T) {
	const cause, token = "open /secret/place", "govd_pat_t9_0123456789012345678901234567890123456789012_abcdef"
	for what, fail := range map[string]func() error{
		"error": func() error { return errors.New(cause + " " + token) },
		"panic": func() error { panic(cause + " " + token) },
	} {
		t.Run(what, func(t *testing.T) {
			s := govtest.New(t).Serve(func(c *rpc.Config) {
				c.Identify = func(context.Context) (rpc.Identity, error) { return rpc.Identity{}, fail() }
			})
			unary := errOf(s.Nobody().Server.GetStatus(t.Context(), &v1.GetStatusRequest{}))
			stream, err := s.Nobody().Server.Backup(t.Context(), &v1.BackupRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{unary, errOf(stream.Recv())} {
				st := status.Convert(err)
				id, rest, _ := strings.Cut(strings.TrimPrefix(st.Message(), "internal error "), ":")
				if st.Code() != codes.Internal || len(id) != 12 || rest != " the server's log says more" || len(st.Details()) > 0 {
					t.Errorf("the caller is told %v", err)
				}
				if log := s.Log.String(); !strings.Contains(log, `"error_id":"`+id+`"`) || !strings.Contains(log, "/secret/place") {
					t.Errorf("the log says nothing of %s:\n%s", id, log)
				} else if strings.Contains(log, token) {
					t.Errorf("the log holds a token:\n%s", log)
				}
			}
		})
	}
}

func errOf[V any](_ V, err error) error { return err }

// TestPageTokens: a token is good for the person and the listing it was made
// for, in the one form it was given.
func TestPageTokens(t *testing.T) {
	key := []byte("key")
	token := rpc.SealPage(key, "user:1", "projects", "signs")
	if got, err := rpc.OpenPage(key, "user:1", "projects", token); err != nil || got != "signs" {
		t.Errorf("its own: %q, %v", got, err)
	}
	if got, err := rpc.OpenPage(key, "user:1", "projects", ""); err != nil || got != "" {
		t.Errorf("none: %q, %v", got, err)
	}
	if token := rpc.SealPage(key, "user:1", "projects", ""); token != "" {
		t.Errorf("the end has the token %q", token)
	}
	for what, open := range map[string]func() (string, error){
		"another person":  func() (string, error) { return rpc.OpenPage(key, "user:2", "projects", token) },
		"another listing": func() (string, error) { return rpc.OpenPage(key, "user:1", "persons", token) },
		"another key":     func() (string, error) { return rpc.OpenPage([]byte("kez"), "user:1", "projects", token) },
		"borders moved":   func() (string, error) { return rpc.OpenPage(key, "user:1p", "rojects", token) },
		"cut off":         func() (string, error) { return rpc.OpenPage(key, "user:1", "projects", token[:len(token)-1]) },
		"a line break":    func() (string, error) { return rpc.OpenPage(key, "user:1", "projects", token+"\n") },
	} {
		if got, err := open(); gov.ReasonOf(err) != "BAD_PAGE_TOKEN" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

// FuzzPageToken: nothing but what was sealed opens.
func FuzzPageToken(f *testing.F) {
	key := bytes.Repeat([]byte{7}, 32)
	for _, position := range []string{"signs", "\x00", strings.Repeat("x", 100)} {
		f.Add(rpc.SealPage(key, "user:1", "projects", position))
	}
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		position, err := rpc.OpenPage(key, "user:1", "projects", token)
		if err == nil && rpc.SealPage(key, "user:1", "projects", position) != token {
			t.Errorf("%q opens as %q", token, position)
		}
	})
}
