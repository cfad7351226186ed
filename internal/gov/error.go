package gov

import (
	"errors"
	"fmt"
)

// A Kind says what a caller can do about an error.
type Kind uint8

const (
	Internal  Kind = iota // a bug or a bad disk; the caller learns no more than that
	Invalid               // the request is wrong and will stay wrong
	Unproven              // the caller has not proven who they are
	Denied                // policy or a rule forbids it
	NotFound              // no such thing, or none the caller may know of
	Exists                // it is there already
	Conflict              // the state has moved on; read again and retry
	Exhausted             // too much, too large or too often
)

var kindNames = [...]string{"internal", "invalid", "unproven", "denied", "not found", "exists", "conflict", "exhausted"}

// Error makes a Kind a target for errors.Is: errors.Is(err, gov.NotFound).
func (k Kind) Error() string { return kindNames[k] }

// A Reason is the machine-readable cause of an error, in capitals:
// "PARENT_MOVED". Programs branch on it; once released it does not change.
type Reason string

// An Error is an error whose kind, reason and message the caller may see. Its
// cause, if it has one, is for the log alone.
type Error struct {
	Kind   Kind
	Reason Reason
	Msg    string
	cause  error
}

// Errorf returns an error that the caller will see. It takes no %w: wrapping
// would carry the text of a cause, such as a path, to a stranger.
func Errorf(k Kind, r Reason, format string, args ...any) error {
	return &Error{Kind: k, Reason: r, Msg: fmt.Sprintf(format, args...)}
}

// Because is Errorf with a cause that only the log sees.
func Because(cause error, k Kind, r Reason, format string, args ...any) error {
	return &Error{Kind: k, Reason: r, Msg: fmt.Sprintf(format, args...), cause: cause}
}

// Error returns the message, and the cause if there is one. It is for the log;
// a caller is sent Msg.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Msg + ": " + e.cause.Error()
	}
	return e.Msg
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// ErrUnproven is the one answer to every credential that does not hold: whether
// it is unknown, wrong, revoked or somebody disabled's is nobody's business.
var ErrUnproven = Errorf(Unproven, "UNAUTHENTICATED", "the credential is not valid")

// ReasonOf returns the reason of err, or "" if it has none.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
