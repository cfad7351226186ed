//go:build unix

package validate

import (
	"maps"
	"syscall"
	"testing"

	"govd/examples/hands"
	"govd/internal/validate/measure"
)

// A memory keeps states between folds.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return m[string(key)], nil }

func (m memory) Put(key, state []byte) error {
	m[string(key)] = state
	return nil
}

// BenchmarkShipped measures what the shipped policy of a stage asks of the
// records, indexes included, the first time and after one record has changed.
func BenchmarkShipped(b *testing.B) {
	for _, stage := range []int{1, 4} {
		records := drawnHands(b, hands.Options{Seed: 1, Stage: stage, PerClass: 3000}).Records()
		suite, err := NewSuite(handPolicy(b, 4, "", ""), handTaxonomy(b))
		must(b, err)
		nodes := shelf{}
		was := nodes.build(b, records)
		records[1000].Labels[0].Name = "wrist"
		now := nodes.build(b, records)
		set, indexes := measure.NewSet(suite.Measures()...), measure.NewIndexes(params, suite.Indexes()...)
		b.Run("first", func(b *testing.B) {
			defer processorTime(b, uint64(len(records)))()
			for b.Loop() {
				_, _, err := set.FoldWith(indexes, nodes, memory{}, was, shelf{})
				must(b, err)
			}
		})
		kept := memory{}
		_, err = set.Fold(nodes, kept, was)
		must(b, err)
		b.Run("one changed", func(b *testing.B) {
			defer processorTime(b, 1)()
			for b.Loop() {
				_, err := set.Advance(nodes, maps.Clone(kept), was, now)
				must(b, err)
			}
		})
	}
}

// processorTime reports the time of both processors for each of n records.
func processorTime(b *testing.B, n uint64) (report func()) {
	used := func() int64 {
		var u syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return u.Utime.Nano() + u.Stime.Nano()
	}
	from := used()
	return func() { b.ReportMetric(float64(used()-from)/float64(b.N)/float64(n), "cpu-ns/record") }
}
