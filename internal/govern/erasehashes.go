package govern

import (
	"bytes"
	"fmt"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
)

func hashesDocument(list *gov.ErasureList) []byte {
	var hashes, stay []gov.Digest
	for i := range list.Values {
		hashes, stay = append(hashes, list.Values[i].Hash), append(stay, list.Values[i].Stay)
	}
	for i := range list.Edits {
		hashes = append(hashes, list.Edits[i].Hash)
	}
	hashes, stay = ascendingDigests(hashes), ascendingDigests(stay)
	b := fmt.Appendf([]byte(hashesHead), "%d\n", len(hashes))
	for _, d := range append(hashes, stay...) {
		b = append(b, d[:]...)
	}
	return b
}

func ascendingDigests(all []gov.Digest) []gov.Digest {
	slices.SortFunc(all, func(a, b gov.Digest) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// ErasedHashes returns the entry hashes of the values that an erasure, which has
// begun, is of.
func ErasedHashes(tx *store.Tx, e gov.Erasure) ([]gov.Digest, error) {
	doc, err := tx.Document(e.Hashes)
	if err != nil {
		return nil, err
	}
	hashes, _, err := parseHashes(doc)
	return hashes, err
}

func parseHashes(doc []byte) (hashes, stay []gov.Digest, err error) {
	bad := gov.Errorf(gov.Internal, "CORRUPT", "a list of erased values cannot be read")
	rest, ok := bytes.CutPrefix(doc, []byte(hashesHead))
	line, rest, found := bytes.Cut(rest, []byte("\n"))
	var n int
	if _, err := fmt.Sscanf(string(line), "%d", &n); err != nil || !ok || !found || n < 0 || len(rest)%len(gov.Digest{}) != 0 || n > len(rest)/len(gov.Digest{}) {
		return nil, nil, bad
	}
	for i := 0; len(rest) > 0; i++ {
		d := gov.Digest(rest[:len(gov.Digest{})])
		if rest = rest[len(d):]; i < n {
			hashes = append(hashes, d)
		} else {
			stay = append(stay, d)
		}
	}
	return hashes, stay, nil
}
