package imagefacts

import (
	"math/bits"
	"os"
	"path/filepath"
	"testing"

	"govd/internal/gov"
)

// The images of data/imagevet have known faults; see its README.txt. Of 588 it
// does not say gray, since the file could hold colours; its pixels have none.
func TestGroundTruth(t *testing.T) {
	shared := os.Getenv("GOVD_SHARED")
	if shared == "" {
		t.Skip("GOVD_SHARED is not set")
	}
	dir := filepath.Join(shared, "data", "imagevet")
	faults := map[string]string{"101": "gray", "417": "dark", "588": "light lowinfo gray", "591": "lowinfo", "601": "blurry", "604": "aspect"}
	facts := map[string]*gov.ImageFacts{}
	for _, n := range []string{"101", "103", "142", "236", "408", "417", "588", "591", "601", "604"} {
		f := decodeFile(t, filepath.Join(dir, "cleanvision", "image_"+n+".png"))
		facts[n] = f
		if got := faultsOf(f); got != faults[n] {
			t.Errorf("image_%s has faults %q, want %q: %+v", n, got, faults[n], f)
		}
	}
	for _, n := range []string{"1", "2", "3", "4"} {
		facts["sample"+n] = decodeFile(t, filepath.Join(dir, "goimagehash", "sample"+n+".jpg"))
	}
	for _, n := range []string{"1.gif", "3.bmp", "4.png"} {
		facts[n] = decodeFile(t, filepath.Join(dir, "tfdv", "image"+n))
	}
	for _, p := range []struct {
		a, b        string
		least, most int
	}{
		{"142", "236", 0, 0},
		{"103", "408", 0, 2},
		{"sample1", "sample3", 0, 2},
		{"1.gif", "4.png", 0, 2},
		{"3.bmp", "4.png", 0, 2},
		{"sample1", "sample2", 12, 64},
		{"101", "103", 12, 64},
	} {
		if d := bits.OnesCount64(facts[p.a].PHash ^ facts[p.b].PHash); d < p.least || d > p.most {
			t.Errorf("%s and %s are %d bits apart, want %d to %d", p.a, p.b, d, p.least, p.most)
		}
	}
}

func decodeFile(t *testing.T, path string) *gov.ImageFacts {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Decode(b, MaxPixels)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// faultsOf applies the published thresholds.
func faultsOf(f *gov.ImageFacts) (faults string) {
	for _, c := range []struct {
		name string
		bad  bool
	}{
		{"dark", f.Dark < 3200},
		{"light", 10_000-f.Light < 500},
		{"lowinfo", f.Entropy < 3000},
		{"blurry", f.Blur < 2900},
		{"gray", f.Gray},
		{"aspect", min(f.Width, f.Height)*100 < max(f.Width, f.Height)*35},
	} {
		if c.bad && faults != "" {
			faults += " "
		}
		if c.bad {
			faults += c.name
		}
	}
	return faults
}
