package fsck_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// withOutputs makes a store with outputs in batches of some sizes.
func withOutputs(t *testing.T, sizes ...int) string {
	t.Helper()
	k := govtest.New(t)
	k.Dataset("lab/poses")
	tim := k.Person("tim", gov.Trainer, "lab")
	in := govern.RegisterModel{Model: "lab/pose", Files: []gov.ModelFile{{Name: "weights", Digest: gov.Digest{7}}}}
	if _, err := k.Service.RegisterModel(context.Background(), tim.Call(), in); err != nil {
		t.Fatal(err)
	}
	for n, size := range sizes {
		all := make([]gov.Output, size)
		for i := range all {
			all[i] = gov.Output{Digest: sha256.Sum256(fmt.Append(nil, n, i)), Name: fmt.Sprintf("frame-%d-%d", n, i)}
		}
		if _, err := k.Service.RecordOutputs(context.Background(), tim.Call(), gov.ModelRef{Model: "lab/pose", Number: 1}, all); err != nil {
			t.Fatal(err)
		}
	}
	k.Close()
	return k.Path
}

// TestOutputsAreThoseOfTheirBatch: what lies in chunks beside the log is held
// against the root in the log, and the index against the chunks.
func TestOutputsAreThoseOfTheirBatch(t *testing.T) {
	path := withOutputs(t, 3, 600, 1)
	if found, sum := check(t, path); len(found) > 0 || sum.Outputs != 604 {
		t.Errorf("a sound store: %+v, %v", sum, found)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		do   func(*bolt.Tx) error
		want string
	}{
		"an output renamed":         {change("output.segment", 0, "frame-0-2", "frame-0-3"), "batch 1: its outputs have the root"},
		"an output changed":         {flip("output.segment", 1, 1), "batch 2: its outputs have the root"},
		"a chunk gone":              {drop("output.segment", 2), "batch 2: it has 512 outputs, and says 600"},
		"outputs nobody can find":   {drop("output.index", 0), "of its outputs are not found by their digests"},
		"an output found twice":     {flip("output.index", 1, -1), "is not there or was found before"},
		"another's digest":          {flip("output.index", 0, 1), "is found by another digest than its own"},
		"a batch with another root": {change("batch", 0, `"root":"sha256:`, `"root":"sha256:0`), "batch"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "govd.db")
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			damage(t, path, test.do)
			if found, _ := check(t, path); !strings.Contains(strings.Join(found, "\n"), test.want) {
				t.Errorf("want %q among\n%s", test.want, strings.Join(found, "\n"))
			}
		})
	}
}
