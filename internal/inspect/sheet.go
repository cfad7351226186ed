package inspect

import (
	"bytes"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/stat"
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

// An Item is one line of a sheet. Inspectors get no more of it than a [Task].
type Item struct {
	ID      ItemID  `json:"id"`
	Key     string  `json:"key"`
	Stratum int     `json:"stratum"`         // index into the plans; of gold, that of the item it goes with
	Truth   Verdict `json:"truth,omitempty"` // of gold; "" for the sample
}

func (it *Item) gold() bool { return it.Truth != "" }

// A Sheet is what is to be inspected, in order. It is secret until the
// inspection is over.
type Sheet struct {
	Plans  []Plan `json:"plans"`
	Items  []Item `json:"items"`
	Except uint64 `json:"except"` // records that were left out, of which the inspection says nothing
}

// Close ends the draw: it sizes the plans by what was seen, and lays out the
// sheet. Of the pool it takes as many gold items as the design asks for. Returns
// gov.Invalid if they do not suffice, or if one could have been drawn as well.
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

// Shows returns the sensitivity that the sheet can show at best: if every gold
// error that comes before the earliest end is noticed. If that is less than
// planned, the sheet is not worth beginning: more gold is needed.
func (d *Design) Shows(s *Sheet) stat.Micro {
	seen, errors := make([]uint64, len(s.Plans)), uint64(0)
	for _, it := range s.Items {
		p := &s.Plans[it.Stratum]
		if !it.gold() {
			seen[it.Stratum]++
		} else if it.Truth == Wrong && (p.Fixed != nil || seen[it.Stratum] < p.Sequential.Accepting(0)) {
			errors++
		}
	}
	return stat.Lower(errors, errors, d.goldConfidence())
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
		items = append(items, Item{ID: itemID(w.seed, p.key), Key: p.key, Truth: truth[p.key]})
	}
	return items, nil
}

// mix puts the gold items at the places of lowest rank. Every choice of places
// is as likely as any other, so a place tells nothing of what lies there. A gold
// item goes with the stratum of the next item of the sample: when that is
// decided, both are skipped, and the share of gold in what is left stays.
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
	items, with := make([]Item, len(spots)), 0
	for i := range items {
		if len(sample) > 0 {
			with = sample[0].Stratum
		}
		from := &sample
		if golden[i] {
			from = &gold
		}
		items[i], *from = (*from)[0], (*from)[1:]
		items[i].Stratum = with
	}
	return items
}
