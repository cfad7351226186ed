package review

import (
	"fmt"
	"math/bits"
	"slices"

	"govd/internal/gov"
)

// A demand is a factor that a case asks for, and the rule it comes from.
type demand struct {
	rule string
	Factor
}

// demands returns the factors that the case asks for: of the stage, of the size
// of the change, and of the classes of its labels.
func (b *bench) demands() (all []demand) {
	stage, newest := b.stage(), b.newest()
	rules := b.rules.Stages[stage]
	for _, f := range rules.Factors {
		all = append(all, demand{fmt.Sprintf("stage-%d/%s", stage, f.Role), f})
	}
	all = append(all, extras(rules.Extra, newest)...)
	for i := range b.rules.Classes {
		c := &b.rules.Classes[i]
		if !slices.ContainsFunc(newest.Labels, c.Holds) {
			continue
		}
		for _, f := range c.Factors {
			all = append(all, demand{fmt.Sprintf("class-%s/%s", c.Name, f.Role), f})
		}
	}
	return all
}

// extras returns, for each role, the largest need of the thresholds that the
// revision is over, in order of roles.
func extras(thresholds []Extra, r *gov.Revision) (all []demand) {
	need := map[gov.Role]uint8{}
	for _, e := range thresholds {
		if e.met(r) {
			need[e.Role] = max(need[e.Role], e.Need)
		}
	}
	for _, role := range gov.Roles { // which is sorted
		if n := need[role]; n > 0 {
			all = append(all, demand{"size/" + string(role), Factor{Role: role, Need: n}})
		}
	}
	return all
}

// met reports whether a revision is over the threshold.
func (e Extra) met(r *gov.Revision) bool {
	if e.Of == ByLabel {
		return r.Moved > e.Over
	}
	partHi, partLo := bits.Mul64(r.Touched, 1e6)
	mostHi, mostLo := bits.Mul64(r.Base.Records, uint64(e.Over))
	return partHi > mostHi || partHi == mostHi && partLo > mostLo
}

// total returns how many persons the demands need together.
func total(demands []demand) (n int) {
	for _, d := range demands {
		n += int(d.Need)
	}
	return n
}

// seat gives each person to at most one of the factors that they can fill, so
// that as many places as possible are taken, and returns the factor of each
// person, or -1. It is a maximum bipartite matching by augmenting paths (H. W.
// Kuhn, The Hungarian method, 1955): greed would seat the one domain owner as a
// steward. need is the places of each factor, can the persons who can fill it.
//
// A search that fails has seen only persons from whom no free place can be
// reached, and later ones need not look at them again (they stay seen). So all
// failures together cost one walk over can.
func seat(need []int, can [][]int, persons int) []int {
	m := matching{can: can, of: make([]int, persons), seen: make([]int, persons)}
	for p := range m.of {
		m.of[p] = -1
	}
	for f, n := range need {
		for range n {
			m.search++
			if !m.augment(f) {
				m.bury()
				break // the next place of this factor would fail alike
			}
		}
	}
	return m.of
}

const buried = -1

type matching struct {
	can    [][]int
	of     []int // the factor that each person fills
	seen   []int // the last search that looked at each person, or buried
	search int
}

// augment finds a person for a place of a factor, moving others if need be.
func (m *matching) augment(f int) bool {
	for _, p := range m.can[f] {
		if m.of[p] < 0 {
			m.of[p] = f
			return true
		}
	}
	for _, p := range m.can[f] {
		if m.of[p] == f || m.seen[p] == buried || m.seen[p] == m.search {
			continue
		}
		m.seen[p] = m.search
		if m.augment(m.of[p]) {
			m.of[p] = f
			return true
		}
	}
	return false
}

// bury marks what a failed search has seen.
func (m *matching) bury() {
	for p, s := range m.seen {
		if s == m.search {
			m.seen[p] = buried
		}
	}
}
