package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRoot reads what is below a root by its key, and nothing else: neither
// through links and dots, nor what is no file, nor what is too large.
func TestRoot(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "photos")
	img := tinyPNG(1)
	write(t, dir, map[string]string{"a/one.png": img, "cut.png": img[:len(img)/2], "note.txt": "words", "large.txt": string(make([]byte, 5000))})
	write(t, top, map[string]string{"secret.txt": "not for you"})
	for name, to := range map[string]string{"out.txt": "../secret.txt", "absolute.txt": filepath.Join(top, "secret.txt"), "in.png": "a/one.png", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRoot(dir, 4000)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for key, want := range map[string]struct{ read, decodes bool }{
		"a/one.png": {true, true}, "in.png": {true, true}, "note.txt": {true, true}, "cut.png": {true, false},
		"large.txt": {}, "out.txt": {}, "absolute.txt": {}, "up/secret.txt": {}, "../secret.txt": {}, "/etc/hosts": {}, "a": {}, "pipe": {}, "none.png": {},
	} {
		a, err := r.Again(t.Context(), key)
		if err != nil || a.Key != key || a.Read != want.read || a.Decodes != want.decodes {
			t.Errorf("%s: %+v, %v; want %v", key, a, err, want)
		}
	}
	if a, _ := r.Again(t.Context(), "a/one.png"); a.Content != sha256.Sum256([]byte(img)) || a.Size != uint64(len(img)) || a.MediaType != "image/png" {
		t.Errorf("%+v", a)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if a, err := r.Again(gone, "a/one.png"); !errors.Is(err, context.Canceled) || a.Read {
		t.Errorf("for nobody: %+v, %v", a, err)
	}
}
