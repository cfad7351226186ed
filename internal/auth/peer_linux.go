package auth

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerOf asks the kernel who connected, or listened when seen from the client.
func peerOf(c *net.UnixConn) (p UnixPeer, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return UnixPeer{}, err
	}
	var cred *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return UnixPeer{}, err
	}
	if failed != nil {
		return UnixPeer{}, failed
	}
	return UnixPeer{Known: true, UID: cred.Uid, GID: cred.Gid, PID: cred.Pid}, nil
}
