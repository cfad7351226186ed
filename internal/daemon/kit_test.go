package daemon

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"govd/internal/auth"
	"govd/internal/fsck"
	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// must ends the test if there is an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newDir names a data directory that is not there yet, with a path that is
// short enough for its socket.
func newDir(t testing.TB) Dir {
	t.Helper()
	above, err := os.MkdirTemp("", "govd")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(above) })
	return Dir(filepath.Join(above, "d"))
}

// onSocket is the configuration of a daemon that opens no port.
func onSocket(d Dir) Config {
	cfg := Default()
	cfg.Data, cfg.Listen = string(d), noTCP
	return cfg
}

// A lines is a log to look at.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// A running is a daemon in this process.
type running struct {
	t     testing.TB
	dir   Dir
	addrs []string
	log   *lines
	stop  func() error // waits until it has stopped; may be called again
	ended chan error   // gets what Run returns
}

// begin starts a daemon and waits until it serves or has failed.
func begin(t testing.TB, cfg Config) (*running, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, dir: Dir(cfg.Data), log: new(lines), ended: make(chan error, 1)}
	ready := make(chan []string, 1)
	go func() {
		r.ended <- Run(ctx, cfg, r.log.logger(), func(addrs []string) { ready <- addrs })
	}()
	r.stop = sync.OnceValue(func() error { cancel(); return <-r.ended })
	select {
	case r.addrs = <-ready:
		t.Cleanup(func() { r.stop() })
		return r, nil
	case err := <-r.ended:
		cancel()
		return nil, err
	}
}

// start starts a daemon that must serve.
func start(t testing.TB, cfg Config) *running {
	t.Helper()
	r, err := begin(t, cfg)
	must(t, err)
	return r
}

// refused starts a daemon that must not serve, and say why.
func refused(t testing.TB, cfg Config, why ...string) {
	t.Helper()
	r, err := begin(t, cfg)
	if err == nil {
		r.stop()
		t.Fatalf("it serves, and should not because: %q", why)
	}
	for _, words := range why {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("it says %q, not %q", err, words)
		}
	}
}

// end stops the daemon, which must go well.
func (r *running) end() {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Errorf("stop: %v", err)
	}
}

// An api calls every service of a daemon.
type api struct {
	govdv1.ServerServiceClient
	govdv1.PersonServiceClient
	govdv1.PolicyServiceClient
	govdv1.DatasetServiceClient
	govdv1.VersionServiceClient
	govdv1.AuditServiceClient
	conn *grpc.ClientConn
}

// dial calls an address with a token, or without one.
func dial(t testing.TB, addr string, creds credentials.TransportCredentials, token string) api {
	t.Helper()
	if strings.HasPrefix(addr, "/") {
		addr = "unix:" + addr
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(creds)}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	conn, err := grpc.NewClient(addr, options...)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return api{
		govdv1.NewServerServiceClient(conn), govdv1.NewPersonServiceClient(conn), govdv1.NewPolicyServiceClient(conn),
		govdv1.NewDatasetServiceClient(conn), govdv1.NewVersionServiceClient(conn), govdv1.NewAuditServiceClient(conn), conn,
	}
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (b bearer) RequireTransportSecurity() bool { return false }

// as calls the daemon's socket.
func (r *running) as(token string) api {
	r.t.Helper()
	return dial(r.t, r.addrs[0], insecure.NewCredentials(), token)
}

func request() string { return uuid.Must(uuid.NewV7()).String() }

// bootstrapWith makes the first admin, alice, and returns her token.
func bootstrapWith(t testing.TB, c api) (token string, err error) {
	t.Helper()
	secret := auth.NewSecret(rand.Reader)
	digest := auth.HashSecret(secret)
	resp, err := c.Bootstrap(t.Context(), &govdv1.BootstrapRequest{RequestId: request(), Name: "alice", SecretDigest: digest[:], Rules: []byte(looseRules)})
	if err != nil {
		return "", err
	}
	return auth.FormatToken(auth.PersonToken, gov.CredentialID(resp.GetTokenId()), secret), nil
}

// admin makes the first admin with the token that lies in the directory.
func (r *running) admin() (token string) {
	r.t.Helper()
	b, err := os.ReadFile(r.dir.BootstrapToken())
	must(r.t, err)
	token, err = bootstrapWith(r.t, r.as(strings.TrimSpace(string(b))))
	must(r.t, err)
	return token
}

// project makes a project, which is one entry of the log.
func (c api) project(t testing.TB, name string) {
	t.Helper()
	_, err := c.CreateProject(t.Context(), &govdv1.CreateProjectRequest{RequestId: request(), Name: name})
	must(t, err)
}

func (c api) status(t testing.TB) *govdv1.GetStatusResponse {
	t.Helper()
	st, err := c.GetStatus(t.Context(), &govdv1.GetStatusRequest{})
	must(t, err)
	return st
}

// wantCode fails the test unless the error has the code.
func wantCode(t testing.TB, err error, want codes.Code) {
	t.Helper()
	if codeOf(err) != want {
		t.Errorf("the answer is %v, want %v", err, want)
	}
}

// sound checks that a stopped daemon's directory has no fault.
func sound(t testing.TB, d Dir) fsck.Summary {
	t.Helper()
	sum, err := fsck.Check(context.Background(), d.Store(), t.Errorf, func(string) {})
	if err != nil {
		t.Errorf("fsck: %v", err)
	}
	if err := CheckAnchor(context.Background(), d.Store(), d); err != nil {
		t.Errorf("anchor: %v", err)
	}
	return sum
}

// filled makes a data directory with an admin, so many projects and nobody
// serving it.
func filled(t testing.TB, d Dir, projects int) (token string) {
	t.Helper()
	r := start(t, onSocket(d))
	token = r.admin()
	for i := range projects {
		r.as(token).project(t, fmt.Sprint("p", i))
	}
	r.end()
	return token
}

// copyFile copies a file over another.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	must(t, err)
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err)
	must(t, out.Close())
}

// tokenOf makes a token of a person's.
func (c api) tokenOf(t testing.TB, person string) string {
	t.Helper()
	secret := auth.NewSecret(rand.Reader)
	digest := auth.HashSecret(secret)
	resp, err := c.CreateToken(t.Context(), &govdv1.CreateTokenRequest{RequestId: request(), Person: person, SecretDigest: digest[:]})
	must(t, err)
	return auth.FormatToken(auth.KindOf(gov.PersonID(resp.GetPerson())), gov.CredentialID(resp.GetId()), secret)
}

func codeOf(err error) codes.Code { return status.Code(err) }

// looseRules let one person hold every role, which the rules that govd comes
// with keep apart.
const looseRules = `{"stages":{"1":{},"2":{},"3":{},"4":{},"5":{}},"vote_life":"14d","change_life":"30d","rule_need":1,"rule_delay":"1h"}`
