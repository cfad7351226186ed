package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"govd/internal/daemon"
)

// A result is what a command has done.
type result struct {
	status      int
	out, errors string
}

func call(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, &out, &errs)
	return result{status, out.String(), errs.String()}
}

// want checks the status, and words of stdout and stderr.
func (r result) want(t *testing.T, status int, out, errors string) {
	t.Helper()
	if r.status != status || !regexp.MustCompile(out).MatchString(r.out) || !regexp.MustCompile(errors).MatchString(r.errors) {
		t.Errorf("status %d, want %d; it prints %q, want %q; and says %q, want %q", r.status, status, r.out, out, r.errors, errors)
	}
}

// A served is a daemon that run serves.
type served struct {
	stderr *watched
	stop   func() int
}

// watched tells when a daemon serves or has ended.
type watched struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{}
	once  sync.Once
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if strings.Contains(w.text.String(), `"msg":"serving"`) {
		w.once.Do(func() { close(w.ready) })
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// serving runs govd serve until stop is called.
func serving(t *testing.T, args ...string) served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{ready: make(chan struct{})}
	status := make(chan int, 1)
	go func() { status <- run(ctx, append([]string{"serve"}, args...), io.Discard, w) }()
	s := served{w, sync.OnceValue(func() int { cancel(); return <-status })}
	select {
	case <-w.ready:
		t.Cleanup(func() { s.stop() })
	case code := <-status:
		t.Fatalf("govd serve ends with %d: %s", code, w)
	}
	return s
}

// dir names a data directory that is not there yet.
func dir(t *testing.T) string {
	t.Helper()
	above, err := os.MkdirTemp("", "govd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(above) })
	return filepath.Join(above, "d")
}

// filled makes a data directory that nobody serves.
func filled(t *testing.T) string {
	t.Helper()
	d := dir(t)
	if code := serving(t, "-data", d, "-listen", "none").stop(); code != exitDone {
		t.Fatalf("govd serve ends with %d", code)
	}
	return d
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"help"}, {"-h"}, {"-help"}, {"--help"}} {
		r := call(t, args...)
		r.want(t, exitDone, "usage: govd COMMAND", "^$")
		for _, c := range commands() {
			r.want(t, exitDone, `(?m)^  `+c.name+" +"+regexp.QuoteMeta(c.short)+"$", "^$")
		}
	}
	for _, c := range commands() {
		call(t, c.name, "-help").want(t, exitDone, "^usage: govd "+regexp.QuoteMeta(strings.TrimSpace(c.name+" "+c.usage))+" *\n", "^$")
	}
}

// Each flag that a usage line names is one, and each flag is named there or is
// optional and says what it is.
func TestUsageNamesTheFlags(t *testing.T) {
	for _, c := range commands() {
		help := call(t, c.name, "-help").out
		for _, name := range regexp.MustCompile(`-[a-z]+`).FindAllString(c.usage, -1) {
			if !strings.Contains(help, "\n  "+name) {
				t.Errorf("govd %s has no flag %s:\n%s", c.name, name, help)
			}
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"frobnicate"}, `^govd: no command "frobnicate"\n`},
		{[]string{"serve", "here"}, `^govd serve: unexpected argument "here"\nusage: govd serve`},
		{[]string{"serve", "-port", "1"}, `not defined: -port\nusage: govd serve`},
		{[]string{"fsck"}, `^govd fsck: -data is needed\nusage: govd fsck -data DIR`},
		{[]string{"restore", "-data", "d"}, `^govd restore: -from is needed\n`},
		{[]string{"restore", "-from", "d"}, `^govd restore: -data is needed\n`},
		{[]string{"compact"}, `^govd compact: -data is needed\n`},
		{[]string{"version", "x"}, `^govd version: unexpected argument "x"\n`},
	} {
		call(t, c.args...).want(t, exitUsage, "^$", c.says)
	}
}

func TestVersion(t *testing.T) {
	call(t, "version").want(t, exitDone, `^govd \S+\n$`, "^$")
}

func TestServe(t *testing.T) {
	d := dir(t)
	s := serving(t, "-data", d, "-listen", "none")
	call(t, "serve", "-data", d, "-listen", "none").want(t, exitConflict, "^$", `^govd serve: \S+ is in use by another govd: stop that first\n$`)
	call(t, "fsck", "-data", d).want(t, exitConflict, "^$", `^govd fsck: \S+govd.db is held by another process`)
	call(t, "compact", "-data", d).want(t, exitConflict, "^$", `in use by another govd`)
	if code := s.stop(); code != exitDone {
		t.Errorf("it ends with %d", code)
	}
	if log := s.stderr.String(); !strings.Contains(log, `"msg":"stopped"`) || strings.Contains(log, "bootstrap NAME") {
		t.Errorf("to a program it says\n%s", log)
	}
	call(t, "serve", "-data", d, "-listen", ":1").want(t, exitError, "^$", "^govd serve: listen: :1 can be reached from other hosts")
}

