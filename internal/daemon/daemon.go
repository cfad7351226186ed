package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"govd/internal/audit"
	"govd/internal/govern"
	"govd/internal/rpc"
	"govd/internal/store"
)

// gcPercent lets the heap grow to three times what lives before it is
// collected. What lives is small, and records come by the million: this takes a
// fifth off the CPU of registering them. GOGC in the environment wins.
const gcPercent = 200

// Version returns the program's version, from what the build says of itself.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}

// Run serves a data directory until ctx ends, then stops in good order. It
// calls ready with the addresses, the unix socket's first, once it serves.
func Run(ctx context.Context, cfg Config, log *slog.Logger, ready func(addrs []string)) (err error) {
	if err := cfg.Check(); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	d := Dir(cfg.Data)
	release, err := d.take()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	home, err := open(ctx, cfg, d)
	if errors.Is(err, context.Canceled) {
		return nil // told to stop before there was anything to stop
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.store.Close()) }()
	return home.serve(ctx, cfg, log, ready)
}

// A home is an open data directory.
type home struct {
	dir      Dir
	store    *store.Store
	svc      *govern.Service
	key      audit.Signer
	boot     *bootstrap
	anchored string // what the anchor file holds, as far as this process knows
}

// open opens the data directory, or fills it, and checks the log's end.
func open(ctx context.Context, cfg Config, d Dir) (*home, error) {
	old, err := d.has()
	if err != nil {
		return nil, err
	}
	openStore := store.Open
	if !old {
		openStore = store.Create
		// The key comes first: a crash between the two leaves a key and no store.
		if err := d.begin(cfg.Origin); err != nil {
			return nil, err
		}
	}
	h := &home{dir: d}
	if h.key, err = d.key(); err != nil {
		return nil, err
	}
	if err := d.tidy(); err != nil {
		return nil, err
	}
	if h.store, err = openStore(d.Store(), store.Options{Linger: cfg.linger()}); err != nil {
		return nil, err
	}
	if err := h.start(ctx); err != nil {
		return nil, errors.Join(err, h.store.Close())
	}
	h.svc.UseContents(newShelf(cfg.Content).open)
	return h, nil
}

// start checks the log and writes its first entry.
func (h *home) start(ctx context.Context) error {
	anchor, err := readAnchor(h.dir)
	if err != nil {
		return err
	}
	begun := false
	err = h.store.View(ctx, func(tx *store.Tx) error {
		begun = tx.LogSize() > 0
		return checkHead(tx, h.key, anchor)
	})
	if err != nil {
		return err
	}
	if h.svc, err = govern.New(ctx, h.store, h.key); err != nil {
		return err
	}
	if !begun {
		if err := h.svc.Create(ctx); err != nil {
			return err
		}
	}
	done, err := h.svc.Bootstrapped(ctx)
	if err != nil {
		return err
	}
	h.boot, err = newBootstrap(h.dir.BootstrapToken(), done, time.Now())
	return err
}

func (h *home) serve(ctx context.Context, cfg Config, log *slog.Logger, ready func([]string)) error {
	pageKey, err := h.dir.pageKey()
	if err != nil {
		return err
	}
	transports, err := listen(cfg, h.dir, log)
	if err != nil {
		return err
	}
	if cfg.Origin != "" && cfg.Origin != h.key.Origin() {
		log.Warn("the log has its name already, and the configured origin is not used", "origin", h.key.Origin(), "configured", cfg.Origin)
	}
	state := health.NewServer()
	rc := rpc.Config{
		Service: h.svc, Identify: h.identify, Log: log, Version: Version(), Origin: h.key.Origin(), VerifierKey: h.key.VerifierKey(),
		PageKey: pageKey, Scratch: h.dir.Scratch(), Reflection: cfg.Reflection, Bootstrap: func() { h.boot.end() }, Now: time.Now,
	}
	group, ctx := errgroup.WithContext(ctx)
	var addrs []string
	for _, t := range transports {
		srv := rpc.New(rc, t.creds, state)
		addrs = append(addrs, t.listener.Addr().String())
		group.Go(func() error { return serveOn(srv, t.listener) })
		group.Go(func() error { return stopWhen(ctx, srv, state, time.Duration(cfg.Grace)) })
	}
	group.Go(func() error { return h.watch(ctx) })
	group.Go(func() error { return h.keepAnchor(ctx) })
	group.Go(func() error { return h.boot.expire(ctx, log) })
	group.Go(func() error { return h.keepSwept(ctx, log) })
	log.Info("serving", "data", cfg.Data, "addresses", addrs, "origin", rc.Origin, "verifier_key", rc.VerifierKey, "version", rc.Version)
	ready(addrs)
	if err = group.Wait(); err == nil {
		err = h.anchor() // what calls have written while the servers stopped
	}
	log.Info("stopped")
	return err
}

// serveOn serves until the server is stopped, even if that was before it began.
func serveOn(srv *grpc.Server, l net.Listener) error {
	if err := srv.Serve(l); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// stopWhen stops the server in good order when ctx ends, and at once when grace
// is over.
func stopWhen(ctx context.Context, srv *grpc.Server, state *health.Server, grace time.Duration) error {
	<-ctx.Done()
	state.Shutdown()
	hard := time.AfterFunc(grace, srv.Stop)
	defer hard.Stop()
	srv.GracefulStop()
	return nil
}

// sweepEvery is how often nodes of registrations that were cut off are taken
// away. They are rare and harm nothing but the size of the file.
const sweepEvery = 24 * time.Hour

// keepSwept sweeps until ctx ends. A sweep that fails is logged and tried again.
func (h *home) keepSwept(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if st, err := h.svc.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("sweep failed", "cause", err.Error())
		} else {
			log.Info("swept", "nodes", st.Removed, "freed_bytes", st.Freed)
		}
	}
}

// watch ends everything when a commit has failed: nobody can know then what
// the file holds, so the process must start again from the file.
func (h *home) watch(ctx context.Context) error {
	select {
	case <-h.store.Failed():
		return errors.New("a commit failed, and what it wrote is not known: start again, and look at the disk")
	case <-ctx.Done():
		return nil
	}
}
