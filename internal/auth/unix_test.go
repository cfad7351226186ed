package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"google.golang.org/grpc/credentials"
)

// dial returns both ends of a connection.
func dial(t *testing.T, network, address string) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if client, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func TestUnixPeer(t *testing.T) {
	client, server := dial(t, "unix", filepath.Join(t.TempDir(), "s"))
	conn, info, err := UnixCredentials().ServerHandshake(server)
	if err != nil || conn != server {
		t.Fatalf("%v, %v", conn, err)
	}
	p, ok := info.(UnixPeer)
	if !ok || p.AuthType() != UnixCredentials().Info().SecurityProtocol {
		t.Fatalf("%#v", info)
	}
	// A token may be sent over it.
	if level := p.GetCommonAuthInfo().SecurityLevel; level != credentials.PrivacyAndIntegrity {
		t.Errorf("security level %v", level)
	}
	if runtime.GOOS == "linux" && (!p.Known || p.UID != uint32(os.Getuid()) || p.GID != uint32(os.Getgid()) || p.PID != int32(os.Getpid())) {
		t.Errorf("%+v, want this process", p)
	}
	if uid := PresentedBy(info).UID; p.Known && (uid == nil || *uid != p.UID) || !p.Known && uid != nil {
		t.Errorf("%+v presents %v", p, uid)
	}
	if conn, _, err := UnixCredentials().ClientHandshake(context.Background(), "", client); err != nil || conn != client {
		t.Errorf("client: %v, %v", conn, err)
	}
}

// TestOnlyUnix: a connection of any other kind is refused, on both sides.
func TestOnlyUnix(t *testing.T) {
	client, server := dial(t, "tcp", "127.0.0.1:0")
	pipe, _ := net.Pipe()
	for _, c := range []net.Conn{client, server, pipe} {
		if conn, info, err := UnixCredentials().ServerHandshake(c); err == nil || conn != nil || info != nil {
			t.Errorf("server, %T: %v, %v", c, info, err)
		}
		if conn, info, err := UnixCredentials().Clone().ClientHandshake(context.Background(), "", c); err == nil || conn != nil || info != nil {
			t.Errorf("client, %T: %v, %v", c, info, err)
		}
	}
}

func TestClosedSocket(t *testing.T) {
	_, server := dial(t, "unix", filepath.Join(t.TempDir(), "s"))
	server.Close()
	if _, info, err := UnixCredentials().ServerHandshake(server); err == nil {
		t.Errorf("a closed socket is %+v", info)
	}
}

// TestPresentedBy: only a certificate that has been verified proves anything.
func TestPresentedBy(t *testing.T) {
	leaf, root := &x509.Certificate{}, &x509.Certificate{}
	info := func(s tls.ConnectionState) credentials.AuthInfo { return credentials.TLSInfo{State: s} }
	for name, c := range map[string]struct {
		info credentials.AuthInfo
		want *x509.Certificate
	}{
		"none":       {nil, nil},
		"plain TLS":  {info(tls.ConnectionState{}), nil},
		"unverified": {info(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}), nil},
		"empty":      {info(tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{}}}), nil},
		"verified":   {info(tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf, root}}}), leaf},
		"no uid":     {UnixPeer{UID: 0}, nil},
	} {
		if p := PresentedBy(c.info); p.Certificate != c.want || p.UID != nil || p.Authorization != nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
