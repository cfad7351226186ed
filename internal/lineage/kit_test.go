package lineage_test

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// A table is a graph stored as rows, as a server stores it.
type table struct {
	nodes    []gov.Node // by number, from 1
	numbers  map[gov.Node]lineage.Number
	resolved map[lineage.Number]uint64 // from this log index on
	dropped  map[gov.Node]time.Time
	rows     map[string][]byte
	edges    []lineage.Edge
	keys     []string // of rows, sorted; nil if rows changed
}

func newTable() *table {
	return &table{numbers: map[gov.Node]lineage.Number{}, resolved: map[lineage.Number]uint64{}, rows: map[string][]byte{}}
}

func (t *table) number(n gov.Node) lineage.Number {
	if t.numbers[n] == 0 {
		t.nodes = append(t.nodes, n)
		t.numbers[n] = lineage.Number(len(t.nodes))
	}
	return t.numbers[n]
}

func (t *table) add(edges ...lineage.Edge) *table {
	for _, e := range edges {
		keys, value := lineage.Rows(t.number(e.From), t.number(e.To), lineage.Link{Kind: e.Kind, Since: e.Since, Until: e.Until, Inferred: e.Inferred, Time: e.Time.UnixNano(), Via: e.Via})
		t.rows[string(keys[0])], t.rows[string(keys[1])] = value, value
	}
	t.edges, t.keys = append(t.edges, edges...), nil
	return t
}

func (t *table) Number(n gov.Node) (lineage.Number, error) {
	if t.numbers[n] == 0 {
		return 0, gov.Errorf(gov.NotFound, "NO_NODE", "no node %s", n)
	}
	return t.numbers[n], nil
}

func (t *table) Node(n lineage.Number, asOf uint64) (gov.Node, bool, error) {
	if n == 0 || int(n) > len(t.nodes) {
		return gov.Node{}, false, fmt.Errorf("a walk asks for number %d, which nobody gave it", n)
	}
	from, ok := t.resolved[n]
	return t.nodes[n-1], ok && from <= asOf, nil
}

func (t *table) Dropped(n gov.Node, _ uint64) (time.Time, error) { return t.dropped[n], nil }

func (t *table) Links(n lineage.Number, d lineage.Direction) iter.Seq2[lineage.Link, error] {
	if t.keys == nil {
		t.keys = slices.Sorted(maps.Keys(t.rows))
	}
	return func(yield func(lineage.Link, error) bool) {
		prefix := string(lineage.RowPrefix(d, n))
		at, _ := slices.BinarySearch(t.keys, prefix)
		for _, k := range t.keys[at:] {
			if !strings.HasPrefix(k, prefix) {
				return
			}
			gotD, gotN, l, err := lineage.ParseRow([]byte(k), t.rows[k])
			if err == nil && (gotD != d || gotN != n) {
				err = fmt.Errorf("row of %d lies under %d", gotN, n)
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

// a model of the walks: edges in a list.

func stands(e *lineage.Edge, q *lineage.Query) bool {
	follow := q.Follow
	if follow == 0 {
		follow = lineage.Flow
	}
	return follow.Has(e.Kind) && e.Since <= q.AsOf && (e.Until == 0 || q.AsOf < e.Until)
}

// distances relaxes all edges until nothing changes.
func (t *table) distances(q *lineage.Query) map[gov.Node]int {
	far := map[gov.Node]int{q.Start: 0}
	for again := true; again; {
		again = false
		for i := range t.edges {
			e := &t.edges[i]
			from, to := e.From, e.To
			if q.Direction == lineage.Impact {
				from, to = to, from
			}
			d, ok := far[from]
			if !stands(e, q) || !ok || q.Depth > 0 && d == q.Depth {
				continue
			}
			if old, ok := far[to]; !ok || d+1 < old {
				far[to], again = d+1, true
			}
		}
	}
	return far
}

var places = func() (all []gov.Node) {
	for i := range 6 {
		all = append(all, gov.VersionOf("p/d", uint64(i+1)), gov.RunID(fmt.Sprintf("01939f3c-7a00-7000-8000-%012d", i)).Node())
	}
	return all
}()

func drawEdge(t *rapid.T) lineage.Edge {
	e := lineage.Edge{
		From:     rapid.SampledFrom(places).Draw(t, "from"),
		Kind:     lineage.EdgeKind(rapid.IntRange(1, 11).Draw(t, "kind")),
		To:       rapid.SampledFrom(places).Draw(t, "to"),
		Inferred: rapid.Bool().Draw(t, "inferred"),
		Via:      rapid.SampledFrom([]string{"", "run.start", "x"}).Draw(t, "via"),
		Time:     time.Unix(0, rapid.Int64Range(0, 1<<40).Draw(t, "time")).UTC(),
		Since:    rapid.Uint64Range(0, 20).Draw(t, "since"),
	}
	if rapid.Bool().Draw(t, "ended") {
		e.Until = e.Since + rapid.Uint64Range(1, 10).Draw(t, "for")
	}
	return e
}

// drawTable draws a graph with cycles, and a node that leads into it.
func drawTable(t *rapid.T) *table {
	g := newTable()
	for _, n := range places {
		g.number(n)
		if rapid.Bool().Draw(t, "resolved") {
			g.resolved[g.number(n)] = rapid.Uint64Range(0, 20).Draw(t, "from index")
		}
	}
	edges := rapid.SliceOfNDistinct(rapid.Custom(drawEdge), 0, 30, func(e lineage.Edge) string {
		return fmt.Sprint(e.From, e.Kind, e.To, e.Since)
	}).Draw(t, "edges")
	return g.add(edges...)
}

func drawQuery(t *rapid.T) lineage.Query {
	return lineage.Query{
		Start:     rapid.SampledFrom(places).Draw(t, "start"),
		Direction: lineage.Direction(rapid.IntRange(0, 1).Draw(t, "direction")),
		AsOf:      rapid.Uint64Range(0, 25).Draw(t, "as of"),
		Depth:     rapid.IntRange(0, 3).Draw(t, "depth"),
		Follow:    rapid.SampledFrom([]lineage.Kinds{0, ^lineage.Kinds(0), lineage.NewKinds(lineage.Used, lineage.GeneratedBy)}).Draw(t, "follow"),
	}
}

func walk(t fataler, g lineage.Graph, q lineage.Query) (steps []lineage.Step, a lineage.Answer) {
	a, err := lineage.Walk(g, q, func(s lineage.Step) error { steps = append(steps, s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return steps, a
}
