package gov_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

var salt = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// seal returns a copy of the record's value.
func seal(t interface{ Fatalf(string, ...any) }, r *gov.Record) []byte {
	v, err := gov.NewSealer(salt).Seal(r)
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return bytes.Clone(v)
}

// fullRecord has every field and every kind of geometry.
func fullRecord() *gov.Record {
	return &gov.Record{
		Key: "train/ﬁst/1.png", Content: sha256.Sum256([]byte("content")), Size: 1 << 40, MediaType: "image/png",
		Labels: []gov.Label{
			{ID: "1", Name: "fist"},
			{ID: "2", Name: "palm", Geometry: &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{0, -1, 23, 24}}}},
			{ID: "3", Name: "nail", Geometry: &gov.Geometry{Kind: gov.Polygon, Parts: [][]int64{{0, 0, 255, 256, -256, -257}, {1, 2, 3, 4, 5, 6, 7, 8}}}},
			{ID: "4", Name: "vein", Geometry: &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{65535, 65536}, {0, 1 << 32, 7}}}},
			{ID: "5", Name: "tips", Geometry: &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{{1, 2, 0, 3, 4, 2}}}},
			{ID: "6", Name: "wave", Geometry: &gov.Geometry{Kind: gov.Interval, Parts: [][]int64{{-1 << 63, 1<<63 - 1}}}},
		},
		Attributes: map[string]string{"z": "", "aa": "x", "b": "y", "subject": "s-1"},
		Split:      "train",
		Facts:      &gov.ImageFacts{Width: 1, Height: 24, PHash: 1<<64 - 1, Sharpness: 1 << 33, Blur: 10000, Dark: 256, Light: 255, Entropy: 0, Gray: true},
	}
}

// TestRecordIsFrozen: these bytes are what versions are made of, for ever. The
// file was written once and has no switch that would write it again.
func TestRecordIsFrozen(t *testing.T) {
	text, err := os.ReadFile("testdata/record.hex")
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	r := fullRecord()
	if got := seal(t, r); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	got, err := gov.DecodeRecord(r.Key, want)
	if err != nil || cmp.Diff(r, got) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(r, got))
	}
}

// TestLeastRecord writes the smallest value out by hand: a map of two, the
// content and the salt, which is an HMAC of the key and the value without it.
func TestLeastRecord(t *testing.T) {
	r := &gov.Record{Key: strings.Repeat("k", 200), Content: gov.Digest{0: 0xaa, 31: 0xbb}}
	bare := append([]byte{0xa1, 0x01, 0x58, 0x20}, r.Content[:]...)
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(binary.AppendUvarint(nil, 200))
	mac.Write([]byte(r.Key))
	mac.Write(bare)
	want := append(append([]byte{0xa2}, bare[1:]...), 0x08, 0x50)
	want = append(want, mac.Sum(nil)[:16]...)
	if got := seal(t, r); !bytes.Equal(got, want) || !bytes.Equal(r.Salt[:], want[len(want)-16:]) {
		t.Errorf("got  %x\nwant %x, salt %x", got, want, r.Salt)
	}
}

// TestSealDependsOnlyOnTheRecord: not on what was sealed before, nor on a salt
// that the record brings; but on the key and on the dataset's salt.
func TestSealDependsOnlyOnTheRecord(t *testing.T) {
	s := gov.NewSealer(salt)
	want := seal(t, fullRecord())
	for _, before := range []*gov.Record{fullRecord(), {Key: "k", Content: gov.Digest{1}}, fullRecord()} {
		r := fullRecord()
		r.Salt = [16]byte{9}
		if _, err := s.Seal(before); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Seal(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("after %s: %x, %v\nwant %x", before.Key, got, err, want)
		}
	}
	other := fullRecord()
	other.Key += "x"
	if v := seal(t, other); bytes.Equal(v, want) || !bytes.Equal(v[:len(v)-16], want[:len(want)-16]) {
		t.Error("the key changes the salt and nothing else")
	}
	if v, _ := gov.NewSealer([16]byte{}).Seal(fullRecord()); bytes.Equal(v, want) {
		t.Error("the dataset's salt does not matter")
	}
}

// TestRecordRoundTrip: what is sealed comes back, and is the one encoding of it.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		if err := r.Check(); err != nil {
			t.Fatalf("the generator draws what is not a record: %v", err)
		}
		v := seal(t, r)
		got, err := gov.DecodeRecord(r.Key, v)
		if err != nil || cmp.Diff(r, got) != "" {
			t.Fatalf("%x: %v\n%s", v, err, cmp.Diff(r, got))
		}
		// Any one byte changed is another record or none, never the same.
		i := rapid.IntRange(0, len(v)-1).Draw(t, "at")
		v[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		if other, err := gov.DecodeRecord(r.Key, v); err == nil && cmp.Equal(r, other) {
			t.Fatalf("%x is another encoding", v)
		}
	})
}

