package measure

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// drawRecord draws any record that passes Check.
func drawRecord(t *rapid.T) *gov.Record {
	word := rapid.StringN(1, 12, gov.MaxText)
	r := &gov.Record{
		Key:        rapid.StringMatching(`[a-z/]{1,20}`).Draw(t, "key"),
		Size:       rapid.Uint64().Draw(t, "size"),
		MediaType:  rapid.StringN(0, 10, gov.MaxText).Draw(t, "media"),
		Split:      rapid.StringN(0, 6, gov.MaxText).Draw(t, "split"),
		Attributes: rapid.MapOfN(word, rapid.StringN(0, 30, 300), 0, 30).Draw(t, "attributes"),
		Labels:     rapid.SliceOfNDistinct(rapid.Custom(drawLabel), 0, 30, func(l gov.Label) string { return l.ID }).Draw(t, "labels"),
	}
	copy(r.Content[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "content"))
	r.Content[0] |= 1
	r.SortLabels()
	if rapid.Bool().Draw(t, "facts") {
		r.Facts = &gov.ImageFacts{
			Width: rapid.Uint32().Draw(t, "w"), Height: rapid.Uint32().Draw(t, "h"), PHash: rapid.Uint64().Draw(t, "phash"),
			Sharpness: rapid.Uint64().Draw(t, "sharpness"), Blur: 1, Dark: 24, Light: 256, Entropy: 65536, Gray: rapid.Bool().Draw(t, "gray"),
		}
	}
	return r
}

func drawLabel(t *rapid.T) gov.Label {
	l := gov.Label{ID: rapid.StringN(1, 5, 20).Draw(t, "id"), Name: rapid.StringN(1, 8, 40).Draw(t, "name")}
	n := rapid.Int64()
	switch kind := gov.GeometryKind(rapid.IntRange(0, 5).Draw(t, "kind")); kind {
	case gov.Box:
		l.Geometry = &gov.Geometry{Kind: kind, Parts: [][]int64{rapid.SliceOfN(n, 4, 4).Draw(t, "box")}}
	case gov.Polygon:
		ring := rapid.Map(rapid.SliceOfN(n, 3, 6), func(x []int64) []int64 { return append(x, x...) })
		l.Geometry = &gov.Geometry{Kind: kind, Parts: rapid.SliceOfN(ring, 1, 3).Draw(t, "rings")}
	case gov.Mask:
		l.Geometry = &gov.Geometry{Kind: kind, Parts: [][]int64{{n.Draw(t, "h"), n.Draw(t, "w")}, rapid.SliceOfN(n, 1, 9).Draw(t, "runs")}}
	case gov.Keypoints:
		l.Geometry = &gov.Geometry{Kind: kind, Parts: [][]int64{rapid.SliceOfN(n, 3, 3).Draw(t, "points")}}
	case gov.Interval:
		l.Geometry = &gov.Geometry{Kind: kind, Parts: [][]int64{{-5, 7}}}
	}
	return l
}

// record returns what r read, as gov has it.
func record(r *Row) *gov.Record {
	out := &gov.Record{
		Key: string(r.Key), Content: gov.Digest(r.Content), Size: r.Size, MediaType: string(r.MediaType), Split: string(r.Split), Facts: r.Facts,
	}
	for i := range r.Labels {
		l := &r.Labels[i]
		label := gov.Label{ID: string(l.ID), Name: string(l.Name)}
		if l.Kind != 0 {
			label.Geometry = &gov.Geometry{Kind: l.Kind}
			for _, part := range r.Geometry(l) {
				label.Geometry.Parts = append(label.Geometry.Parts, append([]int64{}, part...))
			}
		}
		out.Labels = append(out.Labels, label)
	}
	for _, a := range r.attributes {
		if out.Attributes == nil {
			out.Attributes = map[string]string{}
		}
		out.Attributes[string(a.name)] = string(a.value)
	}
	return out
}

// same reports how what Read finds differs from what gov.DecodeRecord does,
// when both accept the value.
func same(t interface{ Fatal(...any) }, r *Row, key string, value []byte) {
	want, err := gov.DecodeRecord(key, value)
	if err != nil {
		_ = r.Read([]byte(key), value) // must not panic
		return
	}
	if err := r.Read([]byte(key), value); err != nil {
		t.Fatal(err)
	}
	want.Salt = [16]byte{}
	if diff := cmp.Diff(want, record(r)); diff != "" {
		t.Fatal(diff)
	}
}

// TestReadAsDecode holds that a row is what gov says the record is.
func TestReadAsDecode(t *testing.T) {
	var r Row
	rapid.Check(t, func(t *rapid.T) {
		rec := drawRecord(t)
		value, err := gov.NewSealer([16]byte{1}).Seal(rec)
		if err != nil {
			t.Skip()
		}
		if _, err := gov.DecodeRecord(rec.Key, value); err != nil {
			t.Fatal(err)
		}
		same(t, &r, rec.Key, value)
	})
}

// FuzzRead holds the same for values of strangers, and that none panics.
func FuzzRead(f *testing.F) {
	sealer := gov.NewSealer([16]byte{1})
	for i := range 5 {
		rec := rapid.Custom(drawRecord).Example(i)
		if v, err := sealer.Seal(rec); err == nil {
			f.Add(bytes.Clone(v))
		}
	}
	f.Add([]byte{0xa1, 0x01, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, value []byte) {
		var r Row
		same(t, &r, "k", value)
	})
}

func TestParseDecimal(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     int64
		ok       bool
	}{
		{"0", 0, 0, true},
		{"12", 0, 12, true},
		{"12.5", 0, 12, true},
		{"12.5", 3, 12500, true},
		{"-0.25", 6, -250000, true},
		{"12.3456789", 3, 12345, true},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{"1.", 0, 0, false},
		{".5", 1, 0, false},
		{"1e3", 0, 0, false},
		{"1.x", 0, 0, false},
		{"--1", 0, 0, false},
		{"4611686018427387903", 0, 1<<62 - 1, true},
		{"4611686018427387904", 0, 0, false},
		{"99999999999999999999999999", 0, 0, false},
	} {
		if got, ok := parseDecimal([]byte(c.text), c.decimals); got != c.want || ok != c.ok {
			t.Errorf("%q with %d decimals: got %d, %v, want %d, %v", c.text, c.decimals, got, ok, c.want, c.ok)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	rec := hand(newRand(1), 1)
	v, err := gov.NewSealer([16]byte{1}).Seal(rec)
	must(b, err)
	var r Row
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			must(b, r.Read([]byte("k"), v))
		}
	})
	b.Run("gov", func(b *testing.B) {
		for b.Loop() {
			_, err := gov.DecodeRecord("k", v)
			must(b, err)
		}
	})
}
