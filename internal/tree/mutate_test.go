package tree

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// drawKey draws from few keys of uneven length, so that edits collide, share
// prefixes and make nodes of all sizes.
var drawKey = rapid.Custom(func(t *rapid.T) string {
	n := rapid.IntRange(0, 400).Draw(t, "n")
	k := fmt.Sprintf("%03d", n)
	if n%7 == 0 {
		k += "/a-longer-tail-of-the-key"
	}
	return k[:max(1, len(k)-n%3)]
})

var drawValue = rapid.Custom(func(t *rapid.T) string {
	b := rapid.Byte().Draw(t, "b")
	return fmt.Sprintf("%0*d", rapid.SampledFrom([]int{1, 8, 8, 8, 30, 90, 300}).Draw(t, "len"), b)
})

var drawEdits = rapid.Custom(func(t *rapid.T) []Edit {
	m := map[string]Edit{}
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 3, 8, 40}).Draw(t, "edits") {
		k := drawKey.Draw(t, "key")
		if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
			m[k] = del(k)
		} else {
			m[k] = put(k, drawValue.Draw(t, "value"))
		}
	}
	if rapid.IntRange(0, 7).Draw(t, "range") == 0 {
		lo := rapid.IntRange(0, 400).Draw(t, "lo")
		for i := lo; i < lo+150; i++ {
			m[fmt.Sprintf("%03d", i)] = del(fmt.Sprintf("%03d", i))
		}
	}
	var es []Edit
	for _, k := range slices.Sorted(maps.Keys(m)) {
		es = append(es, m[k])
	}
	return es
})

// Property 1: any sequence of edits ends at the root that a build of the final
// records has, after every step, and the nodes are well-formed.
func TestMutateEndsWhereBuildDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tiny(rapid.Byte().Draw(t, "salt"))
		s := newShelf(nil)
		root, m := p.Empty(), model{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			edits := drawEdits.Draw(t, "edits")
			m = m.edit(edits)
			var err error
			root, err = Mutate(p, s, s, root, stream(edits))
			if err != nil {
				t.Fatal(err)
			}
			want := build(t, p, m)
			if root != want {
				t.Fatalf("after %d edits: root %+v, want %+v", len(edits), root, want)
			}
			if err := Check(p, s, root); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func build(t *rapid.T, p *Params, m model) gov.Tree {
	b := NewBuilder(p, nowhere{})
	for _, k := range m.keys() {
		if err := b.Add([]byte(k), []byte(m[k])); err != nil {
			t.Fatal(err)
		}
	}
	root, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
