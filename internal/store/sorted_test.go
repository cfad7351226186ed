package store

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOverlayInOrder: an overlay of more items than a chunk holds has them in
// order, finds what is next to a key, and takes back what was not kept.
func TestOverlayInOrder(t *testing.T) {
	const most = 2000
	at := func(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
	rapid.Check(t, func(t *rapid.T) {
		var o overlay
		model := map[int]byte{}
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			written := map[int]byte{}
			start, step := rapid.IntRange(0, most).Draw(t, "start"), rapid.SampledFrom([]int{1, -1, 3, 7, 611, 1201}).Draw(t, "step")
			for i := range rapid.IntRange(0, 900).Draw(t, "writes") {
				n := ((start+i*step)%most + most) % most
				o.put(7, at(n), []byte{byte(i)})
				written[n] = byte(i)
			}
			switch rapid.SampledFrom([]string{"keep", "keep", "undo", "reset"}).Draw(t, "then") {
			case "keep":
				o.keep()
				for n, v := range written {
					model[n] = v
				}
			case "undo":
				o.undo()
			default:
				o.reset()
				clear(model)
			}
			compareOverlay(t, &o, model, at)
		}
	})
}

func compareOverlay(t *rapid.T, o *overlay, model map[int]byte, at func(int) []byte) {
	items := slices.Concat(o.items[7].chunks...)
	var order []int
	for n := range model {
		order = append(order, n)
	}
	slices.Sort(order)
	if len(items) != len(order) || o.empty() != (len(order) == 0) {
		t.Fatalf("%d items, want %d", len(items), len(order))
	}
	for i, n := range order {
		if !bytes.Equal(items[i].key, at(n)) || items[i].value[0] != model[n] {
			t.Fatalf("item %d is %x, want %d", i, items[i].key, n)
		}
	}
	for range 20 {
		n := rapid.IntRange(0, 2001).Draw(t, "look")
		i, found := slices.BinarySearch(order, n)
		if _, known := o.get(7, at(n)); known != found {
			t.Fatalf("%d is there: %v, want %v", n, known, found)
		}
		above, below := i, i-1
		if found {
			above++
		}
		for _, look := range []struct {
			want          int
			reverse, skip bool
		}{{i, false, false}, {above, false, true}, {below, true, true}} {
			it := o.next(7, at(n), look.reverse, look.skip)
			if want := look.want >= 0 && look.want < len(order); (it != nil) != want || want && !bytes.Equal(it.key, at(order[look.want])) {
				t.Fatalf("beside %d (%+v) is %v", n, look, it)
			}
		}
	}
	if last := o.next(7, nil, true, true); (last != nil) != (len(order) > 0) || last != nil && last != items[len(items)-1] {
		t.Fatalf("the last is %v", last)
	}
}
