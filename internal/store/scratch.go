package store

import (
	"os"
	"path/filepath"
	"sync"
)

// A Scratch is a file without a name beside the store's, for what an operation
// cannot hold in memory. It is there from the first Append on and gone with
// Close, or with the process. It is safe for concurrent use.
type Scratch struct {
	dir  string
	mu   sync.Mutex
	file *os.File
	size int64
}

// NewScratch returns a Scratch, which must be closed.
func (s *Store) NewScratch() *Scratch { return &Scratch{dir: filepath.Dir(s.db.Path())} }

// Append writes b at the end and returns where that is.
func (s *Scratch) Append(b []byte) (at int64, err error) {
	f, at, err := s.reserve(len(b))
	if err == nil {
		_, err = f.WriteAt(b, at)
	}
	return at, err
}

// reserve makes room for n bytes.
func (s *Scratch) reserve(n int) (f *os.File, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		if s.file, err = nameless(s.dir); err != nil {
			return nil, 0, err
		}
	}
	at = s.size
	s.size += int64(n)
	return s.file, at, nil
}

// nameless opens a new file that loses its name at once. Should the process end
// before that, the name is one that is swept away when the next begins.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".govd.db-scratch-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadAt implements io.ReaderAt. What Append wrote is there.
func (s *Scratch) ReadAt(b []byte, at int64) (int, error) { return s.file.ReadAt(b, at) }

// Close gives the space back.
func (s *Scratch) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
