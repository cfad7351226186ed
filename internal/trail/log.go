package trail

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
)

// An exported log is a POSIX (ustar) tar of the files that a static log has
// according to C2SP tlog-tiles, so that what it unpacks to can be served as it
// is:
//
//	checkpoint                   the signed head, a C2SP signed note
//	tile/entries/<N>             256 entries, each as u16 length | bytes
//	tile/<L>/<N>                 256 hashes of level L (audit.Tile)
//	tile/entries/<N>.p/<W>       the last W entries, fewer than 256
//	tile/<L>/<N>.p/<W>           the last W hashes of a level
//
// <N> is in groups of three digits, all but the last behind an x: x001/x234/067.
// The checkpoint comes first; each tile comes once it is full, bundles of
// entries before tiles of hashes and those from level 0 up; the partial ones are
// last, in the same order. Modes are 0644 and times 1970-01-01 00:00 UTC.
//
// It holds every entry, so it needs no proof that it continues an older log: a
// verifier computes the older root on its way.
const (
	checkpointName = "checkpoint"
	entriesDir     = "tile/entries/"
	bundleWidth    = 256
	maxBundle      = bundleWidth * (2 + audit.MaxEntry)
	tarBlock       = 512
)

// WriteLog writes the head's log as one file. It holds one bundle of entries
// and the right edge of the tree in memory. It returns an error of kind Internal
// after having written a part if the entries are not those of the checkpoint.
func WriteLog(w io.Writer, h Head) error {
	l, err := newLogWriter(w, h.signed)
	if err != nil {
		return err
	}
	for i := range h.checkpoint.Size {
		e, err := h.log.Entry(i)
		if err != nil {
			return err
		}
		if err := l.add(e); err != nil {
			return err
		}
	}
	if l.tree.Root() != h.checkpoint.Root {
		return fmt.Errorf("the log's entries are not those of its checkpoint at size %d", h.checkpoint.Size)
	}
	return l.close()
}

// A logWriter writes the one form of an exported log.
type logWriter struct {
	tar    *tar.Writer
	tree   audit.Builder
	bundle []byte // entries since the last full bundle
}

func newLogWriter(w io.Writer, signed []byte) (*logWriter, error) {
	l := &logWriter{tar: tar.NewWriter(w)}
	return l, l.put(checkpointName, signed)
}

// add adds the next entry.
func (l *logWriter) add(entry []byte) error {
	if len(entry) > audit.MaxEntry {
		return fmt.Errorf("log entry of %d bytes", len(entry))
	}
	l.bundle = binary.BigEndian.AppendUint16(l.bundle, uint16(len(entry)))
	l.bundle = append(l.bundle, entry...)
	full := l.tree.Add(audit.LeafHash(entry))
	if len(full) == 0 {
		return nil
	}
	// The lowest tile is full, and so is the bundle of the same entries.
	if err := l.put(tilePath(entriesDir, full[0].Index, 0), l.bundle); err != nil {
		return err
	}
	l.bundle = l.bundle[:0]
	return l.tiles(full)
}

func (l *logWriter) tiles(tiles []audit.Tile) error {
	for _, t := range tiles {
		width := len(t.Hashes) / len(gov.Digest{})
		if err := l.put(tilePath(fmt.Sprintf("tile/%d/", t.Level), t.Index, width%bundleWidth), t.Hashes); err != nil {
			return err
		}
	}
	return nil
}

// close writes what is not full, and the end of the archive.
func (l *logWriter) close() error {
	if size := l.tree.Size(); size%bundleWidth > 0 {
		if err := l.put(tilePath(entriesDir, size/bundleWidth, int(size%bundleWidth)), l.bundle); err != nil {
			return err
		}
	}
	if err := l.tiles(l.tree.Edge().Tiles()); err != nil {
		return err
	}
	return l.tar.Close()
}

func (l *logWriter) put(name string, b []byte) error {
	h := tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(b)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := l.tar.WriteHeader(&h); err != nil {
		return err
	}
	_, err := l.tar.Write(b)
	return err
}

// tilePath returns the path of a tile; width is 0 for a full one.
func tilePath(dir string, n uint64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/", n%1000) + path
	}
	if width > 0 {
		path += fmt.Sprintf(".p/%d", width)
	}
	return dir + path
}

// isLog tells an exported log by its first block.
func isLog(first []byte) bool {
	return len(first) == tarBlock && bytes.HasPrefix(first, []byte(checkpointName+"\x00")) && bytes.HasPrefix(first[257:], []byte("ustar"))
}

// A logReader reads the checkpoint and the entries of an exported log in turn.
// It need not be strict: what it reads is written again and compared.
type logReader struct {
	tar    *tar.Reader
	buf    []byte
	bundle []byte // of buf, what is left to read
}

// next returns the next entry, which is valid until the call after it.
func (l *logReader) next() ([]byte, error) {
	for len(l.bundle) == 0 {
		if err := l.open(entriesDir, maxBundle); err != nil {
			return nil, err
		}
	}
	if len(l.bundle) < 2 {
		return nil, errCut
	}
	n := 2 + int(binary.BigEndian.Uint16(l.bundle))
	if n > len(l.bundle) {
		return nil, errCut
	}
	entry := l.bundle[2:n]
	l.bundle = l.bundle[n:]
	return entry, nil
}

// open reads the next file whose name begins so.
func (l *logReader) open(prefix string, most int64) error {
	for {
		h, err := l.tar.Next()
		if err != nil {
			return errCut
		}
		if !strings.HasPrefix(h.Name, prefix) {
			continue
		}
		if h.Size > most {
			return badFile("%s in the exported log has %d bytes, %d at most", quote(h.Name), h.Size, most)
		}
		if int64(cap(l.buf)) < h.Size {
			l.buf = make([]byte, h.Size)
		}
		l.bundle = l.buf[:h.Size]
		if _, err := io.ReadFull(l.tar, l.bundle); err != nil {
			return errCut
		}
		return nil
	}
}

var errCut = badFile("the exported log is cut off or is not one")
