package lineage_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// An arrays is a graph in arrays: half of its nodes are runs and half versions,
// by turns, and each run used and generated some at random nearby.
type arrays struct {
	from, into       []uint32 // offsets by node, one more than nodes
	fromTo, intoFrom []uint32
}

func newArrays(edges int) *arrays {
	const degree = 10
	n := edges / degree
	g := &arrays{from: make([]uint32, n+2), into: make([]uint32, n+2)}
	r := rand.New(rand.NewPCG(1, 2))
	target := func(from int) uint32 { return uint32(1 + from - 1 - r.IntN(min(from-1, 5000))) }
	for i := 2; i <= n; i++ {
		for range degree {
			g.fromTo = append(g.fromTo, target(i))
		}
		slices.Sort(g.fromTo[len(g.fromTo)-degree:])
		g.from[i+1] = uint32(len(g.fromTo))
	}
	for _, to := range g.fromTo {
		g.into[to+1]++
	}
	for i := 1; i < len(g.into); i++ {
		g.into[i] += g.into[i-1]
	}
	g.intoFrom = make([]uint32, len(g.fromTo))
	next := slices.Clone(g.into)
	for i := 2; i <= n; i++ {
		for _, to := range g.fromTo[g.from[i]:g.from[i+1]] {
			g.intoFrom[next[to]] = uint32(i)
			next[to]++
		}
	}
	return g
}

func (g *arrays) nodes() int { return len(g.from) - 2 }

func (g *arrays) Number(n gov.Node) (lineage.Number, error) {
	var i int
	_, err := fmt.Sscanf(n.Name, "p/d@v%d", &i)
	return lineage.Number(i), err
}

func (g *arrays) Node(n lineage.Number, _ uint64) (gov.Node, bool, error) {
	return gov.VersionOf("p/d", uint64(n)), true, nil
}

func (g *arrays) Dropped(gov.Node, uint64) (time.Time, error) { return time.Time{}, nil }

func (g *arrays) Links(n lineage.Number, d lineage.Direction) iter.Seq2[lineage.Link, error] {
	at, all := g.from, g.fromTo
	if d == lineage.Impact {
		at, all = g.into, g.intoFrom
	}
	return func(yield func(lineage.Link, error) bool) {
		for _, o := range all[at[n]:at[n+1]] {
			if !yield(lineage.Link{Kind: lineage.DerivedFrom, Other: lineage.Number(o), Via: "x"}, nil) {
				return
			}
		}
	}
}

// rowGraph is a graph of rows, decoded as a store's are.
type rowGraph struct {
	*arrays
	rows [2][][2][]byte
}

