package audit

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"govd/internal/gov"
)

// million is a log of 1M entries of 300 bytes, built once.
var million = sync.OnceValue(func() (m *millionLog) {
	m = &millionLog{entry: bytes.Repeat([]byte("x"), 300), tiles: map[[2]uint64][]byte{}}
	var tree Builder
	for leaf := LeafHash(m.entry); tree.Size() < 1e6; {
		for _, t := range tree.Add(leaf) {
			m.tiles[[2]uint64{uint64(t.Level), t.Index}] = t.Hashes
		}
	}
	m.edge = tree.Edge()
	return m
})

type millionLog struct {
	entry []byte
	tiles map[[2]uint64][]byte
	edge  *Edge
}

func (m *millionLog) LogSize() uint64              { return 1e6 }
func (m *millionLog) Entry(uint64) ([]byte, error) { return m.entry, nil }
func (m *millionLog) Tile(level int, index uint64) ([]byte, error) {
	return m.tiles[[2]uint64{uint64(level), index}], nil
}

func BenchmarkAppend(b *testing.B) {
	for _, batch := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("batch-%d", batch), func(b *testing.B) {
			a, err := NewAppender(million(), testKey(b))
			if err != nil {
				b.Fatal(err)
			}
			entries := make([][]byte, batch)
			for i := range entries {
				entries[i] = million().entry
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := a.Append(entries); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/entry")
		})
	}
}

func BenchmarkProveEntry(b *testing.B) {
	m := million()
	for name, src := range map[string]Source{"stored": m, "edge": m.edge.Over(m)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i += 7919 {
				if _, err := ProveEntry(src, 1e6, i%1e6); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheckEntry(b *testing.B) {
	m := million()
	src := m.edge.Over(m)
	root, err := Root(src, 1e6)
	if err != nil {
		b.Fatal(err)
	}
	p, err := ProveEntry(src, 1e6, 777)
	if err != nil {
		b.Fatal(err)
	}
	for leaf := LeafHash(m.entry); b.Loop(); {
		if err := CheckEntry(p, 1e6, root, 777, leaf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewAppender(b *testing.B) {
	for b.Loop() {
		if _, err := NewAppender(million(), Signer{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWholeLog hashes entries of 300 bytes into a root.
func BenchmarkWholeLog(b *testing.B) {
	var tree Builder
	entry := million().entry
	b.ReportAllocs()
	for b.Loop() {
		tree.Add(LeafHash(entry))
	}
}

var sinkEntry *Entry

func BenchmarkEntry(b *testing.B) {
	e := golden[0].entry
	e.Data = registered
	line, err := e.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := e.Encode(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if sinkEntry, err = DecodeEntry(line); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var registered = fmt.Appendf(nil, `{"dataset":"hands/stage1","number":3,"digest":"%v","tree":{"params":"%v","root":"%v","level":2,"records":1000,"bytes":170000},"parents":["%v"],"counts":{"added":1,"removed":2,"changed":3,"unchanged":4}}`,
	gov.Digest{1}, gov.Digest{2}, gov.Digest{3}, gov.Digest{4})
