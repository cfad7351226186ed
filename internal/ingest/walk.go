package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// A file is one file of the directory, as it was when it was walked.
type file struct {
	key string
	stamp
}

// A Listing is the files of a directory, ascending by key, not yet read.
type Listing struct {
	options Options
	files   []file
	labels  stamp // of the label file, if there is one
}

// Walk lists the files below o.Dir at the cost of one stat each. What is not a
// file, and names that cannot be keys, are an error of kind gov.Invalid with
// the reason BAD_FILE; a directory that is not there is gov.NotFound.
func Walk(ctx context.Context, o Options) (*Listing, error) {
	l := &Listing{options: o}
	if info, err := os.Stat(o.Dir); err != nil {
		return nil, pathError(err)
	} else if !info.IsDir() {
		return nil, gov.Errorf(gov.Invalid, "BAD_FILE", "%s is not a directory", o.Dir)
	}
	if o.Labels.path != "" {
		info, err := os.Stat(o.Labels.path)
		if err != nil {
			return nil, pathError(err)
		}
		l.labels = stampOf(info)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.workers())
	w := &walker{ctx: ctx, group: g, labelKey: o.labelKey(), bad: complaints{reason: "BAD_FILE"}}
	var root node
	err := w.dir(o.Dir, "", &root)
	if err := cmp.Or(g.Wait(), err, w.bad.err()); err != nil {
		return nil, err
	}
	l.files = root.flatten(make([]file, 0, root.count()))
	return l, nil
}

// labelKey returns the key that the label file would have as a record, or ""
// if it lies elsewhere. It is not a record: it is what is said of them.
func (o *Options) labelKey() string {
	dir, err1 := filepath.Abs(o.Dir)
	path, err2 := filepath.Abs(o.Labels.path)
	key, err3 := filepath.Rel(dir, path)
	if o.Labels.path == "" || errors.Join(err1, err2, err3) != nil {
		return ""
	}
	return filepath.ToSlash(key)
}

// Len returns the number of files.
func (l *Listing) Len() int { return len(l.files) }

// Bytes returns the size of all files.
func (l *Listing) Bytes() (n int64) {
	for _, f := range l.files {
		n += f.size
	}
	return n
}

// Fingerprint returns a digest over all that decides what Read would make of
// the directory: each file's path, size, times and inode, those of the label
// file, and the options. If two are equal and the files had settled, see the
// package comment, so are the records.
func (l *Listing) Fingerprint() gov.Digest {
	h := sha256.New()
	o := &l.options
	fmt.Fprintf(h, "govd/ingest/1 facts=%d labels=%q split=%q unlabelled=%t\n", imagefacts.Version, o.Labels, o.Split, o.AllowUnlabelled)
	b := l.labels.append(nil)
	for _, f := range l.files {
		b = binary.AppendUvarint(b, uint64(len(f.key)))
		b = append(b, f.key...)
		b = f.stamp.append(b)
		if len(b) > 1<<15 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return gov.Digest(h.Sum(nil))
}

// A node is a part of the tree: files, or parts in order.
type node struct {
	files []file
	parts []*node
}

func (n *node) count() int {
	total := len(n.files)
	for _, p := range n.parts {
		total += p.count()
	}
	return total
}

func (n *node) flatten(files []file) []file {
	files = append(files, n.files...)
	for _, p := range n.parts {
		files = p.flatten(files)
	}
	return files
}

type walker struct {
	ctx      context.Context
	group    *errgroup.Group
	labelKey string
	bad      complaints
}

// do runs f beside the caller if a worker is free, else at once. Waiting for
// one could be for ever, since all may be here.
func (w *walker) do(f func() error) error {
	if w.group.TryGo(f) {
		return nil
	}
	return f()
}

// chunk is how many files of one directory a worker stats in one go.
const chunk = 512

// dir lists a directory into n. The prefix is the directory's key and a slash.
func (w *walker) dir(path, prefix string, n *node) error {
	entries, err := readDir(path)
	if err != nil {
		return pathError(err)
	}
	for len(entries) > 0 {
		run, part := fileRun(entries), &node{}
		n.parts = append(n.parts, part)
		work := func() error { return w.stat(prefix, run, part) }
		if len(run) == 0 {
			name := entries[0].Name()
			w.check(prefix + name)
			work = func() error { return w.dir(filepath.Join(path, name), prefix+name+"/", part) }
		}
		entries = entries[max(len(run), 1):]
		if err := w.do(work); err != nil {
			return err
		}
	}
	return w.ctx.Err()
}

// fileRun returns the entries before the first directory, at most chunk.
func fileRun(entries []fs.DirEntry) []fs.DirEntry {
	for i, e := range entries[:min(len(entries), chunk)] {
		if e.IsDir() {
			return entries[:i]
		}
	}
	return entries[:min(len(entries), chunk)]
}

// readDir returns the entries of a directory in the order that their keys will
// have: there a directory's name is followed by a slash, so "a-b" comes before
// the files of "a". Dot files are left out.
func readDir(path string) ([]fs.DirEntry, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") })
	slices.SortFunc(entries, compareEntries)
	return entries, err
}

func compareEntries(a, b fs.DirEntry) int { return strings.Compare(slashed(a), slashed(b)) }

func slashed(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// stat fills n with the files of a run of entries.
func (w *walker) stat(prefix string, run []fs.DirEntry, n *node) error {
	n.files = make([]file, 0, len(run))
	for _, e := range run {
		key := prefix + e.Name()
		if !e.Type().IsRegular() {
			w.bad.at(0, key, "it is a %s; only files and directories can be read", kindOf(e.Type()))
			continue
		}
		if key == w.labelKey || !w.check(key) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return pathError(err)
		}
		n.files = append(n.files, file{key, stampOf(info)})
	}
	return w.ctx.Err()
}

// check complains about a name that cannot be a key, or the beginning of one.
func (w *walker) check(key string) bool {
	if err := gov.CheckKey(key); err != nil {
		w.bad.at(0, key, "%v", err)
		return false
	}
	if !norm.NFC.IsNormalString(key) {
		w.bad.at(0, key, "its name %+q is not in Unicode NFC, so others could not type it; rename it", key)
		return false
	}
	return true
}

func kindOf(t fs.FileMode) string {
	switch {
	case t&fs.ModeSymlink != 0:
		return "symbolic link"
	case t&fs.ModeSocket != 0:
		return "socket"
	case t&fs.ModeNamedPipe != 0:
		return "pipe"
	}
	return "device"
}

// pathError gives an error of the file system its kind.
func pathError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return gov.Errorf(gov.NotFound, "NO_SUCH_FILE", "%v", err)
	}
	return gov.Errorf(gov.Invalid, "FILE_UNREADABLE", "%v", err)
}
