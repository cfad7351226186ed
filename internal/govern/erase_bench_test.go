package govern_test

import (
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// BenchmarkRunAfterErasure asks how long the start of a run on a version of 50,000
// records takes, and how long of that it may keep the writer, when 50,000 other
// records of the dataset have been erased.
func BenchmarkRunAfterErasure(b *testing.B) {
	k := govtest.New(b)
	k.Dataset(faces)
	sue, ben := k.Person("sue", gov.Steward, "lab"), k.Person("ben", gov.Steward, "lab")
	tim := k.Person("tim", gov.Trainer, "lab")
	k.Clock.Turn(8 * 24 * time.Hour)
	all := govtest.Records(2*gov.MaxErased, "palm")
	for i := 1; i < len(all); i += 2 {
		all[i].Split = "gone"
	}
	var kept []*gov.Record
	for i := 0; i < len(all); i += 2 {
		kept = append(kept, all[i])
	}
	k.Register(sue, faces, all...)
	done, err := k.Service.RequestErasure(ctx, sue.Call(), govern.RequestErasure{Project: "lab", Where: `record.split == "gone"`, Reason: "article 17"})
	if err == nil {
		_, err = k.Service.ApproveErasure(ctx, ben.Call(), done.Event.Erasure)
	}
	if err == nil {
		_, err = k.Service.RunErasure(ctx, sue.Call(), done.Event.Erasure)
	}
	if err != nil {
		b.Fatal(err)
	}
	k.Register(sue, faces, kept...)
	in := govern.StartRun{Project: "lab", Job: "train", Purpose: "research", Inputs: []string{"lab/faces@latest"}, Exploratory: true}
	var writing time.Duration
	for b.Loop() {
		var from time.Time
		if err := govern.StartRunLater(ctx, k.Service, tim.Call(), in, func() { from = time.Now() }); err != nil {
			b.Fatal(err)
		}
		writing += time.Since(from)
	}
	b.ReportMetric(float64(writing.Microseconds())/1000/float64(b.N), "writing-ms")
}

// BenchmarkSearch asks what it costs to look through 100,000 records for what an
// erasure is of, and how much more if that asks how old they are.
func BenchmarkSearch(b *testing.B) {
	const records = 100_000
	k := govtest.New(b)
	k.Dataset(faces)
	sue := k.Person("sue", gov.Steward, "lab")
	k.Register(sue, faces, govtest.Records(records, "palm")...)
	for name, where := range map[string]string{"key": `record.key == "none"`, "age": `record.registered < timestamp("2000-01-01T00:00:00Z")`} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := k.Service.RequestErasure(ctx, sue.Call(), govern.RequestErasure{Project: "lab", Where: where, Reason: "to measure"})
				if gov.ReasonOf(err) != "NOTHING_FOUND" {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
		})
	}
}
