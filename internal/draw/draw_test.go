package draw

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hands is a lineage as people will see it.
func hands() *Graph {
	return &Graph{
		Nodes: []Node{
			{ID: "s", Kind: "source", Label: "https://photos.example/lot-2", Note: "3,040 files"},
			{ID: "v1", Kind: "version", Label: "hands/stage5@v1", Note: "sha256:01ba4719c80b · 12,000 records"},
			{ID: "c", Kind: "change", Label: "change 17", Note: "approved by user:3, user:4"},
			{ID: "v2", Kind: "version", Label: "hands/stage5@v2", Note: "sha256:9f86d081884c · 12,000 records"},
			{ID: "r", Kind: "report", Label: "stage 5 checks", Note: "41 of 41 passed"},
			{ID: "x", Kind: "external", Label: "warehouse/a very long name of a table that nobody can read in one go", Faint: true, Marks: []Mark{{"not resolved", true}}},
			{ID: "run", Kind: "run", Label: "train-pose", Note: "0190f6a2-6d1e-7c3b-9a54-2f1c0d9e8b7a", Marks: []Mark{{"exploratory", false}}},
			{ID: "m", Kind: "model", Label: "hands/pose:v3", Note: "sha256:5feceb66ffc8 · 2 files", Marks: []Mark{{"exploratory", false}}},
			{ID: "b", Kind: "batch", Label: "batch 9", Note: "10,000 outputs"},
			{ID: "o", Kind: "output", Label: "sha256:6b86b273ff34", Focus: true},
			{ID: "z", Kind: "version", Label: "redacted", Faint: true},
		},
		Edges: []Edge{
			{From: "s", To: "v1", Label: "source"},
			{From: "v1", To: "v2", Label: "parent"},
			{From: "c", To: "v2", Label: "change"},
			{From: "v1", To: "c", Label: "base"},
			{From: "v2", To: "r", Label: "report"},
			{From: "v2", To: "run", Label: "input"},
			{From: "x", To: "run", Label: "input", Faint: true},
			{From: "z", To: "run", Label: "input"},
			{From: "run", To: "m", Label: "model"},
			{From: "m", To: "b", Label: "batch"},
			{From: "b", To: "o", Label: "output"},
			{From: "s", To: "run", Label: "input"},
			{From: "o", To: "s", Label: "fed back"},
			{From: "o", To: "nowhere"},
			{From: "m", To: "m"},
		},
	}
}

// hostile is a graph whose every word tries to be more than a word.
func hostile() *Graph {
	bad := "</title><script>alert(1)</script>\"'`]] --> <!-- & #quot; \\n %s \x00\x1b[31m\u202eevil\xff\n\t" + strings.Repeat("手", 40)
	return &Graph{
		Nodes: []Node{{ID: bad, Kind: bad, Label: bad, Note: bad, Marks: []Mark{{bad, true}}}, {ID: "b", Kind: "version", Label: "b"}},
		Edges: []Edge{{From: bad, To: "b", Label: bad}, {From: "b", To: bad, Label: bad}},
	}
}

func pictures(g *Graph) map[string][]byte {
	return map[string][]byte{
		"svg": g.SVG(), "dot": g.DOT(), "mmd": g.Mermaid(), "txt": []byte(g.Tree("", false, 80)),
	}
}

// TestGolden shows the pictures; a changed one must be looked at.
func TestGolden(t *testing.T) {
	golden := map[string][]byte{"short.svg": chain(3).SVG()} // which runs to the right
	for ext, got := range pictures(hands()) {
		golden["hands."+ext] = got
	}
	for name, got := range golden {
		path := filepath.Join("testdata", name)
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

// parsed checks that an SVG is XML of the elements that are drawn and no other,
// and returns its text.
func parsed(t interface{ Fatalf(string, ...any) }, svg []byte) (text string) {
	known := strings.Fields("svg style g title rect path text")
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return text
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains(known, token.Name.Local) {
				t.Fatalf("element %s\n%s", token.Name.Local, svg)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") {
					t.Fatalf("attribute %s", a.Name.Local)
				}
			}
		case xml.CharData:
			text += string(token)
		}
	}
}