func newRowGraph(g *arrays) *rowGraph {
	rg := &rowGraph{arrays: g}
	for n := 1; n <= g.nodes(); n++ {
		for l := range g.Links(lineage.Number(n), lineage.Trace) {
			keys, value := lineage.Rows(lineage.Number(n), l.Other, lineage.Link{Kind: l.Kind, Since: uint64(n), Time: 1.7e18, Via: "run.start"})
			for d := range keys {
				rg.rows[d] = append(rg.rows[d], [2][]byte{keys[d], value})
			}
		}
	}
	for d := range rg.rows {
		slices.SortFunc(rg.rows[d], func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
	}
	return rg
}

func (g *rowGraph) Links(n lineage.Number, d lineage.Direction) iter.Seq2[lineage.Link, error] {
	return func(yield func(lineage.Link, error) bool) {
		prefix := lineage.RowPrefix(d, n)
		at, _ := slices.BinarySearchFunc(g.rows[d], prefix, func(r [2][]byte, p []byte) int { return bytes.Compare(r[0], p) })
		for _, r := range g.rows[d][at:] {
			if !bytes.HasPrefix(r[0], prefix) {
				return
			}
			_, _, l, err := lineage.ParseRow(r[0], r[1])
			if !yield(l, err) {
				return
			}
		}
	}
}

// BenchmarkWalk asks how long 10,000 nodes take, and a trace of one output that
// has 200, in graphs of some size.
func BenchmarkWalk(b *testing.B) {
	for _, size := range []struct {
		name  string
		edges int
		rows  bool
	}{{"rows-1M", 1_000_000, true}, {"arrays-1M", 1_000_000, false}, {"arrays-10M", 10_000_000, false}} {
		arrays := newArrays(size.edges)
		g := lineage.Graph(arrays)
		if size.rows {
			g = newRowGraph(arrays)
		}
		for _, w := range []struct {
			name  string
			d     lineage.Direction
			nodes uint64
		}{{"trace-10k", lineage.Trace, 10_000}, {"impact-10k", lineage.Impact, 10_000}, {"output-200", lineage.Trace, 200}} {
			b.Run(size.name+"/"+w.name, func(b *testing.B) {
				r := rand.New(rand.NewPCG(3, 4))
				var took []time.Duration
				for b.Loop() {
					start := arrays.nodes()/4 + r.IntN(arrays.nodes()/2)
					before := time.Now()
					a, err := lineage.Walk(g, lineage.Query{Start: gov.VersionOf("p/d", uint64(start)), Direction: w.d, AsOf: 1 << 40, Nodes: w.nodes}, func(lineage.Step) error { return nil })
					if err != nil || a.Nodes != w.nodes {
						b.Fatal(a, err)
					}
					took = append(took, time.Since(before))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}

// shards is a state for many cells.
type shards map[string][]lineage.Cell

const shardPrefix = 40 // bytes; every prefix that Fold asks for is longer

func shard(key string) string { return key[:min(len(key), shardPrefix)] }

func (s shards) find(key string) (all []lineage.Cell, at int, found bool) {
	all = s[shard(key)]
	at, found = slices.BinarySearchFunc(all, key, func(c lineage.Cell, k string) int { return strings.Compare(c.Key, k) })
	return all, at, found
}

func (s shards) Cell(key string) ([]byte, error) {
	if all, at, ok := s.find(key); ok {
		return all[at].Value, nil
	}
	return nil, nil
}

func (s shards) CellsUnder(prefix string) iter.Seq2[lineage.Cell, error] {
	return func(yield func(lineage.Cell, error) bool) {
		all, at, _ := s.find(prefix)
		for _, c := range all[at:] {
			if !strings.HasPrefix(c.Key, prefix) || !yield(c, nil) {
				return
			}
		}
	}
}

func (s shards) put(c lineage.Cell) {
	all, at, ok := s.find(c.Key)
	switch {
	case ok && c.Value == nil:
		all = slices.Delete(all, at, at+1)
	case ok:
		all[at] = c
	default:
		all = slices.Insert(all, at, c)
	}
	s[shard(c.Key)] = all
}

// pipelineEvents writes what a nightly pipeline sends: two events a run, each of
// 1.6 kB, with the facets that such clients add.
func pipelineEvents(n int) (events [][]byte) {
	facet := func(more string) string { return "{" + stamp + more + "}" }
	for i := range n {
		run, table := i/2, i/2%500
		kind := []string{"START", "COMPLETE"}[i%2]
		events = append(events, fmt.Appendf(nil, `{"eventTime":"2026-01-02T03:%02d:%02dZ","producer":"https://github.com/OpenLineage/OpenLineage/tree/1.40.0/integration/spark","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent","eventType":%q,`+
			`"run":{"runId":"01939f3c-7a00-7000-8000-%012x","facets":{"processing_engine":%s,"parent":%s}},"job":{"namespace":"spark","name":"nightly.table_%d","facets":{"jobType":%s}},`+
			`"inputs":[{"namespace":"s3://lake","name":"raw/table_%d","facets":{"schema":%s,"version":%s}},{"namespace":"s3://lake","name":"dim/table_%d","facets":{}}],`+
			`"outputs":[{"namespace":"s3://lake","name":"gold/table_%d","facets":{"schema":%s,"version":%s,"columnLineage":%s}}]}`,
			i/60%60, i%60, kind, run, facet(`,"version":"3.5.1","name":"spark"`), facet(fmt.Sprintf(`,"run":{"runId":"01939f3c-7a00-7000-9000-%012x"},"job":{"namespace":"airflow","name":"nightly"}`, run/500)), table,
			facet(`,"processingType":"BATCH","integration":"SPARK","jobType":"SQL_JOB"`), table, facet(`,"fields":[{"name":"id","type":"long"},{"name":"day","type":"date"}]`), facet(fmt.Sprintf(`,"datasetVersion":"%d"`, run/500)), table%20,
			table, facet(`,"fields":[{"name":"id","type":"long"},{"name":"n","type":"long"}]`), facet(fmt.Sprintf(`,"datasetVersion":"%d"`, run/500)),
			facet(fmt.Sprintf(`,"fields":{"id":{"inputFields":[{"namespace":"s3://lake","name":"raw/table_%d","field":"id"}]},"n":{"inputFields":[{"namespace":"s3://lake","name":"raw/table_%d","field":"id"}]}}`, table, table))))
	}
	return events
}

// BenchmarkImport asks what an event costs besides the disk.
func BenchmarkImport(b *testing.B) {
	events := pipelineEvents(20_000)
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(events[0])))
		for i := 0; b.Loop(); i++ {
			if e, err := lineage.ParseEvent(events[i%len(events)]); err != nil || len(e.Warnings) > 0 {
				b.Fatal(e, err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("parse-and-fold", func(b *testing.B) {
		state, cells, edges := shards{}, 0, 0
		for i := 0; b.Loop(); i++ {
			if i%len(events) == 0 {
				state = shards{}
			}
			e, err := lineage.ParseEvent(events[i%len(events)])
			if err != nil {
				b.Fatal(err)
			}
			eff, err := lineage.Fold(state, e, own)
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range eff.Cells {
				state.put(c)
			}
			cells, edges = cells+len(eff.Cells), edges+len(eff.Begun)+len(eff.Ended)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		b.ReportMetric(float64(cells)/float64(b.N), "cells/event")
		b.ReportMetric(float64(edges)/float64(b.N), "edges/event")
	})
}
