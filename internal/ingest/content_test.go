package ingest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

func TestContent(t *testing.T) {
	dir := t.TempDir()
	img := tinyPNG(1)
	large := string(bytes.Repeat([]byte("0123456789abcdef"), 1<<16)) // beyond every buffer
	files := map[string]string{
		"a.png": img, "b": img, "wrong.JPG": img, "empty.txt": "", "large.bin": "\x00\x01" + large, "x/text": "BMW is a car",
		"clip.mp4": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "cut.png": img[:len(img)/2], "no.jpeg": "text", "none.gif": "",
	}
	write(t, dir, files)
	m, records := scan(t, Options{Dir: dir, Workers: 3})
	media := map[string]string{
		"a.png": "image/png", "b": "image/png", "wrong.JPG": "image/png", "empty.txt": "text/plain", "large.bin": "application/octet-stream",
		"x/text": "text/plain", "clip.mp4": "video/mp4",
	}
	facts, err := imagefacts.Decode([]byte(img), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(media) {
		t.Errorf("records %v", keysOf(records))
	}
	for _, r := range records {
		want := gov.Record{Key: r.Key, Content: sha256.Sum256([]byte(files[r.Key])), Size: uint64(len(files[r.Key])), MediaType: media[r.Key]}
		if want.MediaType == "image/png" {
			want.Facts = facts
		}
		if r.Key == "x/text" {
			want.Labels = []gov.Label{{ID: "1", Name: "x"}}
		}
		if d := cmp.Diff(want, *r); d != "" {
			t.Errorf("%s: %s", r.Key, d)
		}
	}
	var problems []string
	for _, p := range m.Problems {
		problems = append(problems, fmt.Sprintf("%s %s", p.Key, p.Reason))
	}
	if d := cmp.Diff([]string{"cut.png IMAGE_TRUNCATED", "no.jpeg NOT_AN_IMAGE", "none.gif NOT_AN_IMAGE"}, problems); d != "" {
		t.Error(d)
	}
}

func TestFileUnreadable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "b": "2"})
	l, err := Walk(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	m, err := l.Read(t.Context())
	if err != nil || m.Len() != 1 || len(m.Problems) != 1 || m.Problems[0].Key != "b" || m.Problems[0].Reason != "NO_SUCH_FILE" {
		t.Errorf("%+v, %v", m, err)
	}
}

// The photos of data/sign-digits are all sound, and three are large.
func TestSignDigits(t *testing.T) {
	shared := os.Getenv("GOVD_SHARED")
	if shared == "" {
		t.Skip("GOVD_SHARED is not set")
	}
	m, records := scan(t, Options{Dir: filepath.Join(shared, "data", "sign-digits", "Dataset")})
	labels, large := map[string]int{}, 0
	for _, r := range records {
		labels[r.Labels[0].Name]++
		if r.Facts.Width == 3024 && r.Facts.Height == 3024 {
			large++
		}
	}
	if len(records) != 2062 || len(m.Problems) != 0 || large != 3 || len(labels) != 10 {
		t.Errorf("%d records, problems %v, %d large, labels %v", len(records), m.Problems, large, labels)
	}
}
