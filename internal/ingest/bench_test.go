package ingest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"govd/internal/gov"
)

const manyFiles = 100_000

// manyDir makes a directory of 100,000 small files in 100 folders.
func manyDir(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for d := range 100 {
		path := filepath.Join(dir, fmt.Sprintf("class-%02d", d))
		if err := os.Mkdir(path, 0o755); err != nil {
			b.Fatal(err)
		}
		for i := range manyFiles / 100 {
			if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("img_%05d.txt", i)), fmt.Appendf(nil, "%d/%d", d, i), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	return dir
}

// BenchmarkUnchanged is what it costs to see that nothing changed in a
// directory of 100,000 files since the last push, next to a parallel walk that
// does nothing but stat each file. The two take turns, so that both see the
// same machine; cpu-ratio and wall-ratio are the figures to watch.
func BenchmarkUnchanged(b *testing.B) {
	o := Options{Dir: manyDir(b), Cache: b.TempDir(), now: later}
	to := Target{"log", "p/d"}
	m, err := Scan(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Remember(to, gov.Digest{1}); err != nil {
		b.Fatal(err)
	}
	var walk, plain spent
	for b.Loop() {
		plain.add(func() {
			if n := statAll(o.Dir); n != manyFiles {
				b.Fatalf("%d files", n)
			}
		})
		walk.add(func() {
			l, err := Walk(context.Background(), o)
			if err != nil {
				b.Fatal(err)
			}
			if p, ok := LastPush(o.Cache, to); !ok || !p.Same(l) {
				b.Fatal("not the same")
			}
		})
	}
	b.ReportMetric(float64(walk.cpu)/float64(plain.cpu), "cpu-ratio")
	b.ReportMetric(float64(walk.wall)/float64(plain.wall), "wall-ratio")
	b.ReportMetric(float64(walk.cpu.Milliseconds())/float64(b.N), "cpu-ms/walk")
	b.ReportMetric(float64(plain.cpu.Milliseconds())/float64(b.N), "cpu-ms/stat")
}

type spent struct{ cpu, wall time.Duration }

func (s *spent) add(f func()) {
	runtime.GC()
	cpu, start := cpuTime(), time.Now()
	f()
	s.cpu += cpuTime() - cpu
	s.wall += time.Since(start)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// statAll is a plain parallel walk: a goroutine a processor takes directories,
// and each file is asked for its stat.
func statAll(dir string) (files int) {
	tops, err := os.ReadDir(dir)
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	counts := make([]int, runtime.GOMAXPROCS(0))
	for w := range counts {
		wg.Go(func() {
			for i := w; i < len(tops); i += len(counts) {
				filepath.WalkDir(filepath.Join(dir, tops[i].Name()), func(_ string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					if _, err := d.Info(); err != nil {
						return err
					}
					counts[w]++
					return nil
				})
			}
		})
	}
	wg.Wait()
	for _, n := range counts {
		files += n
	}
	return files
}

// BenchmarkOneChanged is a scan in which one file of 100,000 changed, with the
// delta that it makes.
func BenchmarkOneChanged(b *testing.B) {
	o := Options{Dir: manyDir(b), Cache: b.TempDir(), now: later}
	to := Target{"log", "p/d"}
	var s spent
	for n := 0; b.Loop(); n++ {
		path := filepath.Join(o.Dir, "class-50", "img_00500.txt")
		if err := os.WriteFile(path, fmt.Appendf(nil, "%d", n), 0o644); err != nil {
			b.Fatal(err)
		}
		s.add(func() {
			m, err := Scan(context.Background(), o)
			if err != nil {
				b.Fatal(err)
			}
			if p, ok := LastPush(o.Cache, to); ok {
				for c := range p.Delta(m) {
					if c.New {
						b.Fatal(c.Key)
					}
				}
			}
			if err := m.Remember(to, gov.Digest{1}); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(float64(s.cpu.Milliseconds())/float64(b.N), "cpu-ms/scan")
}

// BenchmarkCOCO is the reading of a label file of the size of COCO's own: a
// tenth of its 860,000 annotations.
func BenchmarkCOCO(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"categories":[{"id":1,"name":"hand"}],"images":[{"id":0,"file_name":"0"}`)
	for i := range 12_000 {
		fmt.Fprintf(&text, `,{"id":%d,"file_name":"img/%d.jpg"}`, i+1, i+1)
	}
	text.WriteString(`],"annotations":[{"id":0,"image_id":0,"category_id":1}`)
	for i := range 86_000 {
		fmt.Fprintf(&text, `,{"id":%d,"image_id":%d,"category_id":1,"bbox":[1.5,2,3,4],"segmentation":[[`, i+1, i%12_000)
		for j := range 40 {
			fmt.Fprintf(&text, "%d.%d,", i%640+j, j)
		}
		text.WriteString(`1.5,2.25]]}`)
	}
	text.WriteString("]}")
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := (Source{cocoFile, "i.json"}).parse(context.Background(), strings.NewReader(text.String())); err != nil {
			b.Fatal(err)
		}
	}
}
