package validate

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table in docs/checks.md is the catalogue; GOVD_UPDATE=1 writes it anew.
func TestCatalogueInDocs(t *testing.T) {
	const path, from, to = "../../docs/checks.md", "<!-- catalogue -->\n", "<!-- /catalogue -->\n"
	b, err := os.ReadFile(path)
	must(t, err)
	before, rest, begins := strings.Cut(string(b), from)
	table, after, ends := strings.Cut(rest, to)
	if !begins || !ends {
		t.Fatalf("%s has no place for the catalogue", path)
	}
	if os.Getenv("GOVD_UPDATE") != "" {
		must(t, os.WriteFile(path, []byte(before+from+CatalogueTable()+to+after), 0o644))
		return
	}
	if d := cmp.Diff(CatalogueTable(), table); d != "" {
		t.Errorf("%s (-catalogue +document):\n%s", path, d)
	}
}

// What a check's pass does not show is said of each of them.
func TestCatalogueIsWhole(t *testing.T) {
	for _, c := range Catalogue() {
		if c.Asks == "" || c.Formula == "" || c.Silent == "" || c.judge == nil || len(c.Measures) == 0 {
			t.Errorf("%s lacks something: %+v", c.ID, c)
		}
	}
}
