package daemon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"govd/internal/auth"
)

// A transport is a listener and how callers on it are told apart.
type transport struct {
	listener net.Listener
	creds    credentials.TransportCredentials
}

// listen opens the unix socket, always, and the TCP address unless there is none.
func listen(cfg Config, d Dir, log *slog.Logger) ([]transport, error) {
	unix, err := listenUnix(d.Socket())
	if err != nil {
		return nil, err
	}
	all := []transport{{unix, auth.UnixCredentials()}}
	if cfg.Listen == noTCP {
		return all, nil
	}
	creds := insecure.NewCredentials()
	if cfg.TLS.Cert != "" {
		if creds, err = tlsCredentials(cfg.TLS, log); err != nil {
			return nil, errors.Join(err, unix.Close())
		}
	}
	tcp, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(err, unix.Close())
	}
	return append(all, transport{netutil.LimitListener(tcp, maxConnections), creds}), nil
}

// listenUnix opens the socket for its owner alone. The store's lock is held by
// now, so a socket that is there is a dead daemon's.
func listenUnix(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("unix socket: %s has %d bytes, and systems take %d at most: serve a directory with a shorter path", path, len(path), maxSocketPath)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("unix socket: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// maxSocketPath is what every system takes.
const maxSocketPath = 103

func tlsCredentials(names TLS, log *slog.Logger) (credentials.TransportCredentials, error) {
	files := &tlsFiles{names: names, log: log}
	if _, err := files.get(nil); err != nil {
		return nil, err
	}
	return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: files.get}), nil
}

// tlsFiles serve what the files for TLS hold, and read them again when they
// have changed.
type tlsFiles struct {
	names TLS
	log   *slog.Logger

	mu     sync.Mutex
	stamp  string // of the files when they were last read
	config *tls.Config
}

// get returns the configuration for a new connection. Files that are not good,
// or not good yet, leave the older configuration standing, and are read again
// when they change again.
func (f *tlsFiles) get(*tls.ClientHelloInfo) (*tls.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp := f.names.stamp()
	if stamp == f.stamp {
		return f.config, nil
	}
	f.stamp = stamp
	config, err := f.names.load()
	switch {
	case err == nil:
		f.config = config
	case f.config == nil:
		return nil, err
	default:
		f.log.Error("the files for tls have changed and are not good: serving with those of before", "cause", err.Error())
	}
	return f.config, nil
}

// stamp changes when a file does.
func (t TLS) stamp() (all string) {
	for _, path := range []string{t.Cert, t.Key, t.ClientCA} {
		if info, err := os.Stat(path); err == nil {
			all += fmt.Sprint(info.ModTime().UnixNano(), info.Size())
		}
		all += ";"
	}
	return all
}

func (t TLS) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %s and %s: %w", t.Cert, t.Key, err)
	}
	// Without tickets every connection is checked against the authorities of today.
	cfg := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: true}
	if t.ClientCA == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(t.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	cfg.ClientCAs, cfg.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls: %s holds no certificate", t.ClientCA)
	}
	return cfg, nil
}

// maxConnections bounds the connections on the TCP address. The unix socket is
// its owner's alone.
const maxConnections = 1024
