package trail

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPROVTools lets tools that others wrote for PROV, where they are installed,
// read documents, write them as XML, and find what they wrote as JSON the same.
func TestPROVTools(t *testing.T) {
	for _, tool := range []string{"prov-convert", "prov-compare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: Debian has it in python3-prov", tool)
		}
	}
	run := func(name string, args ...string) error {
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		if err != nil {
			t.Errorf("%s %v: %v\n%s", name, args, err, out)
		}
		return err
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for i, subject := range []string{handsModel, "change:17"} {
		if err := os.WriteFile(file("a.json"), export(t, subject, "prov"), 0o600); err != nil {
			t.Fatal(err)
		}
		if run("prov-convert", "-f", "xml", file("a.json"), file("a.xml")) != nil || run("prov-convert", "-f", "json", file("a.json"), file("b.json")) != nil ||
			run("prov-compare", "-f", "json", "-F", "json", file("a.json"), file("b.json")) != nil {
			t.Errorf("about %s", subject)
		}
		// a tool that finds everything the same shows nothing
		if i > 0 && exec.CommandContext(t.Context(), "prov-compare", "-f", "json", "-F", "json", file("a.json"), file("first.json")).Run() == nil {
			t.Error("two documents about different things are found the same")
		}
		if err := os.Rename(file("a.json"), file("first.json")); err != nil {
			t.Fatal(err)
		}
	}
}
