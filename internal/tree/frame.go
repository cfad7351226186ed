package tree

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"govd/internal/gov"
)

// A frame is a stored node:
//
//	'G' | u8 version | u8 level | u8 0 | uvarint entries | entries | u32 CRC-32C of all before
//	record     uvarint shared | uvarint suffix | uvarint 2 x size + erased | suffix | value, or 32 bytes of entry hash if erased
//	reference  uvarint shared | uvarint suffix | suffix | child | u64 records | u64 bytes
//
// A key is the first shared bytes of the key before it, then the suffix. Shared
// is as long as it can be, so a node has exactly one frame. The entries begin
// with the first whole; a node without entries has no frame.
const (
	frameMagic   = 'G'
	frameVersion = 1
	frameHead    = 4
	frameFoot    = 4
)

// Limits. A node is cut once it is above maxNode, so each of its entries but the
// last ends below it.
const (
	maxKey     = gov.MaxKey
	maxValue   = gov.MaxValue
	maxNode    = 16 << 10    // logical bytes in all entries of a node but the last
	maxEntries = maxNode + 1 // a record has one byte or more
	maxLevel   = 15          // of a root
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendFrame(level uint8, n int, entries []byte) []byte {
	b := make([]byte, 0, frameHead+binary.MaxVarintLen16+1+len(entries)+frameFoot)
	b = append(b, frameMagic, frameVersion, level, 0)
	b = binary.AppendUvarint(b, uint64(n))
	b = append(b, entries...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// appendEntry encodes e after an entry whose key is last.
func appendEntry(dst []byte, level uint8, last []byte, e *entry) []byte {
	shared := commonPrefix(last, e.key)
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = binary.AppendUvarint(dst, uint64(len(e.key)-shared))
	if level == 0 {
		size := uint64(e.size) << 1
		if e.erased {
			size |= 1
		}
		dst = binary.AppendUvarint(dst, size)
	}
	dst = append(dst, e.key[shared:]...)
	return append(dst, e.value...)
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// A scan reads the entries of one frame in order, each when it is asked for.
// The current entry's key is overwritten by the next; its value is part of the
// frame.
type scan struct {
	entry
	ok    bool // there is a current entry
	level uint8
	n     int    // entries in the node; 0 if no frame is open
	left  int    // entries after the current one
	seen  int    // logical bytes up to the current one
	body  []byte // all entries
	rest  []byte // entries after the current one
}

// open checks the frame's head and CRC and moves to the first entry.
func (s *scan) open(frame []byte, level uint8) error {
	*s = scan{entry: entry{key: s.key[:0]}, level: level}
	if err := checkHead(frame, level); err != nil {
		return err
	}
	n, used := uvarint(frame[frameHead : len(frame)-frameFoot])
	if used == 0 || n == 0 || n > maxEntries {
		return corrupt("bad number of entries")
	}
	s.n, s.body = int(n), frame[frameHead+used:len(frame)-frameFoot]
	return s.rewind()
}

func checkHead(frame []byte, level uint8) error {
	end := len(frame) - frameFoot
	switch {
	case end <= frameHead || frame[0] != frameMagic || frame[1] != frameVersion || frame[3] != 0:
		return corrupt("not a frame of version %d", frameVersion)
	case binary.LittleEndian.Uint32(frame[end:]) != crc32.Checksum(frame[:end], castagnoli):
		return corrupt("the CRC does not match")
	case frame[2] != level || level > maxLevel:
		return corrupt("level %d, want %d", frame[2], level)
	}
	return nil
}

// rewind moves back to the first entry.
func (s *scan) rewind() error {
	s.key, s.rest, s.left, s.seen = s.key[:0], s.body, s.n, 0
	return s.next()
}

// next moves to the next entry. After the last, ok is false and the key is
// still the last one.
func (s *scan) next() error {
	if s.left == 0 {
		s.ok = false
		return nil
	}
	s.left--
	if err := s.decode(); err != nil {
		s.ok = false
		return err
	}
	s.ok = true
	return nil
}

// seek moves forward to the first entry whose key is at least key.
func (s *scan) seek(key []byte) error {
	for s.ok && bytes.Compare(s.key, key) < 0 {
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) decode() error {
	b := s.rest
	shared, used := uvarint(b)
	b = b[used:]
	suffix, used2 := uvarint(b)
	b = b[used2:]
	size, stored, used3 := uint64(refLen), uint64(refLen), 1
	s.erased = false
	if s.level == 0 {
		size, used3 = uvarint(b)
		b = b[used3:]
		s.erased = size&1 != 0
		size >>= 1
		stored = size
		if s.erased {
			stored = uint64(len(gov.Digest{}))
		}
	}
	switch {
	case used == 0 || used2 == 0 || used3 == 0:
		return corrupt("bad number in an entry")
	case shared > uint64(len(s.key)) || suffix == 0 || suffix > maxKey || shared+suffix > maxKey || size > maxValue:
		return corrupt("bad size of an entry")
	case uint64(len(b)) < suffix+stored || s.left == 0 && uint64(len(b)) != suffix+stored:
		return corrupt("entries end too early or too late")
	case s.seen > maxNode:
		return corrupt("too large")
	case shared < uint64(len(s.key)) && b[0] <= s.key[shared]:
		return corrupt("keys do not ascend or share more than they say")
	}
	s.key = append(s.key[:shared], b[:suffix]...)
	s.value = b[suffix : suffix+stored : suffix+stored]
	s.entry.size = int(size)
	s.rest = b[suffix+stored:]
	s.seen += len(s.key) + int(size)
	return nil
}

// uvarint decodes a number of at most five bytes in its shortest form. used is
// 0 if there is none.
func uvarint(b []byte) (v uint64, used int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	for i := 0; i < len(b) && i < 5; i++ {
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			if b[i] == 0 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}

func corrupt(format string, args ...any) error {
	return gov.Errorf(gov.Internal, "BAD_NODE", "bad node: "+format, args...)
}
