package main

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"govd/internal/gov"
)

// A link knows whether the server has ever answered.
type link struct {
	addr     string
	conn     *grpc.ClientConn
	answered atomic.Bool
}

// dialer connects. Without TLS it hangs up on a name that leads to another host.
func (l *link) dialer(network, addr string, secure bool) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, plainCause(err)
		}
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok && !secure && !tcp.IP.IsLoopback() {
			conn.Close()
			return nil, gov.Errorf(gov.Denied, "NOT_LOCAL", "%s leads to another host, where only TLS is safe", addr)
		}
		return conn, nil
	}
}

// plainCause leaves out of a dial error what the user typed anyway.
func plainCause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		err = op.Err
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return err
}

// HandleConn notes that the server has answered: it is told of connections
// whose handshake succeeded. With the three below, a link is a stats.Handler.
func (l *link) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnBegin); ok {
		l.answered.Store(true)
	}
}

func (l *link) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (l *link) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (l *link) HandleRPC(context.Context, stats.RPCStats)                         {}
