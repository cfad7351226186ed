package ctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"govd/internal/gov"
)

// The exit statuses.
const (
	exitDone = iota
	exitError
	exitUsage
	exitNotFound
	exitRefused
	exitConflict
	exitUnreachable
	exitFailed // a check or verification failed
)

// A complaint is an error as the user is told it.
type complaint struct {
	exit   int
	reason gov.Reason
	words  string
}

func (c *complaint) Error() string { return c.words }

func complain(exit int, reason gov.Reason, format string, args ...any) error {
	return &complaint{exit, reason, fmt.Sprintf(format, args...)}
}

func usage(format string, args ...any) error {
	return complain(exitUsage, "USAGE", format, args...)
}

// A hinted error comes with advice on what to do.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// hint adds advice, which is told on a line of its own.
func hint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// hintsOf returns the advice that err carries, innermost first.
func hintsOf(err error) (hints []string) {
	for h := (*hinted)(nil); errors.As(err, &h); err = h.error {
		hints = append([]string{h.hint}, hints...)
	}
	return hints
}

// finish tells the user about err and returns the exit status.
func (a *app) finish(cmd *cobra.Command, err error) int {
	if err == nil && a.incomplete {
		a.note("there are more; -n 0 lists all")
	}
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[exited](err); ok {
		return e.status
	}
	c := complaintOf(err)
	if !a.started {
		c = complaint{exitUsage, "USAGE", err.Error()}
		err = hint(err, "see '%s --help'", cmd.CommandPath())
	}
	lines := []string{c.words}
	if c.reason == "BAD_POLICY" { // a policy may be wrong in several lines
		lines = strings.Split(c.words, "\n")
	}
	a.note("%s: %s", c.reason, lines[0])
	for _, line := range lines[1:] {
		a.note("%s", line)
	}
	for _, h := range hintsOf(err) {
		a.note("hint: %s", h)
	}
	return c.exit
}

// complaintOf finds the exit status and the reason of any error.
func complaintOf(err error) complaint {
	if c, ok := errors.AsType[*complaint](err); ok {
		return complaint{c.exit, c.reason, err.Error()}
	}
	if e, ok := errors.AsType[*gov.Error](err); ok {
		return complaint{exitOfKind(e.Kind), e.Reason, err.Error()}
	}
	interrupted := complaint{exitError, "INTERRUPTED", "interrupted"}
	if e, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		s := e.GRPCStatus()
		if s.Code() == codes.Canceled {
			return interrupted
		}
		reason := reasonOf(s)
		return complaint{cmp.Or(exitOfReason(reason), exitOfCode(s.Code())), reason, s.Message()}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return interrupted
	case errors.Is(err, fs.ErrNotExist):
		return complaint{exitNotFound, "NO_FILE", fileWords(err)}
	}
	return complaint{exitError, "FAILED", fileWords(err)}
}

// fileWords says which file is the matter, and leaves out the system call.
func fileWords(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return strings.Replace(err.Error(), p.Error(), p.Path+": "+p.Err.Error(), 1)
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return strings.Replace(err.Error(), l.Error(), l.New+": "+l.Err.Error(), 1)
	}
	return err.Error()
}

// exitOfCode maps every code that the server or the network may answer with.
func exitOfCode(c codes.Code) int {
	switch c {
	case codes.OK:
		return exitDone
	case codes.NotFound:
		return exitNotFound
	case codes.PermissionDenied, codes.Unauthenticated:
		return exitRefused
	case codes.Aborted, codes.AlreadyExists, codes.FailedPrecondition:
		return exitConflict
	case codes.Unavailable, codes.DeadlineExceeded:
		return exitUnreachable
	}
	return exitError
}

// exitOfReason returns the exit status of a refusal by the rules of approval,
// whatever the code: that the state has moved on is one of their reasons too. It
// is 0 for any other reason.
func exitOfReason(r gov.Reason) int {
	switch r {
	case "NOT_OPEN", "CLOCK_BACK", "EXPIRED", "BASE_MOVED", "VETO", "QUORUM", "BLOCKED_NO_QUORUM", "SELF_APPROVAL", "CONTRIBUTOR",
		"MACHINE", "DISABLED", "AUDITOR", "SOD_CONFLICT", "NO_READ", "TOO_NEW", "NOT_ELIGIBLE", "GRANTED_BY_CONTRIBUTOR",
		"GRANTED_BY_SELF", "STALE_DIGEST", "REOPENED", "UNSIGNED", "NOT_LOOKED", "NOTHING_TO_LIFT", "SAME_PERSON",
		"BREAK_GLASS_OFF", "REASON_TOO_SHORT", "ALREADY_ASKED", "LOOSENS":
		return exitRefused
	}
	return 0
}

func exitOfKind(k gov.Kind) int {
	switch k {
	case gov.NotFound:
		return exitNotFound
	case gov.Denied, gov.Unproven:
		return exitRefused
	case gov.Exists, gov.Conflict:
		return exitConflict
	}
	return exitError
}

// reasonOf returns the server's machine-readable reason, or one made from the
// code where something else than govd answered.
func reasonOf(s *status.Status) gov.Reason {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == "govd" {
			return gov.Reason(info.GetReason())
		}
	}
	switch s.Code() {
	case codes.Unavailable:
		return "UNREACHABLE"
	}
	return gov.Reason(snake(s.Code().String()))
}

// snake turns "PermissionDenied" into "PERMISSION_DENIED".
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
