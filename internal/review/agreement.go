package review

import (
	"cmp"
	"math/big"
	"slices"

	"govd/internal/gov"
)

// An Agreement measures how far reviewers agree on items, as Krippendorff's
// alpha for nominal data: 1 is full agreement, 0 is chance, less is worse than
// chance. Reviewers may be many and need not all judge every item; an item with
// one vote says nothing.
//
// With n_ux votes x of the m_u votes on item u, over items with m_u >= 2, and
// n = sum m_u, n_x = sum n_ux, it is
//
//	alpha = 1 - (n-1) (n - sum n_ux (n_ux - 1) / (m_u - 1)) / (n² - sum n_x²)
//
// after K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011),
// section D. The sums are kept as integers while votes are added, each vote
// costing constant time; the quotient is exact and rounded once.
//
// The zero Agreement is ready to use.
type Agreement struct {
	items  map[string]*item
	agreed map[uint64]uint64 // m_u to the sum of n_ux (n_ux - 1) of the items with so many votes
	values map[string]uint64 // n_x
	n      uint64
}

type item struct {
	votes  map[string]string // by reviewer
	counts map[string]uint64 // n_ux
}

// Add counts the vote of a reviewer on an item. A second vote of theirs on the
// item replaces the first.
func (a *Agreement) Add(key, reviewer, vote string) {
	if a.items == nil {
		a.items, a.agreed, a.values = map[string]*item{}, map[uint64]uint64{}, map[string]uint64{}
	}
	it := a.items[key]
	if it == nil {
		it = &item{map[string]string{}, map[string]uint64{}}
		a.items[key] = it
	}
	old, again := it.votes[reviewer]
	a.take(it)
	if again {
		it.counts[old]--
	}
	it.votes[reviewer] = vote
	it.counts[vote]++
	a.put(it)
}

// take removes an item from the sums, and put adds it. Only what is pairable is
// in them.
func (a *Agreement) take(it *item) { a.sum(it, func(x, by uint64) uint64 { return x - by }) }
func (a *Agreement) put(it *item)  { a.sum(it, func(x, by uint64) uint64 { return x + by }) }

func (a *Agreement) sum(it *item, step func(x, by uint64) uint64) {
	m := uint64(len(it.votes))
	if m < 2 {
		return
	}
	for vote, n := range it.counts {
		if n > 0 {
			a.agreed[m] = step(a.agreed[m], n*(n-1))
			a.values[vote] = step(a.values[vote], n)
		}
	}
	a.n = step(a.n, m)
}

// Majority returns the vote that more than half of an item's reviewers gave, or
// "" if there is none.
func (a *Agreement) Majority(key string) string {
	it := a.items[key]
	if it == nil {
		return ""
	}
	for vote, n := range it.counts {
		if 2*n > uint64(len(it.votes)) {
			return vote
		}
	}
	return ""
}

// Items and Votes return how many items were voted on, and how many votes can be
// paired with another on the same item.
func (a *Agreement) Items() int    { return len(a.items) }
func (a *Agreement) Votes() uint64 { return a.n }

// Alpha returns the measure, or false if nothing can be said: no item has two
// votes, or all votes are the same.
func (a *Agreement) Alpha() (float64, bool) {
	n := ratio(a.n)
	unlike := new(big.Rat).Mul(n, n)
	for _, x := range a.values {
		unlike.Sub(unlike, new(big.Rat).Mul(ratio(x), ratio(x)))
	}
	if unlike.Sign() == 0 {
		return 0, false
	}
	differ := new(big.Rat).Set(n)
	for m, s := range a.agreed {
		differ.Sub(differ, new(big.Rat).Quo(ratio(s), ratio(m-1)))
	}
	differ.Mul(differ, ratio(a.n-1))
	alpha, _ := new(big.Rat).Sub(ratio(1), differ.Quo(differ, unlike)).Float64()
	return alpha, true
}

func ratio(n uint64) *big.Rat { return new(big.Rat).SetUint64(n) }

// A Pair is how a reviewer has voted on the changes of an author.
type Pair struct {
	Author, Reviewer  gov.PersonID
	Approved, Against uint64
}

// Share returns the approved in parts per million.
func (p Pair) Share() uint32 {
	if p.Approved+p.Against == 0 {
		return 0
	}
	return uint32(p.Approved * 1_000_000 / (p.Approved + p.Against))
}

// Pairs tallies votes by author and reviewer. The zero Pairs is ready to use.
type Pairs struct{ all map[[2]gov.PersonID]*Pair }

// Add counts the last vote of a reviewer on a change of an author. Only
// approvals and vetoes count.
func (t *Pairs) Add(author, reviewer gov.PersonID, kind gov.VoteKind) {
	if kind != gov.Approve && kind != gov.Veto {
		return
	}
	key := [2]gov.PersonID{author, reviewer}
	if t.all == nil {
		t.all = map[[2]gov.PersonID]*Pair{}
	}
	if t.all[key] == nil {
		t.all[key] = &Pair{Author: author, Reviewer: reviewer}
	}
	if kind == gov.Approve {
		t.all[key].Approved++
	} else {
		t.all[key].Against++
	}
}

// List returns the pairs in order.
func (t *Pairs) List() (all []Pair) {
	for _, p := range t.all {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(x.Author, y.Author), cmp.Compare(x.Reviewer, y.Reviewer))
	})
	return all
}
