package ingest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"govd/internal/gov"
)

// A label file is read by itself as a push reads it.
func TestReadLabels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.csv")
	if err := os.WriteFile(path, []byte("key,label,id\n./b,fist,2\nb,palm,1\na,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := ParseSource("csv:" + path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ReadLabels(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Keys(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("keys %v", got)
	}
	got, named := l.Of("b")
	if want := []gov.Label{{ID: "1", Name: "palm"}, {ID: "2", Name: "fist"}}; !slices.Equal(got, want) || !named {
		t.Errorf("b has %v, %t, want %v", got, named, want)
	}
	if got, named := l.Of("a"); len(got) > 0 || !named {
		t.Errorf("a has %v, %t", got, named)
	}
	if got, named := l.Of("c"); len(got) > 0 || named {
		t.Errorf("c has %v, %t", got, named)
	}
	if got := l.Place("b"); got != "labels.csv:2" {
		t.Errorf("b is in %s", got)
	}
}

func TestReadLabelsWithoutFile(t *testing.T) {
	for _, s := range []string{"folder", "none"} {
		source, err := ParseSource(s)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := ReadLabels(context.Background(), source); gov.ReasonOf(err) != "BAD_LABELS" {
			t.Errorf("%s: %v, %v", s, l, err)
		}
	}
}
