package tree

import (
	"crypto/sha256"
	"encoding/binary"

	"govd/internal/gov"
)

// What is hashed, frozen. The tags are apart from those of RFC 6962 (0x00 and
// 0x01), which the audit log uses, and from gov's 0x14.
//
//	record entry  SHA-256(0x10 | uvarint len(key) | key | value)
//	reference     SHA-256(0x11 | uvarint len(last key) | last key | child | u64 records | u64 bytes)
//	pair          SHA-256(0x12 | left | right)     in the shape of RFC 6962 over the entries of one node
//	node          SHA-256(0x13 | u8 level | u32 entries | top pair)
//
// Integers are big-endian. A node's id is thus independent of how it is stored.
const (
	tagRecord = 0x10
	tagRef    = 0x11
	tagPair   = 0x12
	tagNode   = 0x13
	tagParams = 0x15
	tagSalt   = 0x16
)

// refLen is the length of a reference: child's id, records and bytes below it.
const refLen = sha256.Size + 8 + 8

// An entry is one entry of a node. Its slices belong to whoever filled it.
type entry struct {
	key    []byte
	value  []byte // the record's value; its entry hash if erased; in an inner node the reference
	size   int    // of the value, which erasing does not change
	erased bool
}

// A ref entry's parts.
func (e *entry) child() gov.Digest { return gov.Digest(e.value[:sha256.Size]) }
func (e *entry) records() uint64   { return binary.BigEndian.Uint64(e.value[sha256.Size:]) }
func (e *entry) bytes() uint64     { return binary.BigEndian.Uint64(e.value[sha256.Size+8:]) }

func appendRef(dst []byte, id gov.Digest, records, bytes uint64) []byte {
	dst = append(dst, id[:]...)
	dst = binary.BigEndian.AppendUint64(dst, records)
	return binary.BigEndian.AppendUint64(dst, bytes)
}

// A hasher hashes entries; it keeps the buffer they are laid out in.
type hasher struct{ buf []byte }

func (h *hasher) entry(level uint8, e *entry) gov.Digest {
	if e.erased {
		return gov.Digest(e.value)
	}
	tag := byte(tagRecord)
	if level > 0 {
		tag = tagRef
	}
	h.buf = append(h.buf[:0], tag)
	h.buf = binary.AppendUvarint(h.buf, uint64(len(e.key)))
	h.buf = append(h.buf, e.key...)
	h.buf = append(h.buf, e.value...)
	return sha256.Sum256(h.buf)
}

// same reports whether two records are one and the same. An erased record is
// known by its hash.
func (h *hasher) same(level uint8, a, b *entry) bool {
	if a.erased || b.erased {
		return h.entry(level, a) == h.entry(level, b)
	}
	return string(a.value) == string(b.value)
}

func pair(left, right *gov.Digest) gov.Digest {
	var b [1 + 2*sha256.Size]byte
	b[0] = tagPair
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// nodeID returns the id of a node with these entry hashes. It uses up hashes.
func nodeID(level uint8, hashes []gov.Digest) gov.Digest {
	return nodeWith(level, len(hashes), top(hashes))
}

// top pairs neighbours until one hash is left; an odd one out moves up as it
// is, which is the shape of RFC 6962.
func top(h []gov.Digest) gov.Digest {
	if len(h) == 0 {
		return gov.Digest{}
	}
	for n := len(h); n > 1; n = (n + 1) / 2 {
		for i := 0; i+1 < n; i += 2 {
			h[i/2] = pair(&h[i], &h[i+1])
		}
		if n%2 == 1 {
			h[n/2] = h[n-1]
		}
	}
	return h[0]
}

func nodeWith(level uint8, n int, top gov.Digest) gov.Digest {
	b := make([]byte, 0, 2+4+sha256.Size)
	b = append(b, tagNode, level)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	return sha256.Sum256(append(b, top[:]...))
}
