package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	govdv1 "govd/proto/govd/v1"
)

// Lineage: imports, walks over a graph of a million edges (or of as many as
// -edges says), and outputs in batches.

var lineageEdges = flag.Int("edges", 1_000_000, "edges of the graph that walks are measured on")

// A block is 100 runs, each of 100 datasets and with one output, and a run on
// all outputs that makes the top of the block: what that came from has 10,202
// nodes.
const (
	blockRuns  = 100
	blockWide  = 100
	blockEdges = blockRuns*(blockWide+1) + blockRuns + 1
)

// olEvent is a finished run of another system.
func olEvent(run int, inputs []string, output string) []byte {
	var in strings.Builder
	for i, name := range inputs {
		if i > 0 {
			in.WriteByte(',')
		}
		fmt.Fprintf(&in, `{"namespace":"s3://lake","name":%q}`, name)
	}
	return fmt.Appendf(nil, `{"eventType":"COMPLETE","eventTime":"2026-03-01T10:00:00Z","producer":"https://example.com/etl","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",`+
		`"run":{"runId":"0190a6e0-0000-7000-8000-%012d"},"job":{"namespace":"etl","name":"job-%d"},"inputs":[%s],"outputs":[{"namespace":"s3://lake","name":%q}]}`,
		run, run%1000, in.String(), output)
}

// block returns the events of a block.
func block(k int) (events [][]byte) {
	var outputs []string
	for r := range blockRuns {
		var inputs []string
		for i := range blockWide {
			inputs = append(inputs, fmt.Sprintf("raw/%d/%d/%d", k, r, i))
		}
		outputs = append(outputs, fmt.Sprintf("clean/%d/%d", k, r))
		events = append(events, olEvent(k*(blockRuns+1)+r, inputs, outputs[r]))
	}
	return append(events, olEvent(k*(blockRuns+1)+blockRuns, outputs, fmt.Sprintf("top/%d", k)))
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
						batch = append(batch, olEvent(at, []string{fmt.Sprintf("in/%d", at)}, fmt.Sprintf("out/%d", at)))
					}
					d.importEvents(batch)
				}
			})
		}
		wg.Wait()
		b.ReportMetric(callers*events*calls/time.Since(begin).Seconds(), "events/s")
	}
}

// walk traces a node and returns how many nodes the answer has.
func (d *govd) walk(node string) (nodes uint64) {
	d.b.Helper()
	stream, err := govdv1.NewLineageServiceClient(d.conn).WalkLineage(d.ctx(), &govdv1.WalkLineageRequest{Node: node})
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

// BenchmarkWalk traces 10,202 nodes, and single outputs, in a large graph.
func BenchmarkWalk(b *testing.B) {
	d := start(b)
	blocks := max(1, *lineageEdges/blockEdges)
	begin := time.Now()
	for k := range blocks {
		d.importEvents(block(k))
	}
	b.Logf("%d edges imported in %v", blocks*blockEdges, time.Since(begin).Round(time.Second))
	_, err := govdv1.NewPolicyServiceClient(d.conn).GrantRole(d.ctx(), &govdv1.GrantRoleRequest{RequestId: id(), Person: "bench", Role: "trainer", Place: "bench"})
	must(b, err)
	model := d.model()
	d.outputs(model, 0, 10_000)
	b.Run("nodes=10202", func(b *testing.B) {
		var took []time.Duration
		for n := range max(b.N, 100) {
			t := time.Now()
			if got := d.walk(fmt.Sprintf("external:s3://lake#top/%d", n*37%blocks)); got != blockRuns*(blockWide+2)+2 {
				b.Fatalf("the answer has %d nodes", got)
			}
			took = append(took, time.Since(t))
		}
		quantiles(b, took)
		b.ReportMetric(float64(d.rss())/1e6, "MB-rss")
	})
	b.Run("output", func(b *testing.B) {
		var took []time.Duration
		for n := range max(b.N, 500) {
			sum := output(n * 7 % 10_000)
			t := time.Now()
			if got := d.walk(fmt.Sprintf("output:sha256:%x", sum)); got != 3 {
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
