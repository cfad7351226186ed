package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// A Config is what a Server needs.
type Config struct {
	Service     *govern.Service
	Identify    func(context.Context) (Identity, error) // who a call comes from; returns gov.Unproven
	Log         *slog.Logger
	Version     string // of the program
	Origin      string // of the log
	VerifierKey string // of the log
	PageKey     []byte // seals page tokens
	Scratch     string // directory for backups on their way out
	Reflection  bool
	Bootstrap   func() // called once the first admin exists
	Now         func() time.Time
}

// Limits of what a stranger can make the server hold.
const (
	maxMessage = 4 << 20
	maxReply   = 8 << 20
	maxHeaders = 16 << 10
	maxStreams = 512 // on one connection
)

// New returns a gRPC server for one kind of transport. health is shared by all
// of them.
func New(cfg Config, transport credentials.TransportCredentials, state *health.Server) *grpc.Server {
	var us []grpc.UnaryServerInterceptor
	var ss []grpc.StreamServerInterceptor
	for _, l := range []layer{ // outermost first
		logCall(cfg.Log, cfg.Now),  // sees every call and its final code
		toStatus(cfg.Log),          // nothing inside it handles codes
		catchPanic,                 // makes a panic an error like any other
		known,                      // refuses methods without a row in the table
		identify(cfg),              // refuses callers it cannot name
		newRefusals(cfg.Now).layer, // slows down who is refused again and again
	} {
		us, ss = append(us, l.unary), append(ss, l.stream)
	}
	srv := grpc.NewServer(
		grpc.Creds(transport),
		grpc.ChainUnaryInterceptor(us...), grpc.ChainStreamInterceptor(ss...),
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxReply), grpc.MaxHeaderListSize(maxHeaders),
		grpc.MaxConcurrentStreams(maxStreams), grpc.ConnectionTimeout(10*time.Second), grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: 5 * time.Minute, MaxConnectionAge: 30 * time.Minute, MaxConnectionAgeGrace: bulk, Time: time.Minute, Timeout: 20 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second}),
	)
	register(srv, cfg, state)
	return srv
}

func register(srv *grpc.Server, cfg Config, state *health.Server) {
	pages := pager{cfg.PageKey}
	v1.RegisterServerServiceServer(srv, &server{cfg: cfg})
	v1.RegisterPersonServiceServer(srv, &persons{svc: cfg.Service, pages: pages})
	v1.RegisterPolicyServiceServer(srv, &policies{svc: cfg.Service})
	v1.RegisterDatasetServiceServer(srv, &datasets{svc: cfg.Service, pages: pages})
	v1.RegisterVersionServiceServer(srv, &versions{svc: cfg.Service, pages: pages})
	v1.RegisterChangeServiceServer(srv, &changes{svc: cfg.Service, pages: pages})
	v1.RegisterRulesServiceServer(srv, &rules{svc: cfg.Service})
	v1.RegisterCheckServiceServer(srv, &checks{svc: cfg.Service, pages: pages})
	v1.RegisterStageServiceServer(srv, &stages{svc: cfg.Service})
	v1.RegisterKeyServiceServer(srv, &sshKeys{svc: cfg.Service})
	v1.RegisterIntakeServiceServer(srv, &intakes{svc: cfg.Service, pages: pages})
	v1.RegisterInspectionServiceServer(srv, &inspections{svc: cfg.Service, pages: pages})
	v1.RegisterRunServiceServer(srv, &runs{svc: cfg.Service, pages: pages})
	v1.RegisterModelServiceServer(srv, &models{svc: cfg.Service, pages: pages})
	v1.RegisterOutputServiceServer(srv, &outputs{svc: cfg.Service})
	v1.RegisterLineageServiceServer(srv, &lineages{svc: cfg.Service, pages: pages})
	v1.RegisterHoldServiceServer(srv, &holds{svc: cfg.Service, pages: pages})
	v1.RegisterEraseServiceServer(srv, &erasures{svc: cfg.Service, pages: pages})
	v1.RegisterAuditServiceServer(srv, &audits{svc: cfg.Service, pages: pages})
	v1.RegisterTrailServiceServer(srv, &trails{svc: cfg.Service})
	healthpb.RegisterHealthServer(srv, state)
	if cfg.Reflection {
		reflection.Register(srv)
	}
}

// server serves ServerService.
type server struct {
	v1.UnimplementedServerServiceServer
	cfg Config
}

func (s *server) Bootstrap(ctx context.Context, req *v1.BootstrapRequest) (*v1.BootstrapResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.Bootstrap{Name: req.GetName(), Rules: req.GetRules()}
	if in.Expires, err = timeFromProto(req.GetExpires()); err != nil {
		return nil, err
	}
	if in.Secret, err = secretFromProto(req.GetSecretDigest()); err != nil {
		return nil, err
	}
	done, err := s.cfg.Service.Bootstrap(ctx, c, in)
	if err != nil {
		return nil, err
	}
	s.cfg.Bootstrap()
	t := done.Event.Token
	return &v1.BootstrapResponse{Person: string(t.Person), TokenId: string(t.ID), Expires: timeToProto(t.Expires), AuditIndex: done.Index}, nil
}

func (s *server) GetStatus(ctx context.Context, _ *v1.GetStatusRequest) (*v1.GetStatusResponse, error) {
	st, err := s.cfg.Service.Status(ctx, reader(ctx))
	if err != nil {
		return nil, err
	}
	resp := &v1.GetStatusResponse{
		Version: s.cfg.Version, Origin: s.cfg.Origin, VerifierKey: s.cfg.VerifierKey, Checkpoint: string(st.Checkpoint), LogSize: st.LogSize,
		Person: personToProto(st.Person), Credential: string(st.Credential.ID), Expires: timeToProto(st.Credential.Expires),
	}
	for _, g := range st.Grants {
		resp.Roles = append(resp.Roles, string(g.Role)+" "+string(g.Place))
	}
	return resp, nil
}

// Backup copies the store into a scratch file and streams that, so that no
// transaction stays open while a client is slow.
func (s *server) Backup(req *v1.BackupRequest, stream grpc.ServerStreamingServer[v1.BackupResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.cfg.Scratch, "backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "govd.db")
	if _, err := s.cfg.Service.Backup(stream.Context(), c, path); err != nil {
		return err
	}
	return sendFile(path, stream)
}

// sendFile streams a file in pieces; the last one carries its digest.
func sendFile(path string, stream grpc.ServerStreamingServer[v1.BackupResponse]) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum, total := sha256.New(), uint64(info.Size())
	buf := make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(f, buf)
		if n > 0 {
			sum.Write(buf[:n])
			if err := stream.Send(&v1.BackupResponse{Data: buf[:n], Total: total}); err != nil {
				return err
			}
			total = 0
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return stream.Send(&v1.BackupResponse{Sha256: sum.Sum(nil)})
		}
		if err != nil {
			return err
		}
	}
}
