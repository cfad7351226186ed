package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"govd/internal/gov"
)

// A memLog is a stored log. It fails whoever asks for what is not there.
type memLog struct {
	entries [][]byte
	tiles   map[[2]uint64][]byte
	reads   int // tiles and entries read
}

func (m *memLog) LogSize() uint64 { return uint64(len(m.entries)) }

func (m *memLog) Entry(i uint64) ([]byte, error) {
	m.reads++
	if i >= m.LogSize() {
		return nil, fmt.Errorf("no entry %d", i)
	}
	return m.entries[i], nil
}

func (m *memLog) Tile(level int, index uint64) ([]byte, error) {
	m.reads++
	t, ok := m.tiles[[2]uint64{uint64(level), index}]
	if !ok || (index+1)<<(8*(level+1)) > m.LogSize() {
		return nil, fmt.Errorf("no tile %d/%d", level, index)
	}
	return t, nil
}

// store keeps what Append returned, and checks that no tile comes twice.
func (m *memLog) store(tb testing.TB, entries [][]byte, tiles []Tile) {
	tb.Helper()
	m.entries = append(m.entries, entries...)
	for _, t := range tiles {
		at := [2]uint64{uint64(t.Level), t.Index}
		if _, twice := m.tiles[at]; twice || len(t.Hashes) != 256*32 {
			tb.Fatalf("tile %v: stored before: %v, %d bytes", at, twice, len(t.Hashes))
		}
		m.tiles[at] = bytes.Clone(t.Hashes)
	}
}

// at returns the log as it was when it had size entries.
func (m *memLog) at(size int) *memLog { return &memLog{entries: m.entries[:size], tiles: m.tiles} }

// testKey is a key that is the same in every run.
func testKey(tb testing.TB) Signer {
	tb.Helper()
	secret, _, err := GenerateKey("log.example/hands", bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		tb.Fatal(err)
	}
	key, err := NewSigner(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// line returns some bytes for entry i; the tree does not care which.
func line(i int) []byte { return binary.BigEndian.AppendUint32([]byte("entry "), uint32(i)) }

func lines(from, to int) (out [][]byte) {
	for i := from; i < to; i++ {
		out = append(out, line(i))
	}
	return out
}

// newLog appends to a log in batches of the sizes given, and returns both.
func newLog(tb testing.TB, batches ...int) (*memLog, *Appender) {
	tb.Helper()
	m := &memLog{tiles: map[[2]uint64][]byte{}}
	a, err := NewAppender(m, testKey(tb))
	if err != nil {
		tb.Fatal(err)
	}
	for _, n := range batches {
		grow(tb, m, a, n)
	}
	return m, a
}

// grow appends n entries and returns the signed checkpoint.
func grow(tb testing.TB, m *memLog, a *Appender, n int) []byte {
	tb.Helper()
	entries := lines(len(m.entries), len(m.entries)+n)
	tiles, signed, err := a.Append(entries)
	if err != nil {
		tb.Fatal(err)
	}
	m.store(tb, entries, tiles)
	return signed
}

// The definitions of RFC 6962 section 2.1, word for word.

// plainRoot is MTH(D[n]).
func plainRoot(d [][]byte) gov.Digest {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	}
	k := split(len(d))
	left, right := plainRoot(d[:k]), plainRoot(d[k:])
	return sha256.Sum256(bytes.Join([][]byte{{1}, left[:], right[:]}, nil))
}

// plainPath is PATH(m, D[n]).
func plainPath(m int, d [][]byte) []gov.Digest {
	if len(d) == 1 {
		return nil
	}
	k := split(len(d))
	if m < k {
		return append(plainPath(m, d[:k]), plainRoot(d[k:]))
	}
	return append(plainPath(m-k, d[k:]), plainRoot(d[:k]))
}

// plainSubproof is SUBPROOF(m, D[n], b).
func plainSubproof(m int, d [][]byte, b bool) []gov.Digest {
	if m == len(d) {
		if b {
			return nil
		}
		return []gov.Digest{plainRoot(d)}
	}
	k := split(len(d))
	if m <= k {
		return append(plainSubproof(m, d[:k], b), plainRoot(d[k:]))
	}
	return append(plainSubproof(m-k, d[k:], false), plainRoot(d[:k]))
}

// split returns the largest power of two smaller than n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}
