package measure

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

func everyIndex() []Index {
	return []Index{Duplicates{}, Unique{"age"}, Leak{"subject"}, Dangling{"parent"}, Near{2}, Near{3}, Apart{"sequence", "camera", "time", 300}}
}

// TestIndexesKeptUp holds that what indexes find after any number of edits is
// what they find when they are built, and what comparing all records with all
// finds.
func TestIndexesKeptUp(t *testing.T) {
	x := NewIndexes(params, everyIndex()...)
	rapid.Check(t, func(rt *rapid.T) {
		r := newRand(rapid.Uint64().Draw(rt, "seed"))
		shelf, keys := newShelf(), 1+r.IntN(150)
		c := corpus{}.edit(r, r.IntN(2*keys), keys)
		old := c.build(t, shelf)
		kept, err := x.Build(shelf, old, shelf)
		must(t, err)
		for range 4 {
			c = c.edit(r, 1+r.IntN(20), keys)
			for _, rec := range c {
				if r.IntN(8) == 0 {
					rec.Attributes["parent"] = fmt.Sprintf("k%05d", r.IntN(keys))
				}
			}
			tree := c.build(t, shelf)
			kept, err = x.Decode(kept.Bytes())
			must(t, err)
			kept, err = x.Advance(shelf, kept, old, tree, shelf)
			must(t, err)
			built, err := x.Build(shelf, tree, shelf)
			must(t, err)
			if !bytes.Equal(kept.Findings(), built.Findings()) {
				for _, ix := range everyIndex() {
					if d := cmp.Diff(shown(foundIn(built, ix)), shown(foundIn(kept, ix))); d != "" {
						rt.Fatalf("%s: built and kept up: %s", ix.Key(), d)
					}
				}
				rt.Fatal("other findings")
			}
			if d := cmp.Diff(built.Trees(), merged(t, x, kept, shelf).Trees()); d != "" {
				rt.Fatalf("trees built and kept up: %s", d)
			}
			for _, ix := range everyIndex() {
				if d := cmp.Diff(c.faults(ix), counts(foundIn(kept, ix))); d != "" {
					rt.Fatalf("%s: all pairs and index: %s", ix.Key(), d)
				}
			}
			old = tree
		}
	})
}

// merged returns the indexes with what came late in its place.
func merged(t *testing.T, x *Indexes, d *Indexed, to Nodes) *Indexed {
	copied, err := x.Decode(d.Bytes())
	must(t, err)
	p := &Prepared{Indexes: x, old: copied}
	must(t, p.merge(to))
	return p.old
}

func shown(f *Found) (all []string) {
	for _, code := range f.Codes() {
		all = append(all, fmt.Sprint(code, f.Count(code), f.Witnesses(code)))
	}
	return all
}

func counts(f *Found) map[string]uint64 {
	out := map[string]uint64{}
	for _, code := range f.Codes() {
		out[code] = f.Count(code)
	}
	return out
}

// faults counts what an index must find, the slow way.
func (c corpus) faults(ix Index) map[string]uint64 {
	out := map[string]uint64{}
	groups, seconds := map[string]map[string]bool{}, map[string]bool{}
	for k, r := range c {
		with := func(is func(q *gov.Record) bool) bool {
			for l, q := range c {
				if k != l && is(q) {
					return true
				}
			}
			return false
		}
		count := func(code string, is func(q *gov.Record) bool) {
			if with(is) {
				out[code]++
			}
		}
		alike := func(like func(q *gov.Record) bool) {
			count("across", func(q *gov.Record) bool { return like(q) && r.Split != "" && q.Split != "" && r.Split != q.Split })
			count("conflict", func(q *gov.Record) bool { return like(q) && names(r) != names(q) })
		}
		switch ix := ix.(type) {
		case Duplicates:
			same := func(q *gov.Record) bool { return r.Content == q.Content }
			alike(same)
			count("copy", func(q *gov.Record) bool { return same(q) && q.Key < r.Key })
		case Near:
			near := func(q *gov.Record) bool {
				return r.Facts != nil && q.Facts != nil && bits.OnesCount64(r.Facts.PHash^q.Facts.PHash) <= ix.Radius
			}
			alike(near)
			count("within", func(q *gov.Record) bool { return near(q) && q.Split == r.Split })
		case Unique:
			count("twice", func(q *gov.Record) bool {
				return r.Attributes[ix.Attribute] != "" && r.Attributes[ix.Attribute] == q.Attributes[ix.Attribute]
			})
		case Leak:
			if g := r.Attributes[ix.Attribute]; g != "" && r.Split != "" {
				if groups[g] == nil {
					groups[g] = map[string]bool{}
				}
				groups[g][r.Split] = true
			}
		case Dangling:
			if p := r.Attributes[ix.Attribute]; p != "" && c[p] == nil {
				out["dangling"]++
			}
		case Apart:
			if c.apart(r, ix) {
				seconds[r.Attributes[ix.Sequence]] = true
			}
		}
	}
	for _, splits := range groups {
		if len(splits) > 1 {
			out["leak"]++
		}
	}
	if len(seconds) > 0 {
		out["apart"] = uint64(len(seconds))
	}
	return out
}

// apart reports whether a frame is far from the nearest of another stream. All
// times are within a second.
func (c corpus) apart(r *gov.Record, x Apart) bool {
	near := map[string]int{}
	at, err := strconv.Atoi(r.Attributes[x.Time])
	for _, q := range c {
		t, bad := strconv.Atoi(q.Attributes[x.Time])
		stream := q.Attributes[x.Stream]
		if err == nil && bad == nil && r.Attributes[x.Sequence] != "" && q.Attributes[x.Sequence] == r.Attributes[x.Sequence] && stream != r.Attributes[x.Stream] {
			if best, seen := near[stream]; !seen || max(t, at)-min(t, at) < best {
				near[stream] = max(t, at) - min(t, at)
			}
		}
	}
	for _, n := range near {
		if n > int(x.Most) {
			return true
		}
	}
	return false
}

