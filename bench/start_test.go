package bench

import (
	"testing"
	"time"

	govdv1 "govd/proto/govd/v1"
)

// BenchmarkStart measures how long a start takes until the daemon serves, with
// 10M records in its file, and what an idle daemon holds. The file takes a
// minute or two to make and 2 GB.
func BenchmarkStart(b *testing.B) {
	d := start(b)
	idle := d.rss()
	d.dataset("bench/hands")
	d.register("bench/hands", "", false, func(yield func(*govdv1.Record) bool) {
		for i := range 10 * million {
			if !yield(record(i, 0)) {
				return
			}
		}
	})
	peak := d.peak()
	for b.Loop() {
		d.stop()
		begin := time.Now()
		d.run()
		b.ReportMetric(float64(time.Since(begin).Milliseconds()), "ms-to-serving")
		b.ReportMetric(float64(d.rss())/1e6, "idle-RSS-10M-MB")
		b.ReportMetric(float64(idle)/1e6, "idle-RSS-MB")
		b.ReportMetric(float64(peak)/1e6, "peak-RSS-MB")
	}
}
