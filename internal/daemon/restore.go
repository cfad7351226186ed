package daemon

import (
	"context"
	"errors"
	"io"
	"os"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/store"
)

// Restore makes a data directory of a backup. The log goes on under a new name
// and a new key, and says so in its next entry: entries that came after the
// backup may be known elsewhere, and one name must never stand for two
// histories. check looks at the copy first. The store has its name only when
// all is done; if something fails, the directory is as empty as before.
func Restore(ctx context.Context, from string, d Dir, origin string, check func(path string) error) (verifierKey string, err error) {
	if origin != "" {
		if err := audit.CheckOrigin(origin); err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(from); err != nil {
		return "", err
	}
	release, err := d.take()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	if there, err := os.ReadDir(string(d)); err != nil || len(there) > 0 {
		return "", errors.Join(err, gov.Errorf(gov.Exists, "DIR_EXISTS", "%s is not empty: name a new directory", d))
	}
	key, err := d.bringIn(ctx, from, origin, check)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(d.restoring()), os.RemoveAll(d.Key()))
	}
	return key.VerifierKey(), nil
}

func (d Dir) bringIn(ctx context.Context, from, origin string, check func(path string) error) (key audit.Signer, err error) {
	if err := copyNew(from, d.restoring()); err != nil {
		return key, err
	}
	if err := check(d.restoring()); err != nil {
		return key, err
	}
	if key, err = d.makeKey(origin); err != nil {
		return key, err
	}
	st, err := store.Open(d.restoring(), store.Options{})
	if err != nil {
		return key, err
	}
	if err := errors.Join(goOn(ctx, st, key), st.Close()); err != nil {
		return key, err
	}
	return key, rename(d.restoring(), d.Store())
}

// restoring is the store while a backup comes in.
func (d Dir) restoring() string { return d.Store() + ".restore" }

// goOn writes the entry that names the log's old checkpoint.
func goOn(ctx context.Context, st *store.Store, key audit.Signer) error {
	svc, err := govern.New(ctx, st, key)
	if err != nil {
		return err
	}
	return svc.Restored(ctx)
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

// Compact rewrites the store of a stopped daemon without nodes that no version
// refers to and without its free pages: bbolt never gives space back, and does not overwrite what was erased. check looks
// at the copy before it takes the old one's place.
func Compact(ctx context.Context, d Dir, check func(path string) error) (before, after int64, err error) {
	if before, err = size(d.Store()); err != nil {
		return 0, 0, err
	}
	release, err := d.take()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, release()) }()
	defer func() { err = errors.Join(err, os.RemoveAll(d.compacting())) }()
	if err := sweep(ctx, d); err != nil {
		return 0, 0, err
	}
	if err := store.Compact(d.Store(), d.compacting()); err != nil {
		return 0, 0, err
	}
	if err := check(d.compacting()); err != nil {
		return 0, 0, err
	}
	if after, err = size(d.compacting()); err != nil {
		return 0, 0, err
	}
	if err := rename(d.compacting(), d.Store()); err != nil {
		return 0, 0, err
	}
	return before, after, recordCompacted(ctx, d)
}

// recordCompacted lets the log say that the store was compacted, if an erasure
// waits for that. If the process dies before, it does not say so: compact again.
func recordCompacted(ctx context.Context, d Dir) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	st, err := store.Open(d.Store(), store.Options{})
	if err != nil {
		return err
	}
	svc, err := govern.New(ctx, st, key)
	if err == nil {
		err = svc.Compacted(ctx)
	}
	return errors.Join(err, st.Close())
}

// sweep takes nodes that no version refers to out of a store that nobody serves.
func sweep(ctx context.Context, d Dir) error {
	st, err := store.Open(d.Store(), store.Options{})
	if err != nil {
		return err
	}
	_, err = govern.Sweep(ctx, st)
	return errors.Join(err, st.Close())
}

// compacting is the store while it is made anew.
func (d Dir) compacting() string { return d.Store() + ".compact" }

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
