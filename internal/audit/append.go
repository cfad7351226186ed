package audit

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"govd/internal/gov"
)

// A tile has 256 hashes: 8 levels of the tree.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileBytes  = tileWidth * sha256.Size
	tileLevels = 48/tileHeight + 1 // for MaxSize entries
)

// A Tile is 256 neighbouring hashes of one level of the tree: hash i of the
// tile is the root over the 256^Level leaves from (Index*256 + i) * 256^Level
// on. It is full and never changes.
type Tile struct {
	Level  int
	Index  uint64
	Hashes []byte // 256 x 32
}

// An Edge holds the hashes that are in no full tile yet, at one size of the
// log. It never changes, so readers may use it while the log grows, see
// [Edge.Over].
type Edge struct {
	size  uint64
	tiles [tileLevels][]byte // at each level, what lies right of the last full tile
}

// An Appender adds entries to a log and signs its head. It keeps the right edge
// of the tree in memory. One writer uses it; it is not safe for concurrent use.
type Appender struct {
	key      Signer
	frontier Frontier
	edge     Edge
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
			a.frontier.add(level*tileHeight, gov.Digest(h), nil)
		}
		a.edge.tiles[level] = slices.Clone(hashes)
	}
	a.edge.size = size
	return a, nil
}

// Size returns how many entries the log has.
func (a *Appender) Size() uint64 { return a.frontier.size }

// Root returns the root of the log.
func (a *Appender) Root() gov.Digest { return a.frontier.Root() }

// Edge returns the right edge of the log at its size now. Publish it once the
// transaction that stored the entries has been committed.
func (a *Appender) Edge() *Edge {
	e := a.edge
	return &e
}

// Append adds encoded entries to the log and returns the tiles that are full
// now and the signed checkpoint. The caller stores entries, tiles and
// checkpoint in one transaction; if that fails it must not use the Appender
// again but make a new one. With no entries, Append signs the log as it is. On
// an error nothing was added.
func (a *Appender) Append(entries [][]byte) (tiles []Tile, checkpoint []byte, err error) {
	if a.Size()+uint64(len(entries)) > MaxSize {
		return nil, nil, fmt.Errorf("audit: the log is full")
	}
	frontier, edge := a.frontier, a.edge
	for _, e := range entries {
		if len(e) == 0 || len(e) > MaxEntry {
			return nil, nil, fmt.Errorf("audit: entry of %d bytes, want 1 to %d", len(e), MaxEntry)
		}
		tiles = append(tiles, edge.add(&frontier, LeafHash(e))...)
	}
	checkpoint, err = a.key.Sign(Checkpoint{Origin: a.key.Origin(), Size: frontier.size, Root: frontier.Root()})
	if err != nil {
		return nil, nil, err
	}
	a.frontier, a.edge = frontier, edge
	return tiles, checkpoint, nil
}

// add adds a leaf to the tree of f and returns the tiles that are full by it,
// lowest first. Older edges share the bytes of a tile and see none of those
// behind their own end.
func (e *Edge) add(f *Frontier, leaf gov.Digest) (full []Tile) {
	f.add(0, leaf, func(height int, h gov.Digest) {
		if height%tileHeight != 0 {
			return
		}
		level := height / tileHeight
		if cap(e.tiles[level]) == 0 {
			e.tiles[level] = make([]byte, 0, tileBytes)
		}
		e.tiles[level] = append(e.tiles[level], h[:]...)
		if len(e.tiles[level]) == tileBytes {
			full = append(full, Tile{level, f.size>>(height+tileHeight) - 1, e.tiles[level]})
			e.tiles[level] = nil
		}
	})
	e.size = f.size
	return full
}
