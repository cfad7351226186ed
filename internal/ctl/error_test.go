package ctl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"govd/internal/gov"
)

// Every code has the exit status of house.md section 7; a code that gRPC may
// add is an error like any other.
func TestExitOfCode(t *testing.T) {
	want := map[codes.Code]int{
		codes.OK:                 exitDone,
		codes.NotFound:           exitNotFound,
		codes.PermissionDenied:   exitRefused,
		codes.Unauthenticated:    exitRefused,
		codes.Aborted:            exitConflict,
		codes.AlreadyExists:      exitConflict,
		codes.FailedPrecondition: exitConflict,
		codes.Unavailable:        exitUnreachable,
		codes.DeadlineExceeded:   exitUnreachable,
	}
	for c := codes.OK; c <= codes.Unauthenticated+1; c++ {
		exit, ok := want[c]
		if !ok {
			exit = exitError
		}
		if got := exitOfCode(c); got != exit {
			t.Errorf("exitOfCode(%v) = %d, want %d", c, got, exit)
		}
	}
}

func TestExitOfKind(t *testing.T) {
	want := map[gov.Kind]int{
		gov.NotFound: exitNotFound, gov.Denied: exitRefused, gov.Unproven: exitRefused, gov.Exists: exitConflict, gov.Conflict: exitConflict,
	}
	for k := gov.Internal; k <= gov.Exhausted; k++ {
		exit, ok := want[k]
		if !ok {
			exit = exitError
		}
		if got := exitOfKind(k); got != exit {
			t.Errorf("exitOfKind(%v) = %d, want %d", k, got, exit)
		}
	}
}

// answer is what a server says with a reason of a domain.
func answer(t *testing.T, c codes.Code, domain, reason, words string) error {
	t.Helper()
	s, err := status.New(c, words).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestComplaintOf(t *testing.T) {
	_, noFile := os.Open(filepath.Join(t.TempDir(), "missing"))
	for _, test := range []struct {
		name string
		err  error
		want complaint
	}{
		{"server", answer(t, codes.Aborted, "govd", "PARENT_MOVED", "moved"), complaint{exitConflict, "PARENT_MOVED", "moved"}},
		{"hinted server", hint(answer(t, codes.Aborted, "govd", "PARENT_MOVED", "moved"), "x"), complaint{exitConflict, "PARENT_MOVED", "moved"}},
		{"other domain", answer(t, codes.NotFound, "example.org", "EVIL", "gone"), complaint{exitNotFound, "NOT_FOUND", "gone"}},
		{"bare status", status.Error(codes.ResourceExhausted, "too much"), complaint{exitError, "RESOURCE_EXHAUSTED", "too much"}},
		{"unavailable", status.Error(codes.Unavailable, "away"), complaint{exitUnreachable, "UNREACHABLE", "away"}},
		{"own", complain(exitFailed, "NOT_PROVEN", "no"), complaint{exitFailed, "NOT_PROVEN", "no"}},
		{"kind", gov.Errorf(gov.Denied, "SELF", "no"), complaint{exitRefused, "SELF", "no"}},
		{"wrapped kind", fmt.Errorf("a: %w", gov.Errorf(gov.NotFound, "NO", "b")), complaint{exitNotFound, "NO", "a: b"}},
		{"interrupted", fmt.Errorf("walk: %w", context.Canceled), complaint{exitError, "INTERRUPTED", "interrupted"}},
		{"cancelled call", status.Error(codes.Canceled, "context canceled"), complaint{exitError, "INTERRUPTED", "interrupted"}},
		{"no file", noFile, complaint{exitNotFound, "NO_FILE", noFile.(*os.PathError).Path + ": no such file or directory"}},
		{"anything", errors.New("boom"), complaint{exitError, "FAILED", "boom"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := complaintOf(test.err); got != test.want {
				t.Errorf("complaintOf(%v) = %+v, want %+v", test.err, got, test.want)
			}
		})
	}
}

func TestFinish(t *testing.T) {
	cmd := &cobra.Command{Use: "govctl"}
	for _, test := range []struct {
		name    string
		started bool
		err     error
		exit    int
		stderr  string
	}{
		{"done", true, nil, exitDone, ""},
		{
			"hints", true, hint(hint(complain(exitRefused, "NO", "no"), "first"), "second"), exitRefused,
			"govctl: NO: no\ngovctl: hint: first\ngovctl: hint: second\n",
		},
		{
			"before the command", false, errors.New("unknown flag"), exitUsage,
			"govctl: USAGE: unknown flag\ngovctl: hint: see 'govctl --help'\n",
		},
		{
			"what came from elsewhere", true, status.Error(codes.NotFound, "no \x1b[2Jkey\n"), exitNotFound,
			"govctl: NOT_FOUND: no \\x1b[2Jkey\\n\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{stderr: &stderr, started: test.started}
			if got := a.finish(cmd, test.err); got != test.exit {
				t.Errorf("exit status %d, want %d", got, test.exit)
			}
			if got := stderr.String(); got != test.stderr {
				t.Errorf("stderr %q, want %q", got, test.stderr)
			}
		})
	}
}
