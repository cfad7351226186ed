package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"govd/internal/draw"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *Document {
	return &Document{
		Title: "Trace of output sha256:6b86b273ff34", Subject: "which data it came from, and who approved it",
		Verdicts: []Verdict{{"Every dataset version is known", true, ""}, {"Every label change was approved", false, "change 17 has no vote of a second person"}},
		Facts:    []Fact{{"model", "hands/pose:v3"}, {"as of entry", "120"}},
		Sections: []Section{
			{Title: "Graph", Graph: &draw.Graph{Nodes: []draw.Node{{ID: "a", Kind: "version", Label: "hands/stage5@v2"}, {ID: "b", Kind: "model", Label: "hands/pose:v3"}}, Edges: []draw.Edge{{From: "a", To: "b"}}}},
			{Title: "Votes", Text: []string{"Votes bind to the digest of a revision. " + strings.Repeat("Words that go on. ", 8)}, Table: &Table{Columns: []string{"person", "vote"}, Rows: [][]string{{"user:3", "approve"}, {"user:44", "veto"}}}},
			{Title: "Gaps", Facts: []Fact{{"looked at", "12 nodes"}}, Table: &Table{Columns: []string{"node"}, Empty: "There are none."}},
		},
		Foot: "as of log entry 120 of log.example/hands",
	}
}

func renderings(t *testing.T, d *Document) map[string][]byte {
	t.Helper()
	j, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"txt": []byte(d.Text(80)), "json": j, "html": d.HTML(), "csv": d.CSV()}
}

// TestGolden shows each rendering.
func TestGolden(t *testing.T) {
	for ext, got := range renderings(t, sample()) {
		path := filepath.Join("testdata", "sample."+ext)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// hostile is a document whose every word tries to be more than a word.
func hostile() *Document {
	bad := "=cmd|'/c calc'!A1 </title></style><script>alert(1)</script>\"'&amp;\x00\x1b[31m\u202eevil\xff\r\n\tend"
	return &Document{
		Title: bad, Subject: bad, Verdicts: []Verdict{{bad, false, bad}}, Facts: []Fact{{bad, bad}}, Foot: bad,
		Sections: []Section{{Title: bad, Text: []string{bad}, Facts: []Fact{{bad, bad}}, Table: &Table{Columns: []string{bad}, Rows: [][]string{{bad}, {"-1+2"}, {"@x"}}}, Graph: &draw.Graph{Nodes: []draw.Node{{ID: bad, Kind: bad, Label: bad}}}}},
	}
}

// TestHostile shows that words stay words in every rendering.
func TestHostile(t *testing.T) {
	for ext, got := range renderings(t, hostile()) {
		if ext != "json" && bytes.ContainsFunc(got, func(r rune) bool { return r != '\n' && (!unicode.IsPrint(r) || r == utf8.RuneError) }) {
			t.Errorf("%s has unclean characters: %q", ext, got)
		}
	}
	elements := map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(hostile().HTML()))
	d.Strict, d.AutoClose = false, []string{"meta"}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "src" {
					t.Errorf("attribute %s of %s", a.Name.Local, e.Name.Local)
				}
			}
		}
	}
	if elements["script"] != 0 || elements["style"] != 2 || elements["title"] != 2 || elements["section"] != 1 {
		t.Errorf("elements %v", elements)
	}
	rows, err := csv.NewReader(bytes.NewReader(hostile().CSV())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if strings.ContainsAny(row[0][:1], "=+-@") {
			t.Errorf("a formula: %s", row[0])
		}
	}
	var back Document
	if j, _ := hostile().JSON(); json.Unmarshal(j, &back) != nil {
		t.Errorf("not JSON")
	}
}

// TestWidth holds that words are broken at the width, but for tables and graphs.
func TestWidth(t *testing.T) {
	d := sample()
	d.Sections[1].Table = nil
	for _, width := range []int{40, 60, 80} {
		for line := range strings.Lines(d.Text(width)) {
			if n := utf8.RuneCountInString(line) - 1; n > width {
				t.Errorf("%d columns, want %d: %s", n, width, line)
			}
		}
	}
}

// TestNarrow: a table that a terminal is too narrow for is told as lists, which
// fit, and nothing of it is lost.
func TestNarrow(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	d := &Document{Title: "Wide", Sections: []Section{{Title: "Nodes", Table: &Table{
		Columns: []string{"node", "digest", "note", "marks"},
		Rows:    [][]string{{"version:hands/parts@v8", digest, "as the steward said, with many a word that follows", ""}, {"run:1", "", "", "late"}},
	}}}}
	text := d.Text(84)
	for _, want := range []string{"\nversion:hands/parts@v8\n  digest  " + digest + "\n  note    as the", "\nrun:1\n  marks  late\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 85 {
			t.Errorf("too wide: %s", line)
		}
	}
	if text := d.Text(200); !strings.Contains(text, "node                    digest") {
		t.Errorf("no table where there is room:\n%s", text)
	}
}

// TestCells: short words of a page's table stay whole, long ones break.
func TestCells(t *testing.T) {
	digest := strings.Repeat("0123456789abcdef", 4)
	d := &Document{Sections: []Section{{Table: &Table{Columns: []string{"a"}, Rows: [][]string{{"2026-11-29T01:18:18Z"}, {digest}, {"two words"}, {strings.Repeat("word ", 20)}}}}}}
	page := string(d.HTML())
	for _, want := range []string{`<td class="one">2026-`, `<td class="long">0123`, `<td>two words</td>`, `<td class="text">word word`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
}
