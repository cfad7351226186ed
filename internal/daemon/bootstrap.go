package daemon

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"govd/internal/auth"
	"govd/internal/gov"
)

// bootstrapLife is how long the bootstrap token lasts. A restart makes another.
const bootstrapLife = 24 * time.Hour

// A bootstrap is the token that makes the first admin, and nothing else. It
// lies in a file until then.
type bootstrap struct {
	path string

	mu      sync.Mutex
	secret  gov.Digest // zero: there is none
	expires time.Time
}

// newBootstrap writes a token, unless the first admin exists already.
func newBootstrap(path string, done bool, now time.Time) (*bootstrap, error) {
	b := &bootstrap{path: path}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) || done {
		return b, ignoreMissing(err)
	}
	secret := auth.NewSecret(rand.Reader)
	b.secret, b.expires = auth.HashSecret(secret), now.Add(bootstrapLife)
	return b, writeNew(path, []byte(auth.FormatToken(auth.BootstrapToken, "", secret)+"\n"))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// accepts reports whether the secret is the token's.
func (b *bootstrap) accepts(secret gov.Digest, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.secret.IsZero() && now.Before(b.expires) && subtle.ConstantTimeCompare(b.secret[:], secret[:]) == 1
}

// expire ends the token when its time has come, so that its file does not stay
// about and promise what it no longer keeps. It returns when ctx ends at the latest.
func (b *bootstrap) expire(ctx context.Context, log *slog.Logger) error {
	if b.expires.IsZero() {
		return nil
	}
	late := time.NewTimer(time.Until(b.expires))
	defer late.Stop()
	select {
	case <-late.C:
		if b.end() {
			log.Warn("the bootstrap token has expired: a restart makes another")
		}
	case <-ctx.Done():
	}
	return nil
}

// end makes the token worthless, removes its file, and reports whether there
// was one.
func (b *bootstrap) end() (was bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was = !b.secret.IsZero()
	b.secret = gov.Digest{}
	os.Remove(b.path)
	return was
}
