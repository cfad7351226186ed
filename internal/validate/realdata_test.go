package validate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/imagefacts"
	"govd/internal/ingest"
	"govd/internal/validate/stat"

	"github.com/google/go-cmp/cmp"
)

// shared returns a path below the data that is not part of the project.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("GOVD_SHARED")
	if root == "" {
		t.Skip("GOVD_SHARED is not set")
	}
	return filepath.Join(append([]string{root, "data"}, path...)...)
}

// scanned reads a directory as a push does.
func scanned(t testing.TB, dir string) (records []*gov.Record) {
	t.Helper()
	m, err := ingest.Scan(t.Context(), ingest.Options{Dir: dir})
	must(t, err)
	for r := range m.Records() {
		records = append(records, r)
	}
	return records
}

// judgeRecords reports on records alone: nobody has looked at them.
func judgeRecords(t testing.TB, policy string, taxonomy *gov.Taxonomy, records []*gov.Record) *Report {
	t.Helper()
	p, err := ParsePolicy([]byte(policy))
	must(t, err)
	suite, err := NewSuite(p, taxonomy)
	must(t, err)
	return suite.Judge(measured(t, suite, records, nil))
}

// realPolicy is a policy of a few checks, for data that is not of hands.
func realPolicy(stage, lines string, checks ...string) string {
	return "stage: " + stage + "\nname: real data\ncontent: {verify: declared}\npromotion: {stewards: 1, contributors: count}\nbudget: {records_per_second: 1000, memory: 300MiB, wall: 1m}\n" +
		lines + "\nchecks:\n  " + strings.Join(checks, "\n  ") + "\n"
}

// The pictures of data/imagevet have known faults, and its README.txt says
// which. It names one grey picture of the ten it vetted; by their pixels five
// more of all are grey.
func TestImagevet(t *testing.T) {
	records := scanned(t, shared(t, "imagevet"))
	r := judgeRecords(t, realPolicy("3", "media_types: [image/png, image/jpeg, image/gif, image/bmp]",
		"S1.schema: on", "S1.decode: on", "S1.exactDup: on", "S3.aspect: on", "S3.blur: on", "S3.dark: on", "S3.light: on", "S3.lowInfo: on",
		"S3.gray: on", "S3.nearDup: on"), nil, records)
	for id, want := range map[string]string{
		"S1.schema":   "README.txt tfdv/not_a_image.abc",
		"S1.decode":   "",
		"S1.exactDup": "cleanvision/image_236.png", // of 142 and 236 the second
		"S3.aspect":   "cleanvision/image_604.png",
		"S3.blur":     "cleanvision/image_601.png",
		"S3.dark":     "cleanvision/image_417.png",
		"S3.light":    "cleanvision/image_588.png",
		"S3.lowInfo":  "cleanvision/image_588.png cleanvision/image_591.png",
		"S3.gray": "cleanvision/image_101.png cleanvision/image_588.png goimagehash/sample1.jpg goimagehash/sample3.jpg " +
			"tfdv/image1.gif tfdv/image4.png",
		"S3.nearDup": "cleanvision/image_103.png cleanvision/image_142.png cleanvision/image_236.png cleanvision/image_408.png " +
			"goimagehash/sample1.jpg goimagehash/sample3.jpg tfdv/image1.gif tfdv/image3.bmp tfdv/image4.png",
	} {
		if d := cmp.Diff(strings.Fields(want), r.Finding(id).Witnesses); d != "" {
			t.Errorf("%s (-want +got):\n%s", id, d)
		}
	}
}

// What is no image is refused, whatever it is called.
func TestImagevetNoImage(t *testing.T) {
	b, err := os.ReadFile(shared(t, "imagevet", "tfdv", "not_a_image.abc"))
	must(t, err)
	if _, err := imagefacts.Decode(b, imagefacts.MaxPixels); gov.ReasonOf(err) != "NOT_AN_IMAGE" {
		t.Errorf("decoded: %v", err)
	}
}

// Photos of ten signs: nothing is wrong with any but the three that nobody cut
// down to a hundred pixels, and nobody says whose hands they are.
func TestSignDigits(t *testing.T) {
	r := judgeRecords(t, realPolicy("3", "", "S1.completeness: {fields: [subject]}", "S1.exactDup: on", "S1.classes: on", "S1.size: on",
		"S1.decode: on", "S3.nearDup: on", "S3.aspect: on", "S3.blur: on", "S3.dark: on", "S3.light: on", "S3.lowInfo: on", "S3.gray: on",
		"S5.leak: on"), nil, scanned(t, shared(t, "sign-digits", "Dataset")))
	if got, want := raised(r), []string{"S1.completeness", "S1.size", "S5.leak"}; !slices.Equal(got, want) {
		t.Errorf("raised %s, want %v", explain(r, got), want)
	}
	if d := cmp.Diff([]string{"7/IMG_5874.JPG", "7/IMG_5935.JPG", "7/IMG_5978.JPG"}, r.Finding("S1.size").Witnesses); d != "" {
		t.Errorf("odd sizes (-want +got):\n%s", d)
	}
	least, most := stat.Micro(1<<60), stat.Micro(0)
	for _, p := range r.Finding("S1.classes").Parts[:10] {
		least, most = min(least, p.Value), max(most, p.Value)
	}
	if least != 204*stat.One || most != 208*stat.One {
		t.Errorf("classes of %s to %s", least, most)
	}
	if n := r.Finding("S1.completeness").Count; n != 2062 {
		t.Errorf("%d photos do not say whose hand they show, all 2062 do not", n)
	}
}
