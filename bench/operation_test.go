package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/store"
	govdv1 "govd/proto/govd/v1"
)

// Small operations: setting a tag, durable and audited. Each benchmark says how
// many times the rate of raw 4 KiB fdatasyncs it reaches, measured on the same
// disk just before; that is the unit that can be compared between machines.

// measured is how long each rate is measured.
const measured = 3 * time.Second

// fdatasyncs returns how many 4 KiB appends the disk can make durable in a second.
func fdatasyncs(b testing.TB) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	must(b, err)
	defer f.Close()
	block := make([]byte, 4096)
	must(b, f.Truncate(64<<20))
	n, begin := 0, time.Now()
	for time.Since(begin) < measured {
		_, err := f.WriteAt(block, int64(n%(16<<10))*4096)
		must(b, err)
		must(b, syscall.Fdatasync(int(f.Fd())))
		n++
	}
	return float64(n) / time.Since(begin).Seconds()
}

// drive lets so many callers act one after the other, and returns the rate.
func drive(b testing.TB, callers int, act func(caller, n int) error) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for c := range callers {
		wg.Go(func() {
			for n := 0; time.Since(begin) < measured; n++ {
				if err := act(c, n); errors.Is(err, errNoMore) {
					return
				} else if err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(begin).Seconds()
}

// errNoMore ends what a caller does before the time is over.
var errNoMore = errors.New("nothing is left to do")

// BenchmarkSmallOperation measures operations over gRPC, load and server on one
// machine, and in one process.
func BenchmarkSmallOperation(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("grpc/callers-%d", callers), func(b *testing.B) {
			d := start(b)
			act := d.tagger(callers)
			for b.Loop() {
				raw := fdatasyncs(b)
				before := d.used()
				rate := drive(b, callers, act)
				after := d.used()
				report(b, rate, raw, float64(after.written-before.written), (after.cpu - before.cpu))
			}
		})
		b.Run(fmt.Sprintf("process/callers-%d", callers), func(b *testing.B) {
			act := inProcess(b, callers)
			for b.Loop() {
				raw := fdatasyncs(b)
				written, cpu := ownUse(b)
				rate := drive(b, callers, act)
				w2, c2 := ownUse(b)
				report(b, rate, raw, float64(w2-written), c2-cpu)
			}
		})
	}
}

func report(b *testing.B, rate, raw, written float64, cpu time.Duration) {
	n := rate * measured.Seconds()
	b.ReportMetric(rate, "ops/s")
	b.ReportMetric(raw, "raw-fdatasync/s")
	b.ReportMetric(rate/raw, "x-raw")
	b.ReportMetric(written/n, "written-B/op")
	b.ReportMetric(float64(cpu.Microseconds())/n, "cpu-us/op")
}

// tagger sets tags of a dataset for each caller.
func (d *govd) tagger(callers int) func(caller, n int) error {
	client := govdv1.NewVersionServiceClient(d.conn)
	for c := range callers {
		name := fmt.Sprintf("bench/d%d", c)
		d.dataset(name)
		d.register(name, "", false, func(yield func(*govdv1.Record) bool) { yield(record(1, 0)) })
	}
	return func(c, n int) error {
		_, err := client.SetTag(d.ctx(), &govdv1.SetTagRequest{RequestId: id(), Ref: fmt.Sprintf("bench/d%d", c), Tag: fmt.Sprintf("t%d", n%8)})
		return err
	}
}

// inProcess does the same without a network.
func inProcess(b testing.TB, callers int) func(caller, n int) error {
	ctx := context.Background()
	st, err := store.Create(filepath.Join(b.TempDir(), "govd.db"), store.Options{})
	must(b, err)
	b.Cleanup(func() { st.Close() })
	secret, _, err := audit.GenerateKey("bench", rand.Reader)
	must(b, err)
	key, err := audit.NewSigner(secret)
	must(b, err)
	svc, err := govern.New(ctx, st, key)
	must(b, err)
	call := func() govern.Call {
		return govern.Call{Actor: gov.Actor{Person: "user:1", Credential: "t1"}, Request: govern.RequestID(uuid.Must(uuid.NewV7()))}
	}
	must(b, svc.Create(ctx))
	boot := call()
	boot.Actor = gov.Actor{Person: gov.Bootstrap}
	_, err = svc.Bootstrap(ctx, boot, govern.Bootstrap{Name: "bench", Secret: gov.Digest{1}, Rules: []byte(benchRules)})
	must(b, err)
	_, err = svc.CreateProject(ctx, call(), "bench")
	must(b, err)
	_, err = svc.GrantRole(ctx, call(), govern.Role{Person: "bench", Role: gov.Steward, Place: "bench"})
	must(b, err)
	for c := range callers {
		name := gov.DatasetName(fmt.Sprintf("bench/d%d", c))
		_, err := svc.CreateDataset(ctx, call(), govern.CreateDataset{Name: name, Stage: 1})
		must(b, err)
		_, err = svc.RegisterVersion(ctx, call(), govern.Register{Dataset: name}, func(yield func(govern.Edit, error) bool) {
			yield(govern.Edit{Put: &gov.Record{Key: "a", Content: gov.Digest{1}}}, nil)
		})
		must(b, err)
	}
	return func(c, n int) error {
		_, err := svc.SetTag(ctx, call(), gov.Ref{Dataset: gov.DatasetName(fmt.Sprintf("bench/d%d", c))}, fmt.Sprintf("t%d", n%8))
		return err
	}
}

// ownUse returns what this process has written and used.
func ownUse(b testing.TB) (written uint64, cpu time.Duration) {
	var self syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &self))
	return procField(b, os.Getpid(), "io", "write_bytes:"), time.Duration(self.Utime.Nano() + self.Stime.Nano())
}

// BenchmarkCall measures what a call costs that writes nothing: the floor of
// an operation over gRPC.
func BenchmarkCall(b *testing.B) {
	d := start(b)
	client := govdv1.NewAuditServiceClient(d.conn)
	for b.Loop() {
		rate := drive(b, 1, func(int, int) error {
			_, err := client.GetCheckpoint(d.ctx(), &govdv1.GetCheckpointRequest{})
			return err
		})
		b.ReportMetric(rate, "calls/s")
	}
}
