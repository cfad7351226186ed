package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/ingest"
)

// Content says where the server can read contents itself.
type Content struct {
	// Roots are directories by the dataset whose contents lie there, a file for
	// each record's key, or by a project: then those of each dataset lie below, in
	// a directory of its name. Nothing outside of a directory is read, symbolic
	// links or not. Default: none, and then nobody can ask the server to read.
	Roots map[string]string `toml:"roots" yaml:"roots"`
	// MaxBytes is the largest file that is read. Default: 1073741824.
	MaxBytes int64 `toml:"max_bytes" yaml:"max_bytes"`
}

func (c *Content) check() (errs []error) {
	if c.MaxBytes <= 0 {
		errs = append(errs, errors.New("content.max_bytes: want a number of bytes above 0"))
	}
	for name, path := range c.Roots {
		_, err1 := gov.ParseDatasetName(name)
		_, err2 := gov.ParseName("project", name)
		if err1 != nil && err2 != nil {
			errs = append(errs, fmt.Errorf("content.roots: %q is neither a dataset nor a project", name))
		}
		if path == "" {
			errs = append(errs, fmt.Errorf("content.roots: %q has no directory", name))
		}
	}
	return errs
}

// dir returns where the contents of a dataset are.
func (c *Content) dir(d gov.DatasetName) (path string, known bool) {
	if path, known = c.Roots[string(d)]; known {
		return path, true
	}
	project, name, _ := strings.Cut(string(d), "/")
	if path, known = c.Roots[project]; known {
		return filepath.Join(path, name), true
	}
	return "", false
}

// A shelf opens the places of contents, one after another: what reading takes of
// memory is bounded for the whole server.
type shelf struct {
	Content
	turn chan struct{}
}

func newShelf(c Content) *shelf { return &shelf{c, make(chan struct{}, 1)} }

// open waits for its turn and opens the place of a dataset's contents.
func (s *shelf) open(ctx context.Context, d gov.DatasetName) (govern.Contents, error) {
	path, known := s.dir(d)
	if !known {
		return nil, govern.NoContents(d)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	root, err := ingest.OpenRoot(path, s.MaxBytes)
	if err != nil {
		<-s.turn
		return nil, notThere(d, err)
	}
	return &opened{root, s.turn}, nil
}

// notThere keeps the path to the log: where things lie on the server is not for
// its clients.
func notThere(d gov.DatasetName, err error) error {
	why := "it cannot be opened"
	if errors.Is(err, fs.ErrNotExist) {
		why = "it is not there"
	}
	return gov.Because(err, gov.NotFound, "NO_CONTENT_ROOT", "the directory that the server has for the contents of %s cannot be read: %s", d, why)
}

// An opened place is one that is being read.
type opened struct {
	root *ingest.Root
	turn chan struct{}
}

func (o *opened) Read(ctx context.Context, key string) (govern.Finding, error) {
	a, err := o.root.Again(ctx, key)
	return govern.Finding{Key: key, Content: a.Content, Size: a.Size, MediaType: a.MediaType, Decodes: a.Decodes, Unread: !a.Read}, err
}

func (o *opened) Close() error {
	<-o.turn
	return o.root.Close()
}
