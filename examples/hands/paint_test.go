package hands

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/imagefacts"
	"govd/internal/ingest"
)

func painted(t *testing.T, s *Set) map[string]*gov.Record {
	t.Helper()
	records, err := s.Paint("")
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]*gov.Record{}
	for _, r := range records {
		byKey[r.Key] = r
	}
	return byKey
}

// flagged returns what vetting by the published limits says of a picture.
func flagged(f *gov.ImageFacts) (flags []Fault) {
	for fault, bad := range map[Fault]bool{
		Blur: f.Blur < 2900, Dark: f.Dark < 3200, Light: f.Light > 9500, Flat: f.Entropy < 3000, Gray: f.Gray,
	} {
		if bad {
			flags = append(flags, fault)
		}
	}
	slices.Sort(flags)
	return flags
}

// Good pictures pass vetting on every tone, and no two across splits look
// alike. The first subjects have each tone.
func TestGoodPicturesPass(t *testing.T) {
	for stage := 1; stage <= 4; stage += 3 {
		o := Options{Stage: stage, PerClass: 20, Size: 96, Seed: 4}
		records, err := newSet(t, o).Paint("")
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range records {
			if flags := flagged(r.Facts); flags != nil {
				t.Errorf("stage %d: %s is %v: %+v", stage, r.Key, flags, *r.Facts)
			}
			for _, other := range records[:i] {
				if d := bits.OnesCount64(r.Facts.PHash ^ other.Facts.PHash); d <= 2 && r.Split != other.Split {
					t.Errorf("stage %d: %s and %s are %d apart", stage, r.Key, other.Key, d)
				}
			}
		}
	}
}

// What is wrong with a picture shows in what is measured of it, and made-up
// facts say the same.
func TestFaultsShow(t *testing.T) {
	faults := map[Fault]int{}
	for _, f := range []Fault{Blur, Dark, Light, Flat, Gray, Truncated, WrongHash, WrongSize, WrongType, OddSize, LowRes, OddAspect, Upscaled, Duplicate, NearDuplicate, Conflict, ToneDark} {
		faults[f] = 2
		if f == Blur {
			faults[f] = 20 // the score depends on what is blurred
		}
	}
	o := Options{Stage: 4, PerClass: 20, Size: 96, Seed: 2, Faults: faults}
	s := newSet(t, o)
	real, truth := painted(t, s), s.Truth()
	for _, r := range s.Records() {
		m := real[r.Key]
		if (r.Facts == nil) != (m.Facts == nil) {
			t.Errorf("%s: made up facts %v, measured %v", r.Key, r.Facts, m.Facts)
		}
		if (r.Facts == nil) != slices.Contains(truth[Truncated], r.Key) {
			t.Errorf("%s: facts %v", r.Key, r.Facts)
		}
		if r.Facts == nil {
			continue
		}
		var want []Fault
		for _, f := range []Fault{Blur, Dark, Flat, Gray, Light} {
			if slices.Contains(truth[f], r.Key) || f == Dark && slices.Contains(truth[ToneDark], r.Key) {
				want = append(want, f)
			}
		}
		made, measured := flagged(r.Facts), flagged(m.Facts)
		for _, f := range want {
			if !slices.Contains(made, f) || !slices.Contains(measured, f) {
				t.Errorf("%s has %v; measured %v, made up %v: %+v", r.Key, want, measured, made, *m.Facts)
			}
		}
		if want == nil && made != nil {
			t.Errorf("%s: made up facts show %v", r.Key, made)
		}
		if r.Facts.Width != m.Facts.Width || r.Facts.Height != m.Facts.Height {
			t.Errorf("%s: %d x %d, made up %d x %d", r.Key, m.Facts.Width, m.Facts.Height, r.Facts.Width, r.Facts.Height)
		}
		b, err := s.File(r.Key)
		if err != nil {
			t.Fatal(err)
		}
		for _, lie := range []struct {
			fault Fault
			lies  bool
		}{
			{WrongHash, m.Content != sha256.Sum256(b)},
			{WrongSize, m.Size != uint64(len(b))},
			{WrongType, m.MediaType != imagefacts.MediaType(b)},
		} {
			if lie.lies != slices.Contains(truth[lie.fault], r.Key) {
				t.Errorf("%s: %s is %t", r.Key, lie.fault, lie.lies)
			}
		}
	}
	for _, f := range []Fault{Duplicate, Conflict} {
		keys := truth[f]
		twins := 0
		for i, k := range keys {
			for _, other := range keys[:i] {
				if real[k].Content == real[other].Content {
					twins++
				}
			}
		}
		if twins != 2 {
			t.Errorf("%s: %d pairs among %v", f, twins, keys)
		}
	}
	if keys := truth[NearDuplicate]; len(keys) != 4 {
		t.Error(keys)
	}
}

// What Paint returns is what ingest reads from the files and the label file.
func TestIngestReadsIt(t *testing.T) {
	for stage := 1; stage <= 5; stage += 2 {
		dir, labels := t.TempDir(), filepath.Join(t.TempDir(), "labels.jsonl")
		s := newSet(t, Options{Stage: stage, PerClass: 2, Size: 32})
		want, err := s.Paint(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(labels)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.WriteLabels(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		source, err := ingest.ParseSource("jsonl:" + labels)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ingest.Scan(t.Context(), ingest.Options{Dir: dir, Labels: source})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, slices.Collect(m.Records())); d != "" {
			t.Errorf("stage %d: %s", stage, d)
		}
	}
}

// The records and pictures of each stage are these until someone changes the
// drawing on purpose.
func TestGolden(t *testing.T) {
	want := [5]string{
		"c55579f764812c3610ef8b7d15d5dbb5e44ad674be7de2e58e66d4f18a0c6ff7",
		"028a5c5ac0bc4eb6a151bdf5d5f4093803be8eeedabc07ee1021a0b7a2f92cde",
		"82043138c494369e2c3413b807c7e3c95b887df8876ba9575fb04722b9098380",
		"4d55643edb1a677abc89667cb2ab60be0055d3892b129e2196d52680fdf2805b",
		"26d7028898488e3b60d2c2c31ca4c0612fddeaeef27c0840e169fc6b2b65382c",
	}
	for stage := 1; stage <= 5; stage++ {
		s := newSet(t, Options{Stage: stage, PerClass: 2, Size: 48})
		h := sha256.New()
		for _, r := range s.Records() {
			value, err := gov.NewSealer([16]byte{}).Seal(r)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(h, "%s %x\n", r.Key, value)
		}
		if runtime.GOARCH == "amd64" { // another processor may round a pixel differently
			for _, sh := range s.shots {
				b, err := sh.file()
				if err != nil {
					t.Fatal(err)
				}
				h.Write(b)
			}
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)); runtime.GOARCH == "amd64" && got != want[stage-1] {
			t.Errorf("stage %d: %q", stage, got)
		}
	}
}
