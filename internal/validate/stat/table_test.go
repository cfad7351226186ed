package stat

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func tables(rows, cols int, most uint64) *rapid.Generator[Table] {
	return rapid.Custom(func(t *rapid.T) Table {
		table := make(Table, rapid.IntRange(1, rows).Draw(t, "rows"))
		width := rapid.IntRange(1, cols).Draw(t, "cols")
		for i := range table {
			table[i] = rapid.SliceOfN(rapid.Uint64Range(0, most), width, width).Draw(t, "row")
		}
		return table
	})
}

// TestChiSquareExact compares with sum (O-E)²/E in rationals.
func TestChiSquareExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(4, 4, 1<<40).Draw(t, "table").Bare()
		rows, cols, n := table.margins()
		want := new(big.Rat)
		for i := range rows {
			for j := range cols {
				e := new(big.Rat).Mul(whole(rows[i]), whole(cols[j]))
				e.Quo(e, whole(n))
				d := new(big.Rat).Sub(whole(table[i][j]), e)
				want.Add(want, d.Mul(d, d).Quo(d, e))
			}
		}
		got := table.ChiSquare()
		if len(rows) < 2 || len(cols) < 2 {
			if got.P != 1 || got.DF != 0 || got.V() != 0 || got.CorrectedV() != 0 {
				t.Fatalf("%v says something: %+v", table, got)
			}
			return
		}
		if differ(got.Value, want) || got.DF != (len(rows)-1)*(len(cols)-1) || got.N != n {
			t.Fatalf("%v: %+v, want %v", table, got, want.FloatString(12))
		}
		if v := got.V(); v < 0 || v > 1+1e-12 || got.CorrectedV() > 1 {
			t.Fatalf("%v: V = %v, corrected %v", table, v, got.CorrectedV())
		}
	})
}

func TestChiSquareKnown(t *testing.T) {
	// 60 and 40 of a hundred each: 200 (60*60-40*40)² / 100⁴ = 8.
	got := Table{{60, 40}, {40, 60}}.ChiSquare()
	if math.Abs(got.Value-8) > 1e-12 || math.Abs(got.P-0.004677734981) > 1e-9 || math.Abs(got.V()-0.2) > 1e-12 {
		t.Errorf("%+v, V %v", got, got.V())
	}
	// phi² - 1/199 over 2 - 1/199 - 1.
	if v := got.CorrectedV(); math.Abs(v-math.Sqrt((0.04-1./199)/(1-1./199))) > 1e-12 {
		t.Errorf("corrected V %v", v)
	}
	if v := (Table{{51, 49}, {49, 51}}).ChiSquare().CorrectedV(); v != 0 {
		t.Errorf("what chance gives is corrected to %v, want 0", v)
	}
	if v := (Table{{10, 0, 0}, {0, 20, 0}, {0, 0, 30}}).ChiSquare().V(); math.Abs(v-1) > 1e-12 {
		t.Errorf("a diagonal has V %v, want 1", v)
	}
	if p := ChiTail(16.918977604620448, 9); math.Abs(p-0.05) > 1e-9 {
		t.Errorf("P(chi² with 9 degrees >= 16.919) = %v, want 0.05", p)
	}
}

func TestStrength(t *testing.T) {
	two, four := ChiSquare{Rows: 2, Cols: 9, DF: 8}, ChiSquare{Rows: 4, Cols: 5, DF: 12}
	for v, want := range map[Micro][2]Strength{
		50_000:  {Negligible, Negligible},
		60_000:  {Negligible, Small}, // 0.06, 0.17 and 0.29 with three degrees
		100_000: {Small, Small},
		175_000: {Small, Medium},
		290_000: {Small, Large},
		300_000: {Medium, Large},
		500_000: {Large, Large},
	} {
		if got := [2]Strength{two.Strength(v), four.Strength(v)}; got != want {
			t.Errorf("V %v: %v, want %v", v, got, want)
		}
	}
}

