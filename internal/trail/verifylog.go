package trail

import (
	"archive/tar"
	"bufio"
	"bytes"
	"fmt"
	"io"

	"govd/internal/audit"
	"govd/internal/gov"
)

// log checks an exported log.
func (v *verifier) log(file *io.SectionReader) error {
	v.read.Kind = "an exported log"
	r := &logReader{tar: tar.NewReader(ahead(file))}
	if err := r.open(checkpointName, audit.MaxCheckpoint); err != nil {
		return err
	}
	signed := bytes.Clone(r.bundle)
	r.bundle = nil
	c, err := v.checkpoint(signed)
	if err != nil {
		return err
	}
	same := newComparer(file)
	w, err := newLogWriter(same, signed)
	if err != nil {
		return err
	}
	oldRoot, err := v.copyEntries(w, r, c.Size)
	if err != nil {
		return err
	}
	claim := fmt.Sprintf("the file holds all %d entries of the log of %s", c.Size, c.Origin)
	if root := w.tree.Root(); root != c.Root {
		return v.fails(claim, fmt.Errorf("they give the root %s", root))
	}
	if err := w.close(); err != nil {
		return err
	}
	if err := same.end(); err != nil {
		return err
	}
	v.read.Subject = fmt.Sprintf("all %d entries of the log", c.Size)
	v.holds(claim, "hashed one by one they give the root %s", c.Root)
	return v.began(c, oldRoot)
}

// copyEntries copies size entries, and returns the root that the log had at the
// size that the reader knows.
func (v *verifier) copyEntries(w *logWriter, r *logReader, size uint64) (oldRoot gov.Digest, err error) {
	for {
		if v.since != nil && w.tree.Size() == v.since.Size {
			oldRoot = w.tree.Root()
		}
		if w.tree.Size() == size {
			return oldRoot, nil
		}
		e, err := r.next()
		if err != nil {
			return oldRoot, err
		}
		if err := w.add(e); err != nil {
			return oldRoot, err
		}
	}
}

// began checks that the log of c, whose root at the size that the reader knows
// was oldRoot, begins with the log that the reader knows.
func (v *verifier) began(c audit.Checkpoint, oldRoot gov.Digest) error {
	if v.since == nil {
		return nil
	}
	claim := continues(c, *v.since)
	switch {
	case v.since.Size > c.Size:
		return v.fails(claim, fmt.Errorf("it is shorter"))
	case oldRoot != v.since.Root:
		return v.fails(claim, fmt.Errorf("its first %d entries give the root %s, and you know %s", v.since.Size, oldRoot, v.since.Root))
	}
	v.holds(claim, "its first %d entries give the root %s", v.since.Size, oldRoot)
	return nil
}

// readAhead is how much of a large file is read at a time.
const readAhead = 256 << 10

func ahead(file *io.SectionReader) *bufio.Reader {
	again := io.NewSectionReader(file, 0, file.Size())
	return bufio.NewReaderSize(again, int(min(readAhead, file.Size())))
}

// A comparer is a Writer that takes nothing but what the file holds.
type comparer struct {
	file *bufio.Reader
	at   int64
	size int64
}

func newComparer(file *io.SectionReader) *comparer {
	return &comparer{file: ahead(file), size: file.Size()}
}

// Write compares b with what comes next in the file.
func (c *comparer) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+c.file.Size())]
		have, err := c.file.Peek(len(part))
		if err != nil && err != io.EOF {
			return n, err
		}
		if !bytes.Equal(have, part) {
			return n, badFile("the exported log has been changed: from byte %d on it is not what its entries make", c.at)
		}
		c.file.Discard(len(part))
		n += len(part)
		c.at += int64(len(part))
	}
	return n, nil
}

// end checks that the file ends here.
func (c *comparer) end() error {
	if c.at != c.size {
		return badFile("the exported log has %d bytes, and should end after %d", c.size, c.at)
	}
	return nil
}
