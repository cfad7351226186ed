package daemon

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// Nobody but the owner can look into what the first start makes.
func TestFirstStartIsPrivate(t *testing.T) {
	d := newDir(t)
	r := start(t, onSocket(d))
	want := map[string]fs.FileMode{
		".": fs.ModeDir | 0o700, "govd.db": 0o600, "govd.key": 0o600, "govd.sock": fs.ModeSocket | 0o600, "bootstrap-token": 0o600, "scratch": fs.ModeDir | 0o700,
	}
	checkModes(t, d, want)
	r.admin()
	r.end()
	delete(want, "bootstrap-token")
	delete(want, "govd.sock")
	want["anchor"] = 0o600
	checkModes(t, d, want)
	sound(t, d)
}

func checkModes(t *testing.T, d Dir, want map[string]fs.FileMode) {
	t.Helper()
	seen := 0
	must(t, filepath.WalkDir(string(d), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(string(d), path)
		info, err := e.Info()
		if mode, known := want[name]; !known || info.Mode() != mode {
			t.Errorf("%s has the mode %v, want %v", name, info.Mode(), mode)
		}
		seen++
		return err
	}))
	if seen != len(want) {
		t.Errorf("the directory holds %d things, want %v", seen, want)
	}
}

func TestOthersCanLookIn(t *testing.T) {
	d := newDir(t)
	filled(t, d, 0)
	must(t, os.Chmod(string(d), 0o750))
	refused(t, onSocket(d), "can be read by others", "chmod 700")
	must(t, os.Chmod(string(d), 0o700))
	must(t, os.Chmod(d.Key(), 0o640))
	refused(t, onSocket(d), d.Key(), "can be read by others", "chmod 600")
	must(t, os.Chmod(d.Key(), 0o600))
	start(t, onSocket(d)).end()
}

// A directory is served, restored into or compacted by one process at a time.
func TestDirectoryIsHeld(t *testing.T) {
	d := newDir(t)
	r := start(t, onSocket(d))
	refused(t, onSocket(d), string(d), "in use by another govd")
	_, err := Restore(t.Context(), d.Store(), d, "", good)
	if !errors.Is(err, gov.Conflict) {
		t.Errorf("restore into a served directory: %v", err)
	}
	if _, _, err := Compact(t.Context(), d, func(string) error { return nil }); !errors.Is(err, gov.Conflict) {
		t.Errorf("compact of a served directory: %v", err)
	}
	r.admin() // the first one goes on
	r.end()
	_, _, err = Compact(t.Context(), d, func(string) error {
		refused(t, onSocket(d), "in use by another govd")
		return nil
	})
	must(t, err)
}

// Starts that what a killed start left must not prevent.
func TestStartGoesOnAfterAKill(t *testing.T) {
	for name, left := range map[string]func(t *testing.T, d Dir){
		"a key and no store":      func(t *testing.T, d Dir) { _, err := d.makeKey("a.example"); must(t, err) },
		"half a key":              func(t *testing.T, d Dir) { must(t, os.WriteFile(d.Key()+".new", []byte("PRIV"), 0o600)) },
		"half a store":            func(t *testing.T, d Dir) { must(t, os.Mkdir(string(d)+"/.govd.db-123", 0o700)) },
		"half a backup":           func(t *testing.T, d Dir) { must(t, os.MkdirAll(d.Scratch()+"/backup-1", 0o700)) },
		"half a compacted store":  func(t *testing.T, d Dir) { must(t, os.WriteFile(d.compacting(), nil, 0o600)) },
		"a dead daemon's socket":  func(t *testing.T, d Dir) { must(t, os.WriteFile(d.Socket(), nil, 0o600)) },
		"an old bootstrap token":  func(t *testing.T, d Dir) { must(t, os.WriteFile(d.BootstrapToken(), []byte("govd_boot_"), 0o600)) },
		"half an anchor and none": func(t *testing.T, d Dir) { must(t, os.WriteFile(d.Anchor()+".new", []byte("go"), 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t)
			must(t, os.Mkdir(string(d), 0o700))
			left(t, d)
			filled(t, d, 1)
			sound(t, d)
			for _, path := range []string{d.compacting(), d.Scratch() + "/backup-1", string(d) + "/.govd.db-123"} {
				if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is still there (%v)", path, err)
				}
			}
		})
	}
}

