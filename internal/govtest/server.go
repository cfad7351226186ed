package govtest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/rpc"
	"govd/internal/store"
	v1 "govd/proto/govd/v1"
)

// A Server serves a kit in memory, with all the layers of the real one. Callers
// prove who they are by their tokens.
type Server struct {
	*Kit
	GRPC   *grpc.Server
	Health *health.Server
	Log    *Log
	Booted int // how often the server was told that the first admin exists

	listener *bufconn.Listener
}

// Serve serves the kit. Options change the server's configuration.
func (k *Kit) Serve(options ...func(*rpc.Config)) *Server {
	k.t.Helper()
	s := &Server{Kit: k, Log: &Log{}, Health: health.NewServer(), listener: bufconn.Listen(1 << 20)}
	cfg := rpc.Config{
		Service: k.Service, Identify: k.identify, Log: slog.New(slog.NewJSONHandler(s.Log, nil)), Version: "v0.0.0-test", Origin: Origin,
		VerifierKey: k.Key, PageKey: []byte("page key of the tests"), Scratch: tempDir(k.t), Bootstrap: func() { s.Booted++ }, Now: k.Clock.Now,
	}
	for _, change := range options {
		change(&cfg)
	}
	s.GRPC = rpc.New(cfg, insecure.NewCredentials(), s.Health)
	served := make(chan error, 1)
	go func() { served <- s.GRPC.Serve(s.listener) }()
	k.t.Cleanup(func() {
		s.GRPC.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			k.t.Errorf("serve: %v", err)
		}
	})
	return s
}

// bootSecret is that of the bootstrap token.
var bootSecret = secret("boot", 0)

// identify proves who calls from the token alone.
func (k *Kit) identify(ctx context.Context) (id rpc.Identity, err error) {
	md, _ := metadata.FromIncomingContext(ctx)
	p := auth.Presented{Authorization: md.Get("authorization")}
	boot := func(secret gov.Digest, _ time.Time) bool { return secret == auth.HashSecret(bootSecret) }
	err = k.Store.View(ctx, func(tx *store.Tx) (err error) {
		id.Actor, id.Scope, err = auth.Resolve(p, tx, boot, k.Clock.Now())
		return err
	})
	return id, err
}

// Dial returns a connection to the server.
func (s *Server) Dial() (net.Conn, error) { return s.listener.Dial() }

// A Client makes calls as one person.
type Client struct {
	Conn        *grpc.ClientConn
	Server      v1.ServerServiceClient
	Persons     v1.PersonServiceClient
	Policy      v1.PolicyServiceClient
	Datasets    v1.DatasetServiceClient
	Versions    v1.VersionServiceClient
	Changes     v1.ChangeServiceClient
	Rules       v1.RulesServiceClient
	Keys        v1.KeyServiceClient
	Checks      v1.CheckServiceClient
	Stages      v1.StageServiceClient
	Inspections v1.InspectionServiceClient
	Intakes     v1.IntakeServiceClient
	Runs        v1.RunServiceClient
	Models      v1.ModelServiceClient
	Outputs     v1.OutputServiceClient
	Lineage     v1.LineageServiceClient
	Holds       v1.HoldServiceClient
	Erasures    v1.EraseServiceClient
	Audit       v1.AuditServiceClient
	Trails      v1.TrailServiceClient
}

// As returns a client that calls as the actor.
func (s *Server) As(a *Actor) *Client {
	s.t.Helper()
	return s.With(auth.FormatToken(a.Token.Kind, a.Token.ID, a.Token.Secret))
}

// Nobody returns a client that proves nothing.
func (s *Server) Nobody() *Client {
	s.t.Helper()
	return s.With("")
}

// Boot returns a client that has the bootstrap token.
func (s *Server) Boot() *Client {
	s.t.Helper()
	return s.With(auth.FormatToken(auth.BootstrapToken, "", bootSecret))
}

// With returns a client that has the token; none if it is "".
func (s *Server) With(token string) *Client {
	s.t.Helper()
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.listener.DialContext(ctx) }),
	}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	conn, err := grpc.NewClient("passthrough:///bufconn", options...)
	if err != nil {
		s.t.Fatalf("client: %v", err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &Client{
		Conn: conn, Server: v1.NewServerServiceClient(conn), Persons: v1.NewPersonServiceClient(conn), Policy: v1.NewPolicyServiceClient(conn),
		Datasets: v1.NewDatasetServiceClient(conn), Versions: v1.NewVersionServiceClient(conn), Changes: v1.NewChangeServiceClient(conn), Rules: v1.NewRulesServiceClient(conn), Keys: v1.NewKeyServiceClient(conn),
		Checks: v1.NewCheckServiceClient(conn), Stages: v1.NewStageServiceClient(conn), Audit: v1.NewAuditServiceClient(conn), Trails: v1.NewTrailServiceClient(conn),
		Inspections: v1.NewInspectionServiceClient(conn), Holds: v1.NewHoldServiceClient(conn), Erasures: v1.NewEraseServiceClient(conn),
		Intakes: v1.NewIntakeServiceClient(conn),
		Runs:    v1.NewRunServiceClient(conn), Models: v1.NewModelServiceClient(conn), Outputs: v1.NewOutputServiceClient(conn), Lineage: v1.NewLineageServiceClient(conn),
	}
}

// A bearer is a token on its way.
type bearer string

var _ credentials.PerRPCCredentials = bearer("")

// GetRequestMetadata returns the authorization header.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity says that the connection need not be encrypted: it
// is within the process.
func (bearer) RequireTransportSecurity() bool { return false }

// A Log keeps what a server logs. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns all lines.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
