package ingest

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMilli(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want int64
	}{
		{"0", 0},
		{"-0", 0},
		{"12", 12000},
		{"1.0005", 1001},
		{"-1.0005", -1001},
		{"1.00049999999999999999999", 1000},
		{"0.0005", 1},
		{"0.00049", 0},
		{"-0.0005", -1},
		{".5", 500},
		{"5.", 5000},
		{"1e3", 1_000_000},
		{"25E-4", 3},
		{"0e400", 0},
		{"1e-300", 0},
		{"9007199254740.992", 1 << 53},
		{"000000000000000000001", 1000},
	} {
		if got, err := milli(tt.s); got != tt.want || err != nil {
			t.Errorf("milli(%q) = %d, %v, want %d", tt.s, got, err, tt.want)
		}
	}
	for _, s := range []string{"", "-", "+1", ".", "1,5", "1e", "e3", "1e1.5", "0x10", "NaN", "Inf", "1_000", " 1", "1e13", "9007199254740.9925", "1e999", "1" + strings.Repeat("0", 500)} {
		if got, err := milli(s); err == nil {
			t.Errorf("milli(%q) = %d, want an error", s, got)
		}
	}
}

// milli agrees with exact arithmetic.
func TestMilliExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,25})?(e-?[0-3])?`).Draw(t, "s")
		got, err := milli(s)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := new(big.Rat).SetString(s)
		r.Mul(r, big.NewRat(1000, 1))
		half := big.NewRat(int64(r.Sign()), 2)
		want := new(big.Int).Quo(r.Add(r, half).Num(), r.Denom())
		if got != want.Int64() {
			t.Fatalf("milli(%q) = %d, want %v", s, got, want)
		}
	})
}

// packRuns is the inverse of unpackRuns, as its form is defined.
func packRuns(counts []int64) string {
	var b strings.Builder
	for i, c := range counts {
		if i > 2 {
			c -= counts[i-2]
		}
		for more := true; more; {
			group := c & 31
			c >>= 5
			more = !(c == 0 && group&16 == 0 || c == -1 && group&16 != 0)
			if more {
				group |= 32
			}
			b.WriteByte(byte('0' + group))
		}
	}
	return b.String()
}

func TestUnpackRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOf(rapid.Int64Range(0, 1<<31-1)).Draw(t, "counts")
		got, err := unpackRuns(packRuns(counts))
		if d := cmp.Diff(append(runs{}, counts...), got); d != "" || err != nil {
			t.Fatal(err, d)
		}
	})
	for _, s := range []string{"P", "/", "p", "@", "0000@", "oooooooooooo0"} {
		if got, err := unpackRuns(s); err == nil {
			t.Errorf("unpackRuns(%q) = %v, want an error", s, got)
		}
	}
}
