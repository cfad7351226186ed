package bench

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	govdv1 "govd/proto/govd/v1"
)

const million = 1_000_000

func firstMillion(yield func(*govdv1.Record) bool) {
	for i := range million {
		if !yield(record(i, 0)) {
			return
		}
	}
}

// BenchmarkRegisterMillion registers 1M records over gRPC, durably. cpu-s is
// that of server and client together.
func BenchmarkRegisterMillion(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		d := start(b)
		d.dataset("bench/hands")
		before := d.used()
		b.StartTimer()
		d.register("bench/hands", "", false, firstMillion)
		b.StopTimer()
		after := d.used()
		b.ReportMetric((after.cpu - before.cpu).Seconds(), "cpu-s")
		b.ReportMetric(float64(d.peak())/1e6, "server-peak-MB")
		b.ReportMetric(float64(after.written-before.written)/1e6, "written-MB")
		d.stop()
		b.StartTimer()
	}
}

// BenchmarkEditMillion registers 1,000 random edits of 1M records as a delta,
// then reads the difference: cpu of server and client together, over ten rounds.
func BenchmarkEditMillion(b *testing.B) {
	d := start(b)
	d.dataset("bench/hands")
	head := d.register("bench/hands", "", false, firstMillion).GetVersion()
	rng := rand.New(rand.NewPCG(1, 2))
	const rounds = 10
	for b.Loop() {
		drawn := make([][]int, rounds)
		for i := range drawn {
			drawn[i] = rng.Perm(million)[:1000]
			slices.Sort(drawn[i])
		}
		before := d.used()
		for _, at := range drawn {
			salt := rng.Uint64()
			head = d.register("bench/hands", head.GetDigest(), true, func(yield func(*govdv1.Record) bool) {
				for _, i := range at {
					if !yield(record(i, salt)) {
						return
					}
				}
			}).GetVersion()
		}
		after := d.used()
		b.ReportMetric(float64((after.cpu-before.cpu).Milliseconds())/rounds, "cpu-ms/version")
		b.ReportMetric(float64(after.written-before.written)/rounds/1e6, "written-MB/version")
		before = d.used()
		for range rounds {
			if n := d.diff(head.GetRef()); n != 1000 {
				b.Fatalf("the diff has %d changes, want 1000", n)
			}
		}
		b.ReportMetric(float64((d.used().cpu-before.cpu).Milliseconds())/rounds, "cpu-ms/diff")
	}
}

// diff reads what a version changed and returns how many records that is.
func (d *govd) diff(ref string) (n int) {
	stream, err := govdv1.NewVersionServiceClient(d.conn).DiffVersions(d.ctx(), &govdv1.DiffVersionsRequest{Ref: ref})
	must(d.b, err)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return n
		}
		must(d.b, err)
		n += len(m.GetChanges())
	}
}