// Flags win over the file.
func TestServeWithAFile(t *testing.T) {
	d := dir(t)
	file := filepath.Join(t.TempDir(), "govd.toml")
	text := "data = '" + d + "-elsewhere'\nlisten = 'none'\norigin = 'a.example/log'\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serving(t, "-config", file, "-data", d)
	s.stop()
	if log := s.stderr.String(); !strings.Contains(log, `"origin":"a.example/log"`) || !strings.Contains(log, `"data":"`+d+`"`) {
		t.Errorf("it says\n%s", log)
	}
	call(t, "serve", "-config", filepath.Join(d, "none.toml")).want(t, exitNotFound, "^$", "none.toml: no such file")
	if err := os.WriteFile(file, []byte("dta = 'x'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	call(t, "serve", "-config", file).want(t, exitError, "^$", `(?s)^govd serve: \S+govd.toml:.unknown key dta\n$`)
}

func TestFsck(t *testing.T) {
	d := filled(t)
	call(t, "fsck", "-data", d).want(t, exitDone, `^1 log entries, 0 versions, 0 records, 0 nodes, 0 outputs looked at\nno faults\n$`, "^$")
	call(t, "fsck", "-data", d+"/none").want(t, exitNotFound, "^$", `^govd fsck: no store at \S+/none/govd.db\n$`)
}

// A store whose bytes have changed, or that does not fit its directory, is
// found out: status 7.
func TestFsckFindsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, d daemon.Dir)
		says   string
	}{
		"an entry is changed":     {func(t *testing.T, d daemon.Dir) { change(t, d.Store(), `"do":"server.create"`, `"do":"server.CREATE"`) }, "(?m)^fault: log: "},
		"a bit of the checkpoint": {func(t *testing.T, d daemon.Dir) { change(t, d.Store(), "\n1\n", "\n2\n") }, "(?m)^fault: log: checkpoint: "},
		"the key is lost":         {func(t *testing.T, d daemon.Dir) { remove(t, d.Key()) }, "^fault: .*no signing key"},
		"the anchor is another's": {func(t *testing.T, d daemon.Dir) { copyOver(t, daemon.Dir(filled(t)).Anchor(), d.Anchor()) }, "^fault: the anchor: "},
	} {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			c.damage(t, daemon.Dir(d))
			call(t, "fsck", "-data", d).want(t, exitFailed, `(?m)^\d+ faults$`, c.says)
		})
	}
}

// change replaces bytes of a file wherever they are.
func change(t *testing.T, path, old, new string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(b, []byte(old)) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err == nil {
		err = os.WriteFile(path, bytes.ReplaceAll(b, []byte(old), []byte(new)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func copyOver(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRestore(t *testing.T) {
	from, to := daemon.Dir(filled(t)).Store(), dir(t)
	call(t, "restore", "-from", from, "-data", to, "-origin", "b.example/log").want(t, exitDone,
		`no faults\nrestored into \S+\n(.*\n)?b\.example/log\+[0-9a-f]{8}\+\S+\n$`, "^$")
	call(t, "fsck", "-data", to).want(t, exitDone, "^2 log entries", "^$")
	call(t, "restore", "-from", from, "-data", to).want(t, exitConflict, "^$", "is not empty: name a new directory")
	call(t, "restore", "-from", from+"x", "-data", dir(t)).want(t, exitNotFound, "^$", "no such file")

	change(t, from, `"do":"server.create"`, `"do":"server.CREATE"`)
	other := dir(t)
	call(t, "restore", "-from", from, "-data", other).want(t, exitFailed, `\d+ faults\n$`, "fault: ")
	if left, err := os.ReadDir(other); err != nil || len(left) > 0 {
		t.Errorf("a bad backup leaves %v (%v)", left, err)
	}
}

func TestCompact(t *testing.T) {
	d := filled(t)
	call(t, "compact", "-data", d).want(t, exitDone, `no faults\n\d+ bytes before, \d+ after\n$`, "^$")
	call(t, "fsck", "-data", d).want(t, exitDone, "no faults", "^$")
	change(t, daemon.Dir(d).Store(), `"do":"server.create"`, `"do":"server.CREATE"`)
	before, err := os.ReadFile(daemon.Dir(d).Store())
	if err != nil {
		t.Fatal(err)
	}
	call(t, "compact", "-data", d).want(t, exitFailed, `\d+ faults\n$`, "fault: ")
	if after, err := os.ReadFile(daemon.Dir(d).Store()); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a store with faults was replaced (%v)", err)
	}
	call(t, "compact", "-data", dir(t)).want(t, exitNotFound, "^$", "no such file")
}
