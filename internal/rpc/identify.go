package rpc

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/status"

	"govd/internal/gov"
)

// identify puts the caller's identity into the context. It lets nobody in but
// those whom the method's row allows.
func identify(cfg Config) layer {
	return func(ctx context.Context, name string, next func(context.Context) error) error {
		m := methods[name]
		if m.open {
			return next(ctx)
		}
		id, err := cfg.Identify(ctx)
		if err != nil {
			return err
		}
		if (id.Actor.Person == gov.Bootstrap) != m.boot {
			return gov.ErrUnproven
		}
		if call, ok := ctx.Value(callKey{}).(*callLog); ok {
			call.actor = id.Actor
		}
		return next(context.WithValue(ctx, identityKey{}, id))
	}
}

// A callLog collects what the line of a call says beyond its method.
type callLog struct{ actor gov.Actor }

type callKey struct{}

// logCall writes one line for every call. Never the metadata: it holds tokens.
func logCall(log *slog.Logger, now func() time.Time) layer {
	return func(ctx context.Context, method string, next func(context.Context) error) error {
		begin, call := now(), &callLog{}
		err := next(context.WithValue(ctx, callKey{}, call))
		log.LogAttrs(ctx, slog.LevelInfo, "call",
			slog.String("method", method), slog.String("code", status.Code(err).String()),
			slog.String("actor", string(call.actor.Person)), slog.String("credential", string(call.actor.Credential)),
			slog.Float64("took_ms", float64(now().Sub(begin).Microseconds())/1000))
		return err
	}
}
