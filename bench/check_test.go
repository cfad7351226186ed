package bench

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	govdv1 "govd/proto/govd/v1"
)

// toned gives the ith record of a bench what the checks of stage 4 look at.
func toned(i int, salt uint64) *govdv1.Record {
	r := record(i, salt)
	rng := rand.NewPCG(uint64(i), salt^7)
	r.Split = []string{"train", "train", "train", "val", "test"}[i%5]
	r.Attributes = map[string]string{
		"subject": fmt.Sprint("s", i/100), "session": fmt.Sprint("n", i/20), "camera": fmt.Sprint("c", i%7), "source": fmt.Sprint("o", i%3),
		"tone_group": []string{"light", "medium", "dark"}[rng.Uint64()%3], "annotator": fmt.Sprint("a", i%23),
	}
	r.Facts = &govdv1.ImageFacts{
		Width: 640, Height: 480, Phash: rng.Uint64(), Sharpness: 1000 + rng.Uint64()%4000, Blur: 5000, Dark: 8000, Light: 1000, Entropy: 70_000,
	}
	return r
}

// tonedRecords yields n of them.
func tonedRecords(n int) func(func(*govdv1.Record) bool) {
	return func(yield func(*govdv1.Record) bool) {
		for i := range n {
			if !yield(toned(i, 1)) {
				return
			}
		}
	}
}

// check runs the checks of a stage to their end.
func (d *govd) check(ref string, stage uint32, only ...string) *govdv1.ReportInfo {
	d.b.Helper()
	stream, err := govdv1.NewCheckServiceClient(d.conn).RunChecks(d.ctx(), &govdv1.RunChecksRequest{RequestId: id(), Ref: ref, Stage: stage, Only: only})
	must(d.b, err)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			d.b.Fatal("no report")
		}
		must(d.b, err)
		if r := m.GetReport(); r != nil {
			if r.GetPartial() {
				d.b.Fatal("the run was cut short")
			}
			return r
		}
	}
}

// BenchmarkChecks runs all checks of stage 4 on a million records through the
// service: at first, and after 1 and 1,000 random edits.
func BenchmarkChecks(b *testing.B) { benchChecks(b, million) }

// BenchmarkChecks5M shows that the first run is linear, and what it takes of
// memory.
func BenchmarkChecks5M(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	benchChecks(b, 5*million)
}

func benchChecks(b *testing.B, n int) {
	d := start(b)
	d.dataset("bench/hands")
	head := d.register("bench/hands", "", false, tonedRecords(n)).GetVersion()
	before, idle, own := d.busy(), d.rss(), d.watchOwn()
	d.check(head.GetRef(), 4)
	first, grown, most := d.busy()-before, d.peak()-min(idle, d.peak()), own()
	rng := rand.New(rand.NewPCG(1, 2))
	spent := map[int]time.Duration{}
	for b.Loop() {
		for _, edits := range []int{1, 1000} {
			head = d.redraw(head, rng, n, edits)
			before := d.busy()
			d.check(head.GetRef(), 4)
			spent[edits] += d.busy() - before
		}
	}
	for edits, took := range spent {
		b.ReportMetric(milliseconds(took)/float64(b.N), fmt.Sprintf("edit-%d-cpu-ms", edits))
	}
	b.ReportMetric(milliseconds(first), "first-cpu-ms")
	b.ReportMetric(float64(grown)/1e6, "first-MB")
	b.ReportMetric(float64(most)/1e6, "first-own-MB")
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// redraw registers a version in which some random records are others.
func (d *govd) redraw(head *govdv1.Version, rng *rand.Rand, records, n int) *govdv1.Version {
	drawn := map[int]bool{}
	for len(drawn) < n {
		drawn[rng.IntN(records)] = true
	}
	salt := rng.Uint64()
	return d.register("bench/hands", head.GetDigest(), true, func(yield func(*govdv1.Record) bool) {
		for i := range records {
			if drawn[i] && !yield(toned(i, salt)) {
				return
			}
		}
	}).GetVersion()
}

// BenchmarkNearDuplicates indexes a million hashes at radius 2, and goes on from
// there.
func BenchmarkNearDuplicates(b *testing.B) {
	d := start(b)
	d.dataset("bench/hands")
	head := d.register("bench/hands", "", false, tonedRecords(million)).GetVersion()
	before := d.busy()
	d.check(head.GetRef(), 3, "S3.nearDup")
	first, spent := d.busy()-before, time.Duration(0)
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		head = d.redraw(head, rng, million, 1000)
		before := d.busy()
		d.check(head.GetRef(), 3, "S3.nearDup")
		spent += d.busy() - before
	}
	b.ReportMetric(milliseconds(spent)/float64(b.N), "edit-1000-cpu-ms")
	b.ReportMetric(milliseconds(first), "first-cpu-ms")
}
