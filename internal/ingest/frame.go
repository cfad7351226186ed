package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
)

// The files of the cache are frames:
//
//	magic | body | u32 CRC-32C of all before it
//
// The magic says what the body is and in which version of its form. Numbers
// are little-endian or uvarint. A frame that is not whole counts as none: the
// cache saves time and never decides anything.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// framePath returns the path of a frame about a subject, which is hashed since
// it may be a path or anything else.
func framePath(dir, kind, subject string) string {
	id := sha256.Sum256([]byte(subject))
	return filepath.Join(dir, kind+"-"+hex.EncodeToString(id[:12]))
}

// writeFrame replaces the file at path. Readers see the old frame or the new.
func writeFrame(path, magic string, body []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	crc := crc32.Update(crc32.Checksum([]byte(magic), castagnoli), castagnoli, body)
	for _, part := range [][]byte{[]byte(magic), body, binary.LittleEndian.AppendUint32(nil, crc)} {
		if _, err := f.Write(part); err != nil {
			f.Close()
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// readFrame returns the body of the frame at path, if there is a whole one.
func readFrame(path, magic string) ([]byte, bool) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < len(magic)+4 || !bytes.HasPrefix(b, []byte(magic)) {
		return nil, false
	}
	end := len(b) - 4
	if crc32.Checksum(b[:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, false
	}
	return b[len(magic):end], true
}

// appendKey appends a key by what it shares with the one before it.
func appendKey(b []byte, before, key string) []byte {
	shared := 0
	for shared < min(len(before), len(key)) && before[shared] == key[shared] {
		shared++
	}
	b = binary.AppendUvarint(b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(key)-shared))
	return append(b, key[shared:]...)
}

// A cursor takes values off a body. Once one is cut short or out of range it
// is bad and gives zeros.
type cursor struct {
	b   []byte
	key []byte // the last that was taken
	bad bool
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// take returns the next n bytes, which are the body's own.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// nextKey takes what appendKey appended. Keys must ascend.
func (c *cursor) nextKey() {
	shared := c.uvarint()
	rest := c.take(c.uvarint())
	if shared > uint64(len(c.key)) || bytes.Compare(rest, c.key[min(shared, uint64(len(c.key))):]) <= 0 {
		c.fail()
		return
	}
	c.key = append(c.key[:shared], rest...)
}

func (c *cursor) fail() { c.b, c.bad = nil, true }
