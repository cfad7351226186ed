package measure

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"govd/internal/gov"
	"govd/internal/tree"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A shelf keeps nodes and states in memory.
type shelf struct {
	nodes  map[gov.Digest][]byte
	states map[string][]byte
	puts   int
	reads  int
}

func newShelf() *shelf { return &shelf{nodes: map[gov.Digest][]byte{}, states: map[string][]byte{}} }

func (s *shelf) Node(id gov.Digest) ([]byte, error) {
	s.reads++
	if b, ok := s.nodes[id]; ok {
		return b, nil
	}
	return nil, gov.Errorf(gov.Internal, "NO_NODE", "no node %s", id.Short())
}

func (s *shelf) PutNode(id gov.Digest, frame []byte) error {
	s.nodes[id] = frame
	return nil
}

func (s *shelf) Get(key []byte) ([]byte, error) { return s.states[string(key)], nil }

func (s *shelf) Put(key, state []byte) error {
	s.puts++
	s.states[string(key)] = slices.Clone(state)
	return nil
}

var params = tree.NewParams([16]byte{9})

// A corpus is records by key.
type corpus map[string]*gov.Record

// build returns the tree of the corpus.
func (c corpus) build(t testing.TB, to tree.Sink) gov.Tree {
	t.Helper()
	b, sealer := tree.NewBuilder(params, to), gov.NewSealer([16]byte{3})
	for _, k := range slices.Sorted(maps.Keys(c)) {
		must(t, c[k].Check())
		v, err := sealer.Seal(c[k])
		must(t, err)
		must(t, b.Add([]byte(k), v))
	}
	root, err := b.Finish()
	must(t, err)
	return root
}

var (
	someLabels = []string{"palm", "back", "thumb", "index", "middle", "ring", "little", "wrist"}
	someSplits = []string{"train", "train", "train", "val", "test", ""}
)

// hand returns a record as stages 4 and 5 have them.
func hand(r *rand.Rand, i int) *gov.Record {
	pick := func(prefix string, n int) string { return fmt.Sprintf("%s-%d", prefix, r.IntN(n)) }
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], r.Uint64())
	sequence := i / 100
	rec := &gov.Record{
		Key:       fmt.Sprintf("train/sequence-%05d/%07d.jpg", sequence, i),
		Content:   sha256.Sum256(seed[:]),
		Size:      20_000 + r.Uint64N(80_000),
		MediaType: "image/jpeg",
		Labels:    []gov.Label{{ID: "1", Name: someLabels[r.IntN(len(someLabels))]}},
		Split:     someSplits[r.IntN(5)],
		Attributes: map[string]string{
			"subject": fmt.Sprintf("s-%04d", sequence/10), "tone": fmt.Sprint(1 + r.IntN(10)), "camera": pick("cam", 12),
			"source": pick("src", 5), "annotator": pick("ann", 9), "licence": "CC-BY-4.0", "captured": "2026-05-01",
			"consent": pick("c", 1000), "angle": pick("a", 6), "lighting": pick("l", 4),
		},
		Facts: &gov.ImageFacts{
			Width: 96 + uint32(r.IntN(4)), Height: 96, PHash: r.Uint64(), Sharpness: r.Uint64N(1 << 20), Blur: 2800 + uint32(r.IntN(7200)),
			Dark: 3100 + uint32(r.IntN(6900)), Light: uint32(r.IntN(9600)), Entropy: 2900 + uint32(r.IntN(6000)),
		},
	}
	return rec
}

