package store

import (
	"context"
	"errors"
	"io"

	bolt "go.etcd.io/bbolt"
)

// Backup copies one state of the file to the path, readable by its owner only,
// replacing what is there. It is durable, and has its name, only when it is
// whole. Updates go on meanwhile, but the file grows by what they write.
func (s *Store) Backup(ctx context.Context, path string) error {
	return replace(path, func(temp string) error {
		return writeFile(temp, func(w io.Writer) error {
			return s.View(ctx, func(tx *Tx) error {
				_, err := tx.bolt.WriteTo(cancellable{ctx, w})
				return err
			})
		})
	})
}

// A cancellable is a Writer that fails when its context ends.
type cancellable struct {
	ctx context.Context
	w   io.Writer
}

func (c cancellable) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}

// Compact writes what the file src holds to a new file dst without the free
// pages and what they still show of erased texts. No process may have src open.
func Compact(src, dst string) error {
	from, err := openFile(src, Options{ReadOnly: true}.withDefaults(), nil)
	if err != nil {
		return err
	}
	if _, err := formatOf(from); err != nil {
		return errors.Join(err, from.Close())
	}
	err = replace(dst, func(temp string) error {
		to, err := bolt.Open(temp, 0o600, &bolt.Options{NoSync: true, FreelistType: bolt.FreelistMapType})
		if err != nil {
			return err
		}
		return errors.Join(bolt.Compact(to, from, compactStep), to.Close())
	})
	return errors.Join(err, from.Close())
}

// compactStep is how many bytes Compact copies in one transaction.
const compactStep = 16 << 20

// Stats are sizes of the file, cheap to know.
type Stats struct {
	Bytes   uint64 // of the file
	Free    uint64 // of pages in it that can be used again
	Entries uint64 // of the log
	Imports int    // that are running
}

// Stats returns the sizes as they are now.
func (s *Store) Stats(ctx context.Context) (st Stats, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		info := s.db.Stats()
		st.Bytes = uint64(tx.bolt.Size())
		st.Free = uint64(info.FreeAlloc)
		st.Entries = tx.LogSize()
		return nil
	})
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	st.Imports = len(s.imports.live)
	return st, err
}
