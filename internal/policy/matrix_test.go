package policy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got)\n%s", name, d)
	}
}

// TestMatrix writes out what each role may do where, once held on the server,
// in a project and in a dataset. A change of policy is a change of the file,
// for someone to read.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "template %d\n", TemplateVersion)
	for _, held := range []gov.Place{gov.Server, "own", "own/data"} {
		for _, role := range gov.Roles {
			g := gov.Grant{Person: "user:1", Role: role, Place: held}
			if Check(g) == nil {
				matrix(t, &b, g)
			}
		}
	}
	golden(t, "matrix.txt", b.String())
}

// matrix writes the actions that a grant allows, a column for each place.
func matrix(t *testing.T, b *strings.Builder, g gov.Grant) {
	places := []gov.Place{gov.Server, "own", "other", "own/data", "own/more", "other/data"}
	w := world{Template(), []gov.Grant{g}}
	e, err := NewEngine(10, 10)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "\n%s at %s\n%-20s", g.Role, g.Place, "")
	fmt.Fprintln(b, "*          own        other      own/data   own/more   other/data")
	for _, do := range gov.Actions {
		fmt.Fprintf(b, "  %-18s", do)
		row := ""
		for _, at := range places {
			ok, err := e.Decide(Revision{}, Query{g.Person, do, at, 0}, w.load)
			if err != nil {
				t.Fatal(err)
			}
			row += fmt.Sprintf("%-11s", map[bool]string{true: "yes", false: "."}[ok])
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
}

// TestTemplate: what no change of the template may undo.
func TestTemplate(t *testing.T) {
	for _, r := range Template() {
		kind, _, _ := strings.Cut(string(r.Action), ".")
		if !slices.Contains(gov.Actions, r.Action) || !slices.Contains(gov.Roles, r.Role) || r.Deny {
			t.Errorf("%+v is no rule for the template", r)
		}
		if r.Role == gov.Admin && (kind == "version" || kind == "audit") {
			t.Errorf("admin may %s", r.Action)
		}
		if r.Role != gov.Admin && (r.Action == gov.RoleGrant || r.Action == gov.RoleRevoke || kind == "token" || kind == "server") {
			t.Errorf("%s may %s", r.Role, r.Action)
		}
	}
	own := gov.KeyAdd // everyone may, for themselves, and nobody for others
	for _, a := range gov.Actions {
		if a != own && !slices.ContainsFunc(Template(), func(r Rule) bool { return r.Action == a }) {
			t.Errorf("nobody may %s", a)
		}
	}
	Template()[0].Role = gov.Viewer
	if Template()[0].Role != gov.Admin {
		t.Error("a caller can change the template")
	}
}
