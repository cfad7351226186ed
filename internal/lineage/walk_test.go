package lineage_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// TestWalk compares walks of graphs with cycles to distances found by relaxing
// all edges: every node once, nearest first, each by an edge that stands and
// leads from a node one step nearer.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, q := drawTable(t), drawQuery(t)
		steps, a := walk(t, g, q)
		far := g.distances(&q)
		if len(steps) != len(far) || a.Nodes != uint64(len(far)) {
			t.Fatalf("%d steps, %d in the answer, want %d", len(steps), a.Nodes, len(far))
		}
		deeper := q
		deeper.Depth = 0
		if all := len(g.distances(&deeper)) == len(far); a.Complete != all || !all && a.Because != lineage.ByDepth {
			t.Fatalf("complete %v because %q, want %v", a.Complete, a.Because, all)
		}
		var unresolved []gov.Node
		for i, s := range steps {
			if d, ok := far[s.Node]; !ok || d != s.Depth || i > 0 && steps[i-1].Depth > s.Depth {
				t.Fatalf("step %d: %v at depth %d, want %d", i, s.Node, s.Depth, d)
			}
			from, to := s.Via.From, s.Via.To
			if q.Direction == lineage.Impact {
				from, to = to, from
			}
			if i > 0 && (to != s.Node || far[from] != s.Depth-1 || !g.has(s.Via, &q)) {
				t.Fatalf("step %d came by %+v", i, s.Via)
			}
			if n := g.numbers[s.Node]; s.Unresolved == (has(g.resolved, n) && g.resolved[n] <= q.AsOf) {
				t.Fatalf("%v unresolved: %v", s.Node, s.Unresolved)
			}
			if s.Unresolved {
				unresolved = append(unresolved, s.Node)
			}
		}
		if d := cmp.Diff(unresolved, a.Unresolved); d != "" {
			t.Fatal(d)
		}
	})
}

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

// has reports whether an edge of an answer stands in the graph, all but its end
// being equal: how it ends is not known yet.
func (t *table) has(e lineage.Edge, q *lineage.Query) bool {
	return slices.ContainsFunc(t.edges, func(o lineage.Edge) bool {
		if !stands(&o, q) {
			return false
		}
		o.Until = 0
		return o == e
	})
}

// TestWalkPages: an answer in pages is the answer, whatever the pages' budgets.
func TestWalkPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, q := drawTable(t), drawQuery(t)
		want, whole := walk(t, g, q)
		var got []lineage.Step
		var edges uint64
		for page := q; ; {
			page.Nodes, page.Edges = rapid.Uint64Range(0, 3).Draw(t, "nodes"), rapid.Uint64Range(1, 5).Draw(t, "edges")
			steps, a := walk(t, g, page)
			if page.Nodes > 0 && a.Nodes > page.Nodes || a.Edges > page.Edges || a.Nodes != uint64(len(steps)) {
				t.Fatalf("a page of %d nodes and %d edges, budget %d and %d", a.Nodes, a.Edges, page.Nodes, page.Edges)
			}
			got, edges = append(got, steps...), edges+a.Edges
			if a.Because != lineage.ByNodes && a.Because != lineage.ByEdges {
				if a.Complete != whole.Complete || edges != whole.Edges {
					t.Fatalf("pages end %+v after %d edges, the whole %+v", a, edges, whole)
				}
				break
			}
			page.After = a.Next
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// TestWalkRedacts: what may not be read keeps its place and its kind, and
// nothing else of it shows; the walk goes on behind it.
func TestWalkRedacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, q := drawTable(t), drawQuery(t)
		want, _ := walk(t, g, q)
		hidden := map[gov.Node]bool{}
		for _, n := range places {
			hidden[n] = rapid.Bool().Draw(t, "hidden")
		}
		q.Readable = func(n gov.Node) bool { return !hidden[n] }
		got, a := walk(t, g, q)
		hide := func(n *gov.Node) {
			if hidden[*n] {
				n.Name = ""
			}
		}
		for i := range want {
			want[i].Redacted = hidden[want[i].Node]
			hide(&want[i].Node)
			hide(&want[i].Via.From)
			hide(&want[i].Via.To)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		for _, n := range a.Unresolved {
			if hidden[n] {
				t.Fatalf("%v is named as unresolved", n)
			}
		}
	})
}

// TestWalkAsOf: what is recorded after a log index changes no answer as of it.
func TestWalkAsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, q := drawTable(t), drawQuery(t)
		want, a := walk(t, g, q)
		later := newTable()
		for _, n := range g.nodes {
			later.number(n)
		}
		for n, at := range g.resolved {
			later.resolved[n] = at
		}
		for _, e := range g.edges {
			if e.Until > q.AsOf { // not known to end, and ends later, or at another time
				e.Until = rapid.SampledFrom([]uint64{0, q.AsOf + 1, q.AsOf + 9}).Draw(t, "until")
			} else if e.Until == 0 && rapid.Bool().Draw(t, "ends later") {
				e.Until = max(q.AsOf, e.Since) + 1
			}
			later.add(e)
		}
		e := drawEdge(t)
		e.Since, e.Until = q.AsOf+1, 0
		later.add(e)
		got, b := walk(t, later, q)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		if a.Edges != b.Edges || a.Complete != b.Complete {
			t.Fatalf("answers %+v and %+v", a, b)
		}
	})
}

