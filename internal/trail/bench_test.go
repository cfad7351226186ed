package trail

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"govd/internal/audit"
)

// A uniform log has one entry many times.
type uniform struct {
	entry []byte
	size  uint64
}

func (u uniform) LogSize() uint64                  { return u.size }
func (u uniform) Entry(uint64) ([]byte, error)     { return u.entry, nil }
func (u uniform) Tile(int, uint64) ([]byte, error) { return nil, fmt.Errorf("no tiles") }

// exported returns an exported log of n entries of 300 bytes.
func exported(b *testing.B, w *world, n uint64) (Head, []byte) {
	b.Helper()
	u := uniform{bytes.Repeat([]byte("x"), 300), n}
	var t audit.Builder
	for range n {
		t.Add(audit.LeafHash(u.entry))
	}
	c := audit.Checkpoint{Origin: w.signer.Origin(), Size: n, Root: t.Root()}
	signed, err := w.signer.Sign(c)
	w.must(err)
	h := Head{u, c, signed, 0}
	return h, w.export(h)
}

func BenchmarkLog(b *testing.B) {
	const n = 200_000
	w := newWorld(b)
	h, file := exported(b, w, n)
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := WriteLog(io.Discard, h); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verify(file, w.options(0)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
	})
}

func BenchmarkRecordProof(b *testing.B) {
	w := newWorld(b)
	t := w.tree(10_000)
	w.register(w.registration(1, t))
	for _, full := range []bool{false, true} {
		file := w.proveRecord(w.head(1, 0), 0, t, hand(5000).Key, full)
		b.Run(fmt.Sprintf("verify/full-%v", full), func(b *testing.B) {
			for b.Loop() {
				if _, err := verify(file, w.options(0)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(file)), "bytes")
		})
	}
}
