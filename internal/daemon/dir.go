package daemon

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"govd/internal/audit"
)

// A Dir is a data directory. It holds:
//
//	govd.db          the store
//	govd.sock        the unix socket, while the daemon runs
//	govd.key         the key that signs the log's checkpoints; not in backups
//	anchor           the newest checkpoint that was published, see anchor.go
//	bootstrap-token  until the first admin exists
//	scratch          what is in the making; emptied at start
type Dir string

// Store, Socket, Key, Anchor, BootstrapToken and Scratch are paths within the
// directory.
func (d Dir) Store() string          { return filepath.Join(string(d), "govd.db") }
func (d Dir) Socket() string         { return filepath.Join(string(d), "govd.sock") }
func (d Dir) Key() string            { return filepath.Join(string(d), "govd.key") }
func (d Dir) Anchor() string         { return filepath.Join(string(d), "anchor") }
func (d Dir) BootstrapToken() string { return filepath.Join(string(d), "bootstrap-token") }
func (d Dir) Scratch() string        { return filepath.Join(string(d), "scratch") }

// take makes the directory if it is not there, and keeps other processes that
// would write to it away until release is called.
func (d Dir) take() (release func() error, err error) {
	if err := d.prepare(); err != nil {
		return nil, err
	}
	return d.lock()
}

// prepare makes the directory, or checks that nobody else can look into it.
func (d Dir) prepare() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(string(d))
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (%v): chmod 700 it", d, info.Mode().Perm())
	}
	return nil
}

// has reports whether the directory holds a store.
func (d Dir) has() (bool, error) {
	_, err := os.Stat(d.Store())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// begin makes the key of a new log. It refuses a directory that had a store,
// or was about to get one.
func (d Dir) begin(origin string) error {
	for path, why := range map[string]string{
		d.Anchor():    "had a store, which is gone: restore a backup into a new directory",
		d.restoring(): "holds part of a backup, since a restore was cut off: remove it and restore again",
	} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("%s %s", d, why))
		}
	}
	if _, err := os.Lstat(d.Key()); !errors.Is(err, fs.ErrNotExist) {
		return err // d.key says what is wrong with it
	}
	_, err := d.makeKey(origin)
	return err
}

// tidy removes what a daemon that was killed has left half done.
func (d Dir) tidy() error {
	left, err := filepath.Glob(filepath.Join(string(d), ".govd.db*-*"))
	for _, path := range append(left, d.compacting(), d.Scratch()) {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return errors.Join(err, os.Mkdir(d.Scratch(), 0o700))
}

// makeKey makes the log's signing key. Without an origin it draws one.
func (d Dir) makeKey(origin string) (audit.Signer, error) {
	if origin == "" {
		var b [6]byte
		rand.Read(b[:])
		origin = "govd/" + hex.EncodeToString(b[:])
	}
	text, _, err := audit.GenerateKey(origin, rand.Reader)
	if err != nil {
		return audit.Signer{}, err
	}
	if err := replace(d.Key(), []byte(text+"\n")); err != nil {
		return audit.Signer{}, err
	}
	return audit.NewSigner(text)
}

// key reads the log's signing key.
func (d Dir) key() (audit.Signer, error) {
	info, err := os.Stat(d.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return audit.Signer{}, fmt.Errorf("%s has a store but no signing key: a copy of the store alone must come in through govd restore", d)
	}
	if err != nil {
		return audit.Signer{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return audit.Signer{}, fmt.Errorf("%s can be read by others (%v): chmod 600 it", d.Key(), info.Mode().Perm())
	}
	b, err := os.ReadFile(d.Key())
	if err != nil {
		return audit.Signer{}, err
	}
	key, err := audit.NewSigner(strings.TrimSpace(string(b)))
	if err != nil {
		return key, fmt.Errorf("%s: %w", d.Key(), err)
	}
	return key, nil
}

// pageKey derives the key of page tokens from the signing key, so that they
// outlive a restart and there is one secret to keep.
func (d Dir) pageKey() ([]byte, error) {
	b, err := os.ReadFile(d.Key())
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, bytes.TrimSpace(b), nil, "govd page tokens", 32)
}

// writeNew writes a file that must not be there yet, for its owner alone, and
// makes it durable.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
}

// replace writes a file in place of another, durably and all or nothing.
func replace(path string, data []byte) error {
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(temp, data); err != nil {
		return err
	}
	return rename(temp, path)
}

// rename renames a file within its directory, durably.
func rename(from, to string) error {
	return errors.Join(os.Rename(from, to), syncDir(filepath.Dir(to)))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
