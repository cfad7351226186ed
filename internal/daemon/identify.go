package daemon

import (
	"context"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"govd/internal/auth"
	"govd/internal/rpc"
	"govd/internal/store"
)

// identify proves who a call comes from.
func (h *home) identify(ctx context.Context) (id rpc.Identity, err error) {
	var p auth.Presented
	if from, ok := peer.FromContext(ctx); ok {
		p = auth.PresentedBy(from.AuthInfo)
	}
	md, _ := metadata.FromIncomingContext(ctx)
	p.Authorization = md.Get("authorization")
	err = h.store.View(ctx, func(tx *store.Tx) (err error) {
		id.Actor, id.Scope, err = auth.Resolve(p, tx, h.boot.accepts, time.Now())
		return err
	})
	return id, err
}
