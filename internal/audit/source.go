package audit

import (
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"govd/internal/gov"
)

// A Source is a stored log. A transaction of the store is one.
type Source interface {
	LogSize() uint64                              // how many entries there are
	Entry(i uint64) ([]byte, error)               // the bytes of entry i, for i < LogSize
	Tile(level int, index uint64) ([]byte, error) // the hashes of a tile that is full at LogSize
}

// A reader reads the hashes of a tree from its source. It serves one proof.
type reader struct {
	src  Source
	last Tile // the last one read; neighbours are often asked for in turn
}

// ReadHashes makes r a [tlog.HashReader].
func (r *reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		h, err := r.subtree(level, uint64(n))
		if err != nil {
			return nil, err
		}
		out[i] = tlog.Hash(h)
	}
	return out, nil
}

// subtree returns the root of the nth perfect subtree over 1<<level leaves.
func (r *reader) subtree(level int, n uint64) (gov.Digest, error) {
	up := level % tileHeight
	hashes, err := r.hashes(level/tileHeight, n<<up, 1<<up)
	if err != nil {
		return gov.Digest{}, err
	}
	return perfectRoot(hashes), nil
}

// hashes returns count hashes of a level of tiles from the nth on; all must lie
// in the same tile. The bytes are valid until the next call.
func (r *reader) hashes(level int, n, count uint64) ([]byte, error) {
	if e, ok := r.src.(edged); ok {
		if h := e.edge.hashes(level, n, count); h != nil {
			return h, nil
		}
	}
	if tile := n / tileWidth; (tile+1)<<((level+1)*tileHeight) <= r.src.LogSize() {
		t, err := r.tile(level, tile)
		if err != nil {
			return nil, err
		}
		at := n % tileWidth * sha256.Size
		return t[at : at+count*sha256.Size], nil
	}
	return r.rebuild(level, n, count)
}

// rebuild makes the hashes of a tile that is not full out of what lies below.
func (r *reader) rebuild(level int, n, count uint64) ([]byte, error) {
	out := make([]byte, 0, count*sha256.Size)
	for i := n; i < n+count; i++ {
		h, err := r.below(level, i)
		if err != nil {
			return nil, err
		}
		out = append(out, h[:]...)
	}
	return out, nil
}

// below returns the nth hash of a level from the entry or the full tile that it
// stands for.
func (r *reader) below(level int, n uint64) (gov.Digest, error) {
	if level == 0 {
		e, err := r.src.Entry(n)
		return LeafHash(e), err
	}
	t, err := r.tile(level-1, n)
	if err != nil {
		return gov.Digest{}, err
	}
	return perfectRoot(t), nil
}

func (r *reader) tile(level int, index uint64) ([]byte, error) {
	if t := r.last; t.Hashes != nil && t.Level == level && t.Index == index {
		return t.Hashes, nil
	}
	b, err := r.src.Tile(level, index)
	if err != nil {
		return nil, err
	}
	if len(b) != tileBytes {
		return nil, fmt.Errorf("audit: tile %d/%d has %d bytes, want %d", level, index, len(b), tileBytes)
	}
	r.last = Tile{level, index, b}
	return b, nil
}

// perfectRoot returns the root over hashes, whose number is a power of two.
func perfectRoot(hashes []byte) gov.Digest {
	if len(hashes) == sha256.Size {
		return gov.Digest(hashes)
	}
	half := len(hashes) / 2
	left, right := perfectRoot(hashes[:half]), perfectRoot(hashes[half:])
	return nodeHash(left[:], right[:])
}