// TestHostile shows that words stay words in every picture.
func TestHostile(t *testing.T) {
	for ext, got := range pictures(hostile()) {
		if i := bytes.IndexFunc(got, func(r rune) bool { return r != '\n' && r != '\t' && unclean(r) }); i >= 0 {
			t.Errorf("%s: an unclean character at %d: %q", ext, i, got[i:min(len(got), i+8)])
		}
	}
	if text := parsed(t, hostile().SVG()); !strings.Contains(text, `\u202eevil`) || !strings.Contains(text, "</title><script>") {
		t.Errorf("the words are not shown: %s", text)
	}
	for line := range strings.Lines(string(hostile().Mermaid())) {
		inside := strings.ReplaceAll(line, "<br/>", "")
		if strings.Count(line, `"`)%2 != 0 || strings.Contains(inside, "<") || strings.Contains(inside, "`") {
			t.Errorf("mermaid: %s", line)
		}
	}
	for line := range strings.Lines(string(hostile().DOT())) {
		bare := strings.NewReplacer(`\\`, "", `\"`, "", `\n`, "").Replace(line)
		if strings.Count(bare, `"`)%2 != 0 || strings.Contains(bare, `\`) {
			t.Errorf("dot: %s", line)
		}
	}
}

// TestTree draws the tree both ways, narrow, deep, and round in circles.
func TestTree(t *testing.T) {
	for name, tree := range map[string]string{
		"back":    hands().Tree("o", true, 80),
		"narrow":  hands().Tree("o", true, 40),
		"hostile": hostile().Tree("", false, 80),
		"long":    chain(60).Tree("0", false, 80),
	} {
		for line := range strings.Lines(tree) {
			most := map[bool]int{true: 40, false: 80}[name == "narrow"]
			if n := columns(strings.TrimSuffix(line, "\n")); n > most {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
	}
	all := chain(60).Tree("0", false, 80)
	for i := range 60 {
		if strings.Count(all, fmt.Sprintf(" node-%d\n", i)) != 1 {
			t.Errorf("node %d is not told once:\n%s", i, all)
		}
	}
	if got := hands().Tree("nobody", false, 80); got != "" {
		t.Errorf("a tree from nowhere: %s", got)
	}
}

// chain is n nodes in a row.
func chain(n int) *Graph {
	g := &Graph{}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint(i), Kind: "version", Label: fmt.Sprintf("node-%d", i)})
		g.Edges = append(g.Edges, Edge{From: fmt.Sprint(i), To: fmt.Sprint(i + 1)})
	}
	return g
}

func drawGraph(rt *rapid.T) *Graph {
	n := rapid.IntRange(0, 30).Draw(rt, "nodes")
	g := &Graph{}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint(i), Kind: rapid.SampledFrom([]string{"version", "run", "x"}).Draw(rt, "kind"), Label: rapid.String().Draw(rt, "label")})
	}
	for range rapid.IntRange(0, 60).Draw(rt, "edges") {
		g.Edges = append(g.Edges, Edge{From: fmt.Sprint(rapid.IntRange(0, 31).Draw(rt, "from")), To: fmt.Sprint(rapid.IntRange(0, 31).Draw(rt, "to"))})
	}
	return g
}

// TestLayout holds, for any graph: every edge runs to the right through each
// rank once, no boxes overlap, each node is drawn and told, and the bytes are
// the same again.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		l := lay(g)
		for _, r := range l.edges {
			for i, v := range r.path[1:] {
				if l.rank[v] != l.rank[r.path[i]]+1 {
					rt.Fatalf("edge %v goes from rank %d to %d", r.edge, l.rank[r.path[i]], l.rank[v])
				}
			}
			ends := [2]int{r.path[0], r.path[len(r.path)-1]}
			if r.back {
				ends[0], ends[1] = ends[1], ends[0]
			}
			if l.nodes[ends[0]].ID != r.edge.From || l.nodes[ends[1]].ID != r.edge.To {
				rt.Fatalf("edge %v leads from %d to %d", r.edge, ends[0], ends[1])
			}
		}
		if rapid.Bool().Draw(rt, "turned") {
			l.turn()
		}
		seen := 0
		along, across := l.at(l.size())
		for i, rank := range l.ranks {
			for j, v := range rank {
				seen++
				if l.rank[v] != i || j > 0 && l.y[v]-l.y[rank[j-1]] < l.apart(rank[j-1], v) {
					rt.Fatalf("rank %d: %v at %v", i, rank, l.y)
				}
				if top := l.y[v] - l.height(v)/2; top < margin || l.y[v]+l.height(v)/2+margin > across || l.end(i)+margin > along {
					rt.Fatalf("vertex %d lies outside", v)
				}
			}
		}
		if seen != len(l.rank) {
			rt.Fatalf("%d of %d vertices are in ranks", seen, len(l.rank))
		}
		svg := g.SVG()
		parsed(rt, svg)
		if n := bytes.Count(svg, []byte(`<g class="node`)); n != len(g.Nodes) {
			rt.Fatalf("%d of %d nodes are drawn", n, len(g.Nodes))
		}
		tree := g.Tree("", false, 80)
		if told := strings.Count(tree, "\n") - strings.Count(tree, " (told "); told < len(g.Nodes) {
			rt.Fatalf("%d of %d nodes are told:\n%s", told, len(g.Nodes), tree)
		}
		if !bytes.Equal(svg, g.SVG()) || tree != g.Tree("", false, 80) {
			rt.Fatalf("drawn differently again")
		}
	})
}

