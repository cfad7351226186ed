package audit

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"

	"govd/internal/gov"
)

// Root returns the root of the log when it had size entries.
func Root(src Source, size uint64) (gov.Digest, error) {
	if err := within(src, size); err != nil {
		return gov.Digest{}, err
	}
	h, err := tlog.TreeHash(int64(size), &reader{src: src})
	return gov.Digest(h), err
}

// ProveEntry returns the hashes that lead from entry index to the root of the
// log when it had size entries (RFC 6962 section 2.1.1).
func ProveEntry(src Source, size, index uint64) ([]gov.Digest, error) {
	if err := within(src, size); err != nil {
		return nil, err
	}
	if index >= size {
		return nil, gov.Errorf(gov.NotFound, "NO_ENTRY", "no entry %d in a log of %d", index, size)
	}
	p, err := tlog.ProveRecord(int64(size), int64(index), &reader{src: src})
	return fromHashes(p), err
}

// ProveConsistency returns the hashes that show that the log of size entries
// begins with the log of old entries (RFC 6962 section 2.1.2). There are none
// if old is 0 or size.
func ProveConsistency(src Source, old, size uint64) ([]gov.Digest, error) {
	if err := within(src, size); err != nil {
		return nil, err
	}
	if old > size {
		return nil, gov.Errorf(gov.Invalid, "BAD_SIZE", "a log of %d entries cannot begin with one of %d", size, old)
	}
	if old == 0 {
		return nil, nil
	}
	p, err := tlog.ProveTree(int64(size), int64(old), &reader{src: src})
	return fromHashes(p), err
}

func within(src Source, size uint64) error {
	if have := src.LogSize(); size > have {
		return gov.Errorf(gov.Invalid, "BAD_SIZE", "the log has %d entries, not %d", have, size)
	}
	return nil
}

// CheckEntry checks that proof leads from the leaf at index to the root of a
// log of size entries. Any other answer than nil means that nothing is proven.
func CheckEntry(proof []gov.Digest, size uint64, root gov.Digest, index uint64, leaf gov.Digest) error {
	if size > MaxSize || index >= size {
		return gov.Errorf(gov.Invalid, "BAD_PROOF", "no entry %d in a log of %d", index, size)
	}
	if tlog.CheckRecord(toHashes(proof), int64(size), tlog.Hash(root), int64(index), tlog.Hash(leaf)) != nil {
		return gov.Errorf(gov.Invalid, "BAD_PROOF", "the proof does not lead from entry %d to the root of the log of %d entries", index, size)
	}
	return nil
}

// CheckConsistency checks that proof shows that the log of size entries with
// that root begins with the log of old entries with root oldRoot. Any other
// answer than nil means that nothing is proven.
func CheckConsistency(proof []gov.Digest, old uint64, oldRoot gov.Digest, size uint64, root gov.Digest) error {
	bad := gov.Errorf(gov.Invalid, "BAD_PROOF", "the proof does not show that the log of %d entries begins with the log of %d", size, old)
	if size > MaxSize || old > size {
		return bad
	}
	if old == 0 {
		if len(proof) > 0 || oldRoot != sha256.Sum256(nil) || size == 0 && root != oldRoot {
			return bad
		}
		return nil
	}
	if tlog.CheckTree(toHashes(proof), int64(size), tlog.Hash(root), int64(old), tlog.Hash(oldRoot)) != nil {
		return bad
	}
	return nil
}

func toHashes(ds []gov.Digest) []tlog.Hash {
	hs := make([]tlog.Hash, len(ds))
	for i, d := range ds {
		hs[i] = tlog.Hash(d)
	}
	return hs
}

func fromHashes(hs []tlog.Hash) []gov.Digest {
	ds := make([]gov.Digest, len(hs))
	for i, h := range hs {
		ds[i] = gov.Digest(h)
	}
	return ds
}
