package imagefacts

import (
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govd/internal/gov"
)

// The JPEGs of Go's own test data are whole, but for the one that says it was
// cut, which its decoder takes.
func TestRefined(t *testing.T) {
	dir := filepath.Join(build.Default.GOROOT, "src", "image", "testdata")
	files, err := filepath.Glob(filepath.Join(dir, "*.jpeg"))
	if err != nil || len(files) == 0 {
		t.Skipf("no test data in %s", dir)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var want gov.Reason
		if strings.Contains(f, "truncated") {
			want = "IMAGE_TRUNCATED"
		}
		if _, err := Decode(b, MaxPixels); gov.ReasonOf(err) != want {
			t.Errorf("%s: %v, want reason %q", filepath.Base(f), err, want)
		}
	}
}

// Scans by their headers alone: a component, coefficients, bits left.
func TestRefinedByHeaders(t *testing.T) {
	const begin, end = "\xff\xd8\xff\xc2\x00\x02", "\xff\xd9"
	scan := func(component, first, last, low string) string {
		return "\xff\xda\x00\x08\x01" + component + "\x00" + first + last + low + "data\xff\x00\xff\xd3data"
	}
	tests := []struct {
		name, b string
		want    bool
	}{
		{"no scan", begin + end, true},
		{"one whole scan", begin + scan("\x01", "\x00", "\x00", "\x00") + end, true},
		{"a bit is left", begin + scan("\x01", "\x00", "\x00", "\x01") + end, false},
		{"a bit is left and comes", begin + scan("\x01", "\x01", "\x3f", "\x01") + scan("\x01", "\x01", "\x3f", "\x10") + end, true},
		{"it comes for some", begin + scan("\x01", "\x01", "\x3f", "\x01") + scan("\x01", "\x01", "\x3e", "\x10") + end, false},
		{"it comes for another", begin + scan("\x01", "\x00", "\x00", "\x01") + scan("\x02", "\x00", "\x00", "\x10") + end, false},
		{"not progressive", "\xff\xd8\xff\xc0\x00\x02" + scan("\x01", "\x00", "\x3f", "\x01") + end, true},
		{"after the end", begin + end + scan("\x01", "\x00", "\x00", "\x01"), true},
		{"lies about lengths", begin + "\xff\xda\x00\x08\xff\x01\x00\x00\x00\x01", true},
		{"cut short", begin + "\xff\xda\xff", true},
	}
	for _, tt := range tests {
		if got := refined([]byte(tt.b)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