// TestTurned holds that a long graph runs downwards and fits on a page, and that
// one which would only be wider so does not.
func TestTurned(t *testing.T) {
	if width, height := turned(chain(60)); width > pageWidth || height < 60*boxHeight {
		t.Errorf("a chain is %d wide and %d high", width, height)
	}
	if width, _ := turned(chain(3)); width < 3*boxWidth {
		t.Errorf("a short chain is %d wide", width)
	}
	star := &Graph{Nodes: []Node{{ID: "s"}}}
	for i := range 40 {
		star.Nodes = append(star.Nodes, Node{ID: fmt.Sprint(i)})
		star.Edges = append(star.Edges, Edge{From: "s", To: fmt.Sprint(i)})
	}
	star.Nodes, star.Edges = append(star.Nodes, chain(6).Nodes[1:]...), append(star.Edges, chain(6).Edges...)
	if width, height := turned(star); width > height {
		t.Errorf("a star is %d wide and %d high", width, height)
	}
}

func turned(g *Graph) (width, height int) {
	l := lay(g)
	l.turn()
	return l.size()
}

// TestCrossings compares the count with that of all pairs of edges.
func TestCrossings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := lay(drawGraph(rt))
		at := make([]int, len(l.rank))
		for _, rank := range l.ranks {
			number(at, rank)
		}
		type segment struct{ from, to int }
		total := 0
		for i := range l.ranks {
			var all []segment
			for _, v := range l.ranks[i] {
				for _, to := range l.next[v] {
					all = append(all, segment{at[v], at[to]})
				}
			}
			for a := range all {
				for b := range all[:a] {
					if (all[a].from-all[b].from)*(all[a].to-all[b].to) < 0 {
						total++
					}
				}
			}
		}
		if got := l.crossings(at); got != total {
			rt.Fatalf("%d crossings, want %d", got, total)
		}
	})
}

