package measure

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/tree"
)

// tall gives records keys and values so long that few of them make a tree of
// several levels.
func (c corpus) tall() corpus {
	out := corpus{}
	for k, rec := range c {
		tall := *rec
		tall.Key = k + strings.Repeat("/", 900)
		tall.Attributes = maps.Clone(rec.Attributes)
		tall.Attributes["filler"] = strings.Repeat("x", 4000)
		out[tall.Key] = &tall
	}
	return out
}

// TestFold holds that a profile is the same from one scan, from parts in
// goroutines, from the memo of the version before, by the diff, and whatever
// the memo has.
func TestFold(t *testing.T) {
	set := NewSet(every()...)
	x := NewIndexes(params, Duplicates{}, Leak{"subject"}, Dangling{"parent"})
	levels := map[uint8]int{}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRand(rapid.Uint64().Draw(rt, "seed"))
		shelf := newShelf()
		keys := 1 + r.IntN(300)
		c := corpus{}.edit(r, r.IntN(2*keys), keys)
		old := c.tall().build(t, shelf)
		must(t, foldInto(set, shelf, shelf, old))
		for range 3 {
			c = c.edit(r, 1+r.IntN(30), keys)
			tree := c.tall().build(t, shelf)
			levels[tree.Level]++
			want, err := set.Fold(shelf, nil, tree)
			must(t, err)
			check := func(how string, p *Profile, err error) {
				must(t, err)
				if !bytes.Equal(p.Bytes(), want.Bytes()) {
					rt.Fatalf("%s: another profile than by one scan", how)
				}
			}
			p, err := set.Advance(shelf, shelf, old, tree)
			check("advance", p, err)
			p, err = set.Fold(shelf, shelf, tree)
			check("memo after advance", p, err)
			forget(set, shelf, tree.Root)
			p, err = set.Fold(shelf, shelf, tree)
			check("memo", p, err)
			p, indexed, err := set.FoldWith(x, shelf, shelf, tree, shelf)
			check("with indexes", p, err)
			built, err := x.Build(shelf, tree, shelf)
			must(t, err)
			if !bytes.Equal(indexed.Findings(), built.Findings()) {
				rt.Fatal("indexes built by themselves find something else")
			}
			p, err = inParts(set, shelf, tree)
			check("parts", p, err)
			old = tree
		}
	})
	if levels[3] == 0 {
		t.Errorf("no tree is high enough to keep states below its root: %v", levels)
	}
}

func foldInto(s *Set, shelf *shelf, memo Memo, t gov.Tree) error {
	_, err := s.Fold(shelf, memo, t)
	return err
}

// forget drops the states of a node.
func forget(s *Set, shelf *shelf, id gov.Digest) {
	for i := range s.measures {
		delete(shelf.states, string(s.memoKey(i, id)))
	}
}

