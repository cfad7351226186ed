package measure

import (
	"crypto/sha256"
	"encoding/binary"
)

// Drawn is the state of a Sample or a Distinct.
type Drawn struct{ *Bottom }

// Err implements State.
func (Drawn) Err() error { return nil }

func (s *Drawn) merge(after State)                    { s.Bottom.merge(after.(*Drawn).Bottom) }
func (s *Drawn) sub(some State) bool                  { return s.Bottom.sub(some.(*Drawn).Bottom) }
func (s *Drawn) append(dst []byte, spare bool) []byte { return s.Bottom.append(dst, spare) }
func (s *Drawn) read(d *decoder)                      { s.Bottom.read(d) }

// A drawFolder keeps the keys with the smallest hashes.
type drawFolder struct {
	k     int
	drawn *Bottom
	hash  func(r *Row) (hash uint64, key []byte)
}

func (f *drawFolder) add(r *Row) {
	if hash, key := f.hash(r); f.drawn.wants(hash) {
		f.drawn.add(hash, string(key), "")
	}
}

func (f *drawFolder) flush(to State) {
	to.(*Drawn).Bottom.merge(f.drawn)
	f.drawn = newBottom(f.k)
}

// seeded returns the first 8 bytes of SHA-256(seed | key).
func seeded(seed *[32]byte, key []byte) uint64 {
	var room [128]byte
	sum := sha256.Sum256(append(append(room[:0], seed[:]...), key...))
	return binary.BigEndian.Uint64(sum[:])
}

// contentHash takes the hash from the content's digest, which is one.
func contentHash(r *Row) (uint64, []byte) {
	return binary.BigEndian.Uint64(r.Content), r.Content
}
