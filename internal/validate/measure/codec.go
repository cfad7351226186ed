package measure

import (
	"encoding/binary"

	"govd/internal/gov"
)

// States are encoded as uvarints and strings with their length before them.
// Whatever is kept in a map is written in order of its keys.

func appendString[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// A decoder takes an encoded state apart. Once something is wrong it stays bad
// and yields zeros, so callers look at the end.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() { d.b, d.bad = nil, true }

// uvarint reads a number in its shortest form.
func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || n > 1 && d.b[n-1] == 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// most reads a number that is at most so large.
func (d *decoder) most(limit uint64) uint64 {
	v := d.uvarint()
	if v > limit {
		d.fail()
		return 0
	}
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	s := d.b[:n:n]
	d.b = d.b[n:]
	return s
}

func (d *decoder) digest() (id gov.Digest) {
	if len(d.b) < len(id) {
		d.fail()
		return id
	}
	copy(id[:], d.b)
	d.b = d.b[len(id):]
	return id
}

func (d *decoder) flag() bool { return d.most(1) == 1 }

// end returns an error unless all was read and well formed.
func (d *decoder) end() error {
	if d.bad || len(d.b) > 0 {
		return gov.Errorf(gov.Internal, "BAD_STATE", "a kept state of a measure cannot be read")
	}
	return nil
}

func appendNumbers(dst []byte, numbers ...uint64) []byte {
	for _, v := range numbers {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}