// inParts folds the parts of a tree in goroutines.
func inParts(s *Set, shelf *shelf, t gov.Tree) (*Profile, error) {
	parts, err := Parts(shelf, t)
	if err != nil {
		return nil, err
	}
	profiles, errs := make([]*Profile, len(parts)), make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		reader := &shelfReader{shelf}
		wg.Go(func() { profiles[i], errs[i] = s.Fold(reader, nil, part) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return s.Join(nil, t, profiles...)
}

// A shelfReader reads nodes for one of several goroutines.
type shelfReader struct{ *shelf }

func (s *shelfReader) Node(id gov.Digest) ([]byte, error) { return s.nodes[id], nil }

// TestAdvanceReadsLittle holds that after one edit of many records few nodes are
// read.
func TestAdvanceReadsLittle(t *testing.T) {
	set, shelf, r := NewSet(stage4()...), newShelf(), newRand(1)
	c := corpus{}
	for i := range 5000 {
		rec := hand(r, i)
		c[rec.Key] = rec
	}
	old := c.build(t, shelf)
	must(t, foldInto(set, shelf, shelf, old))
	rec := hand(r, 2500)
	c[rec.Key] = rec
	tree := c.build(t, shelf)
	shelf.reads = 0
	_, err := set.Advance(shelf, shelf, old, tree)
	must(t, err)
	if shelf.reads > 12 {
		t.Errorf("%d nodes were read", shelf.reads)
	}
}

// TestCompare holds that old less removed plus added is new.
func TestCompare(t *testing.T) {
	shelf, r := newShelf(), newRand(2)
	split := Tally{Columns: [4]Column{Split}}
	set := NewSet(split, Sequences{Sequence: []string{"sequence"}, Time: "time"})
	c := corpus{}.edit(r, 200, 300)
	next := c.edit(r, 40, 300)
	a, b := c.build(t, shelf), next.build(t, shelf)
	d, err := set.Compare(shelf, a, b)
	must(t, err)
	was, err := set.Fold(shelf, nil, a)
	must(t, err)
	is, err := set.Fold(shelf, nil, b)
	must(t, err)
	for _, s := range []string{"", "train", "val"} {
		got := split.In(was).Get(s) - split.In(d.Removed).Get(s) + split.In(d.Added).Get(s)
		if want := split.In(is).Get(s); got != want {
			t.Errorf("split %q: got %d, want %d", s, got, want)
		}
	}
	if d.Changes == 0 || d.Changes > 40 {
		t.Errorf("%d changes", d.Changes)
	}
	if (Sequences{Sequence: []string{"sequence"}, Time: "time"}).In(d.Added) != nil {
		t.Error("a delta has tracks")
	}
}

// TestTooMany holds that a count beyond its limit says so and nothing else, and
// names the measure.
func TestTooMany(t *testing.T) {
	m := Tally{[4]Column{Attr("n")}, 10}
	c := corpus{}
	for i := range 11 {
		rec := small(newRand(1), fmt.Sprint("k", i))
		rec.Attributes = map[string]string{"n": fmt.Sprint(i)}
		c[rec.Key] = rec
	}
	shelf := newShelf()
	p, err := NewSet(m).Fold(shelf, nil, c.build(t, shelf))
	must(t, err)
	if gov.ReasonOf(p.Err()) != "TOO_MANY_VALUES" || m.In(p).Len() != 0 {
		t.Errorf("got %v with %d cells", p.Err(), m.In(p).Len())
	}
	delete(c, "k3")
	p, err = NewSet(m).Fold(shelf, nil, c.build(t, shelf))
	must(t, err)
	if p.Err() != nil || m.In(p).Len() != 10 {
		t.Errorf("at the limit: %v", p.Err())
	}
}

// TestNothing holds that a version without records has a profile and indexes.
func TestNothing(t *testing.T) {
	set, x, shelf := NewSet(every()...), NewIndexes(params, everyIndex()...), newShelf()
	p, err := set.Fold(shelf, nil, params.Empty())
	must(t, err)
	q, d, err := set.FoldWith(x, shelf, shelf, params.Empty(), shelf)
	must(t, err)
	if p.Records() != 0 || !bytes.Equal(p.Bytes(), q.Bytes()) || p.Err() != nil {
		t.Errorf("%d records of none", p.Records())
	}
	if got := (Duplicates{}).In(d).Count("copy"); got != 0 {
		t.Errorf("%d copies of nothing", got)
	}
}

// TestErased holds that a record whose value is gone counts as that and as
// nothing else.
func TestErased(t *testing.T) {
	shelf, c := newShelf(), corpus{}.edit(newRand(4), 60, 90)
	root := c.build(t, shelf)
	gone := 0
	for id, frame := range shelf.nodes {
		if frame[2] > 0 {
			continue // no leaf
		}
		erased, n, err := tree.Erase(frame, func(key []byte, _ gov.Digest) bool { return key[len(key)-1] == '3' })
		must(t, err)
		shelf.nodes[id], gone = erased, gone+n
	}
	label := Tally{Columns: [4]Column{Split}}
	p, err := NewSet(label).Fold(shelf, nil, root)
	must(t, err)
	want := uint64(len(c) - gone)
	if gone == 0 || p.Erased() != uint64(gone) || p.Records() != want || label.In(p).Total() != want {
		t.Errorf("%d erased and %d others counted, %d in splits; want %d and %d", p.Erased(), p.Records(), label.In(p).Total(), gone, want)
	}
}

// TestWordsOfBefore holds that what a subtree has too many words of does not
// depend on the one before.
func TestWordsOfBefore(t *testing.T) {
	m := Tally{[4]Column{Attr("n")}, MaxCells}
	set := NewSet(m)
	p := newPass(set, set.all())
	add := func(prefix string, n int) *Counts {
		p.lexicon.begin()
		for i := range n {
			p.row = Row{attributes: []attribute{{[]byte("n"), fmt.Append(nil, prefix, i)}}}
			p.lexicon.read(&p.row)
			for _, f := range p.folders {
				f.add(&p.row)
			}
		}
		return m.In(p.flush())
	}
	if err := add("a", MaxCells+1).Err(); gov.ReasonOf(err) != "TOO_MANY_VALUES" {
		t.Errorf("too many: %v", err)
	}
	if after := add("b", MaxCells); after.Err() != nil || after.Len() != MaxCells {
		t.Errorf("after too many: %d different words, %v", after.Len(), after.Err())
	}
}
