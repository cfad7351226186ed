package gov

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ApprovalNamespace is the SSHSIG namespace of approval statements.
const ApprovalNamespace = "dataset-approval@govd"

// approvalHead is the first line of a statement; the number is raised when the
// form changes.
const approvalHead = "govd approval 1"

// An ApprovalStatement is what a person signs to vote. The checkpoint says which
// state of the log they saw, so that every signature also witnesses the log.
type ApprovalStatement struct {
	Origin   string // of the log
	Change   ChangeID
	Revision Digest
	Dataset  DatasetName
	Base     Base     // number and digest
	Decision VoteKind // approve, veto or lift
	Of       PersonID // a lift: whose veto, if not one's own
	Person   PersonID
	Nonce    [16]byte
	Expires  time.Time // whole seconds, UTC
	LogSize  uint64
	LogRoot  Digest
}

// Text returns the one canonical text, a field a line. It is frozen.
func (s *ApprovalStatement) Text() string {
	decision := string(s.Decision)
	if s.Of != "" {
		decision += " " + string(s.Of)
	}
	return fmt.Sprintf("%s\norigin %s\nchange %d\nrevision %s\ndataset %s\nbase v%d %s\ndecision %s\nperson %s\nnonce %x\nexpires %s\ncheckpoint %d %s\n",
		approvalHead, s.Origin, s.Change, s.Revision, s.Dataset, s.Base.Number, s.Base.Digest, decision, s.Person, s.Nonce,
		s.Expires.UTC().Format(time.RFC3339), s.LogSize, s.LogRoot)
}

var approvalFields = []string{"origin", "change", "revision", "dataset", "base", "decision", "person", "nonce", "expires", "checkpoint"}

var approvalOrigin = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/~-]{0,127}$`) // the form of package audit

// ParseApprovalStatement parses what Text writes, and no other.
func ParseApprovalStatement(text string) (*ApprovalStatement, error) {
	const most = 2048
	lines := strings.Split(text, "\n")
	if len(text) > most || len(lines) != len(approvalFields)+2 || lines[0] != approvalHead {
		return nil, Errorf(Invalid, "BAD_STATEMENT", "not an approval statement: want %q and %d lines", approvalHead, len(approvalFields))
	}
	s := &ApprovalStatement{}
	for i, name := range approvalFields {
		value, ok := strings.CutPrefix(lines[i+1], name+" ")
		if !ok || s.parse(name, value) != nil {
			return nil, Errorf(Invalid, "BAD_STATEMENT", "line %d of the approval statement is not a good %q", i+2, name)
		}
	}
	if s.Text() != text {
		return nil, Errorf(Invalid, "BAD_STATEMENT", "the approval statement is not canonical")
	}
	return s, nil
}

// parse sets one field. Only whether it fails matters.
func (s *ApprovalStatement) parse(name, value string) (err error) {
	first, second, _ := strings.Cut(value, " ")
	switch name {
	case "origin":
		if s.Origin = value; !approvalOrigin.MatchString(value) {
			return Invalid
		}
	case "change":
		s.Change, err = ParseChangeID(value)
	case "revision":
		s.Revision, err = ParseDigest(value)
	case "dataset":
		s.Dataset, err = ParseDatasetName(value)
	case "base":
		number, isNumber := versionNumber(first)
		if s.Base.Number = number; !isNumber {
			return Invalid
		}
		s.Base.Digest, err = ParseDigest(second)
	case "decision":
		err = s.parseDecision(first, second)
	case "person":
		s.Person, err = ParsePersonID(value)
	case "nonce":
		if len(value) != hex.EncodedLen(len(s.Nonce)) {
			return Invalid
		}
		_, err = hex.Decode(s.Nonce[:], []byte(value))
	case "expires":
		s.Expires, err = time.Parse(time.RFC3339, value)
	case "checkpoint":
		if s.LogSize, err = strconv.ParseUint(first, 10, 64); err == nil {
			s.LogRoot, err = ParseDigest(second)
		}
	}
	return err
}

func (s *ApprovalStatement) parseDecision(kind, of string) (err error) {
	s.Decision = VoteKind(kind)
	switch {
	case s.Decision == Lift && of != "":
		s.Of, err = ParsePersonID(of)
	case s.Decision != Approve && s.Decision != Veto && s.Decision != Lift:
		err = Invalid
	}
	return err
}
