package audit

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestRestart stops at sizes around those where tiles fill up: what a new
// Appender builds from the stored log equals what the running one had, and goes
// on in the same way.
func TestRestart(t *testing.T) {
	m, running := newLog(t)
	for _, size := range []int{0, 1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 65536 + 257, 131071, 131072} {
		grow(t, m, running, size-len(m.entries))
		restarted, err := NewAppender(m, testKey(t))
		if err != nil {
			t.Fatal(err)
		}
		sameEdge(t, size, running, restarted)
		entries := lines(size, size+300)
		tiles1, signed1, err1 := running.Append(entries)
		tiles2, signed2, err2 := restarted.Append(entries)
		if err1 != nil || err2 != nil || !bytes.Equal(signed1, signed2) || len(tiles1) != len(tiles2) {
			t.Fatalf("size %d: after restart %q, %d tiles, %v; running %q, %d tiles, %v", size, signed2, len(tiles2), err2, signed1, len(tiles1), err1)
		}
		sameEdge(t, size+300, running, restarted)
		// The store never saw those entries: go on as after a failed commit.
		if running, err = NewAppender(m, testKey(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func sameEdge(t *testing.T, size int, a, b *Appender) {
	t.Helper()
	if a.Size() != uint64(size) || b.Size() != a.Size() || a.Root() != b.Root() || a.tree.edge.size != b.tree.edge.size {
		t.Fatalf("size %d: running %d %v, restarted %d %v", size, a.Size(), a.Root(), b.Size(), b.Root())
	}
	for level := range a.tree.edge.tiles {
		if !bytes.Equal(a.tree.edge.tiles[level], b.tree.edge.tiles[level]) {
			t.Fatalf("size %d: the edges differ at level %d", size, level)
		}
	}
}

// TestBatches appends the same entries in any batches: tiles, roots and
// checkpoints are those of one entry at a time.
func TestBatches(t *testing.T) {
	want, single := newLog(t)
	signed := map[int][]byte{}
	for i := range 1500 {
		signed[i+1] = grow(t, want, single, 1)
	}
	rapid.Check(t, func(rt *rapid.T) {
		m, a := newLog(t)
		for len(m.entries) < 1500 {
			n := rapid.IntRange(1, 1500-len(m.entries)).Draw(rt, "batch")
			if got := grow(t, m, a, n); !bytes.Equal(got, signed[len(m.entries)]) {
				rt.Fatalf("at %d: checkpoint %q, want %q", len(m.entries), got, signed[len(m.entries)])
			}
		}
		if len(m.tiles) != len(want.tiles) {
			rt.Fatalf("%d tiles, want %d", len(m.tiles), len(want.tiles))
		}
		for at, tile := range want.tiles {
			if !bytes.Equal(m.tiles[at], tile) {
				rt.Fatalf("tile %v differs", at)
			}
		}
	})
}

// TestAppendRefused leaves the log as it was when a batch cannot be appended.
func TestAppendRefused(t *testing.T) {
	m, a := newLog(t, 250)
	before, root := a.Edge(), a.Root()
	for _, bad := range [][]byte{{}, make([]byte, MaxEntry+1)} {
		if _, _, err := a.Append(append(lines(250, 260), bad)); err == nil {
			t.Fatalf("entry of %d bytes: no error", len(bad))
		}
	}
	if a.Size() != 250 || a.Root() != root || a.tree.edge.size != before.size {
		t.Fatalf("the refused batch moved the log to %d %v", a.Size(), a.Root())
	}
	grow(t, m, a, 10)
	if want := plainRoot(m.entries); a.Root() != want {
		t.Errorf("root %v, want %v", a.Root(), want)
	}
}

// TestEdgeStays shows that an edge handed out is not changed by what is
// appended later, nor by a batch that fails.
func TestEdgeStays(t *testing.T) {
	m, a := newLog(t, 100)
	edge, root := a.Edge(), a.Root()
	grow(t, m, a, 100)
	later := a.Edge()
	grow(t, m, a, 1000)
	for size, e := range map[int]*Edge{100: edge, 200: later} {
		src := e.Over(m.at(size))
		got, err := Root(src, uint64(size))
		if want := plainRoot(m.entries[:size]); err != nil || got != want {
			t.Errorf("over the edge at %d: root %v, %v, want %v", size, got, err, want)
		}
	}
	if got, err := Root(later.Over(m), 100); err != nil || got != root {
		t.Errorf("root at 100 over the edge at 200: %v, %v, want %v", got, err, root)
	}
}

// TestEdgeSpares counts what a proof at the right end reads with and without
// the edge.
func TestEdgeSpares(t *testing.T) {
	m, a := newLog(t, 65535)
	reads := func(src Source) int {
		m.reads = 0
		if _, err := ProveEntry(src, m.LogSize(), m.LogSize()-1); err != nil {
			t.Fatal(err)
		}
		return m.reads
	}
	if n := reads(a.Edge().Over(m)); n != 0 {
		t.Errorf("with the edge: %d reads, want none", n)
	}
	if n := reads(m); n != 255+254 {
		t.Errorf("without: %d reads, want 254 entries and 255 tiles", n)
	}
}

// TestSpoiltStore feeds an Appender what a store must not hold.
func TestSpoiltStore(t *testing.T) {
	m, _ := newLog(t, 600)
	m.tiles[[2]uint64{0, 1}] = m.tiles[[2]uint64{0, 1}][:8160]
	if _, err := NewAppender(m, testKey(t)); err == nil {
		t.Error("short tile: no error")
	}
	if _, err := ProveEntry(m, 600, 300); err == nil {
		t.Error("short tile: a proof")
	}
	if _, err := NewAppender(hugeLog{}, testKey(t)); err == nil {
		t.Error("log over MaxSize: no error")
	}
}

type hugeLog struct{ *memLog }

func (hugeLog) LogSize() uint64 { return MaxSize + 1 }

// TestEdgeTiles lists the tiles of an edge that are not full.
func TestEdgeTiles(t *testing.T) {
	m, a := newLog(t, 65536+512+3)
	want := []Tile{{0, 258, make([]byte, 3*32)}, {1, 1, make([]byte, 2*32)}, {2, 0, make([]byte, 32)}}
	got := a.Edge().Tiles()
	if len(got) != len(want) {
		t.Fatalf("%d tiles, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Level != w.Level || g.Index != w.Index || len(g.Hashes) != len(w.Hashes) {
			t.Errorf("tile %d/%d of %d bytes, want %d/%d of %d", g.Level, g.Index, len(g.Hashes), w.Level, w.Index, len(w.Hashes))
		}
	}
	if root := plainRoot(m.entries[:65536]); gov.Digest(got[2].Hashes) != root {
		t.Errorf("the hash of level 2 is not the root of its 65536 entries")
	}
}
