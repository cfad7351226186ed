package ctl

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

// A link knows how far the way to the server has ever led.
type link struct {
	addr     string
	conn     *grpc.ClientConn
	reached  atomic.Bool // something listens there
	answered atomic.Bool // and it is a gRPC server
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
		l.reached.Store(true)
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

// HandleRPC notes that the server has answered: headers are only sent to one
// that has. With the three below, a link is a stats.Handler.
func (l *link) HandleRPC(_ context.Context, s stats.RPCStats) {
	if _, ok := s.(*stats.OutHeader); ok {
		l.answered.Store(true)
	}
}

func (l *link) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (l *link) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (l *link) HandleConn(context.Context, stats.ConnStats)                       {}
