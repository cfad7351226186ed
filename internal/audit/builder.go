package audit

import (
	"crypto/sha256"

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
// on. A full tile never changes; only full tiles are stored.
type Tile struct {
	Level  int
	Index  uint64
	Hashes []byte // 256 x 32; fewer at the right end of a level
}

// A Builder builds the tree over a log's leaves, one leaf at a time, in the
// memory of its right edge. The zero Builder has the empty tree.
type Builder struct {
	frontier frontier
	edge     Edge
}

// Size returns how many leaves the tree has.
func (b *Builder) Size() uint64 { return b.frontier.size }

// Root returns the root of the tree.
func (b *Builder) Root() gov.Digest { return b.frontier.root() }

// Edge returns the right edge of the tree as it is now.
func (b *Builder) Edge() *Edge {
	e := b.edge
	return &e
}

// Add adds a leaf and returns the tiles that are full by it, lowest first.
func (b *Builder) Add(leaf gov.Digest) []Tile { return b.add(0, leaf) }

// add adds a perfect subtree over 1<<height leaves. Older edges share the bytes
// of a tile and see none of those behind their own end.
func (b *Builder) add(height int, h gov.Digest) (full []Tile) {
	tiles := &b.edge.tiles
	b.frontier.add(height, h, func(height int, h gov.Digest) {
		if height%tileHeight != 0 {
			return
		}
		level := height / tileHeight
		if cap(tiles[level]) == 0 {
			tiles[level] = make([]byte, 0, tileBytes)
		}
		tiles[level] = append(tiles[level], h[:]...)
		if len(tiles[level]) == tileBytes {
			full = append(full, Tile{level, b.Size()>>(height+tileHeight) - 1, tiles[level]})
			tiles[level] = nil
		}
	})
	b.edge.size = b.Size()
	return full
}

// An Edge holds the hashes that are in no full tile yet, at one size of the
// log. It never changes, so readers may use it while the log grows, see
// [Edge.Over].
type Edge struct {
	size  uint64
	tiles [tileLevels][]byte // at each level, what lies right of the last full tile
}

// Tiles returns what the edge holds as tiles that are not full, lowest first.
func (e *Edge) Tiles() (tiles []Tile) {
	for level, hashes := range e.tiles {
		if len(hashes) > 0 {
			tiles = append(tiles, Tile{level, e.size >> ((level + 1) * tileHeight), hashes})
		}
	}
	return tiles
}

// hashes returns count hashes of the level from the nth on, if the edge has
// them all.
func (e *Edge) hashes(level int, n, count uint64) []byte {
	first := e.size >> (level * tileHeight) &^ (tileWidth - 1)
	if n < first || (n+count-first)*sha256.Size > uint64(len(e.tiles[level])) {
		return nil
	}
	return e.tiles[level][(n-first)*sha256.Size : (n+count-first)*sha256.Size]
}

// Over returns src with the edge laid over it, so that proofs need not rebuild
// the edge from entries and tiles. The edge must be of the same log; it may be
// older or newer than src.
func (e *Edge) Over(src Source) Source {
	if e == nil {
		return src
	}
	return edged{src, e}
}

type edged struct {
	Source
	edge *Edge
}
