package hands

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn returns the digest of each file that Draw wrote, by key.
func drawn(t *testing.T, o Options) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := Draw(dir, o); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(key string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, key))
		files[key] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestDrawIsDeterministic(t *testing.T) {
	o := Options{Seed: 7, PerClass: 3, Size: 24}
	first := drawn(t, o)
	if d := cmp.Diff(first, drawn(t, o)); d != "" {
		t.Errorf("the same options: %s", d)
	}
	o.Seed = 8
	for key, digest := range drawn(t, o) {
		if digest == first[key] {
			t.Errorf("%s is the same with another seed", key)
		}
	}
}

func TestDrawGrows(t *testing.T) {
	few, many := drawn(t, Options{PerClass: 2, Size: 16}), drawn(t, Options{PerClass: 5, Size: 16})
	for key, digest := range few {
		if many[key] != digest {
			t.Errorf("%s changed when more were drawn", key)
		}
	}
	if want := 5 * len(Classes()); len(many) != want {
		t.Errorf("%d pictures, want %d", len(many), want)
	}
}

func TestDrawNoTwoAlike(t *testing.T) {
	seen := map[string]string{}
	for key, digest := range drawn(t, Options{PerClass: 6, Size: 16}) {
		if twin, ok := seen[digest]; ok {
			t.Errorf("%s and %s are the same", key, twin)
		}
		seen[digest] = key
	}
}

func TestSplits(t *testing.T) {
	o := Options{Splits: [3]int{60, 25, 15}}
	for _, n := range []int{20, 100, 1000} {
		got := map[string]int{}
		for i := range n {
			got[o.split(i)]++
		}
		for i, name := range splitNames {
			if want := n * o.Splits[i] / 100; got[name] < want-1 || got[name] > want+1 {
				t.Errorf("of %d pictures %d are in %s, want %d", n, got[name], name, want)
			}
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	for _, o := range []Options{{Stage: 6}, {PerClass: -1}, {Size: 4}, {Splits: [3]int{50, 50, 50}}, {Splits: [3]int{120, -10, -10}}} {
		dir := t.TempDir()
		if err := Draw(dir, o); err == nil {
			t.Errorf("%+v was drawn", o)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%+v left files", o)
		}
	}
}

// A hand fills a good part of its picture: something is drawn.
func TestHandIsThere(t *testing.T) {
	s, err := New(Options{Seed: 3, PerClass: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range s.shots {
		f := sh.scene().newField(48)
		inside := 0
		for y := range 48 {
			for x := range 48 {
				if f.distance(x, y) < 0 {
					inside++
				}
			}
		}
		if share := float64(inside) / (48 * 48); share < .12 || share > .85 {
			t.Errorf("%s: the hand fills %.0f %% of the picture", sh.record.Key, 100*share)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	if err := Draw(dir, Options{PerClass: 1, Size: 16}); err != nil {
		t.Fatal(err)
	}
	if err := Truncate(dir, "train/palm/0000.png"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "train/palm/0000.png"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(b)); err == nil {
		t.Error("a cut picture decodes")
	}
	var labels strings.Builder
	if err := WriteLabels(&labels, dir); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"key,label,split\n", "\ntrain/palm/0000.png,palm,train\n", "\ntrain/wrist/0000.png,wrist,train\n"} {
		if !strings.Contains("\n"+labels.String(), row) {
			t.Errorf("the labels lack %q:\n%s", row, labels.String())
		}
	}
}

// The taxonomy names every class that is drawn.
func TestTaxonomy(t *testing.T) {
	b, err := os.ReadFile("taxonomy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range Classes() {
		if !strings.Contains(string(b), "{name: "+class+", since: 1,") {
			t.Errorf("the taxonomy lacks %s at stage 1", class)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	for _, o := range []Options{{Stage: 1}, {Stage: 2}, {Stage: 3, Size: 96}, {Stage: 3}, {Stage: 4}, {Stage: 5}} {
		o.PerClass = 10
		s, err := New(o)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("stage-%d/%d", o.Stage, s.options.Size), func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				if _, err := s.shots[len(s.shots)-1-7*n%len(s.shots)].file(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a planned set with its labels costs, unpainted.
func BenchmarkRecords(b *testing.B) {
	for stage := 1; stage <= 5; stage++ {
		b.Run(fmt.Sprintf("stage-%d", stage), func(b *testing.B) {
			for b.Loop() {
				s, err := New(Options{Stage: stage})
				if err != nil {
					b.Fatal(err)
				}
				s.Records()
			}
		})
	}
}
