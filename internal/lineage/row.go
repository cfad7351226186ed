package lineage

import (
	"encoding/binary"
	"math/bits"

	"govd/internal/gov"
)

// Every edge is stored as two rows of one table, one under each end. Keys order
// as Graph.Links must yield, and the links of a node in one direction are the
// keys that begin with its RowPrefix.
//
//	key    u8 direction | number node | u8 kind | number other | number since
//	value  u8 1 if inferred | varint time | uvarint until | via
//
// A number is one byte that counts its significant bytes, and then those, the
// most significant first: bytes.Compare orders them, and no number's bytes begin
// another's. Among ten million nodes a key has 14 bytes and a value some 20.

// RowPrefix returns what the keys of a node's rows in a direction begin with.
func RowPrefix(d Direction, n Number) []byte { return AppendRowPrefix(make([]byte, 0, 32), d, n) }

// AppendRowPrefix is RowPrefix for who has room.
func AppendRowPrefix(b []byte, d Direction, n Number) []byte {
	return appendNumber(append(b, byte(d)), uint64(n))
}

// Rows returns the keys of an edge's two rows, under From and under To, and
// their one value. Where the edge ends, both values are replaced.
func Rows(from, to Number, l Link) (keys [2][]byte, value []byte) {
	key := func(d Direction, n, other Number) []byte {
		k := append(RowPrefix(d, n), byte(l.Kind))
		return appendNumber(appendNumber(k, uint64(other)), l.Since)
	}
	value = append(value, 0)
	if l.Inferred {
		value[0] = 1
	}
	value = binary.AppendVarint(value, l.Time)
	value = append(binary.AppendUvarint(value, l.Until), l.Via...)
	return [2][]byte{key(Trace, from, to), key(Impact, to, from)}, value
}

// ParseRow takes a row apart. The node is the one it lies under. Bytes that Rows
// does not write are an internal error.
func ParseRow(key, value []byte) (Direction, Number, Link, error) {
	return new(RowParser).Parse(key, value)
}

// A RowParser parses rows one after the other, of which most say the same as one
// before of what said so.
type RowParser struct{ via string }

// Parse is ParseRow.
func (p *RowParser) Parse(key, value []byte) (d Direction, n Number, l Link, err error) {
	k, v := fields{b: key}, fields{b: value}
	d, n = Direction(k.byte()), Number(k.number())
	l.Kind, l.Other, l.Since = EdgeKind(k.byte()), Number(k.number()), k.number()
	inferred := v.byte()
	l.Inferred, l.Time, l.Until = inferred == 1, v.varint(), v.uvarint()
	if k.bad || v.bad || len(k.b) > 0 || d > Impact || l.Kind.String() == "" || inferred > 1 || len(v.b) > MaxVia {
		return 0, 0, Link{}, gov.Errorf(gov.Internal, "BAD_ROW", "bytes %x: %x are no row of an edge", key, value)
	}
	if p.via != string(v.b) {
		p.via = string(v.b)
	}
	l.Via = p.via
	return d, n, l, nil
}

func appendNumber(b []byte, n uint64) []byte {
	size := (bits.Len64(n) + 7) / 8
	b = append(b, byte(size))
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

// fields takes bytes apart from the left. After one that is not there all that
// follow are zero.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) byte() byte {
	if f.bad = f.bad || len(f.b) == 0; f.bad {
		return 0
	}
	c := f.b[0]
	f.b = f.b[1:]
	return c
}

func (f *fields) number() (n uint64) {
	size := int(f.byte())
	if f.bad = f.bad || size > 8 || size > len(f.b) || size > 0 && f.b[0] == 0; f.bad {
		return 0
	}
	for _, c := range f.b[:size] {
		n = n<<8 | uint64(c)
	}
	f.b = f.b[size:]
	return n
}

func (f *fields) varint() int64 {
	n, size := binary.Varint(f.b)
	return take(f, n, size)
}

func (f *fields) uvarint() uint64 {
	n, size := binary.Uvarint(f.b)
	return take(f, n, size)
}

// take accepts a varint that was read, if it is written as short as it can be.
func take[N int64 | uint64](f *fields, n N, size int) N {
	if f.bad = f.bad || size <= 0 || size > 1 && f.b[size-1] == 0; f.bad {
		return 0
	}
	f.b = f.b[size:]
	return n
}
