package measure

import (
	"crypto/sha256"
	"encoding/binary"

	"govd/internal/gov"
)

// A Row is a record as measures read it: parts of its canonical value, valid
// until the next record is read.
type Row struct {
	Key       []byte
	Content   []byte // 32 bytes
	Size      uint64
	MediaType []byte
	Labels    []RowLabel // ascending by id
	Split     []byte
	Facts     *gov.ImageFacts // nil unless the record has some

	attributes []attribute
	facts      gov.ImageFacts
	value      []byte
	parts      [][]int64 // of the label that was looked at last
	load       []byte    // of an index, reused: the record's place if it is placed
	placed     bool
	hash       uint64 // of the key, if hashed
	hashed     bool
}

// A RowLabel is a label of a Row.
type RowLabel struct {
	ID, Name []byte
	Kind     gov.GeometryKind // 0: the label is about the whole record
	parts    []byte           // the geometry's numbers as they are stored
}

type attribute struct{ name, value []byte }

// Read makes r the record of that key and canonical value, and keeps both. It
// accepts every value that gov.DecodeRecord does and finds in it the same; of
// what else it accepts nothing is promised. Returns gov.Invalid with reason
// BAD_RECORD.
func (r *Row) Read(key, value []byte) error {
	*r = Row{Key: key, value: value, Labels: r.Labels[:0], attributes: r.attributes[:0], parts: r.parts, load: r.load}
	c := cbor{b: value}
	for n, last := c.head(cborMap), byte(0); n > 0 && !c.bad; n-- {
		at := c.next()
		if at <= last {
			c.bad = true
		}
		r.field(&c, at)
		last = at
	}
	if c.bad || len(c.b) > 0 || len(r.Content) != sha256.Size {
		return gov.Errorf(gov.Invalid, "BAD_RECORD", "record %q: the value is not a record", clip(key))
	}
	return nil
}

// field reads the field of that number in the map of a record.
func (r *Row) field(c *cbor, number byte) {
	switch number {
	case 1:
		r.Content = c.str(cborBytes)
	case 2:
		r.Size = c.head(cborUint)
	case 3:
		r.MediaType = c.str(cborText)
	case 4:
		r.labels(c)
	case 5:
		r.attrs(c)
	case 6:
		r.Split = c.str(cborText)
	case 7:
		r.imageFacts(c)
	case 8:
		c.str(cborBytes) // the salt
	default:
		c.bad = true
	}
}

func (r *Row) labels(c *cbor) {
	for n := c.head(cborArray); n > 0 && !c.bad; n-- {
		var l RowLabel
		for m := c.head(cborMap); m > 0 && !c.bad; m-- {
			switch c.next() {
			case 1:
				l.ID = c.str(cborText)
			case 2:
				l.Name = c.str(cborText)
			case 3:
				l.Kind, l.parts = c.geometry()
			default:
				c.bad = true
			}
		}
		r.Labels = append(r.Labels, l)
	}
}

func (r *Row) attrs(c *cbor) {
	for n := c.head(cborMap); n > 0 && !c.bad; n-- {
		name := c.str(cborText)
		r.attributes = append(r.attributes, attribute{name, c.str(cborText)})
	}
}

func (r *Row) imageFacts(c *cbor) {
	f := &r.facts
	for n := c.head(cborMap); n > 0 && !c.bad; n-- {
		switch at := c.next(); at {
		case 1:
			f.Width = uint32(c.head(cborUint))
		case 2:
			f.Height = uint32(c.head(cborUint))
		case 3:
			f.PHash = c.head(cborUint)
		case 4:
			f.Sharpness = c.head(cborUint)
		case 5:
			f.Blur = uint32(c.head(cborUint))
		case 6:
			f.Dark = uint32(c.head(cborUint))
		case 7:
			f.Light = uint32(c.head(cborUint))
		case 8:
			f.Entropy = uint32(c.head(cborUint))
		case 9:
			f.Gray = c.next() == cborTrue
		default:
			c.bad = true
		}
	}
	r.Facts = f
}

// Attr returns the value of an attribute and whether the record has it.
func (r *Row) Attr(name string) ([]byte, bool) {
	for i := range r.attributes {
		if string(r.attributes[i].name) == name {
			return r.attributes[i].value, true
		}
	}
	return nil, false
}

// attrAt is Attr that looks first where the attribute was in the last record.
func (r *Row) attrAt(name string, at *int) []byte {
	if *at < len(r.attributes) && string(r.attributes[*at].name) == name {
		return r.attributes[*at].value
	}
	for i := range r.attributes {
		if string(r.attributes[i].name) == name {
			*at = i
			return r.attributes[i].value
		}
	}
	return nil
}

// Record decodes the whole record, which takes some twenty times as long.
func (r *Row) Record() (*gov.Record, error) { return gov.DecodeRecord(string(r.Key), r.value) }

// Geometry returns the numbers of a label's geometry as gov.Geometry lays them
// out, valid until the next call.
func (r *Row) Geometry(l *RowLabel) [][]int64 {
	c := cbor{b: l.parts}
	parts := r.parts[:0]
	for n := c.head(cborArray); n > 0 && !c.bad; n-- {
		var part []int64
		if len(parts) < cap(parts) {
			part = parts[:len(parts)+1][len(parts)][:0]
		}
		for m := c.head(cborArray); m > 0 && !c.bad; m-- {
			part = append(part, c.int())
		}
		parts = append(parts, part)
	}
	r.parts = parts
	return parts
}

// keyHash orders witnesses: the first 8 bytes of SHA-256(key).
func (r *Row) keyHash() uint64 {
	if !r.hashed {
		r.hash, r.hashed = hashKey(r.Key), true
	}
	return r.hash
}

func hashKey(key []byte) uint64 {
	sum := sha256.Sum256(key)
	return binary.BigEndian.Uint64(sum[:])
}

// clip shortens what a stranger sent before it goes into a message.
func clip(b []byte) string {
	const most = 80
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}
