// Package ingest reads a dataset from a directory: it walks the files, hashes
// each one and measures the images, adds the labels that the folders or a
// label file give, and yields one record a file, ascending by key.
//
// It works in two phases, so that what has not changed costs little. Walk asks
// the file system for one stat a file and reads nothing; its Listing has a
// fingerprint, and where the last push had the same, there is nothing to do.
// Read reads the files that the cache does not know.
//
// A file's key is its path below the directory, with slashes; it must be UTF-8
// in Unicode NFC, since a key that looks alike and differs serves nobody.
// Names that begin with a dot are passed over. Symbolic links and anything
// else that is not a file or a directory are refused: a record stands for the
// bytes that are there, and a link may point at others tomorrow.
//
// # What the cache may be trusted with
//
// A file is taken for unchanged if its size, modification time, change time
// and inode are. Times have a grain, so a file written just before it was read
// could be written again without a trace (git calls this racy). Hence nothing
// is kept of a file that changed less than settleTime before it was read, nor
// the fingerprint of a directory that holds one: next time it is read again.
package ingest

import (
	"context"
	"runtime"
	"time"
)

// settleTime is more than the coarsest grain of a file system's times, which
// is FAT's two seconds, and than a kernel's tick.
const settleTime = 2100 * time.Millisecond

// Options say what to read and how.
type Options struct {
	Dir    string // the directory
	Labels Source // where labels come from; the zero Source is folder
	Split  Split  // where splits come from; the zero Split is folder

	// AllowUnlabelled makes files that a label file does not mention records
	// without labels. Otherwise they are an error.
	AllowUnlabelled bool

	// Cache is a directory, made if it is not there, that keeps what is known
	// of the files and of the last pushes. None if it is "".
	Cache string

	// Workers is how many files are read at once; one a CPU if it is 0.
	Workers int

	// Progress, if not nil, is called after each file that was read: how many
	// have been, how many there are to read, and the bytes read so far. It is
	// called by one goroutine at a time and must not take long.
	Progress func(done, total int, bytes int64)

	now func() time.Time // time.Now if nil
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (o *Options) clock() time.Time {
	if o.now != nil {
		return o.now()
	}
	return time.Now()
}

// Scan is Walk and Read in one.
func Scan(ctx context.Context, o Options) (*Manifest, error) {
	l, err := Walk(ctx, o)
	if err != nil {
		return nil, err
	}
	return l.Read(ctx)
}
