package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"govctl": main})
}

// TestScripts tells the stories in testdata/script, each against a real govd of
// its own. A story finds the daemon's data in $DATA; besides govctl it has the
// commands below.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("govd needs unix sockets with owners")
	}
	govd := buildGovd(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return startGovd(env, govd) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"json":    jsonCmd,
			"png":     pngCmd,
			"cut":     cutCmd,
			"flip":    flipCmd,
			"replace": replaceCmd,
			"mode":    modeCmd,
			"signed":  signedCmd,
			"line":    lineCmd,
			"judge":   judgeCmd,
		},
	})
}

// buildGovd builds the daemon as users do.
func buildGovd(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "govd")
	out, err := exec.Command("go", "build", "-o", path, "govd/cmd/govd").CombinedOutput()
	if err != nil {
		t.Fatalf("building govd: %v\n%s", err, out)
	}
	return path
}

// startGovd starts a daemon for one story and stops it when that has ended. The
// data directory is not in $WORK, whose path may be too long for a socket.
func startGovd(env *testscript.Env, govd string) error {
	data, err := os.MkdirTemp("", "govd")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(data) })
	socket := filepath.Join(data, "govd.sock")
	cmd := exec.Command(govd, "serve", "-data", data, "-listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	log := make(chan []byte, 1)
	ready := make(chan bool, 1)
	go func() { log <- follow(stderr, func() { ready <- answers(socket) }) }()
	env.Defer(func() {
		cmd.Process.Signal(os.Interrupt)
		all := <-log
		if err := cmd.Wait(); err != nil {
			env.T().Fatal(fmt.Sprintf("govd ended with %v:\n%s", err, all))
		}
	})
	if !<-ready {
		return fmt.Errorf("govd does not serve %s", socket)
	}
	for name, value := range map[string]string{
		"DATA":            data,
		"GOVCTL_ADDR":     "unix:" + socket,
		"GOVCTL_CONFIG":   filepath.Join(env.WorkDir, "config.yaml"),
		"HOME":            filepath.Join(env.WorkDir, "home"),
		"GOVCTL_CACHE":    filepath.Join(env.WorkDir, "cache"),
		"XDG_CONFIG_HOME": filepath.Join(env.WorkDir, "config"),
	} {
		env.Setenv(name, value)
	}
	return nil
}

// follow reads the daemon's log to its end and calls first after the first
// line, which it writes when it serves or cannot.
func follow(r interface{ Read([]byte) (int, error) }, first func()) []byte {
	var all bytes.Buffer
	lines := bufio.NewScanner(r)
	for n := 0; lines.Scan(); n++ {
		all.Write(append(lines.Bytes(), '\n'))
		if n == 0 {
			first()
		}
	}
	if all.Len() == 0 {
		first()
	}
	return all.Bytes()
}

func answers(socket string) bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// jsonCmd sets a variable to a field of the last command's JSON, or compares it:
//
//	json VAR field
//	json field = value
func jsonCmd(ts *testscript.TestScript, neg bool, args []string) {
	field := args[len(args)-1]
	compare := len(args) == 3 && args[1] == "="
	if compare {
		field = args[0]
	}
	line, _, _ := bytes.Cut([]byte(ts.ReadFile("stdout")), []byte("\n"))
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var object map[string]any
	ts.Check(dec.Decode(&object))
	v, ok := object[field]
	if !ok {
		ts.Fatalf("no field %q in %s", field, line)
	}
	got := fmt.Sprint(v)
	switch {
	case !compare:
		ts.Setenv(args[0], got)
	case (got == args[2]) == neg:
		ts.Fatalf("%s is %q", field, got)
	}
}

// pngCmd draws a small image: png FILE SEED. The same seed gives the same bytes.
func pngCmd(ts *testscript.TestScript, _ bool, args []string) {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	ts.Check(err)
	r := rand.New(rand.NewPCG(seed, 0))
	m := image.NewRGBA(image.Rect(0, 0, 48, 32))
	for i := range 48 * 32 {
		m.Set(i%48, i/48, color.RGBA{uint8(r.Uint32()), uint8(i), uint8(seed), 255})
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, m))
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, b.Bytes(), 0o666))
}

// cutCmd cuts a file to its first bytes: cut FILE N.
func cutCmd(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// flipCmd flips a bit in the middle of a file: flip FILE.
func flipCmd(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o666))
}

// replaceCmd replaces a text that a file must hold: replace FILE OLD NEW.
func replaceCmd(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Contains(b, []byte(args[1])) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, bytes.Replace(b, []byte(args[1]), []byte(args[2]), 1), 0o666))
}

// modeCmd checks the permissions of a file: mode 600 FILE.
func modeCmd(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// signedCmd writes the statement and the signature of the last signed vote in
// the history that the last command printed as JSON: signed STATEMENT SIGNATURE.
func signedCmd(ts *testscript.TestScript, _ bool, args []string) {
	var last struct{ Statement, Signature string }
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		vote := last
		ts.Check(json.Unmarshal([]byte(line), &vote))
		if vote.Signature != "" {
			last = vote
		}
	}
	if last.Signature == "" {
		ts.Fatalf("no vote is signed")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(last.Statement), 0o666))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(last.Signature), 0o666))
}

// lineCmd writes words into a file: line FILE WORD...
func lineCmd(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], " ")+"\n"), 0o666))
}
