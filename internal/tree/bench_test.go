//go:build unix

package tree

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"

	"govd/internal/gov"
)

const million = 1_000_000

// cpu reports the CPU time of the process, collector included, for each
// operation since it was called.
func cpu(b *testing.B) (report func()) {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	begin := used()
	return func() { b.ReportMetric(float64(used()-begin)/float64(b.N), "cpu-ns/op") }
}

// benchTrees returns a tree of a million records and one with 1,000 edits more.
func benchTrees(b *testing.B) (p *Params, s *shelf, c *corpus, root, edited gov.Tree) {
	p, s, c = NewParams([16]byte{7}), newShelf(b), newCorpus(million)
	root = c.build(b, p, s)
	edited = s.mutate(p, root, c.edits(1, 1000)...)
	runtime.GC()
	return p, s, c, root, edited
}

func BenchmarkBuild(b *testing.B) {
	p, c := NewParams([16]byte{7}), newCorpus(million)
	runtime.GC()
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		c.build(b, p, newShelf(b))
	}
}

func BenchmarkMutate1000(b *testing.B) {
	p, s, c, root, _ := benchTrees(b)
	edits := c.edits(2, 1000)
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		s.mutate(p, root, edits...)
	}
}

func BenchmarkDiff1000(b *testing.B) {
	_, s, _, root, edited := benchTrees(b)
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		n := 0
		for _, err := range Diff(s, root, edited) {
			must(b, err)
			n++
		}
		if n != 1000 {
			b.Fatalf("%d changes", n)
		}
	}
}

func BenchmarkMerge1000(b *testing.B) {
	p, s, c, root, left := benchTrees(b)
	right := s.mutate(p, root, c.edits(3, 1000)...)
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		_, _, err := Merge(p, s, s, root, left, right)
		must(b, err)
	}
}

func BenchmarkGet(b *testing.B) {
	_, s, c, root, _ := benchTrees(b)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		_, err := Get(s, root, c.keys[r.IntN(million)])
		must(b, err)
	}
}

func BenchmarkProve(b *testing.B) {
	_, s, c, root, _ := benchTrees(b)
	for _, full := range []bool{false, true} {
		b.Run(fmt.Sprintf("full=%v", full), func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				_, err := Prove(s, root, c.keys[million/2], full)
				must(b, err)
			}
		})
		b.Run(fmt.Sprintf("verify-full=%v", full), func(b *testing.B) {
			pr, err := Prove(s, root, c.keys[million/2], full)
			must(b, err)
			defer cpu(b)()
			for b.Loop() {
				_, _, err := pr.Verify(root, pr.Key)
				must(b, err)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	p, s, _, root, _ := benchTrees(b)
	defer cpu(b)()
	for b.Loop() {
		must(b, Check(p, s, root))
	}
}
