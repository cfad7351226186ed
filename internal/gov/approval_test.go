package gov

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func aStatement() ApprovalStatement {
	return ApprovalStatement{
		Origin: "data.example.org/govd", Change: 7, Revision: Digest{1}, Dataset: "vision/hands", Base: Base{Number: 3, Digest: Digest{2}},
		Decision: Lift, Of: "user:9", Person: "user:4", Nonce: [16]byte{0xab}, Expires: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		LogSize: 1234, LogRoot: Digest{3},
	}
}

const frozenStatement = `govd approval 1
origin data.example.org/govd
change 7
revision sha256:0100000000000000000000000000000000000000000000000000000000000000
dataset vision/hands
base v3 sha256:0200000000000000000000000000000000000000000000000000000000000000
decision lift user:9
person user:4
nonce ab000000000000000000000000000000
expires 2026-03-01T12:00:00Z
checkpoint 1234 sha256:0300000000000000000000000000000000000000000000000000000000000000
`

func TestApprovalStatementIsFrozen(t *testing.T) {
	s := aStatement()
	if got := s.Text(); got != frozenStatement {
		t.Errorf("got\n%s", got)
	}
	back, err := ParseApprovalStatement(frozenStatement)
	if err != nil || !reflect.DeepEqual(*back, s) {
		t.Errorf("came back as %+v, %v", back, err)
	}
	if ApprovalNamespace != "dataset-approval@govd" {
		t.Error("the namespace is frozen")
	}
}

// Every field is in the text: changing any changes it.
func TestEveryFieldOfAStatementIsSigned(t *testing.T) {
	var walk func(path string, v reflect.Value, s *ApprovalStatement)
	walk = func(path string, v reflect.Value, s *ApprovalStatement) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		switch x := v.Addr().Interface().(type) {
		case *time.Time:
			*x = x.Add(time.Second)
		case *[16]byte:
			x[15]++
		case *Base:
			walk(path+".Number", v.Field(0), s)
			walk(path+".Digest", v.Field(1), s)
			return
		default:
			bump(v)
		}
		if s.Text() == frozenStatement {
			t.Errorf("%s is not in the text", path)
		}
		v.Set(before)
	}
	s := aStatement()
	for v, i := reflect.ValueOf(&s).Elem(), 0; i < v.NumField(); i++ {
		walk(v.Type().Field(i).Name, v.Field(i), &s)
	}
}

func TestApprovalStatementRefuses(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(frozenStatement, old, new, 1) }
	for name, text := range map[string]string{
		"nothing":           "",
		"no last newline":   strings.TrimSuffix(frozenStatement, "\n"),
		"one line more":     frozenStatement + "\n",
		"another head":      swap("approval 1", "approval 2"),
		"carriage returns":  strings.ReplaceAll(frozenStatement, "\n", "\r\n"),
		"order":             swap("change 7\nrevision", "revision 7\nchange"),
		"zero change":       swap("change 7", "change 0"),
		"padded change":     swap("change 7", "change 07"),
		"upper-case digest": swap("sha256:01", "SHA256:01"),
		"comment":           swap("decision lift user:9", "decision comment"),
		"approval of one":   swap("decision lift", "decision approve"),
		"trailing space":    swap("decision lift user:9", "decision lift "),
		"machine-like":      swap("person user:4", "person sys:govd"),
		"upper-case nonce":  swap("nonce ab", "nonce AB"),
		"short nonce":       swap("nonce ab", "nonce "),
		"another zone":      swap("12:00:00Z", "13:00:00+01:00"),
		"fraction":          swap("12:00:00Z", "12:00:00.5Z"),
		"signed size":       swap("checkpoint 1234", "checkpoint +1234"),
		"space in origin":   swap("data.example.org", "data example.org"),
	} {
		if s, err := ParseApprovalStatement(text); !errors.Is(err, Invalid) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func FuzzParseApprovalStatement(f *testing.F) {
	f.Add(frozenStatement)
	f.Add(strings.Replace(frozenStatement, "lift user:9", "approve", 1))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseApprovalStatement(text)
		if err == nil && s.Text() != text {
			t.Fatalf("%q became %q", text, s.Text())
		}
	})
}

func TestParseVoteKind(t *testing.T) {
	for _, k := range VoteKinds {
		if got, err := ParseVoteKind(string(k)); got != k || err != nil {
			t.Errorf("%s: %s, %v", k, got, err)
		}
	}
	if _, err := ParseVoteKind("yes"); !errors.Is(err, Invalid) {
		t.Error(err)
	}
}