// What lies in the directory and is none of ours stays.
func TestTidyKeepsStrangers(t *testing.T) {
	d := newDir(t)
	must(t, os.Mkdir(string(d), 0o700))
	for _, name := range []string{"backup-2026.db", "govd.db.old", "notes"} {
		must(t, os.WriteFile(filepath.Join(string(d), name), []byte(name), 0o600))
	}
	start(t, onSocket(d)).end()
	for _, name := range []string{"backup-2026.db", "govd.db.old", "notes"} {
		if b, err := os.ReadFile(filepath.Join(string(d), name)); err != nil || string(b) != name {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// A store that is not one is refused in words, and left as it is.
func TestGarbage(t *testing.T) {
	for name, c := range map[string]struct {
		path  func(Dir) string
		bytes []byte
		why   string
	}{
		"store of text":   {Dir.Store, bytes.Repeat([]byte("not a store "), 5000), "govd.db"},
		"store of zeros":  {Dir.Store, make([]byte, 64<<10), "govd.db"},
		"short store":     {Dir.Store, []byte("x"), "govd.db"},
		"key of text":     {Dir.Key, []byte("not a key"), "govd.key"},
		"empty key":       {Dir.Key, nil, "govd.key"},
		"anchor of text":  {Dir.Anchor, []byte("not an anchor"), "anchor"},
		"anchor unsigned": {Dir.Anchor, []byte("a.example\n1\nAAAA\n\n— a.example AAAA\n"), "anchor"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t)
			filled(t, d, 0)
			path := c.path(d)
			must(t, os.WriteFile(path, c.bytes, 0o600))
			refused(t, onSocket(d), c.why)
			if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, c.bytes) {
				t.Errorf("%s has been changed (%v)", path, err)
			}
		})
	}
}

// What is missing is not made anew where it would hide a loss.
func TestSomethingIsMissing(t *testing.T) {
	d := newDir(t)
	filled(t, d, 0)
	must(t, os.Rename(d.Key(), d.Key()+".away"))
	refused(t, onSocket(d), "no signing key", "govd restore")
	must(t, os.Rename(d.Key()+".away", d.Key()))

	must(t, os.Rename(d.Store(), d.Store()+".away"))
	refused(t, onSocket(d), "had a store, which is gone", "restore")
	if _, err := os.Lstat(d.Store()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a new store has been made (%v)", err)
	}
	must(t, os.Rename(d.Store()+".away", d.Store()))
	start(t, onSocket(d)).end()
}

func TestSocketPathIsTooLong(t *testing.T) {
	d := Dir(filepath.Join(string(newDir(t)), strings.Repeat("x", 100)))
	refused(t, onSocket(d), "unix socket", "shorter path")
}

func TestHealthIsOpenAndNothingElse(t *testing.T) {
	r := start(t, onSocket(newDir(t)))
	c := r.as("")
	resp, err := healthpb.NewHealthClient(c.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	must(t, err)
	if resp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health is %v", resp.GetStatus())
	}
	_, err = c.GetStatus(t.Context(), &govdv1.GetStatusRequest{})
	wantCode(t, err, codes.Unauthenticated)
	// The caller runs as the owner of the directory, and still is nobody.
	_, err = c.CreateProject(t.Context(), &govdv1.CreateProjectRequest{RequestId: request(), Name: "p"})
	wantCode(t, err, codes.Unauthenticated)
	_, err = bootstrapWith(t, c)
	wantCode(t, err, codes.Unauthenticated)
}
