package tree

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/dchest/siphash"

	"govd/internal/gov"
)

// Params is what decides where nodes end. Trees are comparable by root only if
// their Params have the same Hash.
type Params struct {
	format  uint16
	target  uint32 // logical bytes of a node, on average
	min     uint32 // a node below this does not end
	max     uint32 // a node above this ends
	minFan  uint16 // an inner node with fewer entries does not end
	k0, k1  uint64 // the salt as a SipHash key
	cube    uint64 // (1.12 target)³
	hash    gov.Digest
	nothing gov.Tree
}

// NewParams returns the parameters of format 1 under a dataset's salt. The salt
// is secret: who knows it can choose keys that make every edit as dear as a
// rebuild.
func NewParams(salt [16]byte) *Params {
	return newParams(salt, 4096, 512, maxNode, 8)
}

func newParams(salt [16]byte, target, min, max uint32, minFan uint16) *Params {
	p := &Params{format: 1, target: target, min: min, max: max, minFan: minFan}
	p.k0 = binary.LittleEndian.Uint64(salt[:8])
	p.k1 = binary.LittleEndian.Uint64(salt[8:])
	scale := (uint64(target)*112 + 50) / 100
	p.cube = scale * scale * scale
	p.hash = p.digest(SaltCommitment(salt))
	p.nothing = gov.Tree{Params: p.hash, Root: nodeID(0, nil)}
	return p
}

// Hash returns the digest that a version commits to:
//
//	SHA-256(0x15 | u16 format | u32 target | u32 min | u32 max | u16 minfan | SaltCommitment)
func (p *Params) Hash() gov.Digest { return p.hash }

// Empty returns the tree without records. It has no node.
func (p *Params) Empty() gov.Tree { return p.nothing }

func (p *Params) digest(salt gov.Digest) gov.Digest {
	b := []byte{tagParams}
	b = binary.BigEndian.AppendUint16(b, p.format)
	b = binary.BigEndian.AppendUint32(b, p.target)
	b = binary.BigEndian.AppendUint32(b, p.min)
	b = binary.BigEndian.AppendUint32(b, p.max)
	b = binary.BigEndian.AppendUint16(b, p.minFan)
	return sha256.Sum256(append(b, salt[:]...))
}

// SaltCommitment returns SHA-256(0x16 | salt), which may be published.
func SaltCommitment(salt [16]byte) gov.Digest {
	return sha256.Sum256(append([]byte{tagSalt}, salt[:]...))
}

// ends reports whether a node of n entries and size logical bytes ends after
// its newest entry, which has this key and counts for this many bytes.
//
// The chance grows with the square of size, so sizes follow a Weibull
// distribution of shape 3: this keeps the bytes that an edit rewrites lowest at
// a target of 4 KiB. Integers only; a float may round apart on another machine.
func (p *Params) ends(level uint8, key []byte, this, size uint64, n int) bool {
	switch {
	case level > 0 && n < int(p.minFan), size < uint64(p.min):
		return false
	case size > uint64(p.max):
		return true
	}
	h := uint64(uint32(siphash.Hash(p.k0, p.k1^uint64(level), key)))
	hi, lo := bits.Mul64(h, p.cube)
	odds := 3 * this * size * size // at most 3 x 2^14 x 2^28
	return hi < odds>>32 || hi == odds>>32 && lo < odds<<32
}
