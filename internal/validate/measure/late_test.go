package measure

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// A drawer is a Spill in memory.
type drawer struct {
	mu    sync.Mutex
	bytes []byte
	puts  int
}

func (d *drawer) Append(b []byte) (at int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at = int64(len(d.bytes))
	d.bytes, d.puts = append(d.bytes, b...), d.puts+1
	return at, nil
}

func (d *drawer) ReadAt(b []byte, at int64) (int, error) { return copy(b, d.bytes[at:]), nil }

// TestGathered holds that records that were gathered apart, spilled, and taken
// back a part of a bucket at a time are indexed as they are together in memory.
func TestGathered(t *testing.T) {
	shelf, c := newShelf(), corpus{}
	for i := range 6000 {
		rec := small(newRand(uint64(i)), fmt.Sprintf("k%05d", i))
		if i%2 == 0 {
			rec.Content = gov.Digest{7} // many in one bucket
		}
		c[rec.Key] = rec
	}
	root := c.build(t, shelf)
	x, spill := NewIndexes(params, everyIndex()...), &drawer{}
	built, err := x.Build(shelf, root, shelf)
	must(t, err)

	defer func(was int) { maxBucket = was }(maxBucket)
	maxBucket = chunkSize
	set, x := NewSet(stage4()...), x.Spilling(spill)
	all := []*Gathering{x.Gather(root.Records), x.Gather(root.Records), x.Gather(root.Records)}
	parts, err := children(shelf, root)
	must(t, err)
	if len(parts) < len(all) {
		t.Fatalf("%d parts", len(parts))
	}
	for i, part := range parts {
		_, err := set.FoldInto(all[i%len(all)], shelf, nil, part)
		must(t, err)
	}
	got, err := x.Gathered(root, shelf, all...)
	must(t, err)
	if !bytes.Equal(got.Findings(), built.Findings()) {
		t.Error("other findings")
	}
	if d := cmp.Diff(built.Trees(), got.Trees()); d != "" {
		t.Error(d)
	}
	if spill.puts < 6 {
		t.Errorf("%d chunks were spilled", spill.puts)
	}
}

// TestLate holds that a change writes little, that changes wait until they are
// many, and that what is found does not depend on when they are merged.
func TestLate(t *testing.T) {
	shelf, c, r := newShelf(), corpus{}, newRand(4)
	for i := range 20_000 {
		rec := hand(r, i)
		c[rec.Key] = rec
	}
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	x := NewIndexes(params, Duplicates{}, Near{2}, Leak{"subject"})
	old := c.build(t, shelf)
	d, err := x.Build(shelf, old, shelf)
	must(t, err)
	merged := 0
	for round, edits := range []int{1, 900, 900, 1, 900} {
		for range edits {
			rec, other := *c[keys[r.IntN(len(keys))]], c[keys[r.IntN(len(keys))]]
			rec.Content, rec.Facts = other.Content, other.Facts // a duplicate and a look-alike
			c[rec.Key] = &rec
		}
		next, to := c.build(t, shelf), newShelf()
		was := d.parts[0].changes
		d, err = x.Advance(shelf, d, old, next, both{shelf, to})
		must(t, err)
		if d.parts[0].changes < was {
			merged++
		} else if size := to.size(); edits == 1 && size > 64<<10 {
			t.Errorf("round %d: %d bytes were written of one change", round, size)
		}
		for id, frame := range to.nodes {
			shelf.nodes[id] = frame
		}
		built, err := x.Build(shelf, next, newShelf())
		must(t, err)
		if !bytes.Equal(d.Findings(), built.Findings()) {
			t.Fatalf("round %d: other findings than built", round)
		}
		old = next
	}
	if merged == 0 || merged == 5 {
		t.Errorf("merged %d times of 5", merged)
	}
}

// both reads from two shelves and puts into the second.
type both struct{ a, b *shelf }

func (s both) Node(id gov.Digest) ([]byte, error) {
	if b, ok := s.b.nodes[id]; ok {
		return b, nil
	}
	return s.a.Node(id)
}

func (s both) PutNode(id gov.Digest, frame []byte) error { return s.b.PutNode(id, frame) }

func (s *shelf) size() (n int) {
	for _, frame := range s.nodes {
		n += len(frame)
	}
	return n
}

// TestFollow holds that following a difference leaves that as it is and comes to
// what a fold does, and that every record that differs is told of.
func TestFollow(t *testing.T) {
	for seed := range uint64(20) {
		shelf, r := newShelf(), newRand(seed)
		set := NewSet(every()...)
		c := corpus{}.edit(r, 300, 200)
		next := c.edit(r, 30, 200)
		a, b := c.build(t, shelf), next.build(t, shelf)
		_, err := set.Fold(shelf, shelf, a)
		must(t, err)
		told := 0
		d, err := set.CompareEach(shelf, a, b, func(was, is *Row) {
			told++
			if was == nil && is == nil || was != nil && is != nil && !bytes.Equal(was.Key, is.Key) {
				t.Error("told of two records or none")
			}
		})
		must(t, err)
		if uint64(told) != d.Changes {
			t.Errorf("told of %d records, %d differ", told, d.Changes)
		}
		removed, added := d.Removed.Bytes(), d.Added.Bytes()
		got, err := set.Follow(shelf, shelf, a, b, d)
		must(t, err)
		want, err := set.Fold(shelf, nil, b)
		must(t, err)
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("seed %d: other states than folded", seed)
		}
		if !bytes.Equal(removed, d.Removed.Bytes()) || !bytes.Equal(added, d.Added.Bytes()) {
			t.Errorf("seed %d: the difference was changed", seed)
		}
	}
}
