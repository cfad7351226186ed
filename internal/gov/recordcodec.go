package gov

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/fxamacker/cbor/v2"
)

// The canonical value of a record is deterministic CBOR (RFC 8949 section
// 4.2.1) of a map with the integer keys below; empty fields are left out. It is
// frozen: it is what a version's root is computed from. See docs/schema.md.
type recordWire struct {
	Content    []byte            `cbor:"1,keyasint"`
	Size       uint64            `cbor:"2,keyasint,omitempty"`
	MediaType  string            `cbor:"3,keyasint,omitempty"`
	Labels     []labelWire       `cbor:"4,keyasint,omitempty"`
	Attributes map[string]string `cbor:"5,keyasint,omitempty"`
	Split      string            `cbor:"6,keyasint,omitempty"`
	Facts      *factsWire        `cbor:"7,keyasint,omitempty"`
}

type labelWire struct {
	ID       string        `cbor:"1,keyasint"`
	Name     string        `cbor:"2,keyasint"`
	Geometry *geometryWire `cbor:"3,keyasint,omitempty"`
}

type geometryWire struct {
	Kind  GeometryKind `cbor:"1,keyasint"`
	Parts [][]int64    `cbor:"2,keyasint"`
}

type factsWire struct {
	Width     uint32 `cbor:"1,keyasint"`
	Height    uint32 `cbor:"2,keyasint"`
	PHash     uint64 `cbor:"3,keyasint"`
	Sharpness uint64 `cbor:"4,keyasint"`
	Blur      uint32 `cbor:"5,keyasint"`
	Dark      uint32 `cbor:"6,keyasint"`
	Light     uint32 `cbor:"7,keyasint"`
	Entropy   uint32 `cbor:"8,keyasint"`
	Gray      bool   `cbor:"9,keyasint,omitempty"`
}

// The salt is the last entry of the map: key 8, a byte string of 16 bytes.
var saltHead = []byte{0x08, 0x50}

const saltLen = 2 + 16

var (
	encMode = must(cbor.CoreDetEncOptions().UserBufferEncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
		MaxArrayElements:  1 << 16,
		MaxMapPairs:       1 << 10,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A Sealer makes the canonical values of one dataset's records. It is not safe
// for concurrent use.
type Sealer struct {
	mac  hash.Hash
	buf  bytes.Buffer
	wire recordWire
	sum  [sha256.Size]byte
}

// NewSealer returns a Sealer for a dataset's secret salt.
func NewSealer(salt [16]byte) *Sealer { return &Sealer{mac: hmac.New(sha256.New, salt[:])} }

// Seal returns the canonical value of r and sets r.Salt: the first 16 bytes of
// HMAC-SHA-256(dataset salt, uvarint(len key) | key | value without salt). The
// salt keeps the record's digest from being guessed once its value has been
// erased, and equal records still have equal values. The bytes are valid until
// the next call. The record must have passed Check. Returns an error of kind
// Invalid if the value is over MaxValue.
func (s *Sealer) Seal(r *Record) ([]byte, error) {
	s.buf.Reset()
	s.wire.fill(r)
	if err := encMode.MarshalToBuffer(&s.wire, &s.buf); err != nil {
		return nil, err
	}
	bare := s.buf.Bytes()
	r.Salt = s.salt(r.Key, bare)
	s.buf.Write(saltHead)
	s.buf.Write(r.Salt[:])
	value := s.buf.Bytes()
	if len(value) > MaxValue {
		return nil, r.bad("has a value of %d bytes, %d at most", len(value), MaxValue)
	}
	value[0]++ // one more entry in the map; a record never has 23
	return value, nil
}

func (s *Sealer) salt(key string, bare []byte) (salt [16]byte) {
	s.mac.Reset()
	var n [binary.MaxVarintLen64]byte
	s.mac.Write(n[:binary.PutUvarint(n[:], uint64(len(key)))])
	s.mac.Write([]byte(key))
	s.mac.Write(bare)
	copy(salt[:], s.mac.Sum(s.sum[:0]))
	return salt
}

// DecodeRecord decodes a canonical value. It accepts exactly what Seal can
// make: any other encoding of the same record is an error.
func DecodeRecord(key string, value []byte) (*Record, error) {
	bare, salt, ok := cutSalt(value)
	if !ok {
		return nil, Errorf(Invalid, "BAD_RECORD", "record %q: the value carries no salt", clip(key))
	}
	var w recordWire
	if err := decMode.Unmarshal(bare, &w); err != nil {
		return nil, Because(err, Invalid, "BAD_RECORD", "record %q: the value is not a record", clip(key))
	}
	if len(w.Content) != len(Digest{}) {
		return nil, Errorf(Invalid, "BAD_RECORD", "record %q: the content is no digest", clip(key))
	}
	if again, err := encMode.Marshal(&w); err != nil || !bytes.Equal(again, bare) {
		return nil, Errorf(Invalid, "BAD_RECORD", "record %q: the value is not canonical", clip(key))
	}
	r := w.record(key)
	r.Salt = salt
	return r, r.Check()
}

// cutSalt takes the salt off a value and returns a copy of the rest with its
// map one entry shorter.
func cutSalt(value []byte) (bare []byte, salt [16]byte, ok bool) {
	at := len(value) - saltLen
	if at < 2 || len(value) > MaxValue || value[0] <= 0xa0 || value[0] > 0xb7 || !bytes.Equal(value[at:at+2], saltHead) {
		return nil, salt, false
	}
	bare = bytes.Clone(value[:at])
	bare[0]--
	copy(salt[:], value[at+2:])
	return bare, salt, true
}

// fill makes w the wire form of r. It shares r's memory and keeps its own list
// of labels.
func (w *recordWire) fill(r *Record) {
	*w = recordWire{
		Content: r.Content[:], Size: r.Size, MediaType: r.MediaType, Labels: w.Labels[:0], Attributes: r.Attributes, Split: r.Split,
		Facts: (*factsWire)(r.Facts),
	}
	for _, l := range r.Labels {
		w.Labels = append(w.Labels, labelWire{l.ID, l.Name, (*geometryWire)(l.Geometry)})
	}
}

func (w *recordWire) record(key string) *Record {
	r := &Record{
		Key: key, Content: Digest(w.Content), Size: w.Size, MediaType: w.MediaType, Attributes: w.Attributes, Split: w.Split,
		Facts: (*ImageFacts)(w.Facts),
	}
	if len(w.Labels) > 0 {
		r.Labels = make([]Label, len(w.Labels))
		for i, l := range w.Labels {
			r.Labels[i] = Label{l.ID, l.Name, (*Geometry)(l.Geometry)}
		}
	}
	return r
}
