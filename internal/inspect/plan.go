package inspect

import (
	"sort"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Plan is how one stratum is inspected: by a fixed plan or a sequential one.
type Plan struct {
	Stratum    string           `json:"stratum"`
	Total      uint64           `json:"total"` // records that can be drawn
	Fixed      *stat.Plan       `json:"fixed,omitempty"`
	Sequential *stat.Sequential `json:"sequential,omitempty"`
}

// Items returns how many records the plan may look at; a fixed plan looks at
// all of them.
func (p *Plan) Items() uint64 {
	if p.Fixed != nil {
		return p.Fixed.N
	}
	return p.Sequential.Cap
}

// The confidence is spent in parts that add up: a fifth of what it leaves to
// chance goes to the gold items, and the strata share the rest evenly. So the
// whole statement holds with the confidence, however its parts hang together.

func (d *Design) goldConfidence() stat.Micro { return stat.One - (stat.One-d.Confidence)/5 }

func (d *Design) stratumConfidence() stat.Micro {
	left := (stat.One - d.Confidence) - (stat.One - d.goldConfidence())
	return stat.One - left/stat.Micro(len(d.strata()))
}

// seen returns the rate at which inspectors notice errors, if errors come at a
// rate and the sensitivity is as planned.
func (d *Design) seen(rate stat.Micro) stat.Micro {
	return stat.Micro(uint64(rate) * uint64(d.Sensitivity) / uint64(stat.One))
}

// plan returns the plan for a stratum with so many records; 0 means any number,
// and a plan that no number will need more items than.
func (d *Design) plan(stratum string, total uint64) (Plan, error) {
	p := Plan{Stratum: stratum, Total: total}
	if !d.Sequential() {
		f, err := stat.Fixed(d.seen(d.Limit), d.stratumConfidence(), d.Accept, total)
		p.Fixed = &f
		return p, err
	}
	s, err := stat.Strict(max(1, d.seen(d.Good)), d.seen(d.Limit), d.Risk, d.stratumConfidence())
	p.Sequential = &s
	if err == nil && total != 0 && total < s.Cap {
		err = gov.Errorf(gov.Invalid, "TOO_FEW_RECORDS", "stratum %q has %d records, and the sequential plan may ask for %d: use a fixed one", stratum, total, s.Cap)
	}
	return p, err
}

// Plans returns the plans for strata with so many records, in the order of the
// design's strata. Returns gov.Invalid if one is empty, since nothing can be
// said of it, or the sheet would be too long.
func (d *Design) Plans(totals []uint64) ([]Plan, error) {
	names, all := d.strata(), uint64(0)
	if len(totals) != len(names) {
		return nil, badDesign("has %d strata, not %d", len(names), len(totals))
	}
	plans := make([]Plan, len(names))
	for i, name := range names {
		if totals[i] == 0 {
			return nil, gov.Errorf(gov.Invalid, "EMPTY_STRATUM", "stratum %q has no records", name)
		}
		p, err := d.plan(name, totals[i])
		if err != nil {
			return nil, err
		}
		plans[i], all = p, all+p.Items()
	}
	if all+d.golds(all) > MaxItems {
		return nil, gov.Errorf(gov.Exhausted, "TOO_MANY_ITEMS", "the plan asks for %d items, %d at most", all+d.golds(all), MaxItems)
	}
	return plans, nil
}

// golds returns how many gold items a sheet with n others has.
func (d *Design) golds(n uint64) uint64 {
	gold, rest := uint64(d.Gold), uint64(stat.One-d.Gold)
	return (n*gold + rest - 1) / rest
}

// GoldFor returns how many gold errors a sheet by the plans should have, so that
// the planned sensitivity can still be shown if two of them are overlooked, and
// the share of gold items that gives as many.
func (d *Design) GoldFor(plans []Plan) (errors uint64, share stat.Micro) {
	var all, first uint64 // items at most, and those before the earliest end
	for i := range plans {
		all += plans[i].Items()
		if p := plans[i].Sequential; p != nil {
			first += p.Accepting(0)
		} else {
			first += plans[i].Items()
		}
	}
	errors = 3 + uint64(sort.Search(MaxItems, func(more int) bool {
		n := uint64(more) + 3
		return stat.Lower(n-2, n, d.goldConfidence()) >= d.Sensitivity
	}))
	if first < all { // gold lies at random: some more, so that enough comes early
		errors += errors / 4
	}
	errors = (errors*all + first - 1) / first
	return errors, ShareOf(errors, all)
}

// ShareOf returns the share of gold items of a sheet with so many gold items and
// others: half at most, and never more gold than there is.
func ShareOf(gold, others uint64) stat.Micro {
	return min(stat.Micro(gold*uint64(stat.One)/(gold+others)), stat.One/2)
}

// Curve returns the operating characteristic of a plan: the probability that it
// passes at rates of wrong records, if inspectors notice as many as planned. It
// is to be shown before the sample is drawn: the cheapest plan often fails data
// that is several times better than it need be.
func (d *Design) Curve(p *Plan, rates []stat.Micro) []stat.Point {
	seen := make([]stat.Micro, len(rates))
	for i, r := range rates {
		seen[i] = d.seen(r)
	}
	var points []stat.Point
	if p.Fixed != nil {
		points = p.Fixed.Curve(seen)
	} else {
		points = p.Sequential.Curve(seen)
	}
	for i := range points {
		points[i].Rate = rates[i]
	}
	return points
}

// Rates returns rates worth showing on a curve: a fiftieth, a tenth, a fifth and
// two fifths of the limit, the limit and twice that.
func (d *Design) Rates() []stat.Micro {
	l := d.Limit
	return []stat.Micro{l / 50, l / 10, l / 5, l * 2 / 5, l, min(2*l, stat.One)}
}