// stage4 is about what the checks of stage 4 ask for.
func stage4() []Measure {
	two := func(a, b Column) Measure { return Tally{Columns: [4]Column{a, b}} }
	vet := Bounds{{Dark, 3200, MaxNumber}, {Light, 0, 9500}, {Blur, 2900, MaxNumber}, {Entropy, 3000, MaxNumber}, {Aspect, 3500, 10000}}
	tone := Attr("tone")
	taxonomy := &gov.Taxonomy{}
	for _, l := range someLabels {
		taxonomy.Labels = append(taxonomy.Labels, gov.TaxonomyLabel{Name: l, Since: 1, Max: 1})
	}
	ms := []Measure{
		two(Label, None), two(Split, None), two(Media, None), two(tone, None), two(Label, Split),
		two(tone, Label), two(tone, Split), two(tone, Attr("source")), two(tone, Attr("camera")), two(tone, Attr("annotator")),
		Tally{Columns: [4]Column{tone, Attr("camera"), Attr("lighting")}},
		two(Attr("source"), None), two(Attr("camera"), None),
		Faults{Rule: Present{[]string{"split", "label", "media", "size", "facts", "attr:licence", "attr:source", "attr:consent", "attr:captured", "attr:subject"}}},
		Faults{Rule: Allowed{Split, []string{"train", "val", "test"}, false}},
		Faults{Rule: Allowed{Media, []string{"image/jpeg", "image/png"}, false}},
		Faults{Rule: Formed{"captured", Date}},
		Faults{Rule: NewVocabulary(taxonomy, 4, false)},
		Faults{Rule: Geometry{}},
		Faults{Rule: Bounds{{Size, 100, 1 << 30}, {Side, 32, 1 << 16}}},
		Faults{Rule: vet, By: tone},
		Agreement{Prefix: "tone.vote.", By: None},
		Distinct{K: 1024},
	}
	for _, f := range []Field{Size, Width, Height, Pixels, Sharpness, Blur, Dark, Light, Entropy} {
		ms = append(ms, Spread{Field: f})
	}
	for _, f := range []Field{Sharpness, Entropy, Side} {
		ms = append(ms, Spread{Field: f, By: tone})
	}
	return ms
}

// sortedEdits yields edits that put these values, and delete where there is none.
func sortedEdits(values map[string][]byte) iter.Seq2[tree.Edit, error] {
	return func(yield func(tree.Edit, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(values)) {
			if !yield(tree.Edit{Key: []byte(k), Value: values[k], Delete: values[k] == nil}, nil) {
				return
			}
		}
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// every is every kind of measure, with limits low enough to be met.
func every() []Measure {
	return append(stage4(),
		Tally{[4]Column{Attr("subject"), Attr("camera")}, 20}, Tally{Columns: [4]Column{Label, Media, Split}},
		Agreement{"v.", Attr("tone"), 0}, Agreement{"v.", None, 2}, Sample{[32]byte{1}, 5}, Distinct{3}, Faults{Rule: Present{[]string{"attr:licence"}}, By: Label, Max: 6},
		Spread{Number("age"), None}, Spread{Gray, Split}, Spread{Labels, Label}, Faults{Rule: Required{"palm", "back", 1, 1, true}},
		Sequences{Sequence: []string{"sequence"}, Frame: "frame", Time: "time", Unit: Milliseconds, FPS: 10_000, Jitter: 5},
		Sequences{Sequence: []string{"sequence", "camera"}, Time: "time", Unit: Milliseconds, Rate: "age"},
	)
}

// small returns a record of few values, so that things collide.
func small(r *rand.Rand, key string) *gov.Record {
	rec := &gov.Record{
		Key: key, Content: gov.Digest{1, byte(r.IntN(40)), 31: 1}, Size: r.Uint64N(6), MediaType: []string{"", "image/png"}[r.IntN(2)],
		Split: []string{"", "train", "val"}[r.IntN(3)], Attributes: map[string]string{},
	}
	for i := range r.IntN(3) {
		l := gov.Label{ID: fmt.Sprint(i), Name: someLabels[r.IntN(3)]}
		if r.IntN(3) == 0 {
			l.Geometry = &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{0, 0, r.Int64N(3) * 1000, 1000}}}
		}
		rec.Labels = append(rec.Labels, l)
	}
	for name, n := range map[string]int{"tone": 3, "camera": 9, "subject": 9, "sequence": 3, "age": 40, "v.a": 3, "v.b": 3, "v.c": 3, "frame": 9, "time": 999} {
		if v := r.IntN(n + 1); v > 0 {
			rec.Attributes[name] = fmt.Sprint(v)
		}
	}
	if r.IntN(4) > 0 {
		rec.Facts = &gov.ImageFacts{Width: uint32(r.IntN(3)), Height: 2, PHash: uint64(r.IntN(64)) * 0x10001, Blur: uint32(r.IntN(5000)), Gray: r.IntN(2) == 0}
	}
	return rec
}

// a few records by key, and edits of some.
func (c corpus) edit(r *rand.Rand, n, keys int) corpus {
	out := maps.Clone(c)
	for range n {
		key := fmt.Sprintf("k%05d", r.IntN(keys))
		if r.IntN(3) == 0 {
			delete(out, key)
		} else {
			out[key] = small(r, key)
		}
	}
	return out
}
