package tree

import (
	"math/bits"

	"govd/internal/gov"
)

// A span proof shows entries [lo, hi) of a node of n entries: with the hashes of
// the largest subtrees that hold none of them, from left to right, the top of
// the Merkle tree can be computed. See RFC 6962 section 2.1 for its shape.
type span struct{ lo, hi int }

// split is how many of n > 1 entries are left of the top.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// siblings appends to dst the hashes that the proof for hashes, which begin at
// entry at, needs. It leaves hashes as they are.
func (s span) siblings(dst []byte, at int, hashes []gov.Digest) []byte {
	n := len(hashes)
	if at+n <= s.lo || s.hi <= at {
		h := top(append([]gov.Digest(nil), hashes...))
		return append(dst, h[:]...)
	}
	if n == 1 {
		return dst
	}
	k := split(n)
	dst = s.siblings(dst, at, hashes[:k])
	return s.siblings(dst, at+k, hashes[k:])
}

// top computes the top over entries [at, at+n) from the hashes of the entries
// shown and the siblings, which it takes from the front. ok is false if they run
// out.
func (s span) top(at, n int, shown []gov.Digest, siblings *[]byte) (h gov.Digest, ok bool) {
	if at+n <= s.lo || s.hi <= at {
		if len(*siblings) < len(h) {
			return h, false
		}
		h, *siblings = gov.Digest((*siblings)[:len(h)]), (*siblings)[len(h):]
		return h, true
	}
	if n == 1 {
		return shown[at-s.lo], true
	}
	k := split(n)
	left, ok := s.top(at, k, shown, siblings)
	if !ok {
		return h, false
	}
	right, ok := s.top(at+k, n-k, shown, siblings)
	return pair(&left, &right), ok
}
