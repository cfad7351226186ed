package validate

import (
	"maps"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// A drifting is a field whose added records are compared with those that were
// there: words that are counted, or numbers in bins.
type drifting struct {
	name   string
	words  measure.Measure
	spread *measure.Spread
	leaves func(word string) bool // out of what was added; nil: nothing
}

// drifts compares each field and flags those whose PSI is both large and
// significant, by Benjamini and Hochberg over all: at a million records every
// difference is significant, at a hundred none is small. The values are always
// there. Versions share records, so what was added is compared with what was
// there, and not the versions.
func (j *judged) drifts(fields []drifting) {
	if j.e.Then == nil || j.e.Delta == nil {
		j.skip("there is no version before")
		return
	}
	var all []compared
	var ps []float64
	for _, f := range fields {
		p, q := f.bins(j.e.Delta.Added), f.bins(j.e.Then)
		if f.leaves != nil {
			maps.DeleteFunc(p, func(word string, _ uint64) bool { return f.leaves(word) })
		}
		added, then := align(p, q)
		pair, ok := stat.Compare(added, then)
		if !ok {
			continue // nothing was added, or there is no such field
		}
		c := compared{f.name, pair, stat.Table{added, then}, f.spread != nil}
		all = append(all, c)
		ps = append(ps, c.p())
	}
	if len(all) == 0 {
		j.skip("nothing was added")
		return
	}
	for i, p := range stat.BenjaminiHochberg.Adjust(ps) {
		significant := stat.Near(p) <= j.param("q") && j.e.Delta.Added.Records() >= j.times("n")
		f := Facet{Name: all[i].name, Value: stat.Near(all[i].pair.PSI()), Limit: j.param("warn"), Note: distances(all[i].pair, all[i].spans, p)}
		switch {
		case significant && f.Value > j.param("fail"):
			f.Limit = j.param("fail")
			j.atMost(j.set.Severity, f)
		case significant:
			j.atMost(Waiver, f)
		default:
			j.shown(f)
		}
	}
}

// A compared is a field on both sides.
type compared struct {
	name  string
	pair  stat.Pair
	table stat.Table
	spans bool // numbers, in order
}

// p is the significance of the difference: chi-squared where it may be trusted,
// else Fisher's test of what is left of the table.
func (c *compared) p() float64 {
	t := c.table.Merged()
	if !t.Sound() && len(t) == 2 && len(t[0]) == 2 {
		return stat.Fisher(t[0][0], t[0][1], t[1][0], t[1][1])
	}
	return t.ChiSquare().P
}

func distances(p stat.Pair, spans bool, significance float64) string {
	s := "JS " + plain(stat.Near(p.JS())) + ", L∞ " + plain(stat.Near(p.LInf())) + ", Hellinger " + plain(stat.Near(p.Hellinger()))
	if spans {
		d, ks := p.KS()
		s += ", KS " + plain(stat.Near(d)) + " (p " + plain(stat.Near(ks)) + ")"
	}
	return s + ", adjusted p " + plain(stat.Near(significance))
}

// bins returns the counts of a field by word, or by the ordered name of a bin.
func (f drifting) bins(p *measure.Profile) map[string]uint64 {
	counts := map[string]uint64{}
	if f.spread != nil {
		if d := f.spread.In(p).All(); d != nil {
			for bin, n := range d.Bins() {
				counts[octave(bin)] += n
			}
		}
		return counts
	}
	for words, n := range f.words.(measure.Tally).In(p).Cells() {
		counts[words[0]] += n
	}
	return counts
}

// octave names the power of two that a bin lies in, so that names are in order:
// a bin for every 3 % would be too fine to compare.
func octave(bin int) string {
	lo, _ := measure.BinRange(bin)
	n := 0
	for ; lo > 0; lo >>= 1 {
		n++
	}
	return string(rune('0' + n))
}

// align returns the counts of two sides over all bins of either, in order.
func align(a, b map[string]uint64) (p, q []uint64) {
	names := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		p, q = append(p, a[name]), append(q, b[name])
	}
	return p, q
}

func judgeDrift(j *judged) {
	j.drifts([]drifting{
		{name: "label", words: j.labels, leaves: j.fresh},
		{name: "split", words: j.splits},
		{name: "tone group", words: j.groups},
		{name: "source", words: j.sources},
		{name: "camera", words: j.cameras},
		{name: "size", spread: &j.sizes},
		{name: "sharpness", spread: &j.sharpness},
		{name: "brightness", spread: &j.dark},
	})
	if j.e.Delta != nil && j.e.Delta.Removed != nil {
		j.shown(Facet{Name: "removed records", Value: whole(j.e.Delta.Removed.Records())})
	}
}

// fresh reports whether a label is one that the taxonomy uses from this stage on
// and that no record had before: that it comes is no drift, but what the stage is
// for. From then on it is compared like any other.
func (j *judged) fresh(label string) bool {
	if j.Taxonomy == nil || j.labels.In(j.e.Then).Get(label) > 0 {
		return false
	}
	return slices.ContainsFunc(j.Taxonomy.Labels, func(l gov.TaxonomyLabel) bool { return l.Name == label && l.Since == j.Policy.Stage })
}

func judgeVolume(j *judged) {
	if j.e.Before.IsZero() {
		j.skip("there is no version before")
		return
	}
	for _, f := range []struct {
		name     string
		now, was uint64
	}{{"records", j.e.Records, j.e.BeforeRecords}, {"bytes", j.e.Bytes, j.e.BeforeBytes}} {
		if f.was > 0 {
			ratio := stat.Near(float64(f.now) / float64(f.was))
			j.between(j.set.Severity, Facet{Name: f.name, Value: ratio}, j.param("low"), j.param("high"))
		}
	}
}

// between adds a part whose value must lie between two limits.
func (j *judged) between(s Severity, f Facet, low, high stat.Micro) {
	if f.Limit = low; f.Value < low {
		j.atLeast(s, f)
		return
	}
	f.Limit = high
	j.atMost(s, f)
}
