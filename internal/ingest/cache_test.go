package ingest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// reads scans with a count of the files that were read.
func reads(t *testing.T, o Options) (records []*gov.Record, read int) {
	t.Helper()
	o.Progress = func(done, total int, _ int64) { read = done }
	_, records = scan(t, o)
	return records, read
}

// However a file changes, a scan with the cache gives what one without gives,
// and reads again only what changed.
func TestCache(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{"a": "one", "b/img.png": tinyPNG(1), "b/c": "three", "z": ""})
	o := Options{Dir: dir, Cache: filepath.Join(t.TempDir(), "new"), now: later}
	join := func(key string) string { return filepath.Join(dir, key) }
	steps := []struct {
		name string
		do   func() error
		read int
	}{
		{"first", func() error { return nil }, 4},
		{"nothing", func() error { return nil }, 0},
		{"longer", func() error { return os.WriteFile(join("a"), []byte("longer"), 0o644) }, 1},
		{"same size", func() error { return os.WriteFile(join("a"), []byte("LONGER"), 0o644) }, 1},
		{"image", func() error { return os.WriteFile(join("b/img.png"), []byte(tinyPNG(2)), 0o644) }, 1},
		{"touched", func() error { return os.Chtimes(join("z"), later(), later()) }, 1},
		{"renamed", func() error { return os.Rename(join("a"), join("aa")) }, 1},
		{"moved", func() error { return os.Rename(join("b"), join("y")) }, 2},
		{"removed", func() error { return os.Remove(join("z")) }, 0},
		{"another of the same name, size and time", func() error {
			info, err := os.Stat(join("aa"))
			if err != nil {
				return err
			}
			write(t, other, map[string]string{"aa": "lONGER"})
			os.Chtimes(filepath.Join(other, "aa"), info.ModTime(), info.ModTime())
			return os.Rename(filepath.Join(other, "aa"), join("aa"))
		}, 1},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		_, want := scan(t, Options{Dir: dir})
		got, read := reads(t, o)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", step.name, d)
		}
		if read != step.read {
			t.Errorf("%s: %d files read, want %d", step.name, read, step.read)
		}
	}
}

// A file that changed a moment before it was read is not trusted, since it may
// change again within the grain of its times; nor is its directory's
// fingerprint.
func TestRacyFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "one"})
	l, err := Walk(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	changed := time.Unix(0, max(l.files[0].ctime, l.files[0].mtime))
	to := Target{"log", "p/d"}
	for _, tt := range []struct {
		after time.Duration
		read  int // by the next scan
	}{{0, 1}, {settleTime - time.Millisecond, 1}, {settleTime, 0}} {
		o := Options{Dir: dir, Cache: t.TempDir(), now: func() time.Time { return changed.Add(tt.after) }}
		m, _ := scan(t, o)
		if err := m.Remember(to, gov.Digest{1}); err != nil {
			t.Fatal(err)
		}
		p, ok := LastPush(o.Cache, to)
		if !ok || p.Same(l) != (tt.read == 0) {
			t.Errorf("%v after the change: remembered %t, the same %t", tt.after, ok, ok && p.Same(l))
		}
		if _, read := reads(t, o); read != tt.read {
			t.Errorf("%v after the change: %d files read again, want %d", tt.after, read, tt.read)
		}
	}
}

// A file that is not the one that was walked is a record as it was read, but
// the cache must not take it for the one that was walked.
func TestMovedSinceWalk(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "one"})
	o := Options{Dir: dir, Cache: t.TempDir(), now: later}
	l, err := Walk(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"a": "other"})
	m, err := l.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m.items[0].size != 5 || m.settled {
		t.Errorf("size %d, settled %t", m.items[0].size, m.settled)
	}
	if _, read := reads(t, o); read != 1 {
		t.Errorf("%d files read again, want 1", read)
	}
}

// A damaged cache is none.
func TestDamagedCache(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "one", "b": tinyPNG(3)})
	o := Options{Dir: dir, Cache: t.TempDir(), now: later}
	want, _ := reads(t, o)
	entries, err := os.ReadDir(o.Cache)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d files in the cache, %v", len(entries), err)
	}
	path := filepath.Join(o.Cache, entries[0].Name())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		damaged := append([]byte{}, whole...)
		damaged[i] ^= 4
		for _, b := range [][]byte{damaged, whole[:i]} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			got, read := reads(t, o)
			if d := cmp.Diff(want, got); d != "" || read != 2 {
				t.Fatalf("byte %d: %d files read, %s", i, read, d)
			}
		}
	}
}

// A cache that cannot be written is a warning.
func TestCacheNotWritable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"d/a": "one", "file": "x"})
	m, records := scan(t, Options{Dir: filepath.Join(dir, "d"), Cache: filepath.Join(dir, "file"), now: later})
	if m.CacheErr == nil || len(records) != 1 {
		t.Errorf("%v, %d records", m.CacheErr, len(records))
	}
}

// What was read before a scan was stopped need not be read again.
func TestCacheAfterCancel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"})
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Dir: dir, Cache: t.TempDir(), Workers: 1, now: later, Progress: func(done, _ int, _ int64) {
		if done == 3 {
			cancel()
		}
	}}
	if _, err := Scan(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, read := reads(t, o); read != 1 {
		t.Errorf("%d files read, want the one that was left", read)
	}
	if left, err := filepath.Glob(filepath.Join(o.Cache, "new-*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
