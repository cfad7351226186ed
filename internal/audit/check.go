package audit

import (
	"bytes"
	"fmt"

	"govd/internal/gov"
)

// Check hashes every entry of the log again, compares every tile that should be
// stored, and returns the root. The first difference is an error.
func Check(src Source) (gov.Digest, error) {
	var tree Builder
	for size := src.LogSize(); tree.Size() < size; {
		entry, err := src.Entry(tree.Size())
		if err != nil {
			return gov.Digest{}, err
		}
		for _, t := range tree.Add(LeafHash(entry)) {
			if stored, err := src.Tile(t.Level, t.Index); err != nil {
				return gov.Digest{}, err
			} else if !bytes.Equal(stored, t.Hashes) {
				return gov.Digest{}, fmt.Errorf("audit: tile %d/%d is not that of the entries under it", t.Level, t.Index)
			}
		}
	}
	return tree.Root(), nil
}