// names returns the label names of a record, sorted.
func names(r *gov.Record) string {
	var all []string
	for _, l := range r.Labels {
		all = append(all, l.Name)
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

// TestPairs holds that pairs finds each pair once, also where many hashes share
// a band.
func TestPairs(t *testing.T) {
	for _, crowded := range []bool{false, true} {
		r := newRand(3)
		seen := map[uint64]bool{}
		for len(seen) < 3000 {
			h := r.Uint64()
			if crowded {
				h = h&0xffff_0000_0000 | h&0xf0f0<<4 // few bits vary
			}
			for range 3 {
				seen[h] = true
				h ^= 1 << r.IntN(64)
				h ^= 1 << r.IntN(64)
			}
		}
		var hashes []uint64
		for h := range seen {
			hashes = append(hashes, h)
		}
		slices.Sort(hashes)
		for radius := range MaxRadius + 1 {
			want, got := map[[2]uint64]int{}, map[[2]uint64]int{}
			for i, x := range hashes {
				for _, y := range hashes[:i] {
					if bits.OnesCount64(x^y) <= radius {
						want[[2]uint64{min(x, y), max(x, y)}] = 1
					}
				}
			}
			must(t, pairs(hashes, radius, func(x, y uint64) { got[[2]uint64{min(x, y), max(x, y)}]++ }))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("crowded %v, radius %d, of %d pairs: %s", crowded, radius, len(want), d)
			}
		}
	}
}

// TestManyOfOne holds that an index bears a key with more records than a value
// of its tree takes, and gets rid of them again.
func TestManyOfOne(t *testing.T) {
	shelf, c := newShelf(), corpus{}
	for i := range 4000 {
		rec := small(newRand(uint64(i)), fmt.Sprintf("k%05d", i))
		rec.Content, rec.Split, rec.Labels = gov.Digest{7}, "train", nil
		c[rec.Key] = rec
	}
	x := NewIndexes(params, Duplicates{}, Near{1})
	tree := c.build(t, shelf)
	d, err := x.Build(shelf, tree, shelf)
	must(t, err)
	if got := (Duplicates{}).In(d).Count("copy"); got != 3999 {
		t.Errorf("%d copies", got)
	}
	for k := range c {
		if k > "k02100" {
			delete(c, k)
		}
	}
	next := c.build(t, shelf)
	d, err = x.Advance(shelf, d, tree, next, shelf)
	must(t, err)
	if got := (Duplicates{}).In(d).Count("copy"); got != 2100 {
		t.Errorf("%d copies are left", got)
	}
	built, err := x.Build(shelf, next, shelf)
	must(t, err)
	if !bytes.Equal(built.Findings(), d.Findings()) {
		t.Error("other findings than built")
	}
	if d := cmp.Diff(built.Trees(), merged(t, x, d, shelf).Trees()); d != "" {
		t.Errorf("other trees than built: %s", d)
	}
}

// TestWitnessesRunOut holds that mending the witnesses again and again leaves
// the findings as they are built.
func TestWitnessesRunOut(t *testing.T) {
	shelf, c := newShelf(), corpus{}
	for i := range 300 {
		rec := small(newRand(uint64(i)), fmt.Sprintf("k%05d", i))
		rec.Content = gov.Digest{byte(1 + i%100)}
		c[rec.Key] = rec
	}
	x := NewIndexes(params, Duplicates{}, Near{2})
	old := c.build(t, shelf)
	d, err := x.Build(shelf, old, shelf)
	must(t, err)
	for range 10 {
		for _, w := range (Duplicates{}).In(d).Witnesses("copy") {
			delete(c, w.Key)
		}
		tree := c.build(t, shelf)
		d, err = x.Advance(shelf, d, old, tree, shelf)
		must(t, err)
		built, err := x.Build(shelf, tree, shelf)
		must(t, err)
		if !bytes.Equal(built.Findings(), d.Findings()) {
			t.Fatalf("with %d records left: other findings than built", len(c))
		}
		old = tree
	}
	if got := (Duplicates{}).In(d).Count("copy"); got != 0 {
		t.Errorf("%d copies are left", got)
	}
}

// TestManyLooks holds that more look-alikes than are looked at one by one are
// found, when built and when changed.
func TestManyLooks(t *testing.T) {
	shelf, c, r := newShelf(), corpus{}, newRand(1)
	near := Near{2}
	x := NewIndexes(params, near)
	draw := func() {
		for i := range maxChanged + 500 {
			rec := small(r, fmt.Sprintf("k%05d", i))
			rec.Facts = &gov.ImageFacts{PHash: r.Uint64()}
			if other := c[fmt.Sprintf("k%05d", i-1)]; other != nil && i%10 == 0 {
				rec.Facts.PHash = other.Facts.PHash ^ 5
			}
			c[rec.Key] = rec
		}
	}
	draw()
	old := c.build(t, shelf)
	d, err := x.Build(shelf, old, shelf)
	must(t, err)
	if got := counts(near.In(d)); !cmp.Equal(got, c.faults(near)) {
		t.Errorf("built: %v, want %v", got, c.faults(near))
	}
	draw()
	tree := c.build(t, shelf)
	d, err = x.Advance(shelf, d, old, tree, shelf)
	must(t, err)
	if got := counts(near.In(d)); !cmp.Equal(got, c.faults(near)) {
		t.Errorf("advanced: %v, want %v", got, c.faults(near))
	}
}
