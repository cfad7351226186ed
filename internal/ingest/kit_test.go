package ingest

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"govd/internal/gov"
)

// write makes files below dir, with their directories.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for key, content := range files {
		path := filepath.Join(dir, key)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// later is a clock by which everything has settled.
func later() time.Time { return time.Now().Add(time.Hour) }

func source(t testing.TB, s string) Source {
	t.Helper()
	src, err := ParseSource(s)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// scan scans and collects the records.
func scan(t testing.TB, o Options) (*Manifest, []*gov.Record) {
	t.Helper()
	m, err := Scan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var records []*gov.Record
	for r := range m.Records() {
		records = append(records, r)
	}
	if len(records) != m.Len() {
		t.Errorf("%d records, Len says %d", len(records), m.Len())
	}
	return m, records
}

func keysOf(records []*gov.Record) (keys []string) {
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return keys
}

// tinyPNG returns an image that differs with v.
func tinyPNG(v uint8) string {
	m := image.NewNRGBA(image.Rect(0, 0, 9, 7))
	m.SetNRGBA(2, 3, color.NRGBA{v, 255 - v, 7, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

// refused checks that err is of kind Invalid with the reason, and says words.
func refused(t *testing.T, err error, reason gov.Reason, words string) {
	t.Helper()
	e, ok := err.(*gov.Error)
	if !ok || e.Kind != gov.Invalid || e.Reason != reason || e.Msg != words {
		t.Errorf("got %v (%s)\nwant %s (%s)", err, gov.ReasonOf(err), words, reason)
	}
}
