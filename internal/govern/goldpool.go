package govern

import (
	"cmp"
	"slices"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/tree"
)

// A Gold is a record of which the truth is known. If it is shown with another
// label than it has, it is an error.
type Gold struct {
	Key   string          `json:"key"`
	Truth inspect.Verdict `json:"truth"`
	Shown string          `json:"shown,omitempty"` // the name that its first label is shown with; "": as it is
}

// A goldPool is what the gold items of an inspection are taken from.
type goldPool struct {
	Planted bool   `json:"planted,omitempty"` // by govd: records chosen at random, shown with another label
	Items   []Gold `json:"items"`             // ascending by key
}

// maxGold is how many gold items somebody may bring.
const maxGold = 50_000

// checkGold returns the pool of what somebody brings: each must be a record of
// the version.
func checkGold(from tree.Source, v gov.Version, items []Gold) (goldPool, error) {
	if len(items) > maxGold {
		return goldPool{}, gov.Errorf(gov.Exhausted, "TOO_MUCH_GOLD", "%d gold items are too many: %d at most", len(items), maxGold)
	}
	pool := goldPool{Items: slices.Clone(items)}
	slices.SortFunc(pool.Items, func(a, b Gold) int { return cmp.Compare(a.Key, b.Key) })
	f := faults{of: "gold item"}
	read := newSeeker(from, v.Tree)
	defer func() { read.stop() }()
	for i, g := range pool.Items {
		if i > 0 && g.Key == pool.Items[i-1].Key {
			f.add(gov.Errorf(gov.Invalid, "BAD_GOLD", "gold item %q is there twice", g.Key))
			continue
		}
		r, err := read.find(g.Key)
		if err != nil {
			return pool, err
		}
		f.add(g.check(r, v))
	}
	if f.first != nil {
		return pool, f.err()
	}
	return pool, nil
}

func (g *Gold) check(r *gov.Record, v gov.Version) error {
	switch {
	case r == nil:
		return gov.Errorf(gov.Invalid, "UNKNOWN_RECORD", "gold item %q is not in %s", g.Key, v.Ref())
	case g.Truth != inspect.OK && g.Truth != inspect.Wrong:
		return gov.Errorf(gov.Invalid, "BAD_GOLD", "gold item %q is neither ok nor wrong", g.Key)
	case g.Shown != "" && (len(r.Labels) == 0 || len(g.Shown) > gov.MaxText || g.Truth != inspect.Wrong || r.Labels[0].Name == g.Shown):
		return gov.Errorf(gov.Invalid, "BAD_GOLD", "gold item %q is shown with the label %.40q: it must be wrong, and be another than its first label", g.Key, g.Shown)
	}
	return nil
}

func (p goldPool) has(key string) bool {
	_, found := slices.BinarySearchFunc(p.Items, key, func(g Gold, key string) int { return cmp.Compare(g.Key, key) })
	return found
}

func (p goldPool) shown() map[string]string {
	all := map[string]string{}
	for _, g := range p.Items {
		if g.Shown != "" {
			all[g.Key] = g.Shown
		}
	}
	return all
}

func (p goldPool) items() (all []inspect.Gold) {
	for _, g := range p.Items {
		all = append(all, inspect.Gold{Key: g.Key, Truth: g.Truth})
	}
	return all
}

// planted makes a pool of n records of a version that are shown with another of
// the label names in use.
func planted(from tree.Source, v gov.Version, seed gov.Digest, n int, names []string) (goldPool, error) {
	p, pool := inspect.NewPlanting(seed, n), goldPool{Planted: true}
	for r, err := range recordsOf(from, v.Tree) {
		if err != nil {
			return pool, err
		}
		if len(others(names, r)) > 0 {
			p.Add(r.Key)
		}
	}
	for _, key := range p.Keys() {
		r, err := recordAt(from, v.Tree, key)
		if err != nil {
			return pool, err
		}
		wrong := others(names, r)
		pool.Items = append(pool.Items, Gold{key, inspect.Wrong, wrong[p.Choice(key, len(wrong))]})
	}
	slices.SortFunc(pool.Items, func(a, b Gold) int { return cmp.Compare(a.Key, b.Key) })
	return pool, nil
}

// others returns the names that no label of the record has; none if it has no
// label that another could stand for.
func others(names []string, r *gov.Record) (all []string) {
	if len(r.Labels) == 0 {
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(r.Labels, func(l gov.Label) bool { return l.Name == name }) {
			all = append(all, name)
		}
	}
	return all
}
