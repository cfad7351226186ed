package ctl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	govdv1 "govd/proto/govd/v1"
)

const defaultAddr = "unix:govd-data/govd.sock"

// A client calls every service of one govd.
type client struct {
	govdv1.ServerServiceClient
	govdv1.PersonServiceClient
	govdv1.PolicyServiceClient
	govdv1.DatasetServiceClient
	govdv1.VersionServiceClient
	govdv1.AuditServiceClient
	govdv1.TrailServiceClient
	govdv1.ChangeServiceClient
	govdv1.RulesServiceClient
	govdv1.KeyServiceClient
	govdv1.InspectionServiceClient
	govdv1.IntakeServiceClient
	govdv1.CheckServiceClient
	govdv1.StageServiceClient
	govdv1.RunServiceClient
	govdv1.ModelServiceClient
	govdv1.OutputServiceClient
	govdv1.LineageServiceClient
	govdv1.HoldServiceClient
	govdv1.EraseServiceClient

	target target
	link   *link
}

// connect returns the client of the server that flags, environment and context
// agree on. It does not wait for the server.
func (a *app) connect() (*client, error) {
	t, err := a.target()
	if err != nil {
		return nil, err
	}
	return a.dial(t)
}

// target says which server to call, and as whom.
func (a *app) target() (target, error) {
	config, err := a.loadConfig()
	if err != nil {
		return target{}, err
	}
	saved, err := config.get(a.flags.Name)
	if err != nil {
		return target{}, err
	}
	t := a.override(saved)
	token, err := a.envToken()
	if err != nil {
		return target{}, err
	}
	switch {
	case token != "":
		t.Token = token
	case t.Addr != saved.Addr && !(local(t.Addr) && local(saved.Addr)):
		t.Token = "" // a token is told to no other host than the one it is for
	}
	return t, nil
}

// override lays flags and environment over a saved context.
func (a *app) override(saved target) target {
	t := saved
	t.Addr = first(a.flags.Addr, a.getenv("GOVCTL_ADDR"), saved.Addr, defaultAddr)
	t.CA = first(a.flags.CA, saved.CA)
	t.Cert = first(a.flags.Cert, saved.Cert)
	t.Key = first(a.flags.Key, saved.Key)
	t.ServerName = first(a.flags.ServerName, saved.ServerName)
	return t
}

// first returns the first string that is not empty.
func first(options ...string) string {
	for _, s := range options {
		if s != "" {
			return s
		}
	}
	return ""
}

// envToken returns the token that the environment holds or names a file of.
func (a *app) envToken() (string, error) {
	if token := a.getenv("GOVCTL_TOKEN"); token != "" {
		return strings.TrimSpace(token), nil
	}
	path := a.getenv("GOVCTL_TOKEN_FILE")
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// absolute makes the socket's path of an address good from every directory.
func absolute(addr string) string {
	path, ok := strings.CutPrefix(addr, "unix:")
	if !ok {
		return addr
	}
	return "unix:" + absoluteFile(path)
}

func absoluteFile(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}

// local reports whether addr is on this host: only there may a token travel in
// plain text.
func local(addr string) bool {
	if strings.HasPrefix(addr, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// dial makes the client of t.
func (a *app) dial(t target) (*client, error) {
	network, name := "tcp", t.Addr
	if path, ok := strings.CutPrefix(t.Addr, "unix:"); ok {
		network, name = "unix", path
	} else if _, _, err := net.SplitHostPort(t.Addr); err != nil {
		return nil, usage("%q is not an address: want unix:PATH or host:port", t.Addr)
	}
	creds, secure, err := t.credentials()
	if err != nil {
		return nil, err
	}
	l := &link{addr: t.Addr}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(l.dialer(network, name, secure)),
		grpc.WithChainUnaryInterceptor(l.retryUnary),
		grpc.WithStatsHandler(l),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16 << 20)),
		grpc.WithDisableServiceConfig(),
	}
	if network == "unix" {
		options = append(options, grpc.WithAuthority("localhost"))
	}
	if t.Token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(t.Token)))
	}
	a.close()
	if a.conn, err = grpc.NewClient("passthrough:///"+name, options...); err != nil {
		return nil, err
	}
	l.conn = a.conn
	return clientOf(a.conn, t, l), nil
}

func clientOf(conn *grpc.ClientConn, t target, l *link) *client {
	return &client{
		govdv1.NewServerServiceClient(conn), govdv1.NewPersonServiceClient(conn), govdv1.NewPolicyServiceClient(conn),
		govdv1.NewDatasetServiceClient(conn), govdv1.NewVersionServiceClient(conn), govdv1.NewAuditServiceClient(conn),
		govdv1.NewTrailServiceClient(conn),
		govdv1.NewChangeServiceClient(conn), govdv1.NewRulesServiceClient(conn), govdv1.NewKeyServiceClient(conn), govdv1.NewInspectionServiceClient(conn), govdv1.NewIntakeServiceClient(conn),
		govdv1.NewCheckServiceClient(conn), govdv1.NewStageServiceClient(conn),
		govdv1.NewRunServiceClient(conn), govdv1.NewModelServiceClient(conn), govdv1.NewOutputServiceClient(conn), govdv1.NewLineageServiceClient(conn),
		govdv1.NewHoldServiceClient(conn), govdv1.NewEraseServiceClient(conn), t, l,
	}
}

// credentials returns TLS for every address but those on this host, where it is
// used if the target names certificates.
func (t target) credentials() (creds credentials.TransportCredentials, secure bool, err error) {
	if local(t.Addr) && t.CA == "" && t.Cert == "" && t.ServerName == "" {
		return insecure.NewCredentials(), false, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: t.ServerName}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, false, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, false, complain(exitError, "BAD_CERTIFICATE", "%s holds no certificate", t.CA)
		}
	}
	if (t.Cert == "") != (t.Key == "") {
		return nil, false, usage("--client-cert and --client-key go together")
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, false, complain(exitError, "BAD_CERTIFICATE", "%v", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), true, nil
}

// bearer is a token that goes along with every call. Whether the connection is
// safe for it has been settled before: see local and link.dialer.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (b bearer) RequireTransportSecurity() bool { return false }
