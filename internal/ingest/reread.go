package ingest

import (
	"context"
	"crypto/sha256"
	"io"
	"iter"
	"os"
	"path/filepath"

	"golang.org/x/sync/semaphore"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// An Again is what reading a content again found.
type Again struct {
	Key       string
	Read      bool // else the content could not be read, and the rest is not set
	Content   gov.Digest
	Size      uint64
	MediaType string
	Decodes   bool // it is no image, or one that decodes to its end
}

// Reread reads the files below root that have these keys, and yields what each
// is now. The error is the context's or none.
func Reread(ctx context.Context, root string, keys []string) iter.Seq2[Again, error] {
	return func(yield func(Again, error) bool) {
		r := &reader{pixels: semaphore.NewWeighted(pixelBudget)}
		for _, key := range keys {
			a := Again{Key: key}
			err := ctx.Err()
			if err == nil && filepath.IsLocal(filepath.FromSlash(key)) {
				a.read(ctx, r, filepath.Join(root, filepath.FromSlash(key)))
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// read reads a file twice: what it is, and whether it decodes.
func (a *Again) read(ctx context.Context, r *reader, path string) {
	if err := a.sum(r, path); err != nil {
		return
	}
	a.Read = true
	it, err := r.read(ctx, path, file{key: a.Key})
	if a.Decodes = err == nil && it.problem == nil; a.Decodes {
		a.MediaType = it.media
	}
}

// sum takes the digest and the size of a file, and its type if it is an image.
func (a *Again) sum(r *reader, path string) error {
	f, err := r.openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return os.ErrInvalid
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	h := sha256.New()
	h.Write(head[:n])
	rest, err := io.Copy(h, f)
	h.Sum(a.Content[:0])
	a.Size = uint64(n) + uint64(rest)
	if a.MediaType = imagefacts.MediaType(head[:n]); a.MediaType == "" {
		a.MediaType = mediaType(head[:n])
	}
	return err
}