func drawRecord(t *rapid.T) *gov.Record {
	word := rapid.StringN(1, 20, gov.MaxText)
	r := &gov.Record{
		Key:       rapid.StringMatching(`[a-zé/]{1,30}`).Draw(t, "key"),
		Content:   gov.Digest(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "content")),
		Size:      rapid.Uint64().Draw(t, "size"),
		MediaType: rapid.StringN(0, 9, 99).Draw(t, "media type"),
		Split:     rapid.SampledFrom([]string{"", "train", "test"}).Draw(t, "split"),
	}
	r.Content[0] |= 1
	for _, id := range rapid.SliceOfNDistinct(word, 0, 4, rapid.ID[string]).Draw(t, "ids") {
		r.Labels = append(r.Labels, gov.Label{ID: id, Name: word.Draw(t, "name"), Geometry: drawGeometry(t)})
	}
	r.SortLabels()
	if attributes := rapid.MapOfN(word, rapid.StringN(0, 20, 99), 0, 4).Draw(t, "attributes"); len(attributes) > 0 {
		r.Attributes = attributes
	}
	if rapid.Bool().Draw(t, "image") {
		r.Facts = &gov.ImageFacts{
			Width: rapid.Uint32().Draw(t, "width"), PHash: rapid.Uint64().Draw(t, "phash"), Gray: rapid.Bool().Draw(t, "gray"), Entropy: rapid.Uint32().Draw(t, "entropy"),
		}
	}
	return r
}

func drawGeometry(t *rapid.T) *gov.Geometry {
	numbers := func(n int) []int64 { return rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "numbers") }
	n := rapid.IntRange(1, 4).Draw(t, "n")
	switch kind := rapid.SampledFrom([]gov.GeometryKind{0, gov.Box, gov.Polygon, gov.Mask, gov.Keypoints, gov.Interval}).Draw(t, "kind"); kind {
	case gov.Box:
		return &gov.Geometry{Kind: kind, Parts: [][]int64{numbers(4)}}
	case gov.Polygon:
		g := &gov.Geometry{Kind: kind}
		for range n {
			g.Parts = append(g.Parts, numbers(4+2*n))
		}
		return g
	case gov.Mask:
		return &gov.Geometry{Kind: kind, Parts: [][]int64{numbers(2), numbers(n)}}
	case gov.Keypoints:
		return &gov.Geometry{Kind: kind, Parts: [][]int64{numbers(3 * n)}}
	case gov.Interval:
		p := numbers(2)
		return &gov.Geometry{Kind: kind, Parts: [][]int64{{min(p[0], p[1]), max(p[0], p[1])}}}
	}
	return nil
}

