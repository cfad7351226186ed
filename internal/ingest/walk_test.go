package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

func TestWalkOrder(t *testing.T) {
	dir := t.TempDir()
	// "-" and "." sort before "/", "0" after it.
	files := map[string]string{
		"a/b": "", "a/b-c": "", "a-b/x": "", "a.b": "", "a0": "", "a0/": "", "z/y/x/w": "", "Z": "", "é": "", "a/c/1": "",
		".hidden": "", ".git/config": "", "a/.keep": "",
	}
	delete(files, "a0/")
	write(t, dir, files)
	_, records := scan(t, Options{Dir: dir})
	want := []string{"Z", "a-b/x", "a.b", "a/b", "a/b-c", "a/c/1", "a0", "z/y/x/w", "é"}
	if d := cmp.Diff(want, keysOf(records)); d != "" {
		t.Error(d)
	}
}

// Whatever the workers do, a listing is the same and ascends.
func TestWalkIsDeterministic(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	files := map[string]string{}
	for i := range 3 * chunk {
		key := fmt.Sprintf("f%d", i)
		for range r.IntN(4) {
			key = fmt.Sprintf("d%d/%s", r.IntN(6), key)
		}
		files[key] = key
	}
	write(t, dir, files)
	var first *Listing
	for workers := 1; workers <= 16; workers *= 2 {
		l, err := Walk(context.Background(), Options{Dir: dir, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if l.Len() != len(files) || !slices.IsSortedFunc(l.files, func(a, b file) int { return cmp2(a.key, b.key) }) {
			t.Fatalf("%d workers: %d files of %d, or out of order", workers, l.Len(), len(files))
		}
		if first == nil {
			first = l
		}
		if !slices.Equal(l.files, first.files) || l.Fingerprint() != first.Fingerprint() {
			t.Errorf("%d workers: another listing", workers)
		}
	}
}

// cmp2 is -1 unless a < b fails, so that equal keys are out of order too.
func cmp2(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func TestWalkRefuses(t *testing.T) {
	tests := []struct {
		name, words string
		make        func(dir string) error
	}{
		{"link", "b: it is a symbolic link; only files and directories can be read", func(dir string) error {
			return os.Symlink("a", filepath.Join(dir, "b"))
		}},
		{"links", "b: it is a symbolic link; only files and directories can be read (and 2 more)", func(dir string) error {
			return errors.Join(os.Symlink("a", filepath.Join(dir, "d")), os.Symlink("x", filepath.Join(dir, "b")), os.Symlink(".", filepath.Join(dir, "c")))
		}},
		{"not NFC", "e\u0301: its name \"e\\u0301\" is not in Unicode NFC, so others could not type it; rename it", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "e\u0301"), nil, 0o644)
		}},
		{"not UTF-8", "\xff: key \"\\xff\" is not UTF-8", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "\xff"), nil, 0o644)
		}},
		{"control", "a\nb: key \"a\\nb\" holds a control character", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a\nb"), nil, 0o644)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"a": "x"})
			if err := tt.make(dir); err != nil {
				t.Skip(err)
			}
			_, err := Walk(context.Background(), Options{Dir: dir})
			refused(t, err, "BAD_FILE", tt.words)
		})
	}
}

func TestWalkNoDirectory(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "x"})
	if _, err := Walk(context.Background(), Options{Dir: filepath.Join(dir, "none")}); !errors.Is(err, gov.NotFound) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := Walk(context.Background(), Options{Dir: filepath.Join(dir, "a")}); gov.ReasonOf(err) != "BAD_FILE" {
		t.Errorf("a file: %v", err)
	}
	o := Options{Dir: dir, Labels: source(t, "csv:"+filepath.Join(dir, "labels.csv"))}
	if _, err := Walk(context.Background(), o); !errors.Is(err, gov.NotFound) {
		t.Errorf("no label file: %v", err)
	}
}

func TestWalkUnreadableDirectory(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/b": "x"})
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "a"), 0o755) })
	if _, err := Walk(context.Background(), Options{Dir: dir}); gov.ReasonOf(err) != "FILE_UNREADABLE" {
		t.Errorf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/b": "x", "c": tinyPNG(1), "labels.csv": "key,label\na/b,x\nc,x\n"})
	l, err := Walk(context.Background(), Options{Dir: dir, Labels: source(t, "csv:"+filepath.Join(dir, "labels.csv"))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	l.options.Labels = Source{}
	if _, err := l.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("read without labels: %v", err)
	}
	if _, err := Walk(ctx, l.options); !errors.Is(err, context.Canceled) {
		t.Errorf("walk: %v", err)
	}
}

// The fingerprint sees each thing that the records depend on.
func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	labels := filepath.Join(t.TempDir(), "labels.csv")
	write(t, dir, map[string]string{"a": "x", "b/c": "yy"})
	write(t, filepath.Dir(labels), map[string]string{"labels.csv": "key,label\na,A\nb/c,C\n"})
	o := Options{Dir: dir}
	walked := func(o Options) gov.Digest {
		t.Helper()
		l, err := Walk(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return l.Fingerprint()
	}
	seen := map[gov.Digest]string{walked(o): "at first"}
	if _, again := seen[walked(o)]; !again {
		t.Error("it changes by itself")
	}
	differs := func(what string, o Options) {
		t.Helper()
		f := walked(o)
		if before, ok := seen[f]; ok {
			t.Errorf("%s: as %s", what, before)
		}
		seen[f] = what
	}
	with := o
	with.Split = Split{rule: noSplit}
	differs("another split", with)
	with = o
	with.Labels = source(t, "none")
	differs("no labels", with)
	with.Labels = source(t, "csv:"+labels)
	differs("a label file", with)
	with.AllowUnlabelled = true
	differs("unlabelled allowed", with)
	write(t, filepath.Dir(labels), map[string]string{"labels.csv": "key,label\na,A\nb/c,CC\n"})
	differs("the label file longer", with)
	write(t, dir, map[string]string{"b/c": "yyy"})
	differs("a file longer", o)
	os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b", "a"))
	differs("a file elsewhere", o)
	write(t, dir, map[string]string{"new": ""})
	differs("one more", o)
	later := later()
	os.Chtimes(filepath.Join(dir, "new"), later, later)
	differs("touched", o)
}
