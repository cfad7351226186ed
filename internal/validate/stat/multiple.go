package stat

import (
	"cmp"
	"slices"
)

// A Correction is a way to test many hypotheses at once.
type Correction uint8

// The corrections. The first two bound the chance of any false alarm; the last
// two the expected share of false alarms among the alarms.
const (
	Bonferroni         Correction = iota
	Holm                          // S. Holm, Scand. J. Stat. 6 (1979)
	BenjaminiHochberg             // J. R. Stat. Soc. B 57 (1995); for tests that are independent
	BenjaminiYekutieli            // Ann. Stat. 29 (2001); for any dependence, such as slices that overlap
)

// Adjust returns adjusted p-values in the order of the given ones: a hypothesis
// is rejected at level q if its adjusted p-value is at most q.
func (c Correction) Adjust(p []float64) []float64 {
	m := float64(len(p))
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	adjusted := make([]float64, len(p))
	switch c {
	case Holm:
		most := 0.0
		for rank, i := range order {
			most = max(most, p[i]*(m-float64(rank)))
			adjusted[i] = min(most, 1)
		}
	case BenjaminiHochberg, BenjaminiYekutieli:
		least := 1.0
		for rank, i := range slices.Backward(order) {
			least = min(least, p[i]*(c.penalty(len(p))*(m/float64(rank+1))))
			adjusted[i] = least
		}
	default:
		for i := range p {
			adjusted[i] = min(p[i]*m, 1)
		}
	}
	return adjusted
}

// penalty returns by how much dependence costs: sum 1/i.
func (c Correction) penalty(m int) float64 {
	if c != BenjaminiYekutieli {
		return 1
	}
	sum := 0.0
	for i := range m {
		sum += 1 / float64(i+1)
	}
	return sum
}
