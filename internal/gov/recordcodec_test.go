package gov

import (
	"encoding/hex"
	"reflect"
	"testing"
)

func TestTry(t *testing.T) {
	r := &Record{Key: "train/fist/1.png", Content: Digest{1}, Size: 5, MediaType: "image/png", Labels: []Label{{"1", "fist", &Geometry{Box, [][]int64{{1, 2, 3, -4}}}}}, Attributes: map[string]string{"bb": "x", "a": "y"}, Split: "train", Facts: &ImageFacts{Width: 10, Height: 20, PHash: 1 << 63}}
	s := NewSealer([16]byte{9})
	v, err := s.Seal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(hex.EncodeToString(v))
	g, err := DecodeRecord(r.Key, v)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, r) {
		t.Errorf("%+v %+v", g, r)
	}
}
func BenchmarkSeal(b *testing.B) {
	r := &Record{Key: "train/fist/1.png", Content: Digest{1}, Size: 5, MediaType: "image/png", Labels: []Label{{"1", "fist", nil}}, Split: "train", Facts: &ImageFacts{Width: 10, Height: 20, PHash: 1 << 63}}
	s := NewSealer([16]byte{9})
	b.ReportAllocs()
	for b.Loop() {
		s.Seal(r)
	}
}
func BenchmarkDecode(b *testing.B) {
	r := &Record{Key: "train/fist/1.png", Content: Digest{1}, Size: 5, MediaType: "image/png", Labels: []Label{{"1", "fist", nil}}, Split: "train", Facts: &ImageFacts{Width: 10, Height: 20, PHash: 1 << 63}}
	s := NewSealer([16]byte{9})
	v, _ := s.Seal(r)
	b.ReportAllocs()
	for b.Loop() {
		DecodeRecord(r.Key, v)
	}
}
