package ctl

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	govdv1 "govd/proto/govd/v1"
)

func TestLocal(t *testing.T) {
	for addr, want := range map[string]bool{
		"unix:/run/govd.sock": true, "unix:x": true, "127.0.0.1:1": true, "127.8.8.8:1": true, "[::1]:1": true, "localhost:1": true,
		"10.0.0.1:1": false, "example.org:1": false, "localhost.example.org:1": false, "[::]:1": false, "0.0.0.0:1": false, "": false,
	} {
		if got := local(addr); got != want {
			t.Errorf("local(%q) = %t", addr, got)
		}
	}
}

// Off this host there is no plain text, whatever the target says.
func TestCredentials(t *testing.T) {
	for _, test := range []struct {
		t      target
		secure bool
	}{
		{target{Addr: "unix:/s"}, false},
		{target{Addr: "127.0.0.1:1"}, false},
		{target{Addr: "127.0.0.1:1", ServerName: "x"}, true},
		{target{Addr: "data.example.org:1"}, true},
		{target{Addr: "10.0.0.1:1"}, true},
	} {
		creds, secure, err := test.t.credentials()
		if err != nil || secure != test.secure || (creds.Info().SecurityProtocol == "tls") != test.secure {
			t.Errorf("%+v: secure %t, %v, want %t", test.t, secure, err, test.secure)
		}
	}
	if _, _, err := (target{Addr: "h:1", Cert: "only"}).credentials(); err == nil {
		t.Error("a certificate without its key was taken")
	}
}

func TestTarget(t *testing.T) {
	dir := t.TempDir()
	tokenFile := filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte(" from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := &config{path: filepath.Join(dir, "config.yaml")}
	saved.put(target{Name: "far", Addr: "far.example.org:1", Token: "far-token"})
	saved.put(target{Name: "near", Addr: "unix:/near", Token: "near-token"})
	if err := saved.save(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name        string
		env         map[string]string
		flags       target
		addr, token string
	}{
		{"the context in use", nil, target{}, "unix:/near", "near-token"},
		{"another context", nil, target{Name: "far"}, "far.example.org:1", "far-token"},
		{"no context", map[string]string{"GOVCTL_CONFIG": filepath.Join(dir, "none")}, target{}, defaultAddr, ""},
		{"addr wins over all", map[string]string{"GOVCTL_ADDR": "unix:/env"}, target{Addr: "unix:/flag"}, "unix:/flag", "near-token"},
		{"environment over context", map[string]string{"GOVCTL_ADDR": "unix:/env"}, target{}, "unix:/env", "near-token"},
		{"token over file and context", map[string]string{"GOVCTL_TOKEN": "t", "GOVCTL_TOKEN_FILE": tokenFile}, target{}, "unix:/near", "t"},
		{"file over context", map[string]string{"GOVCTL_TOKEN_FILE": tokenFile}, target{}, "unix:/near", "from-file"},
		{"a near token stays near", map[string]string{"GOVCTL_ADDR": "far.example.org:1"}, target{}, "far.example.org:1", ""},
		{"a far token goes nowhere else", nil, target{Name: "far", Addr: "other.example.org:1"}, "other.example.org:1", ""},
		{"not even here", nil, target{Name: "far", Addr: "127.0.0.1:1"}, "127.0.0.1:1", ""},
		{"given by hand it goes along", map[string]string{"GOVCTL_TOKEN": "t"}, target{Addr: "other.example.org:1"}, "other.example.org:1", "t"},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := map[string]string{"GOVCTL_CONFIG": saved.path}
			for name, value := range test.env {
				env[name] = value
			}
			a := envApp(env)
			a.flags = test.flags
			got, err := a.target()
			if err != nil || got.Addr != test.addr || got.Token != test.token {
				t.Errorf("addr %q token %q, %v, want %q %q", got.Addr, got.Token, err, test.addr, test.token)
			}
		})
	}
}

// serveNothing runs a gRPC server without services at a socket.
func serveNothing(t *testing.T) (addr string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "govctl") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer()
	var served sync.WaitGroup
	served.Go(func() { srv.Serve(l) })
	t.Cleanup(func() {
		srv.Stop()
		served.Wait()
		os.RemoveAll(dir)
	})
	return "unix:" + filepath.Join(dir, "s")
}

// A server that went away is asked again, one that refuses is not, and one that
// never answered is not waited for.
func TestRetry(t *testing.T) {
	away := status.Error(codes.Unavailable, "away")
	for _, test := range []struct {
		name     string
		answered bool
		answers  []error // the last is repeated
		calls    int
		want     codes.Code
	}{
		{"away once", true, []error{away, nil}, 2, codes.OK},
		{"refused", true, []error{status.Error(codes.Aborted, "moved"), nil}, 1, codes.Aborted},
		{"away, then refused", true, []error{away, status.Error(codes.Aborted, "moved")}, 2, codes.Aborted},
		{"never there", false, []error{away, nil}, 1, codes.Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := testApp(screen{})
			defer a.close()
			c, err := a.dial(target{Addr: serveNothing(t)})
			if err != nil {
				t.Fatal(err)
			}
			c.link.answered.Store(test.answered)
			calls := 0
			err = c.link.retry(context.Background(), func(context.Context) error {
				calls++
				return test.answers[min(calls, len(test.answers))-1]
			})
			if calls != test.calls {
				t.Errorf("%d calls, want %d", calls, test.calls)
			}
			if test.want == codes.Unavailable {
				if complaintOf(err).exit != exitUnreachable {
					t.Errorf("err = %v, want unreachable", err)
				}
			} else if status.Code(err) != test.want {
				t.Errorf("err = %v, want %v", err, test.want)
			}
		})
	}
}

// The link notes that a server answers, though this one knows no method.
func TestAnswered(t *testing.T) {
	a, _ := testApp(screen{})
	defer a.close()
	c, err := a.dial(target{Addr: serveNothing(t)})
	if err != nil {
		t.Fatal(err)
	}
	if c.link.answered.Load() {
		t.Error("answered before it was asked")
	}
	_, err = c.GetStatus(context.Background(), &govdv1.GetStatusRequest{})
	if status.Code(err) != codes.Unimplemented || !c.link.answered.Load() {
		t.Errorf("answered %t, err %v", c.link.answered.Load(), err)
	}
}

// Who is not reached is named, with why and what to do, at once.
func TestUnreachable(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // speaks something else
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for conn, err := silent.Accept(); err == nil; conn, err = silent.Accept() {
			conn.Close()
		}
	})
	defer served.Wait()
	defer silent.Close()
	addr := silent.Addr().String()
	for _, test := range []struct {
		name        string
		t           target
		words, hint string
	}{
		{"no socket", target{Addr: "unix:/nowhere/s"}, "no server at unix:/nowhere/s: no such file or directory", "govd serve"},
		{"something else", target{Addr: addr}, addr + " does not speak as a govd: ", "--ca"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := testApp(screen{})
			defer a.close()
			c, err := a.dial(test.t)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.GetStatus(context.Background(), &govdv1.GetStatusRequest{})
			got, hints := complaintOf(err), strings.Join(hintsOf(err), "; ")
			if got.exit != exitUnreachable || got.reason != "UNREACHABLE" || !strings.HasPrefix(got.words, test.words) || !strings.Contains(hints, test.hint) {
				t.Errorf("got %+v, hints %q, want %q, %q", got, hints, test.words, test.hint)
			}
		})
	}
}
