package trail

import (
	"bytes"
	"fmt"
	"testing"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A tall log begins with the entries of a world and goes on with one entry many
// times.
type tall struct {
	*world
	size  uint64
	more  []byte
	tiles map[[2]uint64][]byte
}

func (l *tall) LogSize() uint64 { return l.size }

func (l *tall) Entry(i uint64) ([]byte, error) {
	if i < uint64(len(l.entries)) {
		return l.entries[i], nil
	}
	return l.more, nil
}

func (l *tall) Tile(level int, index uint64) ([]byte, error) {
	t, ok := l.tiles[[2]uint64{uint64(level), index}]
	if !ok {
		return nil, fmt.Errorf("no tile %d/%d", level, index)
	}
	return t, nil
}

// grow makes the world's log that tall, and its head.
func grow(w *world, size uint64) Head {
	l := &tall{w, size, bytes.Repeat([]byte("x"), 300), map[[2]uint64][]byte{}}
	var b audit.Builder
	leaf := audit.LeafHash(l.more)
	for b.Size() < size {
		d := leaf
		if i := b.Size(); i < uint64(len(w.entries)) {
			d = audit.LeafHash(w.entries[i])
		}
		for _, t := range b.Add(d) {
			l.tiles[[2]uint64{uint64(t.Level), t.Index}] = bytes.Clone(t.Hashes)
		}
	}
	signed, err := w.signer.Sign(audit.Checkpoint{Origin: w.signer.Origin(), Size: size, Root: b.Root()})
	w.must(err)
	h, err := NewHead(b.Edge().Over(l), signed, w.key(), 2)
	w.must(err)
	return h
}

// BenchmarkBundle is about a receipt of 12 and one of 10,000 entries over a log
// of a million.
func BenchmarkBundle(b *testing.B) {
	s := newStory(b, nil)
	for range 10_000 {
		s.add(audit.Entry{Do: gov.ProjectCreate, At: "hands", Event: "project.created", Data: []byte(`{"name":"hands"}`)})
	}
	h := grow(s.world, 1_000_000)
	few := s.bundle
	many := s.bundle
	for i := range uint64(10_000) {
		many.Entries = append(many.Entries, i)
	}
	for name, bundle := range map[string]*Bundle{"few": &few, "many": &many} {
		file, err := bundle.Encode(h)
		s.must(err)
		b.Run("encode/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := bundle.Encode(h); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("verify/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := verify(file, s.options(2)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(file)), "bytes")
		})
	}
}
