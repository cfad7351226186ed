package stat

import (
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Table is a contingency table of counts, row by row. Its rows are of one
// length, and its sum is less than 2^63.
type Table [][]uint64

// margins returns the sums of rows and columns, and of all.
func (t Table) margins() (rows, cols []uint64, n uint64) {
	for i, row := range t {
		if i == 0 {
			cols = make([]uint64, len(row))
		}
		sum := uint64(0)
		for j, x := range row {
			cols[j] += x
			sum += x
		}
		rows, n = append(rows, sum), n+sum
	}
	return rows, cols, n
}

// Bare returns the table without the rows and columns that hold nothing, which
// say nothing of dependence and would only add degrees of freedom.
func (t Table) Bare() Table {
	rows, cols, _ := t.margins()
	var bare Table
	for i, row := range t {
		if rows[i] == 0 {
			continue
		}
		var kept []uint64
		for j, x := range row {
			if cols[j] > 0 {
				kept = append(kept, x)
			}
		}
		bare = append(bare, kept)
	}
	return bare
}

// Sound reports whether Pearson's test may be trusted on the table, after
// W. Cochran (Biometrics 10, 1954): in a table of two by two every expected
// count is at least 10, and in a larger one at most a fifth of them is under 5.
func (t Table) Sound() bool {
	rows, cols, n := t.margins()
	if len(rows) < 2 || len(cols) < 2 {
		return false
	}
	least, few := uint64(5), 0
	small := len(rows) == 2 && len(cols) == 2
	if small {
		least = 10
	}
	for _, r := range rows {
		for _, c := range cols {
			if under(r, c, least, n) {
				few++
			}
		}
	}
	return few == 0 || !small && 5*few <= len(rows)*len(cols)
}

// under reports whether the expected count r c / n is less than least, exactly.
func under(r, c, least, n uint64) bool {
	hi, lo := bits.Mul64(r, c)
	wantHi, wantLo := bits.Mul64(least, n)
	return hi < wantHi || hi == wantHi && lo < wantLo
}

// Merged returns the bare table with its two smallest rows or columns joined
// until it is sound, or two by two and not to be helped; then [Fisher] is the test.
// A table without two rows and two columns stays as it is. The choice depends on the counts alone: the dimension with the smaller
// least margin goes first, and of equal margins those with the lowest indices.
func (t Table) Merged() Table {
	t = t.Bare()
	for !t.Sound() {
		rows, cols, _ := t.margins()
		switch {
		case min(len(rows), len(cols)) < 2:
			return t
		case len(rows) > 2 && (len(cols) <= 2 || slices.Min(rows) <= slices.Min(cols)):
			t = t.join(smallest(rows))
		case len(cols) > 2:
			t = t.turned().join(smallest(cols)).turned()
		default:
			return t
		}
	}
	return t
}

// smallest returns the places of the two smallest sums, in order of place.
func smallest(sums []uint64) (a, b int) {
	a, b = 0, 1
	if sums[b] < sums[a] {
		a, b = b, a
	}
	for i := 2; i < len(sums); i++ {
		switch {
		case sums[i] < sums[a]:
			a, b = i, a
		case sums[i] < sums[b]:
			b = i
		}
	}
	return min(a, b), max(a, b)
}

// join adds row b to row a and takes it out. It changes t, which Bare has made.
func (t Table) join(a, b int) Table {
	for j, x := range t[b] {
		t[a][j] += x
	}
	return slices.Delete(t, b, b+1)
}

func (t Table) turned() Table {
	if len(t) == 0 {
		return nil
	}
	turned := make(Table, len(t[0]))
	for _, row := range t {
		for j, x := range row {
			turned[j] = append(turned[j], x)
		}
	}
	return turned
}

// A ChiSquare is the outcome of Pearson's test of independence on a table.
type ChiSquare struct {
	Value      float64
	DF         int     // 0 if there are not two rows and two columns: then nothing was tested
	P          float64 // 1 if DF is 0
	N          uint64
	Rows, Cols int
}

// ChiSquare tests the table as it is. Rows and columns that hold nothing must
// have been taken out by [Table.Bare] or [Table.Merged].
func (t Table) ChiSquare() ChiSquare {
	rows, cols, n := t.margins()
	c := ChiSquare{N: n, Rows: len(rows), Cols: len(cols), P: 1}
	if c.least() < 1 || n == 0 {
		return c
	}
	for i, row := range t {
		for j, x := range row {
			off := distance(x, n, rows[i], cols[j])
			c.Value += off / float64(rows[i]) * off / float64(cols[j]) / float64(n)
		}
	}
	c.DF = (c.Rows - 1) * (c.Cols - 1)
	c.P = ChiTail(c.Value, c.DF)
	return c
}

// distance returns |x n - r c|: how far a count is from the expected one, times
// n. Only the exact difference is rounded.
func distance(x, n, r, c uint64) float64 {
	hi, lo := bits.Mul64(x, n)
	ehi, elo := bits.Mul64(r, c)
	if hi < ehi || hi == ehi && lo < elo {
		hi, lo, ehi, elo = ehi, elo, hi, lo
	}
	dlo, borrow := bits.Sub64(lo, elo, 0)
	dhi, _ := bits.Sub64(hi, ehi, borrow)
	return math.Ldexp(float64(dhi), 64) + float64(dlo)
}

func (c ChiSquare) least() int { return min(c.Rows, c.Cols) - 1 }

// V returns Cramer's V, from 0 (independent) to 1 (one says all of the other).
func (c ChiSquare) V() float64 {
	if c.DF == 0 {
		return 0
	}
	return math.Sqrt(c.Value / float64(c.N) / float64(c.least()))
}

// CorrectedV returns V without the bias that chance gives it in small samples,
// after W. Bergsma, A bias-correction for Cramér's V and Tschuprow's T (2013).
func (c ChiSquare) CorrectedV() float64 {
	if c.DF == 0 || c.N < 2 {
		return 0
	}
	rest := float64(c.N - 1)
	shrink := func(k int) float64 { return float64(k) - float64((k-1)*(k-1))/rest }
	phi := max(0, c.Value/float64(c.N)-float64(c.DF)/rest)
	least := min(shrink(c.Rows), shrink(c.Cols)) - 1
	if least <= 0 {
		return 0
	}
	return min(1, math.Sqrt(phi/least))
}

// A Strength says how strong an association is.
type Strength uint8

// The strengths, after J. Cohen (Statistical Power Analysis, 1988, chapter 7).
const (
	Negligible Strength = iota
	Small
	Medium
	Large
)

// Strength grades a V measured on this table. Cohen's 0.1, 0.3 and 0.5 are for
// two rows or two columns; they shrink with the root of min(rows, columns) - 1.
func (c ChiSquare) Strength(v Micro) Strength {
	scale := math.Sqrt(float64(max(c.least(), 1)))
	grade := Negligible
	for i, at := range []float64{0.1, 0.3, 0.5} {
		if v >= Near(at/scale) {
			grade = Strength(i + 1)
		}
	}
	return grade
}

// ChiTail returns the probability that chi-square with df degrees of freedom is
// value or more.
func ChiTail(value float64, df int) float64 {
	if df <= 0 || value <= 0 {
		return 1
	}
	return distuv.ChiSquared{K: float64(df)}.Survival(value)
}
