package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// What reading may take of memory: an image file is held whole by each worker,
// and its pixels out of a budget that all workers share.
const (
	maxImage    = 256 << 20 // bytes of an image file
	maxPixels   = 128 << 20 // pixels of an image
	pixelBudget = 1 << 30   // bytes of pixels held at once
	pixelBytes  = 8         // bytes of a pixel at most
)

// An item is what reading a file found.
type item struct {
	content gov.Digest
	size    int64
	media   string
	facts   *gov.ImageFacts
	problem *Problem // why the file cannot be a record; then the rest is not set
	moved   bool     // the file is no longer the one that was walked
}

// A Problem is a file that cannot be a record.
type Problem struct {
	Key    string
	Reason gov.Reason // IMAGE_TRUNCATED, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, NOT_AN_IMAGE, FILE_UNREADABLE, NO_SUCH_FILE, FILE_CHANGING
	Text   string
}

// A reader reads files, one after another.
type reader struct {
	pixels *semaphore.Weighted // shared by all readers
	buf    []byte
	open   func(path string) (*os.File, error) // nil: os.Open
}

func (r *reader) openFile(path string) (*os.File, error) {
	if r.open != nil {
		return r.open(path)
	}
	return os.Open(path)
}

// read reads the file at path. It tries again when the file changes meanwhile.
// The error is ctx's or none.
func (r *reader) read(ctx context.Context, path string, f file) (item, error) {
	for range 3 {
		it, before, after, err := r.readOnce(ctx, path, f.key)
		if ctx.Err() != nil {
			return item{}, ctx.Err()
		}
		if err != nil {
			return failed(f.key, gov.ReasonOf(err), err), nil
		}
		if before == after {
			it.moved = after != f.stamp
			return it, nil
		}
	}
	return failed(f.key, "FILE_CHANGING", errors.New("the file changes while it is read")), nil
}

func failed(key string, reason gov.Reason, err error) item {
	return item{problem: &Problem{Key: key, Reason: reason, Text: err.Error()}, moved: true}
}

// readOnce reads a file and says what its stamp was before and after.
func (r *reader) readOnce(ctx context.Context, path, key string) (it item, before, after stamp, err error) {
	f, err := r.openFile(path)
	if err != nil {
		return item{}, before, after, pathError(err)
	}
	defer f.Close()
	if before, err = stampOfOpen(f); err != nil {
		return item{}, before, after, err
	}
	it, readErr := r.content(ctx, f, key, before.size)
	if after, err = stampOfOpen(f); err != nil || before != after {
		return item{}, before, after, err // what was read of a moving file does not count
	}
	return it, before, after, readErr
}

func stampOfOpen(f *os.File) (stamp, error) {
	info, err := f.Stat()
	if err != nil {
		return stamp{}, pathError(err)
	}
	return stampOf(info), nil
}

// content reads one file from beginning to end. Images are held whole, since
// they are decoded from memory; of anything else only the hash is kept.
func (r *reader) content(ctx context.Context, f io.Reader, key string, size int64) (item, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return item{}, pathError(err)
	}
	head = head[:n]
	media := imagefacts.MediaType(head)
	switch {
	case media == "" && slices.Contains(imageSuffixes, strings.ToLower(path.Ext(key))):
		return item{}, gov.Errorf(gov.Invalid, "NOT_AN_IMAGE", "the name says image, the content does not begin like one")
	case media == "":
		return r.plain(f, head)
	case size > maxImage:
		return item{}, gov.Errorf(gov.Exhausted, "IMAGE_TOO_LARGE", "%d bytes, %d at most for an image", size, maxImage)
	}
	return r.image(ctx, f, head, media, size)
}

// imageSuffixes are those of the formats that imagefacts decodes.
var imageSuffixes = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

func (r *reader) plain(f io.Reader, head []byte) (item, error) {
	h := sha256.New()
	h.Write(head)
	r.buf = slices.Grow(r.buf[:0], 1<<18)
	n, err := io.CopyBuffer(onlyWriter{h}, f, r.buf[:1<<18])
	if err != nil {
		return item{}, pathError(err)
	}
	return item{content: gov.Digest(h.Sum(nil)), size: int64(len(head)) + n, media: mediaType(head)}, nil
}

// onlyWriter hides what else a writer can, so that CopyBuffer uses the buffer.
type onlyWriter struct{ io.Writer }

// mediaType guesses what is not an image by the rules of browsers (the MIME
// Sniffing standard). They take all that begins with BM for a bitmap, text too,
// so that is looked at from the second letter on.
func mediaType(head []byte) string {
	guess := http.DetectContentType(head)
	if guess == "image/bmp" {
		guess = http.DetectContentType(head[1:])
	}
	guess, _, _ = strings.Cut(guess, ";")
	return guess
}

func (r *reader) image(ctx context.Context, f io.Reader, head []byte, media string, size int64) (item, error) {
	r.buf = append(r.buf[:0], head...)
	r.buf = slices.Grow(r.buf, int(max(size-int64(len(head)), 0))+bytesAtEnd)
	var err error
	if r.buf, err = readAll(f, r.buf); err != nil {
		return item{}, pathError(err)
	}
	facts, err := r.decode(ctx, r.buf)
	if err != nil {
		return item{}, err
	}
	it := item{content: sha256.Sum256(r.buf), size: int64(len(r.buf)), media: media, facts: facts}
	if cap(r.buf) > 16<<20 {
		r.buf = nil // one large file should not be paid for until the end
	}
	return it, nil
}

// bytesAtEnd is room to see the end of a file without growing the buffer.
const bytesAtEnd = 64

// readAll appends the rest of f to b. A file that grows past maxImage while it
// is read is cut there; the change of its stamp gives it away.
func readAll(f io.Reader, b []byte) ([]byte, error) {
	for len(b) <= maxImage {
		b = slices.Grow(b, bytesAtEnd)
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		} else if err != nil {
			return b, err
		}
	}
	return b, nil
}

// decode waits for a share of the budget and measures the image.
func (r *reader) decode(ctx context.Context, b []byte) (*gov.ImageFacts, error) {
	w, h, err := imagefacts.Size(b)
	if err != nil {
		return nil, err
	}
	weight := int64(pixelBudget)
	if int64(w) < pixelBudget/pixelBytes/int64(h) {
		weight = int64(w) * int64(h) * pixelBytes
	}
	if err := r.pixels.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("waiting for memory: %w", err)
	}
	defer r.pixels.Release(weight)
	return imagefacts.Decode(b, maxPixels)
}
