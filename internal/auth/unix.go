package auth

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/credentials"
)

// A UnixPeer is who is at the other end of a unix socket, as the kernel says.
type UnixPeer struct {
	credentials.CommonAuthInfo
	Known    bool // false where the kernel does not say
	UID, GID uint32
	PID      int32 // 0 where the kernel does not say
}

// AuthType names the way of proof.
func (UnixPeer) AuthType() string { return unixPeer }

const unixPeer = "unix-peer"

var errNotUnix = errors.New("not a unix socket")

// UnixCredentials returns what makes a UnixPeer the AuthInfo of each connection.
// It refuses connections of any other kind, on both sides: without encryption,
// only the kernel keeps what passes to itself.
func UnixCredentials() credentials.TransportCredentials { return unixCredentials{} }

type unixCredentials struct{}

func (unixCredentials) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return greet(c)
}

func (unixCredentials) ClientHandshake(_ context.Context, _ string, c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return greet(c)
}

func greet(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return nil, nil, errNotUnix
	}
	p, err := peerOf(unix)
	if err != nil {
		return nil, nil, err
	}
	p.CommonAuthInfo = credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}
	return c, p, nil
}

func (unixCredentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: unixPeer}
}

func (c unixCredentials) Clone() credentials.TransportCredentials { return c }

// OverrideServerName does nothing: a unix socket has no server name.
func (unixCredentials) OverrideServerName(string) error { return nil }

// PresentedBy returns the proof that lies in the connection itself: the local
// user, or the certificate if it has been verified.
func PresentedBy(info credentials.AuthInfo) (p Presented) {
	switch i := info.(type) {
	case UnixPeer:
		if i.Known {
			p.UID = &i.UID
		}
	case credentials.TLSInfo:
		if chains := i.State.VerifiedChains; len(chains) > 0 && len(chains[0]) > 0 {
			p.Certificate = chains[0][0]
		}
	}
	return p
}
