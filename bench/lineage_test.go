package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"govd/internal/daemon"
	govdv1 "govd/proto/govd/v1"
)

// Lineage: imports, walks over a graph of a million edges (or of as many as
// -edges says), and outputs in batches.

var (
	lineageEdges = flag.Int("edges", 1_000_000, "edges of the graph that walks are measured on")
	lineageGraph = flag.String("graph", "", "a directory where that graph is kept from one run to the next; made if it is not there")
)

// A block is 101 runs. In an even block 100 of them have 100 inputs and one output
// each, and the last has those outputs as inputs: its output, the top, came from
// 10,201 other nodes. An odd block is the same the other way round: that many
// nodes came of its seed.
const (
	blockRuns  = 100
	blockWide  = 100
	blockEdges = blockRuns*(blockWide+1) + blockRuns + 1
	blockNodes = blockRuns*(blockWide+2) + 2
)

// olEvent is a finished run of another system.
func olEvent(run int, inputs, outputs []string) []byte {
	list := func(names []string) string {
		var b strings.Builder
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"namespace":"s3://lake","name":%q}`, name)
		}
		return b.String()
	}
	return fmt.Appendf(nil, `{"eventType":"COMPLETE","eventTime":"2026-03-01T10:00:00Z","producer":"https://example.com/etl","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",`+
		`"run":{"runId":"0190a6e0-0000-7000-8000-%012d"},"job":{"namespace":"etl","name":"job-%d"},"inputs":[%s],"outputs":[%s]}`,
		run, run%1000, list(inputs), list(outputs))
}

// eachRun yields the runs of a block: what each used, and what it made.
func eachRun(block int, yield func(run int, inputs, outputs []string)) {
	turn := func(run int, many []string, one string) {
		if run += block * (blockRuns + 1); block%2 == 0 {
			yield(run, many, []string{one})
		} else {
			yield(run, []string{one}, many)
		}
	}
	middle := make([]string, blockRuns)
	for r := range blockRuns {
		wide := make([]string, blockWide)
		for i := range wide {
			wide[i] = fmt.Sprintf("raw/%d/%d/%d", block, r, i)
		}
		middle[r] = fmt.Sprintf("clean/%d/%d", block, r)
		turn(r, wide, middle[r])
	}
	turn(blockRuns, middle, end(block))
}

// end returns the dataset from which all of a block can be reached.
func end(block int) string { return fmt.Sprintf("end/%d", block) }

// block returns the events of a block.
func block(k int) (events [][]byte) {
	eachRun(k, func(run int, inputs, outputs []string) { events = append(events, olEvent(run, inputs, outputs)) })
	return events
}

func (d *govd) importEvents(events [][]byte) {
	d.b.Helper()
	_, err := govdv1.NewLineageServiceClient(d.conn).ImportLineage(d.ctx(), &govdv1.ImportLineageRequest{RequestId: id(), Project: "bench", Events: events})
	must(d.b, err)
}

// BenchmarkImport imports small events, one input and one output each, durably:
// four callers, 500 events a call.
func BenchmarkImport(b *testing.B) {
	const callers, events, calls = 4, 500, 10
	d := start(b)
	for n := range b.N {
		begin := time.Now()
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for i := range calls {
					var batch [][]byte
					for e := range events {
						at := ((n*callers+c)*calls+i)*events + e
						batch = append(batch, olEvent(at, []string{fmt.Sprintf("in/%d", at)}, []string{fmt.Sprintf("out/%d", at)}))
					}
					d.importEvents(batch)
				}
			})
		}
		wg.Wait()
		b.ReportMetric(callers*events*calls/time.Since(begin).Seconds(), "events/s")
	}
}

// walk walks from a node and returns how many nodes the answer has.
func (d *govd) walk(node string, direction govdv1.LineageDirection) (nodes uint64) {
	d.b.Helper()
	stream, err := govdv1.NewLineageServiceClient(d.conn).WalkLineage(d.ctx(), &govdv1.WalkLineageRequest{Node: node, Direction: direction})
	must(d.b, err)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nodes
		}
		must(d.b, err)
		nodes += uint64(len(m.GetSteps()))
	}
}

// quantiles reports the median and the 99th percentile.
func quantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// graph starts a daemon with a graph of a number of blocks, and with 10,000
// outputs of a model. It has not read the graph yet.
func graph(b *testing.B, blocks int) *govd {
	dir := *lineageGraph
	if dir == "" {
		dir = b.TempDir()
	}
	d := &govd{b: b, dir: daemon.Dir(filepath.Join(dir, "data"))}
	kept := filepath.Join(dir, "token")
	if token, err := os.ReadFile(kept); err == nil {
		d.token = string(token)
		d.run()
		return d
	}
	must(b, os.MkdirAll(dir, 0o700))
	d.run()
	d.bootstrap()
	begin := time.Now()
	const together = 5 // blocks in an import, which has room for 4 MiB
	for k := 0; k < blocks; k += together {
		var events [][]byte
		for i := k; i < min(k+together, blocks); i++ {
			events = append(events, block(i)...)
		}
		d.importEvents(events)
	}
	b.Logf("%d edges imported in %v", blocks*blockEdges, time.Since(begin).Round(time.Second))
	_, err := govdv1.NewPolicyServiceClient(d.conn).GrantRole(d.ctx(), &govdv1.GrantRoleRequest{RequestId: id(), Person: "bench", Role: "trainer", Place: "bench"})
	must(b, err)
	d.outputs(d.model(), 0, 10_000)
	must(b, os.WriteFile(kept, []byte(d.token), 0o600))
	d.stop()
	d.run()
	return d
}

// BenchmarkWalk traces 10,202 nodes, the same many that came of one, and single
// outputs, in a large graph.
func BenchmarkWalk(b *testing.B) {
	blocks := max(2, *lineageEdges/blockEdges)
	d := graph(b, blocks)
	many := func(name string, direction govdv1.LineageDirection) {
		b.Run(name, func(b *testing.B) {
			const warm = 10
			var took []time.Duration
			cpu := d.cpu()
			for n := range max(b.N, 100) + warm {
				k := n*74%(blocks-blocks%2) + int(direction)
				t := time.Now()
				if got := d.walk("external:s3://lake#"+end(k), direction); got != blockNodes {
					b.Fatalf("the answer has %d nodes", got)
				}
				if n < warm {
					cpu = d.cpu()
					continue
				}
				took = append(took, time.Since(t))
			}
			b.ReportMetric(float64((d.cpu()-cpu).Microseconds())/1000/float64(len(took)), "ms-cpu")
			quantiles(b, took)
			b.ReportMetric(float64(d.rss())/1e6, "MB-rss")
			b.ReportMetric(float64(d.anonymous())/1e6, "MB-anon")
		})
	}
	many("trace=10202", govdv1.LineageDirection_LINEAGE_DIRECTION_UNSPECIFIED)
	many("impact=10202", govdv1.LineageDirection_LINEAGE_DIRECTION_IMPACT)
	b.Run("output", func(b *testing.B) {
		var took []time.Duration
		for n := range max(b.N, 1000) {
			sum := output(n * 7 % 10_000)
			t := time.Now()
			if got := d.walk(fmt.Sprintf("output:sha256:%x", sum), 0); got != 3 {
				b.Fatalf("the answer has %d nodes", got)
			}
			took = append(took, time.Since(t))
		}
		quantiles(b, took)
	})
}

func output(i int) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i))) }

// model registers one.
func (d *govd) model() string {
	d.b.Helper()
	sum := output(0)
	resp, err := govdv1.NewModelServiceClient(d.conn).RegisterModel(d.ctx(), &govdv1.RegisterModelRequest{
		RequestId: id(), Model: "bench/model", Files: []*govdv1.ModelFile{{Name: "weights", Sha256: sum[:], Size: 1}},
	})
	must(d.b, err)
	return resp.GetModel().GetRef()
}

// outputs records a batch of them.
func (d *govd) outputs(model string, from, n int) {
	d.b.Helper()
	stream, err := govdv1.NewOutputServiceClient(d.conn).RecordOutputs(d.ctx())
	must(d.b, err)
	must(d.b, stream.Send(&govdv1.RecordOutputsRequest{Part: &govdv1.RecordOutputsRequest_Header{Header: &govdv1.RecordOutputsHeader{RequestId: id(), Model: model}}}))
	for at := from; at < from+n; at += 10_000 {
		batch := &govdv1.OutputBatch{}
		for i := at; i < min(at+10_000, from+n); i++ {
			sum := output(i)
			batch.Sha256 = append(batch.Sha256, sum[:]...)
			batch.Ids = append(batch.Ids, fmt.Sprint("request-", i))
		}
		must(d.b, stream.Send(&govdv1.RecordOutputsRequest{Part: &govdv1.RecordOutputsRequest_Batch{Batch: batch}}))
	}
	_, err = stream.CloseAndRecv()
	must(d.b, err)
}

// BenchmarkOutputs records a million outputs, 50,000 a batch.
func BenchmarkOutputs(b *testing.B) {
	const total, batch = 1_000_000, 50_000
	for range b.N {
		d := start(b)
		_, err := govdv1.NewPolicyServiceClient(d.conn).GrantRole(d.ctx(), &govdv1.GrantRoleRequest{RequestId: id(), Person: "bench", Role: "trainer", Place: "bench"})
		must(b, err)
		model := d.model()
		before := d.used()
		for at := 0; at < total; at += batch {
			d.outputs(model, at, batch)
		}
		after := d.used()
		b.ReportMetric((after.cpu - before.cpu).Seconds(), "cpu-s")
		b.ReportMetric(total/batch, "entries")
		b.ReportMetric(float64(after.written-before.written)/1e6, "MB-written")
		d.stop()
	}
}
