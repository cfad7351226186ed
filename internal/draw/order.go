package draw

import (
	"cmp"
	"slices"
)

// sweeps is how often the ranks are ordered, to the right and to the left in
// turn.
const sweeps = 12

// order orders the vertices of each rank by the barycentre of their neighbours
// in the rank before, and keeps the order with the fewest crossings.
func (l *layout) order() {
	l.ranks = make([][]int, 1+slices.Max(append([]int{-1}, l.rank...)))
	for v, r := range l.rank {
		l.ranks[r] = append(l.ranks[r], v)
	}
	at := make([]int, len(l.rank)) // the place of each vertex in its rank
	for _, rank := range l.ranks {
		number(at, rank)
	}
	best, fewest := copied(l.ranks), l.crossings(at)
	for i := 0; i < sweeps && fewest > 0; i++ {
		l.sweep(at, i%2 == 0)
		if n := l.crossings(at); n < fewest {
			best, fewest = copied(l.ranks), n
		}
	}
	l.ranks = best
}

func number(at, rank []int) {
	for i, v := range rank {
		at[v] = i
	}
}

func copied(ranks [][]int) [][]int {
	out := make([][]int, len(ranks))
	for i := range ranks {
		out[i] = slices.Clone(ranks[i])
	}
	return out
}

// sweep orders each rank by the one before it, or by the one after it.
func (l *layout) sweep(at []int, right bool) {
	centre := make([]fraction, len(at))
	for i := range l.ranks {
		beside := l.prev
		if !right {
			i, beside = len(l.ranks)-1-i, l.next
		}
		for _, v := range l.ranks[i] {
			centre[v] = barycentre(at, beside[v], at[v])
		}
		slices.SortStableFunc(l.ranks[i], func(a, b int) int { return centre[a].compare(centre[b]) })
		number(at, l.ranks[i])
	}
}

// A fraction is a mean that is not rounded.
type fraction struct{ sum, n int }

func (f fraction) compare(g fraction) int { return cmp.Compare(f.sum*g.n, g.sum*f.n) }

// barycentre returns the mean place of the neighbours; without any, where the
// vertex is.
func barycentre(at, neighbours []int, place int) fraction {
	f := fraction{place, 1}
	if len(neighbours) > 0 {
		f = fraction{0, len(neighbours)}
	}
	for _, u := range neighbours {
		f.sum += at[u]
	}
	return f
}

// crossings counts how often edges cross between neighbouring ranks: for each
// edge, those before it that end below it, in a tree of sums (Barth, Jünger and
// Mutzel 2002).
func (l *layout) crossings(at []int) (total int) {
	var ends []int
	for i, rank := range l.ranks[:max(0, len(l.ranks)-1)] {
		sums := make([]int, len(l.ranks[i+1])+1)
		seen := 0
		for _, v := range rank {
			ends = ends[:0]
			for _, to := range l.next[v] {
				ends = append(ends, at[to])
			}
			for _, end := range ends {
				total += seen - upTo(sums, end)
			}
			for _, end := range ends {
				add(sums, end)
			}
			seen += len(ends)
		}
	}
	return total
}

// upTo returns how many places up to i were added.
func upTo(sums []int, i int) (n int) {
	for i++; i > 0; i &= i - 1 {
		n += sums[i]
	}
	return n
}

func add(sums []int, i int) {
	for i++; i < len(sums); i += i & -i {
		sums[i]++
	}
}
