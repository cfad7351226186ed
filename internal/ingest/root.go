package ingest

import (
	"context"
	"os"
	"path/filepath"

	"golang.org/x/sync/semaphore"
)

// A Root is a directory whose files are read by the keys of records. Nothing
// outside of it is ever opened, whatever a key or a symbolic link says.
type Root struct {
	dir  *os.Root
	read reader
	max  int64
}

// OpenRoot opens a directory. A file of more than max bytes counts as one that
// cannot be read.
func OpenRoot(path string, max int64) (*Root, error) {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	r := &Root{dir: dir, max: max}
	r.read = reader{pixels: semaphore.NewWeighted(pixelBudget), open: r.open}
	return r, nil
}

// open opens a regular file below the root that is not too large.
func (r *Root) open(path string) (*os.File, error) {
	info, err := r.dir.Stat(path) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > r.max {
		return nil, os.ErrInvalid
	}
	return r.dir.Open(path)
}

// Again reads the file with a record's key. The error is the context's or none.
func (r *Root) Again(ctx context.Context, key string) (Again, error) {
	a := Again{Key: key}
	if path := filepath.FromSlash(key); ctx.Err() == nil && filepath.IsLocal(path) {
		a.read(ctx, &r.read, path)
	}
	return a, ctx.Err()
}

// Close closes the directory.
func (r *Root) Close() error { return r.dir.Close() }