func TestMerged(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want Table
	}{
		{"sound stays", Table{{30, 30}, {30, 30}}, Table{{30, 30}, {30, 30}}},
		{"empty goes", Table{{30, 0, 30}, {0, 0, 0}, {30, 0, 30}}, Table{{30, 30}, {30, 30}}},
		{"small rows join", Table{{100, 100}, {3, 4}, {90, 80}, {6, 5}}, Table{{100, 100}, {9, 9}, {90, 80}}},
		{"small columns join", Table{{100, 2, 100, 3}, {100, 3, 100, 2}}, Table{{100, 5, 100}, {100, 5, 100}}},
		{"two by two is the end", Table{{5, 0}, {0, 5}}, Table{{5, 0}, {0, 5}}},
		{"nothing", nil, nil},
		{"one row", Table{{1, 2, 3}}, Table{{1, 2, 3}}},
	} {
		if diff := cmp.Diff(c.want, c.in.Merged()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestSound holds the rule at its edges; the expected counts are in the comments.
func TestSound(t *testing.T) {
	for _, c := range []struct {
		table Table
		want  bool
	}{
		{Table{{10, 10}, {10, 10}}, true},               // 10
		{Table{{9, 10}, {10, 10}}, false},               // 9.3
		{Table{{5, 45}, {5, 45}, {5, 45}}, true},        // 5 and 45
		{Table{{4, 45}, {5, 45}, {5, 45}}, false},       // three of six under 5
		{Table{{2, 45}, {9, 150}, {9, 150}}, true},      // one of six, 2.6
		{Table{{1, 9, 9, 9, 9}, {1, 9, 9, 9, 9}}, true}, // two of ten, 1
		{Table{{20, 20}}, false},
		{nil, false},
	} {
		if got := c.table.Sound(); got != c.want {
			t.Errorf("%v is sound: %v, want %v", c.table, got, c.want)
		}
	}
}

func TestMergedHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(6, 6, 12).Draw(t, "table")
		before := table.turned().turned()
		merged := table.Merged()
		if diff := cmp.Diff(before, table.turned().turned()); diff != "" {
			t.Fatalf("the table itself changed: %s", diff)
		}
		_, _, n := table.margins()
		rows, cols, m := merged.margins()
		if n != m || !merged.Sound() && (len(rows) > 2 || len(cols) > 2) && min(len(rows), len(cols)) > 1 {
			t.Fatalf("%v became %v", table, merged)
		}
	})
}

// TestFisherExact compares with counts of tables, for all small margins.
func TestFisherExact(t *testing.T) {
	const most = 7
	for a := range uint64(most) {
		for b := range uint64(most) {
			for c := range uint64(most) {
				for d := range uint64(most) {
					if got, want := Fisher(a, b, c, d), slowFisher(a, b, c, d); differ(got, want) {
						t.Errorf("%d %d / %d %d: %v, want %v", a, b, c, d, got, want.FloatString(12))
					}
				}
			}
		}
	}
	if got := Fisher(3, 1, 1, 3); math.Abs(got-34./70) > 1e-12 {
		t.Errorf("the lady tasting tea: %v, want 34/70", got)
	}
	if got, want := Fisher(40, 960, 25, 1175), slowFisher(40, 960, 25, 1175); differ(got, want) {
		t.Errorf("of thousands: %v, want %v", got, want.FloatString(12))
	}
}

func slowFisher(a, b, c, d uint64) *big.Rat {
	ways := func(i uint64) *big.Int {
		if i > a+b || i > a+c || a+b-i > b+d {
			return new(big.Int)
		}
		w := new(big.Int).Binomial(int64(a+c), int64(i))
		return w.Mul(w, new(big.Int).Binomial(int64(b+d), int64(a+b-i)))
	}
	sum, observed := new(big.Int), ways(a)
	for i := range a + b + 1 {
		if w := ways(i); w.Cmp(observed) <= 0 {
			sum.Add(sum, w)
		}
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Binomial(int64(a+b+c+d), int64(a+b)))
}

func TestTwoProportions(t *testing.T) {
	z, p := TwoProportions(60, 100, 40, 100)
	if math.Abs(z-math.Sqrt(8)) > 1e-12 || math.Abs(p-0.004677734981) > 1e-9 {
		t.Errorf("z %v, p %v; want the root of chi-square", z, p)
	}
	if back, same := TwoProportions(40, 100, 60, 100); back != -z || same != p {
		t.Errorf("the other way round: z %v, p %v", back, same)
	}
	for _, c := range [][4]uint64{{0, 0, 1, 2}, {0, 5, 0, 5}, {5, 5, 5, 5}, {1, 2, 0, 0}} {
		if z, p := TwoProportions(c[0], c[1], c[2], c[3]); z != 0 || p != 1 {
			t.Errorf("%v: z %v, p %v; nothing can be said", c, z, p)
		}
	}
}
