package audit

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"govd/internal/gov"
)

// An Appender adds entries to a log and signs its head. It keeps the right edge
// of the tree in memory. One writer uses it; it is not safe for concurrent use.
type Appender struct {
	key  Signer
	tree Builder
}

// NewAppender returns an Appender that goes on where the stored log ends. It
// reads at most 255 entries and 255 tiles of each level.
func NewAppender(src Source, key Signer) (*Appender, error) {
	size := src.LogSize()
	if size > MaxSize {
		return nil, fmt.Errorf("audit: log of %d entries, %d at most", size, uint64(MaxSize))
	}
	a := &Appender{key: key}
	r := reader{src: src}
	for level := tileLevels - 1; level >= 0; level-- {
		n := size >> (level * tileHeight)
		hashes, err := r.hashes(level, n&^(tileWidth-1), n%tileWidth)
		if err != nil {
			return nil, err
		}
		for h := range slices.Chunk(hashes, sha256.Size) {
			a.tree.add(level*tileHeight, gov.Digest(h))
		}
	}
	return a, nil
}

// Size returns how many entries the log has.
func (a *Appender) Size() uint64 { return a.tree.Size() }

// Root returns the root of the log.
func (a *Appender) Root() gov.Digest { return a.tree.Root() }

// Edge returns the right edge of the log as it is now. Publish it once the
// transaction that stored the entries has been committed.
func (a *Appender) Edge() *Edge { return a.tree.Edge() }

// Append adds encoded entries to the log and returns the tiles that are full
// now and the signed checkpoint. The caller stores entries, tiles and
// checkpoint in one transaction; if that fails it must not use the Appender
// again but make a new one. With no entries, Append signs the log as it is. On
// an error nothing was added.
func (a *Appender) Append(entries [][]byte) (tiles []Tile, checkpoint []byte, err error) {
	if a.Size()+uint64(len(entries)) > MaxSize {
		return nil, nil, fmt.Errorf("audit: the log is full")
	}
	tree := a.tree
	for _, e := range entries {
		if len(e) == 0 || len(e) > MaxEntry {
			return nil, nil, fmt.Errorf("audit: entry of %d bytes, want 1 to %d", len(e), MaxEntry)
		}
		tiles = append(tiles, tree.Add(LeafHash(e))...)
	}
	checkpoint, err = a.key.Sign(Checkpoint{Origin: a.key.Origin(), Size: tree.Size(), Root: tree.Root()})
	if err != nil {
		return nil, nil, err
	}
	a.tree = tree
	return tiles, checkpoint, nil
}
