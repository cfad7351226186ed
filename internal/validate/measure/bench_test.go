//go:build unix

package measure

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"

	"govd/internal/gov"
	"govd/internal/tree"
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
	return func() { b.ReportMetric(float64(used()-begin)/1e6/float64(b.N), "cpu-ms/op") }
}

// benchTree returns a tree of n records.
func benchTree(b *testing.B, n int) (*shelf, gov.Tree) {
	r, s := rand.New(rand.NewPCG(1, 2)), newShelf()
	builder, sealer := tree.NewBuilder(params, s), gov.NewSealer([16]byte{3})
	for i := range n {
		rec := hand(r, i)
		v, err := sealer.Seal(rec)
		must(b, err)
		must(b, builder.Add([]byte(rec.Key), v))
	}
	root, err := builder.Finish()
	must(b, err)
	runtime.GC()
	return s, root
}

// edited returns the tree with n random records redrawn.
func edited(b *testing.B, s *shelf, t gov.Tree, records, n int) gov.Tree {
	r, sealer := rand.New(rand.NewPCG(3, uint64(n))), gov.NewSealer([16]byte{3})
	edits := map[string][]byte{}
	for len(edits) < n {
		rec := hand(r, r.IntN(records))
		v, err := sealer.Seal(rec)
		must(b, err)
		edits[rec.Key] = bytes.Clone(v)
	}
	out, err := tree.Mutate(params, s, s, t, sortedEdits(edits))
	must(b, err)
	return out
}

func BenchmarkFoldStage4(b *testing.B) {
	s, t := benchTree(b, million)
	set := NewSet(stage4()...)
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		clear(s.states)
		p, err := set.Fold(s, s, t)
		must(b, err)
		must(b, p.Err())
	}
}

// BenchmarkFirst is everything that stage 4 asks of the records, but for
// look-alikes, the first time.
func BenchmarkFirst(b *testing.B) {
	s, t := benchTree(b, million)
	set, x := NewSet(stage4()...), NewIndexes(params, Duplicates{}, Leak{"subject"})
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		clear(s.states)
		_, _, err := set.FoldWith(x, s, s, t, newShelf())
		must(b, err)
	}
}

func BenchmarkAdvance(b *testing.B) {
	s, t := benchTree(b, million)
	set := NewSet(stage4()...)
	_, err := set.Fold(s, s, t)
	must(b, err)
	for _, n := range []int{1, 1000} {
		next := edited(b, s, t, million, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				for i := range set.measures {
					delete(s.states, string(set.memoKey(i, next.Root)))
				}
				_, err := set.Advance(s, s, t, next)
				must(b, err)
			}
		})
	}
}

func BenchmarkIndexes(b *testing.B) {
	s, t := benchTree(b, million)
	for _, ix := range []Index{Duplicates{}, Leak{"subject"}, Near{2}} {
		x := NewIndexes(params, ix)
		var built *Indexed
		b.Run(ix.Key()+"/build", func(b *testing.B) {
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				var err error
				built, err = x.Build(s, t, newShelf())
				must(b, err)
			}
		})
		built, err := x.Build(s, t, s)
		must(b, err)
		kept := built.Bytes()
		for _, n := range []int{1, 1000} {
			next := edited(b, s, t, million, n)
			b.Run(fmt.Sprint(ix.Key(), "/", n), func(b *testing.B) {
				b.ReportAllocs()
				defer cpu(b)()
				for b.Loop() {
					old, err := x.Decode(kept)
					must(b, err)
					_, err = x.Advance(s, old, t, next, s)
					must(b, err)
				}
			})
		}
	}
}
