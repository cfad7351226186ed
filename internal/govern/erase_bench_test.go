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
