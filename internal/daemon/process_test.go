package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/grpc/credentials/insecure"
)

// binary builds govd once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "govd-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "govd")
	if out, err := exec.Command("go", "build", "-o", path, "govd/cmd/govd").CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("%w\n%s", err, out), os.RemoveAll(dir))
	}
	return path, nil
})

var built bool

func govd(t testing.TB) string {
	t.Helper()
	path, err := binary()
	must(t, err)
	built = true
	return path
}

// TestMain removes the binary again.
func TestMain(m *testing.M) {
	code := m.Run()
	if built {
		path, _ := binary()
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// A process is the real daemon.
type process struct {
	t      testing.TB
	dir    Dir
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{} // closed when it has
	err    error         // how
}

// spawn starts the daemon on the unix socket alone. before are the words that
// its command line follows, such as another program's that runs it.
func spawn(t testing.TB, d Dir, before ...string) *process {
	t.Helper()
	words := append(before, govd(t), "serve", "-data", string(d), "-listen", "none")
	p := &process{t: t, dir: d, cmd: exec.Command(words[0], words[1:]...), ended: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	must(t, p.cmd.Start())
	go func() { p.err = p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() { p.kill() })
	return p
}

// await waits until the daemon takes connections.
func (p *process) await() {
	p.t.Helper()
	for {
		c, err := net.Dial("unix", p.dir.Socket())
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-p.ended:
			p.t.Fatalf("govd has ended (%v):\n%s", p.err, p.stderr.String())
		default:
			runtime.Gosched()
		}
	}
}

// kill ends the process where it stands.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the process in good order.
func (p *process) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	if p.err != nil {
		p.t.Errorf("govd has ended with %v:\n%s", p.err, p.stderr.String())
	}
}

func (p *process) as(token string) api {
	p.t.Helper()
	return dial(p.t, p.dir.Socket(), insecure.NewCredentials(), token)
}
