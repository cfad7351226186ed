package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"govd/internal/audit"
	"govd/internal/govern"
	"govd/internal/store"
)

// Restore makes a data directory of a backup. The log goes on under a new name
// and a new key, and says so in its next entry: entries that came after the
// backup may be known elsewhere, and one name must never stand for two histories.
func Restore(ctx context.Context, from string, d Dir, origin string) (verifierKey string, err error) {
	if err := d.prepare(); err != nil {
		return "", err
	}
	if has, err := d.has(); err != nil || has {
		return "", errors.Join(err, fmt.Errorf("%s holds a store already: name a new directory", d))
	}
	if err := copyNew(from, d.Store()); err != nil {
		return "", err
	}
	key, err := d.makeKey(origin)
	if err != nil {
		return "", err
	}
	st, err := store.Open(d.Store(), store.Options{})
	if err != nil {
		return "", err
	}
	return key.VerifierKey(), errors.Join(goOn(ctx, st, key), st.Close())
}

// goOn writes the entry that names the log's old checkpoint.
func goOn(ctx context.Context, st *store.Store, key audit.Signer) error {
	var appender *audit.Appender
	var last []byte
	err := st.View(ctx, func(tx *store.Tx) (err error) {
		last = tx.Checkpoint()
		appender, err = audit.NewAppender(tx, key)
		return err
	})
	if err != nil {
		return err
	}
	st.UseSeal(Seal(appender))
	svc, err := govern.New(st, key.VerifierKey())
	if err != nil {
		return err
	}
	return svc.Restored(ctx, key.Origin(), key.VerifierKey(), string(last))
}

// copyNew copies a file to one that must not be there yet, durably.
func copyNew(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// Compact rewrites the store of a stopped daemon without its free pages: bbolt
// never gives space back, and does not overwrite what was erased. check looks
// at the copy before it takes the old one's place.
func Compact(d Dir, check func(path string) error) (before, after int64, err error) {
	temp := d.Store() + ".compact"
	if err := os.RemoveAll(temp); err != nil {
		return 0, 0, err
	}
	if err := store.Compact(d.Store(), temp); err != nil {
		return 0, 0, errors.Join(err, os.RemoveAll(temp))
	}
	if err := check(temp); err != nil {
		return 0, 0, errors.Join(err, os.RemoveAll(temp))
	}
	if before, err = size(d.Store()); err != nil {
		return 0, 0, err
	}
	if after, err = size(temp); err != nil {
		return 0, 0, err
	}
	return before, after, errors.Join(os.Rename(temp, d.Store()), syncDir(string(d)))
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
