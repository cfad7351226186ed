package audit

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestSmallLogs compares every root and every proof of every small log, and of
// logs around the first full tile, with the plain definitions and with another
// implementation's verifier.
func TestSmallLogs(t *testing.T) {
	m, a := newLog(t)
	for size := 0; size <= 2*tileWidth+2; size++ {
		if near := size % tileWidth; size <= 40 || near <= 2 || near >= tileWidth-2 {
			checkSize(t, m, a)
		}
		grow(t, m, a, 1)
	}
}

func checkSize(t *testing.T, m *memLog, a *Appender) {
	t.Helper()
	size := len(m.entries)
	root, err := Root(m, uint64(size))
	if want := plainRoot(m.entries); err != nil || root != want || a.Root() != want {
		t.Fatalf("size %d: Root = %v, %v, appender's = %v, want %v", size, root, err, a.Root(), want)
	}
	step := max(1, size/40)
	for i := 0; i < size; i += step {
		checkInclusion(t, m, root, i)
		checkInclusion(t, a.Edge().Over(m), root, i)
	}
	for old := 0; old <= size; old += step {
		checkConsistency(t, m, a, root, old)
	}
}

func checkInclusion(t *testing.T, src Source, root gov.Digest, i int) {
	t.Helper()
	size := src.LogSize()
	entries := entriesOf(t, src)
	got, err := ProveEntry(src, size, uint64(i))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plainPath(i, entries), got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("ProveEntry(%d, %d): %s", size, i, diff)
	}
	leaf := LeafHash(entries[i])
	if err := CheckEntry(got, size, root, uint64(i), leaf); err != nil {
		t.Fatalf("CheckEntry(%d, %d): %v", size, i, err)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), size, leaf[:], raw(got), root[:]); err != nil {
		t.Fatalf("inclusion of %d in %d: %v", i, size, err)
	}
}

func checkConsistency(t *testing.T, m *memLog, a *Appender, root gov.Digest, old int) {
	t.Helper()
	size := len(m.entries)
	oldRoot := plainRoot(m.entries[:old])
	for _, src := range []Source{m, a.Edge().Over(m)} {
		got, err := ProveConsistency(src, uint64(old), uint64(size))
		if err != nil {
			t.Fatal(err)
		}
		var want []gov.Digest
		if old > 0 {
			want = plainSubproof(old, m.entries, true)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("ProveConsistency(%d, %d): %s", old, size, diff)
		}
		if err := CheckConsistency(got, uint64(old), oldRoot, uint64(size), root); err != nil {
			t.Fatalf("CheckConsistency(%d, %d): %v", old, size, err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old), uint64(size), raw(got), oldRoot[:], root[:]); err != nil {
			t.Fatalf("consistency of %d with %d: %v", old, size, err)
		}
	}
}

