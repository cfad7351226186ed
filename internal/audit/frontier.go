package audit

import (
	"crypto/sha256"
	"math/bits"

	"govd/internal/gov"
)

// MaxSize is how many entries a log may have: more than any disk holds, and
// few enough that no sum of sizes overflows.
const MaxSize = 1 << 48

// LeafHash returns the hash of an entry's bytes as a leaf of the tree:
// SHA-256(0x00 | entry), RFC 6962 section 2.1.
func LeafHash(entry []byte) gov.Digest {
	var room [1024]byte
	return sha256.Sum256(append(append(room[:0], 0x00), entry...))
}

// nodeHash returns SHA-256(0x01 | left | right), RFC 6962 section 2.1.
func nodeHash(left, right []byte) gov.Digest {
	var b [1 + 2*sha256.Size]byte
	b[0] = 0x01
	copy(b[1:], left)
	copy(b[1+sha256.Size:], right)
	return sha256.Sum256(b[:])
}

// A frontier is all that must be known of a tree to add leaves to it and to
// tell its root: the roots of the perfect subtrees that its leaves fill, one
// for each bit of its size. The zero frontier is the empty tree.
type frontier struct {
	size    uint64
	perfect [64]gov.Digest // perfect[l], over 1<<l leaves, counts if bit l of size is set
}

// add adds a perfect subtree over 1<<level leaves, such as a leaf; size must be a
// multiple of that. It calls grown with the root of each perfect subtree that is
// complete by this, itself first.
func (f *frontier) add(level int, h gov.Digest, grown func(level int, h gov.Digest)) {
	f.size += 1 << level
	for {
		grown(level, h)
		// Where the addition carried, a subtree stood to the left.
		if f.size>>level&1 == 1 {
			f.perfect[level] = h
			return
		}
		h = nodeHash(f.perfect[level][:], h[:])
		level++
	}
}

// root returns the root of the tree. That of the empty tree is SHA-256 of
// nothing.
func (f *frontier) root() gov.Digest {
	if f.size == 0 {
		return sha256.Sum256(nil)
	}
	level := bits.TrailingZeros64(f.size)
	h := f.perfect[level]
	for rest := f.size &^ (1 << level); rest != 0; rest &= rest - 1 {
		h = nodeHash(f.perfect[bits.TrailingZeros64(rest)][:], h[:])
	}
	return h
}