// TestWalkEnds: errors of the caller come back as they are, and a node that is
// not there is not found.
func TestWalkEnds(t *testing.T) {
	g := newTable().add(lineage.Edge{From: places[0], Kind: lineage.Used, To: places[1]})
	stop := errors.New("enough")
	for _, at := range []int{0, 1} {
		n := 0
		_, err := lineage.Walk(g, lineage.Query{Start: places[0]}, func(lineage.Step) error {
			if n++; n > at {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || n != at+1 {
			t.Errorf("stopped at %d: %v after %d steps", at, err, n)
		}
	}
	if _, err := lineage.Walk(g, lineage.Query{Start: places[5]}, nil); !errors.Is(err, gov.NotFound) {
		t.Errorf("got %v", err)
	}
}

// TestDiff: what only one has, and how many both have.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, a, b := drawTable(t), drawQuery(t), drawQuery(t)
		d, err := lineage.Diff(g, a, b)
		if err != nil {
			t.Fatal(err)
		}
		inA, inB := g.distances(&a), g.distances(&b)
		check := func(only []lineage.Step, in, out map[gov.Node]int) (both int) {
			want := map[gov.Node]bool{}
			for n := range in {
				if _, ok := out[n]; !ok {
					want[n] = true
				}
			}
			for _, s := range only {
				if !want[s.Node] {
					t.Fatalf("%v is in both", s.Node)
				}
				delete(want, s.Node)
			}
			if len(want) > 0 {
				t.Fatalf("%v is missing", want)
			}
			return len(in) - len(only)
		}
		if n := check(d.OnlyA, inA, inB); uint64(n) != d.Both || n != check(d.OnlyB, inB, inA) {
			t.Fatalf("both have %d, not %d", n, d.Both)
		}
	})
}

// TestPaths compares with all simple paths found by trying.
func TestPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, q := drawTable(t), drawQuery(t)
		q.Depth = 0
		to := rapid.SampledFrom(places).Draw(t, "to")
		if _, ok := g.distances(&q)[to]; !ok {
			return
		}
		want := g.paths(&q, q.Start, to, map[gov.Node]bool{})
		got, err := lineage.Paths(g, q, to, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) <= 1000 && len(got.Shown) != len(want) || got.Counted && got.Total != uint64(len(want)) || got.Counted == (got.Because != "") || len(want) < 1000 && !got.Counted {
			t.Fatalf("%d shown of %d (%v) %q, want %d", len(got.Shown), got.Total, got.Counted, got.Because, len(want))
		}
		for i, p := range got.Shown {
			if i > 0 && slices.Equal(p, got.Shown[i-1]) || !slices.ContainsFunc(want, func(w []lineage.Edge) bool { return slices.Equal(w, p) }) {
				t.Fatalf("shown %v", p)
			}
		}
		if few, err := lineage.Paths(g, q, to, 2); err != nil || len(few.Shown) != min(2, len(want)) || few.Counted && few.Total != got.Total || few.Counted == (few.Because == lineage.ByCycle) {
			t.Fatalf("2 of them: %+v, %v", few, err)
		}
	})
}

func (t *table) paths(q *lineage.Query, from, to gov.Node, on map[gov.Node]bool) (all [][]lineage.Edge) {
	if from == to {
		return [][]lineage.Edge{nil}
	}
	on[from] = true
	defer delete(on, from)
	for i := range t.edges {
		e := t.edges[i]
		a, b := e.From, e.To
		if q.Direction == lineage.Impact {
			a, b = b, a
		}
		if !stands(&e, q) || a != from || on[b] {
			continue
		}
		e.Until = 0
		for _, rest := range t.paths(q, b, to, on) {
			all = append(all, append([]lineage.Edge{e}, rest...))
		}
	}
	return all
}

// TestPathsLimits: without cycles the count is exact however large, and budgets
// are named.
func TestPathsLimits(t *testing.T) {
	g := newTable()
	for i := range 70 { // two ways at each of 70 steps
		a, b := gov.VersionOf("p/d", uint64(i+1)), gov.VersionOf("p/d", uint64(i+2))
		g.add(lineage.Edge{From: a, Kind: lineage.DerivedFrom, To: b}, lineage.Edge{From: a, Kind: lineage.Used, To: b})
	}
	q := lineage.Query{Start: gov.VersionOf("p/d", 1)}
	r, err := lineage.Paths(g, q, gov.VersionOf("p/d", 41), 3)
	if err != nil || r.Total != 1<<40 || !r.Counted || len(r.Shown) != 3 {
		t.Errorf("got %d of %d, %v, %v", len(r.Shown), r.Total, r.Counted, err)
	}
	if r, err = lineage.Paths(g, q, gov.VersionOf("p/d", 71), 1); err != nil || r.Total != 1<<64-1 {
		t.Errorf("got %d, %v", r.Total, err)
	}
	q.Edges = 30
	if r, err = lineage.Paths(g, q, gov.VersionOf("p/d", 11), 1000); err != nil || r.Because != lineage.ByEdges || r.Counted {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestCheckAcyclic compares with walks from each end.
func TestCheckAcyclic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newTable()
		index := uint64(0)
		for range rapid.IntRange(1, 12).Draw(t, "operations") {
			edges := rapid.SliceOfN(rapid.Custom(drawEdge), 1, 3).Draw(t, "edges")
			for i := range edges {
				edges[i].Since, edges[i].Until, edges[i].Kind = index, 0, lineage.DerivedFrom
			}
			after := newTable().add(g.edges...).add(edges...)
			cycle := slices.ContainsFunc(edges, func(e lineage.Edge) bool {
				_, back := after.distances(&lineage.Query{Start: e.To, AsOf: index})[e.From]
				return back
			})
			err := lineage.CheckAcyclic(g, edges, index)
			if (err != nil) != cycle || cycle && gov.ReasonOf(err) != "LINEAGE_CYCLE" {
				t.Fatalf("cycle %v: %v", cycle, err)
			}
			if !cycle {
				g.add(edges...)
				index++
			}
		}
	})
}