func entriesOf(t *testing.T, src Source) (out [][]byte) {
	t.Helper()
	for i := range src.LogSize() {
		e, err := src.Entry(i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func raw(ds []gov.Digest) (out [][]byte) {
	for _, d := range ds {
		out = append(out, d[:])
	}
	return out
}

// TestLargeLog proves at random in a log with tiles of three levels, at sizes
// it had before, with edges older and newer than what is stored.
func TestLargeLog(t *testing.T) {
	const full = 2*65536 + 3*256 + 5
	m, a := newLog(t, 1000)
	edges := []*Edge{nil, a.Edge()}
	for len(m.entries) < full {
		grow(t, m, a, min(4099, full-len(m.entries)))
		edges = append(edges, a.Edge())
	}
	rapid.Check(t, func(rt *rapid.T) {
		stored := rapid.IntRange(1, full).Draw(rt, "stored")
		size := rapid.IntRange(1, stored).Draw(rt, "size")
		i := rapid.IntRange(0, size-1).Draw(rt, "entry")
		src := rapid.SampledFrom(edges).Draw(rt, "edge").Over(m.at(stored))
		root, err := Root(src, uint64(size))
		if err != nil {
			rt.Fatal(err)
		}
		p, err := ProveEntry(src, uint64(size), uint64(i))
		if err != nil {
			rt.Fatal(err)
		}
		leaf := LeafHash(m.entries[i])
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(size), leaf[:], raw(p), root[:]); err != nil {
			rt.Fatal(err)
		}
		now, err := Root(src, uint64(stored))
		if err != nil {
			rt.Fatal(err)
		}
		c, err := ProveConsistency(src, uint64(size), uint64(stored))
		if err != nil {
			rt.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(size), uint64(stored), raw(c), root[:], now[:]); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestForgedProofs changes every part of every proof of small logs: none may
// prove anything.
func TestForgedProofs(t *testing.T) {
	const most = 18
	m, _ := newLog(t, most)
	for size := 1; size <= most; size++ {
		root := plainRoot(m.entries[:size])
		for i := range size {
			p := plainPath(i, m.entries[:size])
			leaf := LeafHash(m.entries[i])
			check := func(p []gov.Digest, root gov.Digest, i int, leaf gov.Digest) error {
				return CheckEntry(p, uint64(size), root, uint64(i), leaf)
			}
			for what, q := range forgeries(p) {
				mustFail(t, check(q, root, i, leaf), "entry %d of %d: %s", i, size, what)
			}
			for j := range size + 1 {
				if j != i {
					mustFail(t, check(p, root, j, leaf), "entry %d of %d taken for %d", i, size, j)
				}
			}
			mustFail(t, check(p, flip(root, 5), i, leaf), "entry %d of %d: root", i, size)
			mustFail(t, check(p, root, i, flip(leaf, 5)), "entry %d of %d: leaf", i, size)
		}
		for old := range size + 1 {
			var p []gov.Digest
			if old > 0 {
				p = plainSubproof(old, m.entries[:size], true)
			}
			oldRoot := plainRoot(m.entries[:old])
			check := func(p []gov.Digest, oldRoot, root gov.Digest) error {
				return CheckConsistency(p, uint64(old), oldRoot, uint64(size), root)
			}
			for what, q := range forgeries(p) {
				mustFail(t, check(q, oldRoot, root), "%d in %d: %s", old, size, what)
			}
			mustFail(t, check(p, flip(oldRoot, 9), root), "%d in %d: old root", old, size)
			if old > 0 {
				mustFail(t, check(p, oldRoot, flip(root, 9)), "%d in %d: root", old, size)
			}
		}
	}
	one := []gov.Digest{{1}}
	mustFail(t, CheckEntry(nil, 0, sha256.Sum256(nil), 0, LeafHash(line(0))), "entry of the empty log")
	mustFail(t, CheckEntry(one, 1<<63-1, plainRoot(m.entries), 0, LeafHash(line(0))), "log too large")
	mustFail(t, CheckConsistency(nil, 2, plainRoot(lines(0, 2)), 1, plainRoot(lines(0, 1))), "log that shrank")
	mustFail(t, CheckConsistency(nil, 0, sha256.Sum256(nil), 0, plainRoot(lines(0, 1))), "empty log with a root")
	mustFail(t, CheckConsistency(one, 1, plainRoot(lines(0, 1)), 1<<63-1, plainRoot(lines(0, 1))), "log too large")
}

// forgeries returns proofs that differ from p: each hash changed, left out,
// doubled or swapped with the next, and one too many.
func forgeries(p []gov.Digest) map[string][]gov.Digest {
	out := map[string][]gov.Digest{"one more": append(slices.Clone(p), gov.Digest{1})}
	for i := range p {
		changed := slices.Clone(p)
		changed[i] = flip(p[i], i)
		out[fmt.Sprint("changed ", i)] = changed
		out[fmt.Sprint("left out ", i)] = slices.Delete(slices.Clone(p), i, i+1)
		out[fmt.Sprint("doubled ", i)] = slices.Insert(slices.Clone(p), i, p[i])
		if i > 0 {
			swapped := slices.Clone(p)
			swapped[i-1], swapped[i] = p[i], p[i-1]
			out[fmt.Sprint("swapped ", i)] = swapped
		}
	}
	return out
}

func flip(d gov.Digest, bit int) gov.Digest {
	d[bit/8] ^= 1 << (bit % 8)
	return d
}

func mustFail(t *testing.T, err error, format string, args ...any) {
	t.Helper()
	if gov.ReasonOf(err) != "BAD_PROOF" {
		t.Errorf(format+": got %v, want BAD_PROOF", append(args, err)...)
	}
}

// TestProofOutOfRange asks for what is not there.
func TestProofOutOfRange(t *testing.T) {
	m, _ := newLog(t, 5)
	for name, ask := range map[string]func() error{
		"root of a larger log":      func() error { _, err := Root(m, 6); return err },
		"entry in a larger log":     func() error { _, err := ProveEntry(m, 6, 0); return err },
		"entry behind the end":      func() error { _, err := ProveEntry(m, 4, 4); return err },
		"consistency, larger log":   func() error { _, err := ProveConsistency(m, 1, 6); return err },
		"consistency with a larger": func() error { _, err := ProveConsistency(m, 5, 4); return err },
	} {
		if ask() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCheck changes each stored thing in turn: Check must notice.
func TestCheck(t *testing.T) {
	m, a := newLog(t, 65536+300)
	if root, err := Check(m); err != nil || root != a.Root() {
		t.Fatalf("Check = %v, %v, want %v", root, err, a.Root())
	}
	for at, tile := range m.tiles {
		if at[0] == 0 && at[1]%50 != 0 {
			continue
		}
		whole := bytes.Clone(tile)
		tile[17] ^= 1
		if _, err := Check(m); err == nil {
			t.Errorf("tile %v changed: no error", at)
		}
		copy(tile, whole)
	}
	m.entries[300] = []byte("another")
	if _, err := Check(m); err == nil {
		t.Error("entry changed under a tile: no error")
	}
}
