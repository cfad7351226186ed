package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"govd/internal/gov"
)

// written returns how many bytes this process has caused to be written to disks.
func written(b *testing.B) uint64 { return procNumber(b, "/proc/self/io", "write_bytes:") }

func procNumber(b *testing.B, file, name string) uint64 {
	f, err := os.Open(file)
	if err != nil {
		b.Skip(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); fields[0] == name {
			n, err := strconv.ParseUint(fields[1], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Skipf("%s has no %s", file, name)
	return 0
}

// rawRate returns how many times a second 4 KiB can be appended to a file and
// made durable. Overwriting the same pages is up to twice as fast.
func rawRate(b *testing.B) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	n, begin := 0, time.Now()
	for ; time.Since(begin) < time.Second/2; n++ {
		if _, err := f.WriteAt(page, int64(n)*4096); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(begin).Seconds()
}

// An operation of the size of a real one: an entry, the request it answers, and
// a tag of one of 10,000 datasets.
func operation(tx *Tx, n uint64, line []byte) error {
	id := [16]byte(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, n), n))
	at := tx.Append(line)
	if err := tx.PutRequest("user:7", id, at); err != nil {
		return err
	}
	return tx.PutTag(gov.Tag{Dataset: benchDataset(rand.IntN(10_000)), Name: "gold", Number: n, By: "user:7", Set: tx.Now})
}

func benchDataset(i int) gov.DatasetName { return gov.DatasetName(fmt.Sprintf("project-%d/data", i)) }

// How many durable operations a second, how that compares with the disk, and
// what it writes.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("callers-%d", callers), func(b *testing.B) {
			s := newStore(b, Options{})
			prepareTags(b, s)
			raw, before := rawRate(b), written(b)
			b.ResetTimer()
			begin := time.Now()
			operate(b, s, callers)
			rate := float64(b.N) / time.Since(begin).Seconds()
			b.StopTimer()
			b.ReportMetric(rate, "ops/s")
			b.ReportMetric(rate/raw, "x-raw")
			b.ReportMetric(raw, "raw/s")
			b.ReportMetric(float64(written(b)-before)/float64(b.N), "written-B/op")
		})
	}
}

func operate(b *testing.B, s *Store, callers int) {
	line := make([]byte, 300)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := c; n < b.N; n += callers {
				if err := s.Update(context.Background(), func(tx *Tx) error { return operation(tx, uint64(n), line) }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func prepareTags(b *testing.B, s *Store) {
	update(b, s, func(tx *Tx) error {
		for i := range 10_000 {
			if err := tx.PutTag(gov.Tag{Dataset: benchDataset(i), Name: "gold", Set: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
}

// What it costs to bring in the nodes of a version of a million records.
func BenchmarkImport(b *testing.B) {
	const nodes, size = 70_000, 3600
	s := newStore(b, Options{})
	seed := 0
	for b.Loop() {
		before, cpu := written(b), cpuTime()
		m := begin(b, s)
		m.most = maxStored
		for i := range nodes {
			f := make([]byte, size)
			binary.BigEndian.PutUint64(f, uint64(seed*nodes+i))
			id := benchID(seed*nodes + i)
			if err := m.PutNode(id, f); err != nil {
				b.Fatal(err)
			}
		}
		finish(b, s, m)
		seed++
		b.ReportMetric((cpuTime() - cpu).Seconds(), "cpu-s")
		b.ReportMetric(float64(written(b)-before)/(nodes*size), "written/node-bytes")
		b.ReportMetric(float64(procNumber(b, "/proc/self/status", "VmHWM:"))/1024, "peak-MB")
	}
	b.SetBytes(nodes * size)
}

// benchID is a node's id, as random as a hash and much cheaper.
func benchID(i int) (id gov.Digest) {
	r := rand.NewPCG(uint64(i), 1)
	for at := 0; at < len(id); at += 8 {
		binary.BigEndian.PutUint64(id[at:], r.Uint64())
	}
	return id
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
