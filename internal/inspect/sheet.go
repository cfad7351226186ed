package inspect

import (
	"bytes"
	"slices"

	"govd/internal/gov"
)

// A Verdict is what an inspector says of an item.
type Verdict string

// The verdicts. What stays unclear counts as an error.
const (
	OK      Verdict = "ok"
	Wrong   Verdict = "error"
	Unclear Verdict = "unclear"
)

// A Gold is a record of which the truth is known: OK or Wrong.
type Gold struct {
	Key   string
	Truth Verdict
}

// An Item is one line of a sheet. Only its ID, and the record of its key, are
// for inspectors.
type Item struct {
	ID      ItemID
	Key     string
	Stratum int     // index into the plans; -1 for gold
	Truth   Verdict // of gold
}

func (it *Item) gold() bool { return it.Stratum < 0 }

// A Sheet is what is to be inspected, in order. It is secret until the
// inspection is over.
type Sheet struct {
	Plans  []Plan
	Items  []Item
	Except uint64 // records that were left out, of which the inspection says nothing
}

// Close ends the draw: it sizes the plans by what was seen, and lays out the
// sheet. Of the pool it takes as many gold items as the design asks for. Returns
// gov.Invalid if they do not suffice, if none is known to be wrong, or if one
// could have been drawn as well.
func (w *Draw) Close(pool []Gold) (*Sheet, error) {
	totals := make([]uint64, len(w.strata))
	for i := range w.strata {
		totals[i] = w.strata[i].total
	}
	plans, err := w.design.Plans(totals)
	if err != nil {
		return nil, err
	}
	sample, err := w.sample(plans)
	if err != nil {
		return nil, err
	}
	gold, err := w.gold(pool, w.design.golds(uint64(len(sample))))
	if err != nil {
		return nil, err
	}
	return &Sheet{plans, w.mix(sample, gold), w.left}, nil
}

// sample returns the drawn items: by rank within a stratum, the strata in turn,
// so that sequential plans advance together.
func (w *Draw) sample(plans []Plan) (items []Item, err error) {
	picks := make([][]pick, len(plans))
	longest := 0
	for i := range plans {
		if picks[i], err = w.strata[i].lowest(plans[i].Items()); err != nil {
			return nil, err
		}
		longest = max(longest, len(picks[i]))
	}
	for n := range longest {
		for i := range picks {
			if n < len(picks[i]) {
				key := picks[i][n].key
				items = append(items, Item{ID: itemID(w.seed, key), Key: key, Stratum: i})
			}
		}
	}
	return items, nil
}

// gold takes n of the pool, at random like the sample.
func (w *Draw) gold(pool []Gold, n uint64) (items []Item, err error) {
	picks, truth := make([]pick, 0, len(pool)), map[string]Verdict{}
	for _, g := range pool {
		if _, twice := truth[g.Key]; twice || g.Truth != OK && g.Truth != Wrong || !w.except(g.Key) {
			return nil, gov.Errorf(gov.Invalid, "BAD_GOLD", "gold item %q is there twice, is neither ok nor an error, or could be drawn as well", g.Key)
		}
		truth[g.Key] = g.Truth
		picks = append(picks, pick{rank(w.seed, g.Key), g.Key})
	}
	if uint64(len(picks)) < n {
		return nil, gov.Errorf(gov.Invalid, "TOO_LITTLE_GOLD", "the design asks for %d gold items, and there are %d", n, len(picks))
	}
	slices.SortFunc(picks, pick.compare)
	for _, p := range picks[:n] {
		items = append(items, Item{ID: itemID(w.seed, p.key), Key: p.key, Stratum: -1, Truth: truth[p.key]})
	}
	if !slices.ContainsFunc(items, func(it Item) bool { return it.Truth == Wrong }) {
		return nil, gov.Errorf(gov.Invalid, "BAD_GOLD", "none of the %d gold items is an error, so nobody would know what inspectors overlook", n)
	}
	return items, nil
}

// mix puts the gold items at the places of lowest rank. Every choice of places
// is as likely as any other, so a place tells nothing of what lies there.
func (w *Draw) mix(sample, gold []Item) []Item {
	type spot struct {
		rank  gov.Digest
		place int
	}
	spots := make([]spot, len(sample)+len(gold))
	for i := range spots {
		spots[i] = spot{placeRank(w.seed, i), i}
	}
	slices.SortFunc(spots, func(a, b spot) int { return bytes.Compare(a.rank[:], b.rank[:]) })
	golden := make([]bool, len(spots))
	for _, s := range spots[:len(gold)] {
		golden[s.place] = true
	}
	items := make([]Item, len(spots))
	for i := range items {
		from := &sample
		if golden[i] {
			from = &gold
		}
		items[i], *from = (*from)[0], (*from)[1:]
	}
	return items
}