// TestMiddle: a chain of which each link has attachments does not drift.
func TestMiddle(t *testing.T) {
	g := chain(12)
	for i := range 12 {
		for j := range 4 {
			id := fmt.Sprintf("%d-%d", i, j)
			g.Nodes = append(g.Nodes, Node{ID: id})
			g.Edges = append(g.Edges, Edge{From: id, To: fmt.Sprint(i)})
		}
	}
	if width, _ := turned(g); width > 6*(boxWidth+nodeGap) {
		t.Errorf("%d wide, with five boxes in a rank", width)
	}
}

// TestOrder untangles what can be untangled.
func TestOrder(t *testing.T) {
	g := &Graph{}
	for i := range 8 {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprintf("a%d", i)}, Node{ID: fmt.Sprintf("b%d", 7-i)})
		g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("a%d", i), To: fmt.Sprintf("b%d", i)})
	}
	l := lay(g)
	at := make([]int, len(l.rank))
	for _, rank := range l.ranks {
		number(at, rank)
	}
	if n := l.crossings(at); n != 0 {
		t.Errorf("%d crossings of edges that need none", n)
	}
}

// BenchmarkSVG draws a graph of 500 nodes and 1,000 edges.
func BenchmarkSVG(b *testing.B) {
	g := &Graph{}
	for i := range 500 {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint(i), Kind: "version", Label: fmt.Sprintf("hands/stage5@v%d", i), Note: "sha256:01ba4719c80b"})
		for _, from := range []int{i - 1 - i*7%20, i - 1 - i*13%40} {
			g.Edges = append(g.Edges, Edge{From: fmt.Sprint(from), To: fmt.Sprint(i)})
		}
	}
	for b.Loop() {
		g.SVG()
	}
}

// TestOutline begins at the focus if that tells everything, whichever way.
func TestOutline(t *testing.T) {
	for at, first := range map[int]string{0: "version node-0", 5: "version node-5", 3: "version node-0"} {
		g := chain(6)
		g.Nodes[at].Focus = true
		tree := g.Outline(80)
		if line, _, _ := strings.Cut(tree, "\n"); line != first || strings.Count(tree, "\n") != 6 {
			t.Errorf("from node %d:\n%s", at, tree)
		}
	}
	if g := hands(); g.Outline(80) != g.Tree("", false, 80) || (&Graph{}).Outline(80) != "" {
		t.Error("a graph that no node tells whole is not told whole")
	}
}

// TestLongLabels: what is too long for its line goes on in the next, whole where
// that has room, and breaks after a sign that parts names where there is one.
func TestLongLabels(t *testing.T) {
	for _, c := range []struct{ label, note, first, second string }{
		{"hands/signs@v3", "", "hands/signs@v3", ""},
		{"0190a6e0-0000-7000-8000-000000000001", "", "0190a6e0-0000-7000-8000-", "000000000001"},
		{"s3://a-lake.eu-central-1#recordings/2026", "", "s3://a-lake.eu-central-1#", "recordings/2026"},
		{"abcdefghijklmnopqrstuvwxyz0123456789", "", "abcdefghijklmnopqrstuvwxy", "z0123456789"},
		{"a/bcdefghijklmnopqrstuvwxyz0123456789", "", "a/bcdefghijklmnopqrstuvwx", "yz0123456789"},
		{"手の写真と録音の一覧表とその他の長い名前", "", "手の写真と録音の一覧表と", "その他の長い名前"},
		{"abcdefghijklmnopqrstuvwxyz0123456789", "a note", "abcdefghijkl…yz0123456789", "a note"},
		{strings.Repeat("x", 100), "", strings.Repeat("x", 25), strings.Repeat("x", 16) + "…" + strings.Repeat("x", 17)},
	} {
		n := Node{Label: c.label, Note: c.note}
		if first, second := labelLines(&n); first != c.first || second != c.second {
			t.Errorf("%s: %q, %q", c.label, first, second)
		}
	}
}
