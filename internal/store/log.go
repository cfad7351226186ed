package store

import (
	"bytes"
	"encoding/binary"
	"iter"

	"govd/internal/gov"
)

// A Tile is a run of hashes of the log's Merkle tree.
type Tile struct {
	Level  int
	Index  uint64
	Hashes []byte
}

// A Seal makes the entries appended in a batch provable. The writer calls it
// once for each batch that appended any, before the commit, with the index of
// the first; the tiles and the checkpoint are stored in the same transaction.
// If it returns an error the commit has failed, see Failed. It must not use the
// store.
type Seal func(first uint64, entries [][]byte) (tiles []Tile, checkpoint []byte, err error)

// UseSeal sets the seal. An Update must not append before that.
func (s *Store) UseSeal(seal Seal) { s.seal.Store(&seal) }

func tileKey(level int, index uint64) key { return key(nil).level(level).uint64(index) }

// Append adds an entry to the log and returns its index. It keeps the slice.
func (tx *Tx) Append(entry []byte) (index uint64) {
	index = tx.LogSize()
	tx.put(logEntries, key(nil).uint64(index), entry)
	return index
}

// LogSize returns the number of entries.
func (tx *Tx) LogSize() uint64 {
	k := tx.last(logEntries)
	if k == nil {
		return 0
	}
	return binary.BigEndian.Uint64(k) + 1
}

// Entry returns the entry with the index. Returns gov.NotFound if there is none.
func (tx *Tx) Entry(index uint64) ([]byte, error) {
	e := tx.get(logEntries, key(nil).uint64(index))
	if e == nil {
		return nil, gov.Errorf(gov.NotFound, "NO_ENTRY", "no log entry %d", index)
	}
	return bytes.Clone(e), nil
}

// Entries yields the entries from the index on. They are valid until the
// transaction ends.
func (tx *Tx) Entries(from uint64) iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		for k, e := range tx.scan(logEntries, span{from: key(nil).uint64(from)}) {
			if !yield(binary.BigEndian.Uint64(k), e) {
				return
			}
		}
	}
}

// Tile returns the hashes of a tile as of the last batch. Returns gov.NotFound
// if there is none.
func (tx *Tx) Tile(level int, index uint64) ([]byte, error) {
	t := tx.get(logTiles, tileKey(level, index))
	if t == nil {
		return nil, gov.Errorf(gov.NotFound, "NO_TILE", "no tile %d at level %d of the log", index, level)
	}
	return bytes.Clone(t), nil
}

// Checkpoint returns the checkpoint of the last batch that appended, nil if
// none has.
func (tx *Tx) Checkpoint() []byte { return bytes.Clone(tx.get(metaBucket, checkpointKey)) }
