package daemon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

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
func listen(cfg Config, d Dir) ([]transport, error) {
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
		if creds, err = tlsCredentials(cfg.TLS); err != nil {
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
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("unix socket: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

func tlsCredentials(t TLS) (credentials.TransportCredentials, error) {
	pair := &reloaded{cert: t.Cert, key: t.Key}
	if _, err := pair.get(nil); err != nil {
		return nil, err
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: pair.get}
	if t.ClientCA != "" {
		pem, err := os.ReadFile(t.ClientCA)
		if err != nil {
			return nil, err
		}
		cfg.ClientCAs = x509.NewCertPool()
		if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.ClientCA)
		}
		cfg.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return credentials.NewTLS(cfg), nil
}

// reloaded is a certificate that is read again when its file changes.
type reloaded struct {
	cert, key string

	mu   sync.Mutex
	at   time.Time
	pair *tls.Certificate
}

func (r *reloaded) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.cert)
	if err != nil {
		return r.pair, orNil(r.pair, err)
	}
	if r.pair != nil && info.ModTime().Equal(r.at) {
		return r.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(r.cert, r.key)
	if err != nil {
		return r.pair, orNil(r.pair, err)
	}
	r.pair, r.at = &pair, info.ModTime()
	return r.pair, nil
}

// orNil forgives an error while there is an older certificate to go on with.
func orNil(pair *tls.Certificate, err error) error {
	if pair != nil {
		return nil
	}
	return err
}

// maxConnections bounds the connections on the TCP address. The unix socket is
// its owner's alone.
const maxConnections = 1024
