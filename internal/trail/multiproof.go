package trail

import (
	"crypto/sha256"
	"math/bits"
	"slices"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A multiproof shows that some leaves are in an RFC 6962 tree: it has the roots
// of the largest subtrees that hold none of them, from left to right. It is
// never longer than one proof a leaf, and for neighbours much shorter.

// A span is the leaves from lo to before hi of a tree of any size.
type span struct{ lo, hi uint64 }

// split returns the two halves of a span of more than one leaf: the left one is
// the largest power of two below its size (RFC 6962 section 2.1).
func (s span) split() (left, right span) {
	middle := s.lo + 1<<(bits.Len64(s.hi-s.lo-1)-1)
	return span{s.lo, middle}, span{middle, s.hi}
}

// nodeHash returns SHA-256(0x01 | left | right), RFC 6962 section 2.1.
func nodeHash(left, right gov.Digest) gov.Digest {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// proveEntries returns the multiproof for sorted indexes of the log at a size.
func proveEntries(log audit.Source, size uint64, sorted []uint64) (proof []gov.Digest, err error) {
	if len(sorted) == 0 {
		return nil, nil
	}
	roots := map[span]gov.Digest{} // of spans beside the ways from leaves to the root
	// near is an index in the span beside s, so that s is beside its way.
	var walk func(s span, sorted []uint64, near uint64) error
	walk = func(s span, sorted []uint64, near uint64) error {
		if len(sorted) == 0 {
			if _, known := roots[s]; !known {
				if err := addRoots(roots, log, size, near); err != nil {
					return err
				}
			}
			proof = append(proof, roots[s])
			return nil
		}
		if s.hi-s.lo == 1 {
			return nil
		}
		left, right := s.split()
		n, _ := slices.BinarySearch(sorted, left.hi)
		if err := walk(left, sorted[:n], sorted[len(sorted)-1]); err != nil {
			return err
		}
		return walk(right, sorted[n:], sorted[0])
	}
	return proof, walk(span{0, size}, sorted, 0)
}

// addRoots adds the roots of the spans beside the way from a leaf to the root.
func addRoots(roots map[span]gov.Digest, log audit.Source, size, index uint64) error {
	hashes, err := audit.ProveEntry(log, size, index)
	if err != nil {
		return err
	}
	for i, s := range beside(span{0, size}, index) {
		roots[s] = hashes[len(hashes)-1-i]
	}
	return nil
}

// beside returns the spans beside the way from the root to a leaf.
func beside(s span, index uint64) (all []span) {
	for s.hi-s.lo > 1 {
		left, right := s.split()
		if index < left.hi {
			s, all = left, append(all, right)
		} else {
			s, all = right, append(all, left)
		}
	}
	return all
}

// rootOf returns the root that entries at sorted indexes and a multiproof give,
// and whether the proof has as many hashes as it should.
func rootOf(size uint64, entries []indexed, proof []gov.Digest) (root gov.Digest, exact bool) {
	exact = true
	var walk func(s span, entries []indexed) gov.Digest
	walk = func(s span, entries []indexed) (d gov.Digest) {
		switch {
		case len(entries) == 0 && len(proof) == 0:
			exact = false
		case len(entries) == 0:
			d, proof = proof[0], proof[1:]
		case s.hi-s.lo == 1:
			d = audit.LeafHash(entries[0].line)
		default:
			left, right := s.split()
			n := 0
			for n < len(entries) && entries[n].index < left.hi {
				n++
			}
			l := walk(left, entries[:n])
			d = nodeHash(l, walk(right, entries[n:]))
		}
		return d
	}
	root = walk(span{0, size}, entries)
	return root, exact && len(proof) == 0
}

// OutputsRoot returns the root of a batch: of the RFC 6962 tree over
// audit.LeafHash of what [OutputLeaf] makes of each output.
func OutputsRoot(leaves []gov.Digest) gov.Digest {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	if len(leaves) == 1 {
		return leaves[0]
	}
	left, _ := span{0, uint64(len(leaves))}.split()
	return nodeHash(OutputsRoot(leaves[:left.hi]), OutputsRoot(leaves[left.hi:]))
}

// ProveOutput returns the hashes that lead from a leaf to the root of its batch
// (RFC 6962 section 2.1.1). Its cost is that of the whole batch.
func ProveOutput(leaves []gov.Digest, index uint64) []gov.Digest {
	spans := beside(span{0, uint64(len(leaves))}, index)
	proof := make([]gov.Digest, 0, len(spans))
	for _, s := range slices.Backward(spans) {
		proof = append(proof, OutputsRoot(leaves[s.lo:s.hi]))
	}
	return proof
}

// OutputLeaf returns the bytes that stand for an output in its batch: a line
// each for what this is, the digest of the output's content, and the name that
// the client gave it, without an end of line.
func OutputLeaf(digest gov.Digest, name string) []byte {
	return []byte("govd/output/1\n" + digest.String() + "\n" + name)
}
