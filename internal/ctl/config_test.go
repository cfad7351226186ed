package ctl

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// envApp is an app whose environment is vars.
func envApp(vars map[string]string) *app {
	a, _ := testApp(screen{})
	a.getenv = func(name string) string { return vars[name] }
	return a
}

func TestConfigKeepsContexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	a := envApp(map[string]string{"GOVCTL_CONFIG": path})
	c, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	bob := target{Name: "bob", Addr: "h:1", Token: "secret", CA: "ca", Cert: "cert", Key: "key", ServerName: "n", VerifierKey: "v"}
	c.put(bob)
	c.put(target{Name: "alice", Addr: "unix:/s"})
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	again, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if again.Current != "alice" || len(again.Contexts) != 2 {
		t.Errorf("read back %+v", again)
	}
	if got, err := again.get("bob"); err != nil || got != bob {
		t.Errorf("get(bob) = %v, %v", cmp.Diff(bob, got), err)
	}
	if _, err := again.get("carol"); !errors.Is(err, gov.NotFound) {
		t.Errorf("get(carol) = %v, want not found", err)
	}
	again.remove("alice")
	if again.Current != "" || len(again.Contexts) != 1 {
		t.Errorf("after the current context was removed: %+v", again)
	}
}

func TestConfigIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	c := &config{path: path, Current: "x"}
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
	a := envApp(map[string]string{"GOVCTL_CONFIG": path})
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := a.loadConfig(); err == nil || complaintOf(err).reason != "OPEN_TO_OTHERS" {
			t.Errorf("a file of mode %v: %v, want OPEN_TO_OTHERS", mode, err)
		}
	}
}

func TestConfigRefusesWhatItDoesNotKnow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	a := envApp(map[string]string{"GOVCTL_CONFIG": path})
	for text, ok := range map[string]bool{"": true, "current: x\n": true, "curent: x\n": false, "[": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.loadConfig(); (err == nil) != ok {
			t.Errorf("config %q: %v", text, err)
		}
	}
}

func TestFreeName(t *testing.T) {
	c := &config{Contexts: []target{{Name: "a", Addr: "x"}, {Name: "a-2", Addr: "y"}}}
	for addr, want := range map[string]string{"x": "a", "y": "a-2", "z": "a-3"} {
		if got := c.freeName("a", addr); got != want {
			t.Errorf("freeName(a, %s) = %s, want %s", addr, got, want)
		}
	}
}

// A file is replaced in whole or not at all, and nothing is left behind.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	say := func(s string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			io.WriteString(w, s)
			return err
		}
	}
	if err := writeFile(path, 0o600, say("one", nil)); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	if err := writeFile(path, 0o600, say("two", boom)); !errors.Is(err, boom) {
		t.Errorf("err = %v, want boom", err)
	}
	if b, err := os.ReadFile(path); string(b) != "one" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if err := writeFile(path, 0o600, say("three", nil)); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); string(b) != "three" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
