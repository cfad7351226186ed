package lineage_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

func drawLink(t *rapid.T) lineage.Link {
	number := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 255, 256, 65535, 65536, math.MaxUint64}))
	return lineage.Link{
		Kind:     lineage.EdgeKind(rapid.IntRange(1, 11).Draw(t, "kind")),
		Other:    lineage.Number(number.Draw(t, "other")),
		Since:    number.Draw(t, "since"),
		Until:    number.Draw(t, "until"),
		Inferred: rapid.Bool().Draw(t, "inferred"),
		Time:     rapid.Int64().Draw(t, "time"),
		Via:      rapid.StringN(0, 20, lineage.MaxVia).Draw(t, "via"),
	}
}

// TestRows: both rows of an edge tell all of it, each under its own end, and
// keys order as a walk must see them.
func TestRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, a, b := lineage.Number(rapid.Uint64().Draw(t, "from")), drawLink(t), drawLink(t)
		keys, value := lineage.Rows(from, a.Other, a)
		for i, want := range []struct {
			d        lineage.Direction
			at, over lineage.Number
		}{{lineage.Trace, from, a.Other}, {lineage.Impact, a.Other, from}} {
			d, n, l, err := lineage.ParseRow(keys[i], value)
			link := a
			link.Other = want.over
			if err != nil || d != want.d || n != want.at || l != link || !bytes.HasPrefix(keys[i], lineage.RowPrefix(d, n)) {
				t.Fatalf("row %d: %v under %v %d, %v; want %v", i, l, d, n, err, link)
			}
		}
		other, _ := lineage.Rows(from, b.Other, b)
		order := cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Other, b.Other), cmp.Compare(a.Since, b.Since))
		if bytes.Compare(keys[0], other[0]) != order {
			t.Fatalf("keys of %+v and %+v order as %d, want %d", a, b, bytes.Compare(keys[0], other[0]), order)
		}
		if near := from + 1; bytes.HasPrefix(keys[0], lineage.RowPrefix(lineage.Trace, near)) {
			t.Fatalf("a row of %d lies under %d", from, near)
		}
	})
}

// TestRowBytes holds the form that files contain.
func TestRowBytes(t *testing.T) {
	keys, value := lineage.Rows(7, 300, lineage.Link{Kind: lineage.Used, Since: 65536, Until: 70000, Inferred: true, Time: 3, Via: "run.start"})
	for i, want := range []string{"00010701" + "02012c" + "03010000", "0102012c01" + "0107" + "03010000"} {
		if got := hex.EncodeToString(keys[i]); got != want {
			t.Errorf("key %d: %s, want %s", i, got, want)
		}
	}
	if got, want := hex.EncodeToString(value), "01"+"06"+"f0a204"+hex.EncodeToString([]byte("run.start")); got != want {
		t.Errorf("value %s, want %s", got, want)
	}
}

// FuzzParseRow: bytes that are taken for a row are those that Rows writes.
func FuzzParseRow(f *testing.F) {
	keys, value := lineage.Rows(7, 300, lineage.Link{Kind: lineage.Used, Since: 65536, Time: 3, Via: "x"})
	f.Add(keys[0], value)
	f.Add(keys[1], value)
	f.Add([]byte{0, 9, 1, 1}, []byte{2})
	f.Add([]byte{0, 0, 1, 0, 0}, []byte{0, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		d, n, l, err := lineage.ParseRow(key, value)
		if err != nil {
			return
		}
		from, to := n, l.Other
		if d == lineage.Impact {
			from, to = to, from
		}
		keys, again := lineage.Rows(from, to, l)
		if !bytes.Equal(keys[d], key) || !bytes.Equal(again, value) {
			t.Errorf("%x: %x is %+v, written %x: %x", key, value, l, keys[d], again)
		}
	})
}

// TestEdgeKinds: names and kinds go both ways, and the numbers stay as they are.
func TestEdgeKinds(t *testing.T) {
	want := []string{"used", "generated-by", "derived-from", "trained-on", "touched-by", "checked-by", "part-of", "serves", "same-as", "may-be", "child-of"}
	for i, name := range want {
		k := lineage.EdgeKind(i + 1)
		var again lineage.EdgeKind
		text, err := k.MarshalText()
		if err != nil || string(text) != name || again.UnmarshalText(text) != nil || again != k {
			t.Errorf("kind %d is %s, %v", k, text, again)
		}
		if lineage.Flow.Has(k) != (k != lineage.ChildOf) || !lineage.NewKinds(k).Has(k) || lineage.NewKinds(k).Has(k+1) {
			t.Errorf("sets of %s", name)
		}
	}
	if lineage.EdgeKind(0).String() != "" || lineage.EdgeKind(12).String() != "" || lineage.Flow.Has(0) {
		t.Error("a kind that is none")
	}
	for _, s := range []string{"", "Used", "used "} {
		if _, err := lineage.ParseEdgeKind(s); gov.ReasonOf(err) != "BAD_EDGE" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestEdgeAt: an edge stands from the entry that made it up to the one that
// ended it.
func TestEdgeAt(t *testing.T) {
	for until, want := range map[uint64][]uint64{0: {3, 4, 5, 6}, 5: {3, 4}, 4: {3}} {
		e := lineage.Edge{Since: 3, Until: until}
		var got []uint64
		for i := range uint64(7) {
			if e.At(i) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("until %d: stands at %v, want %v", until, got, want)
		}
	}
}