// TestOtherEncodingsAreRefused: of the ways in which CBOR can say a thing there
// is one here.
func TestOtherEncodingsAreRefused(t *testing.T) {
	content := "015820" + strings.Repeat("aa", 32)
	tail := "0850" + strings.Repeat("55", 16)
	ok := func(s string) bool {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		_, err = gov.DecodeRecord("k", b)
		if err != nil && gov.ReasonOf(err) != "BAD_RECORD" {
			t.Errorf("%s: %v", s, err)
		}
		return err == nil
	}
	for _, good := range []string{"a2" + content + tail, "a3" + content + "0205" + tail} {
		if !ok(good) {
			t.Errorf("%s is refused", good)
		}
	}
	for name, bad := range map[string]string{
		"nothing":                 "",
		"no map":                  "80",
		"no salt":                 "a1" + content,
		"an empty map and a salt": "a1" + tail,
		"the salt is not counted": "a1" + content + tail,
		"too many counted":        "a3" + content + tail,
		"bytes after it":          "a2" + content + tail + "00",
		"a short salt":            "a2" + content + "084f" + strings.Repeat("55", 15),
		"the salt first":          "a2" + tail + content,
		"a map of no length":      "bf" + content + tail + "ff",
		"a long map head":         "b802" + content + tail,
		"a number in two bytes":   "a3" + content + "021805" + tail,
		"a size of none":          "a3" + content + "0200" + tail,
		"a size below none":       "a3" + content + "0220" + tail,
		"a size that is a float":  "a3" + content + "02f94500" + tail,
		"a key twice":             "a4" + content + "02050205" + tail,
		"keys out of order":       "a3" + "0205" + content + tail,
		"an unknown key":          "a3" + content + "0905" + tail,
		"a key of text":           "a3" + content + "613105" + tail,
		"a null":                  "a3" + content + "03f6" + tail,
		"an empty text":           "a3" + content + "0360" + tail,
		"text that is not UTF-8":  "a3" + content + "0361ff" + tail,
		"text as bytes":           "a3" + content + "034161" + tail,
		"content as text":         "a2" + "017820" + strings.Repeat("61", 32) + tail,
		"content as numbers":      "a2" + "019820" + strings.Repeat("01", 32) + tail,
		"short content":           "a2" + "01581f" + strings.Repeat("aa", 31) + tail,
		"long content":            "a2" + "015821" + strings.Repeat("aa", 33) + tail,
		"content of none":         "a2" + "015820" + strings.Repeat("00", 32) + tail,
		"a tag":                   "a3" + content + "02c105" + tail,
		"no labels":               "a3" + content + "0480" + tail,
		"labels out of order":     "a3" + content + "0482a20161620261 61a2016161026161" + tail,
		"labels alike":            "a3" + content + "0482a2016161026161a2016161026161" + tail,
		"a label without a name":  "a3" + content + "0481a1016161" + tail,
		"a mask without runs":     "a3" + content + "0481a301616102616103a20103028282010280" + tail,
		"a mask of null runs":     "a3" + content + "0481a301616102616103a201030282820102f6" + tail,
		"no attributes":           "a3" + content + "05a0" + tail,
		"attributes unsorted":     "a3" + content + "05a2616261616161616261" + tail,
		"facts that lack one":     "a3" + content + "07a10105" + tail,
		"facts that are not gray": "a3" + content + "07a9010102010301040105010601070108 0109f4" + tail,
	} {
		if ok(bad) {
			t.Errorf("%s: %s is taken", name, bad)
		}
	}
}

// TestRecordLimits: a value has 64 KiB at most, and that much can be read back.
func TestRecordLimits(t *testing.T) {
	r := &gov.Record{Key: "k", Content: gov.Digest{1}, Attributes: map[string]string{}}
	for i := range 15 {
		r.Attributes[string(rune('a'+i))] = strings.Repeat("x", gov.MaxAttribute)
	}
	r.Attributes["pad"] = strings.Repeat("x", 1000)
	pad := 1000 + gov.MaxValue - len(seal(t, r))
	r.Attributes["pad"] = strings.Repeat("x", pad)
	v := seal(t, r)
	if _, err := gov.DecodeRecord("k", v); err != nil || len(v) != gov.MaxValue {
		t.Errorf("a value of %d bytes: %v", len(v), err)
	}
	r.Attributes["pad"] += "x"
	if _, err := gov.NewSealer(salt).Seal(r); gov.ReasonOf(err) != "BAD_RECORD" {
		t.Errorf("a byte more: %v", err)
	}
	many := &gov.Record{Key: "k", Content: gov.Digest{1}}
	runs := make([]int64, 60_000)
	many.Labels = []gov.Label{{ID: "1", Name: "vein", Geometry: &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{1, 1}, runs}}}}
	if _, err := gov.DecodeRecord("k", seal(t, many)); err != nil {
		t.Errorf("60,000 runs: %v", err)
	}
}

// FuzzDecodeRecord: whatever is taken encodes to the same bytes again.
func FuzzDecodeRecord(f *testing.F) {
	f.Add(seal(f, fullRecord()))
	f.Add(seal(f, &gov.Record{Key: "k", Content: gov.Digest{1}}))
	f.Add([]byte{0xa1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := gov.DecodeRecord("k", b)
		if err != nil {
			return
		}
		salt := r.Salt
		again := seal(t, r)
		copy(again[len(again)-16:], salt[:])
		if !bytes.Equal(again, b) {
			t.Errorf("%x\nencodes as %x", b, again)
		}
	})
}

func benchRecord() *gov.Record {
	return &gov.Record{
		Key: "train/fist/1.png", Content: gov.Digest{1}, Size: 5, MediaType: "image/png", Labels: []gov.Label{{ID: "1", Name: "fist"}}, Split: "train",
		Facts: &gov.ImageFacts{Width: 10, Height: 20, PHash: 1 << 63},
	}
}

// BenchmarkSealRecord: what a record costs when it is registered.
func BenchmarkSealRecord(b *testing.B) {
	r, s := benchRecord(), gov.NewSealer(salt)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Seal(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeRecord: what it costs when it is read.
func BenchmarkDecodeRecord(b *testing.B) {
	r := benchRecord()
	v := seal(b, r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gov.DecodeRecord(r.Key, v); err != nil {
			b.Fatal(err)
		}
	}
}
