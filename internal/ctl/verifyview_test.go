package ctl

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"govd/internal/audit"
	"govd/internal/trail"
)

// TestVerifyViewOrder: people are told the verdict first, then what is missing,
// then the claims by what they are about; lines fit.
func TestVerifyViewOrder(t *testing.T) {
	text := viewOf(readingOf(20)).text(time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC))
	for _, part := range []string{
		"✓ trail.zip is proven: all 21 claims hold\n", "\nfile       a trail of model hands/pose:v3\n", "\nlog        log.example/hands, 1,000 entries", "\nkey\n  log.example/hands+7a5e5b5c+Aep",
		"(1h ago)", "\npeople     user:1, user:2 bob\n", "\nclaims     log 10, versions 11\n", "\nnot shown  1 claim, marked –, on what the file does not show:\n           who labelled it\n",
		"\nTHE FILE AND THE LOG\n✓ claim 1 ", "\n✓ claim 3 ", "\n\nVERSIONS\n✓ claim 0 ", "\n✓ claim 4 ", "\n\n✓ claim 2 ", "\n– who labelled it is not shown\n", "\n✓ all 21 claims hold",
	} {
		_, after, found := strings.Cut(text, part)
		if !found {
			t.Fatalf("%q is not there, or not in its place, in\n%s", part, text)
		}
		text = part[len(part)-1:] + after
	}
	for _, line := range strings.Split(viewOf(readingOf(20)).text(time.Now()), "\n") {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("wider than 80 columns: %s", line)
		}
		if strings.Contains(line, "evidence") {
			t.Errorf("told without being asked: %s", line)
		}
	}
	verbose := viewOf(readingOf(20))
	verbose.verbose = true
	if text := verbose.text(time.Now()); strings.Count(text, "evidence") != 21 {
		t.Errorf("not every claim's evidence is told:\n%s", text)
	}
}

// TestVerifyViewAlarm: what does not hold comes before all else, and nothing
// says that the file is proven.
func TestVerifyViewAlarm(t *testing.T) {
	read := readingOf(20)
	read.Findings = append(read.Findings, trail.Finding{Claim: trail.Claim{Claim: "version 9 is\n\x1b[2J forged", Evidence: "another root"}, Topic: trail.OfVersions, Thing: "9"})
	text := viewOf(read).text(time.Now())
	want := "✗ trail.zip IS NOT PROVEN: this does not hold\n\n✗ version 9 is\\n\\x1b[2J forged\n  another root\n\nwhat comes after that was not looked at; before it, 21 claims hold\n"
	if !strings.HasPrefix(text, want) {
		t.Errorf("%s", text)
	}
	if strings.Contains(text, "is proven") || strings.Contains(text, "all 2") || strings.Count(text, "forged") != 1 {
		t.Errorf("%s", text)
	}
}

// TestVerifyViewHeadings: no topic is without a name.
func TestVerifyViewHeadings(t *testing.T) {
	for _, topic := range trail.Topics() {
		if h := headings[topic]; h.long == "" || h.short == "" {
			t.Errorf("%s has no heading", topic)
		}
	}
}

func viewOf(r *trail.Reading) *verifyView {
	return &verifyView{screen: screen{terminal: true, width: 80}, path: "trail.zip", key: "log.example/hands+7a5e5b5c+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs", read: r}
}

// readingOf makes n claims that hold, on the log and two versions in turn, and
// one of what is missing.
func readingOf(n int) *trail.Reading {
	r := &trail.Reading{
		Kind: "a trail", Subject: "model hands/pose:v3", Head: audit.Checkpoint{Origin: "log.example/hands", Size: 1000},
		Newest: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), People: []trail.Person{{ID: "user:1"}, {ID: "user:2", Name: "bob"}},
	}
	for i := range n {
		f := trail.Finding{Claim: trail.Claim{Claim: fmt.Sprintf("claim %d %s", i, strings.Repeat("is long ", 12)), Holds: true, Evidence: "evidence"}, Topic: trail.OfLog}
		if i%2 == 0 {
			f.Topic, f.Thing = trail.OfVersions, fmt.Sprint(i%4)
		}
		r.Findings = append(r.Findings, f)
	}
	lack := trail.Finding{Claim: trail.Claim{Claim: "who labelled it is not shown", Holds: true, Evidence: "no evidence"}, Topic: trail.OfVersions, Thing: "2", Lacks: true}
	r.Findings = append(r.Findings, lack)
	return r
}
