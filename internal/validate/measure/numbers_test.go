package measure

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestBin holds that bins follow each other, hold their numbers, and are at most
// 1/32 as wide as their numbers are large.
func TestBin(t *testing.T) {
	at := uint64(0)
	for bin := range histBins {
		lo, hi := BinRange(bin)
		if lo != at || hi < lo || Bin(lo) != bin || Bin(hi) != bin {
			t.Fatalf("bin %d is %d to %d, want it to begin at %d", bin, lo, hi, at)
		}
		if lo >= 64 && (hi-lo+1) > lo/32 {
			t.Fatalf("bin %d is %d wide at %d", bin, hi-lo+1, lo)
		}
		at = hi + 1
	}
	if at != 0 {
		t.Errorf("the last bin ends at %d, want %d", at-1, uint64(math.MaxUint64))
	}
}

// TestDist holds that a distribution has the moments and quantiles of its
// numbers.
func TestDist(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Uint64Range(0, MaxNumber), 1, 50).Draw(t, "numbers")
		var d Dist
		sum, squares := new(big.Int), new(big.Int)
		for _, v := range numbers {
			d.add(v, true)
			n := new(big.Int).SetUint64(v)
			sum.Add(sum, n)
			squares.Add(squares, n.Mul(n, n))
		}
		slices.Sort(numbers)
		wide := func(s Sum) string {
			n := new(big.Int).SetUint64(s.Hi)
			return n.Add(n.Lsh(n, 64), new(big.Int).SetUint64(s.Lo)).String()
		}
		if wide(d.Sum) != sum.String() || wide(d.Squares) != squares.String() {
			t.Fatalf("sum %s and squares %s, want %s and %s", wide(d.Sum), wide(d.Squares), sum, squares)
		}
		if d.Min != numbers[0] || d.Max != numbers[len(numbers)-1] || int(d.N) != len(numbers) {
			t.Fatalf("%d numbers from %d to %d", d.N, d.Min, d.Max)
		}
		num := rapid.Uint64Range(0, 100).Draw(t, "percent")
		rank := max((len(numbers)*int(num)+99)/100, 1)
		if bin, ok := d.Quantile(num, 100); !ok || bin != Bin(numbers[rank-1]) {
			t.Fatalf("quantile %d: bin %d, want that of %d", num, bin, numbers[rank-1])
		}
	})
}

// TestEstimate holds that Distinct is exact below k and near above.
func TestEstimate(t *testing.T) {
	m := Distinct{1000}
	for _, n := range []int{0, 10, 999, 20_000} {
		f := m.folder(nil)
		r := newRand(uint64(n))
		for range n {
			d := gov.Digest{}
			for i := range d {
				d[i] = byte(r.Uint32())
			}
			f.add(&Row{Content: d[:]})
			f.add(&Row{Content: d[:]})
		}
		s := m.state()
		f.flush(s)
		got := s.(*Drawn).Estimate()
		if off := math.Abs(float64(got) - float64(n)); n < 1000 && off != 0 || off > 0.1*float64(n) {
			t.Errorf("%d different contents are estimated %d", n, got)
		}
	}
}

// TestAgreement holds the coincidences of a worked example.
func TestAgreement(t *testing.T) {
	m := Agreement{Prefix: "tone.vote."}
	c := corpus{}
	for key, votes := range map[string][]string{"a": {"1", "1"}, "b": {"2", "1", "2"}, "c": {"3"}, "d": nil} {
		rec := &gov.Record{Key: key, Content: gov.Digest{1}, Attributes: map[string]string{}}
		for i, v := range votes {
			rec.Attributes["tone.vote."+string(rune('p'+i))] = v
		}
		c[key] = rec
	}
	shelf := newShelf()
	p, err := NewSet(m).Fold(shelf, nil, c.build(t, shelf))
	must(t, err)
	want := []VotePair{{"", 2, "1", "1", 1}, {"", 3, "1", "2", 2}, {"", 3, "2", "2", 1}}
	if d := cmp.Diff(want, m.In(p).Pairs()); d != "" {
		t.Error(d)
	}
	if n := m.In(p).Items(""); n != 2 {
		t.Errorf("%d records with two votes or more, want 2", n)
	}
}
