package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govd/internal/gov"
)

// TestContentRoots: a dataset's own directory comes before that of its project.
func TestContentRoots(t *testing.T) {
	c := Content{Roots: map[string]string{"hands": "/srv/hands", "hands/signs": "/data/signs"}, MaxBytes: 1}
	for d, want := range map[gov.DatasetName]string{"hands/signs": "/data/signs", "hands/other": "/srv/hands/other", "feet/signs": ""} {
		if got, known := c.dir(d); got != want || known != (want != "") {
			t.Errorf("%s: %q, %v", d, got, known)
		}
	}
	if errs := c.check(); len(errs) != 0 {
		t.Error(errs)
	}
	bad := Content{Roots: map[string]string{"Hands/../x": "/srv", "hands": ""}}
	if err := errors.Join(bad.check()...); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

// TestShelf: what lies there is read, one at a time, and a path that is not there
// is not told to clients.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("a"), 0o600))
	s := newShelf(Content{Roots: map[string]string{"hands/signs": dir, "feet": "/not/there"}, MaxBytes: 10})
	first, err := s.open(t.Context(), "hands/signs")
	must(t, err)
	if f, err := first.Read(t.Context(), "a.txt"); err != nil || f.Unread || f.Size != 1 || !f.Decodes || f.Key != "a.txt" {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := first.Read(t.Context(), "b.txt"); err != nil || !f.Unread {
		t.Errorf("%+v, %v", f, err)
	}
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.open(short, "hands/signs"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second reader does not wait: %v", err)
	}
	must(t, first.Close())
	for d, word := range map[gov.DatasetName]string{"feet/toes": "it is not there", "eyes/iris": "content.roots"} {
		_, err := s.open(t.Context(), d)
		if gov.ReasonOf(err) != "NO_CONTENT_ROOT" || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", d, err)
		}
		if e, ok := errors.AsType[*gov.Error](err); !ok || strings.Contains(e.Msg, "/not/there") {
			t.Errorf("the path is told: %v", err)
		}
	}
}
