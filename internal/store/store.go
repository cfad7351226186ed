package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"govd/internal/gov"
)

// Options say how a file is opened. The zero Options are right for a daemon.
type Options struct {
	Now      func() time.Time // the clock; time.Now if nil
	NoSync   bool             // commits are not durable: for tests
	ReadOnly bool             // for looking at a file; several processes may
	Linger   time.Duration    // how long a batch waits for as many functions as the one before had; 1 ms if 0, none if negative
	Timeout  time.Duration    // how long to wait for another process to let go of the file; 1 s if 0
}

// A Store is an open file. It is safe for concurrent use.
type Store struct {
	db      *bolt.DB
	options Options
	queue   queue
	imports imports
	seal    atomic.Pointer[Seal]
	last    atomic.Int64 // the latest time that a transaction was given, Unix nanoseconds

	failOnce sync.Once
	failure  error         // why failed is closed
	failed   chan struct{} // see Failed
	written  chan struct{} // closed when the writer has returned
}

// The address space that is set aside for the file, so that growing it does not
// make readers wait for a new mapping. It costs no memory.
const mapped = 16 << 30

// Create makes a new file, which must not exist, and opens it. It is complete
// before it has its name.
func Create(path string, o Options) (*Store, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, gov.Because(err, gov.Exists, "STORE_EXISTS", "%s is there already", path)
	}
	if err := replace(path, initialize); err != nil {
		return nil, err
	}
	return Open(path, o)
}

func initialize(temp string) error {
	db, err := bolt.Open(temp, 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucket([]byte(b.name)); err != nil {
				return err
			}
		}
		return setFormat(tx, format)
	})
	return errors.Join(err, db.Close())
}

// Open opens the file at the path and migrates it if it is of an older format,
// after copying it aside. Returns gov.NotFound if there is none, gov.Conflict
// if another process holds it and gov.Invalid if a newer govd wrote it.
func Open(path string, o Options) (*Store, error) { return open(path, o, nil) }

// open opens the file with a function, so that a test can take it away.
func open(path string, o Options, file func(string, int, os.FileMode) (*os.File, error)) (*Store, error) {
	o = o.withDefaults()
	db, err := openFile(path, o, file)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, options: o, failed: make(chan struct{}), written: make(chan struct{})}
	s.queue.wake = make(chan struct{}, 1)
	if err := s.prepare(path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if o.ReadOnly {
		s.queue.close(errReadOnly)
		close(s.written)
	} else {
		go s.write()
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Linger == 0 {
		o.Linger = time.Millisecond
	}
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	return o
}

func openFile(path string, o Options, file func(string, int, os.FileMode) (*os.File, error)) (*bolt.DB, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) { // bbolt would create it
		return nil, gov.Errorf(gov.NotFound, "NO_STORE", "no store at %s", path)
	}
	if err == nil {
		err = checkSize(path, info.Size(), o)
	}
	if err != nil {
		return nil, err
	}
	b := boltOptions(o)
	b.OpenFile = file
	db, err := bolt.Open(path, 0o600, b)
	return db, explainOpen(path, err)
}

// checkSize refuses a file that was cut off: bbolt maps the file, and dies where
// it reads past the end. Opening it for reading looks at its first pages alone.
func checkSize(path string, size int64, o Options) error {
	if size == 0 { // bbolt would begin a new one in it
		return gov.Errorf(gov.Internal, "BAD_STORE", "%s is empty", path)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: o.Timeout, ReadOnly: true})
	if err != nil {
		return explainOpen(path, err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		if size < tx.Size() {
			return gov.Errorf(gov.Internal, "BAD_STORE", "%s was cut off: it has %d bytes and should have %d", path, size, tx.Size())
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// explainOpen says why a file cannot be opened.
func explainOpen(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return gov.Errorf(gov.Conflict, "STORE_HELD", "%s is held by another process: a running govd serve, restore, compact or fsck", path)
	case err != nil:
		return gov.Because(err, gov.Internal, "BAD_STORE", "%s cannot be opened", path)
	}
	return nil
}

// boltOptions keeps the freelist in the file: it stays small in a file that
// mostly grows, and without it opening would scan the whole file.
func boltOptions(o Options) *bolt.Options {
	b := &bolt.Options{Timeout: o.Timeout, ReadOnly: o.ReadOnly, NoSync: o.NoSync, FreelistType: bolt.FreelistMapType}
	if strconv.IntSize == 64 {
		b.InitialMmapSize = min(mapped, math.MaxInt)
	}
	return b
}

// prepare migrates the file and reads what the store keeps in memory.
func (s *Store) prepare(path string) error {
	if err := migrate(s.db, path, s.options.ReadOnly, migrations); err != nil {
		return err
	}
	return s.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(buckets[metaBucket].name)).Get(timeKey); len(b) == 8 {
			s.last.Store(int64(binary.BigEndian.Uint64(b)))
		}
		return nil
	})
}

// Close waits for the functions that have been given to Update and for the
// Views that run, and closes the file.
func (s *Store) Close() error {
	s.queue.close(errClosed)
	<-s.written
	return s.db.Close()
}

var (
	errClosed   = gov.Errorf(gov.Internal, "CLOSED", "the store is closed")
	errReadOnly = gov.Errorf(gov.Internal, "READ_ONLY", "the store is open for reading only")
)

// Failed is closed when a commit has failed: whether its changes are in the
// file cannot be known until it is opened again, so the process must exit.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// fail makes the store refuse everything from now on.
func (s *Store) fail(cause error) error {
	s.failOnce.Do(func() {
		s.failure = gov.Because(cause, gov.Internal, "COMMIT_FAILED", "a commit failed; whether it took place is not known")
		close(s.failed)
	})
	return s.failure
}

// broken returns why the store refuses everything, or nil.
func (s *Store) broken() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

// View runs fn on the newest state. It must be short, for the file cannot reuse
// pages while it runs, and must not wait for an Update, which may be waiting
// for it.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if err := cmp.Or(ctx.Err(), s.broken()); err != nil {
		return err
	}
	bt, err := s.db.Begin(false)
	if err != nil {
		return gov.Because(err, gov.Internal, "CLOSED", "the store is closed")
	}
	defer bt.Rollback()
	return fn(&Tx{Now: s.now(), bolt: bt})
}

// now reads the clock. It never goes back, not even over a restart.
func (s *Store) now() time.Time {
	for {
		now, last := s.options.Now().UnixNano(), s.last.Load()
		if now <= last {
			return time.Unix(0, last).UTC()
		}
		if s.last.CompareAndSwap(last, now) {
			return time.Unix(0, now).UTC()
		}
	}
}
