package measure

import (
	"encoding/binary"

	"govd/internal/gov"
)

// A cbor reads the CBOR that a canonical record is made of: package gov holds
// what that is, and its decoder is the judge of it. This one skims: it takes a
// value apart where it stands, some ten times as fast, because every measure of
// every record waits for it.
type cbor struct {
	b   []byte
	bad bool // the bytes are not what was asked for; b is then empty
}

// Major types.
const (
	cborUint  = 0
	cborNeg   = 1
	cborBytes = 2
	cborText  = 3
	cborArray = 4
	cborMap   = 5

	cborTrue = 0xf5
)

func (c *cbor) fail() { c.b, c.bad = nil, true }

// next returns one byte: a small number, true or false.
func (c *cbor) next() byte {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

// head reads the head of an item of that major type and returns its number.
func (c *cbor) head(major byte) uint64 {
	first := c.next()
	if first>>5 != major {
		c.fail()
		return 0
	}
	if low := first & 0x1f; low >= 24 {
		return c.wide(low)
	}
	return uint64(first & 0x1f)
}

// wide reads a number that does not fit in its head.
func (c *cbor) wide(low byte) (v uint64) {
	n := 1 << (low - 24)
	if low > 27 || len(c.b) < n {
		c.fail()
		return 0
	}
	switch n {
	case 1:
		v = uint64(c.b[0])
	case 2:
		v = uint64(binary.BigEndian.Uint16(c.b))
	case 4:
		v = uint64(binary.BigEndian.Uint32(c.b))
	default:
		v = binary.BigEndian.Uint64(c.b)
	}
	c.b = c.b[n:]
	return v
}

// str reads a string of that major type: most are short.
func (c *cbor) str(major byte) []byte {
	if len(c.b) > 0 && c.b[0]>>5 == major && c.b[0]&0x1f < 24 {
		if end := 1 + int(c.b[0]&0x1f); end <= len(c.b) {
			s := c.b[1:end:end]
			c.b = c.b[end:]
			return s
		}
	}
	return c.longStr(major)
}

func (c *cbor) longStr(major byte) []byte {
	n := c.head(major)
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	s := c.b[:n:n]
	c.b = c.b[n:]
	return s
}

// int reads a number of either sign. Most are coordinates in thousandths, of four
// bytes.
func (c *cbor) int() int64 {
	if len(c.b) > 4 && c.b[0] == cborUint<<5|26 {
		v := int64(binary.BigEndian.Uint32(c.b[1:]))
		c.b = c.b[5:]
		return v
	}
	if len(c.b) > 0 && c.b[0]>>5 == cborNeg {
		return -1 - int64(c.head(cborNeg))
	}
	return int64(c.head(cborUint))
}

// geometry reads a geometry's kind, and its numbers as they stand.
func (c *cbor) geometry() (kind gov.GeometryKind, parts []byte) {
	for n := c.head(cborMap); n > 0 && !c.bad; n-- {
		switch c.next() {
		case 1:
			kind = gov.GeometryKind(c.head(cborUint))
		case 2:
			parts = c.numbers()
		default:
			c.fail()
		}
	}
	return kind, parts
}

// numbers skips an array of arrays of numbers and returns its bytes.
func (c *cbor) numbers() []byte {
	from := c.b
	for n := c.head(cborArray); n > 0 && !c.bad; n-- {
		c.skip(c.head(cborArray))
	}
	return from[:len(from)-len(c.b)]
}

// skip passes so many numbers by.
func (c *cbor) skip(numbers uint64) {
	for ; numbers > 0 && len(c.b) > 0; numbers-- {
		size := 1
		if low := c.b[0] & 0x1f; low >= 24 {
			size += 1 << (min(low, 28) - 24)
		}
		if c.b[0]>>5 > cborNeg || size > 1+8 || size > len(c.b) {
			c.fail()
			return
		}
		c.b = c.b[size:]
	}
	if numbers > 0 {
		c.fail()
	}
}
