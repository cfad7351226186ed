package trail

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestReading tells what each file is about, and sorts what it says.
func TestReading(t *testing.T) {
	for name, want := range map[string][2]string{
		"entry.json":       {"a proof of a log entry", "log entry 3"},
		"present.json":     {"a proof about a record", "record train/fist/0001.png of hands/stage1@v1"},
		"consistency.json": {"a proof that the log only grew", ""},
		"checkpoint":       {"a checkpoint", ""},
		"log.tar":          {"an exported log", "all 5 entries of the log"},
	} {
		w, made := files(t)
		file := made[name]
		r, err := Examine(bytes.NewReader(file), int64(len(file)), w.options(2))
		if (err == nil) == (name == "checkpoint") || r.Kind != want[0] || r.Subject != want[1] || r.Head.Size != 5 {
			t.Errorf("%s: %q, %q, %d, %v", name, r.Kind, r.Subject, r.Head.Size, err)
		}
	}
}

// TestTopics holds that every claim of a trail is about something, and that what
// the file does not show is marked so.
func TestTopics(t *testing.T) {
	s := newStory(t, nil)
	file := s.export(func(*Bundle) {})
	r, err := Examine(bytes.NewReader(file), int64(len(file)), s.options(0))
	if err != nil || r.Kind != "a trail" || r.Newest.IsZero() {
		t.Errorf("%s, %s, %v", r.Kind, r.Newest, err)
	}
	for _, f := range r.Findings {
		if f.Topic == OfOthers || !slices.Contains(Topics(), f.Topic) {
			t.Errorf("%s is about %q", f.Claim.Claim, f.Topic)
		}
		if not := strings.Contains(f.Claim.Claim, "not shown") || strings.Contains(f.Claim.Claim, "as far as this file shows"); not && !f.Lacks {
			t.Errorf("%s is told as if the file showed it", f.Claim.Claim)
		}
	}
}
