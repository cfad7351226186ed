package ctl

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	"govd/internal/store"
)

// A frail server calls die when it has made the first admin and has not said so
// yet. From then on its bootstrap token is worthless.
type frail struct {
	net.Listener
	kit   *govtest.Kit
	boot  auth.Secret
	token string // the bootstrap token
	die   func()

	mu    sync.Mutex
	done  bool // the first admin exists
	conns []net.Conn
}

func newFrail(t *testing.T) *frail {
	t.Helper()
	dir, err := os.MkdirTemp("", "govctl") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	f := &frail{kit: govtest.New(t), boot: auth.NewSecret(strings.NewReader(strings.Repeat("frail", 8)))}
	f.token = auth.FormatToken(auth.BootstrapToken, "", f.boot)
	if f.Listener, err = net.Listen("unix", filepath.Join(dir, "s")); err != nil {
		t.Fatal(err)
	}
	srv := f.kit.Serve(func(c *rpc.Config) { c.Identify, c.Bootstrap = f.identify, f.bootstrapped })
	var served sync.WaitGroup
	served.Go(func() { srv.GRPC.Serve(f) })
	t.Cleanup(func() {
		srv.GRPC.Stop()
		served.Wait()
	})
	return f
}

func (f *frail) Accept() (net.Conn, error) {
	conn, err := f.Listener.Accept()
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.conns = append(f.conns, conn)
	}
	return conn, err
}

func (f *frail) identify(ctx context.Context) (id rpc.Identity, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	md, _ := metadata.FromIncomingContext(ctx)
	boot := func(secret gov.Digest, _ time.Time) bool { return !f.done && f.boot.Is(secret) }
	err = f.kit.Store.View(ctx, func(tx *store.Tx) (err error) {
		id.Actor, id.Scope, err = auth.Resolve(auth.Presented{Authorization: md.Get("authorization")}, tx, boot, f.kit.Clock.Now())
		return err
	})
	return id, err
}

func (f *frail) bootstrapped() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = true
	f.die()
}

// hangUp ends all connections, as a process that dies does.
func (f *frail) hangUp() {
	for _, conn := range f.conns {
		conn.Close()
	}
}

// holds reports whether a token is that of the first admin.
func (f *frail) holds(token string) bool {
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer "+token))
	id, err := f.identify(ctx)
	return err == nil && id.Actor.Person == firstPerson && id.Actor.Credential == firstToken
}

var patForm = regexp.MustCompile(`govd_pat_\w+`)

// The first admin gets in although the answer was lost: nobody else ever could.
func TestBootstrapAnswerLost(t *testing.T) {
	for _, test := range []struct {
		name   string
		die    func(f *frail, interrupt func())
		token  string // instead of the server's
		exit   int
		stderr string // holds this
		saved  bool   // the token is in the context
		told   bool   // or on stderr
	}{
		{name: "answered", die: func(*frail, func()) {}, saved: true},
		{name: "died and came back", die: func(f *frail, _ func()) { f.hangUp() }, saved: true},
		{name: "interrupted", die: func(_ *frail, interrupt func()) { interrupt() }, exit: exitError, stderr: "INTERRUPTED", told: true},
		{name: "a forged token", token: auth.FormatToken(auth.BootstrapToken, "", auth.Secret{}), exit: exitRefused, stderr: "a bootstrap token is good for a day"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFrail(t)
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			f.die = func() { test.die(f, interrupt) }
			env := map[string]string{"GOVCTL_CONFIG": filepath.Join(t.TempDir(), "c.yaml"), "GOVCTL_TOKEN": first(test.token, f.token)}
			var out, stderr bytes.Buffer
			exit := Run(ctx, []string{"bootstrap", "alice", "--addr", "unix:" + f.Addr().String()}, func(name string) string { return env[name] }, &out, &out, &stderr)
			if exit != test.exit || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit %d, want %d: %s", exit, test.exit, &stderr)
			}
			saved, _ := os.ReadFile(env["GOVCTL_CONFIG"])
			if got := f.holds(patForm.FindString(string(saved))); got != test.saved || got != (len(saved) > 0) {
				t.Errorf("saved %t, want %t: %s", got, test.saved, saved)
			}
			if got := f.holds(patForm.FindString(stderr.String())); got != test.told {
				t.Errorf("told %t, want %t: %s", got, test.told, &stderr)
			}
		})
	}
}
