package validate

import (
	"math"
	"slices"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// A disparity is how often something is in two groups: least and most often.
type disparity struct {
	name     string
	low, top string // groups
	k, n     [2]uint64
}

func (d *disparity) ratio() stat.Micro {
	if d.k[1] == 0 {
		return stat.One
	}
	return stat.Near(float64(d.k[0]) / float64(d.n[0]) / (float64(d.k[1]) / float64(d.n[1])))
}

// p is the significance of the difference: Fisher's where counts are small.
func (d *disparity) p() float64 {
	k, n := d.k[0]+d.k[1], d.n[0]+d.n[1]
	if least := float64(min(d.n[0], d.n[1])) * float64(min(k, n-k)) / float64(n); least <= 5 {
		return stat.Fisher(d.k[0], d.n[0]-d.k[0], d.k[1], d.n[1]-d.k[1])
	}
	_, p := stat.TwoProportions(d.k[0], d.n[0], d.k[1], d.n[1])
	return p
}

// extremes returns the groups in which something is least and most often, of
// those with least records.
func extremes(name string, groups []string, count func(group string) (k, n uint64), least uint64) (d disparity, compared bool) {
	d.name = name
	seen := 0
	for _, g := range groups {
		k, n := count(g)
		if n < max(least, 1) {
			continue
		}
		rate := float64(k) / float64(n)
		if seen == 0 || rate < float64(d.k[0])/float64(d.n[0]) {
			d.low, d.k[0], d.n[0] = g, k, n
		}
		if seen == 0 || rate > float64(d.k[1])/float64(d.n[1]) {
			d.top, d.k[1], d.n[1] = g, k, n
		}
		seen++
	}
	return d, seen > 1
}

func judgeLabelRate(j *judged) {
	all := j.labelRates()
	if len(all) == 0 {
		j.unknown("fewer than two tone groups have %d records", j.times("n"))
		return
	}
	ps := make([]float64, len(all))
	groups, _, _ := j.grouped()
	for i := range all {
		ps[i] = pairs(all[i], len(groups))
	}
	for i, p := range stat.BenjaminiHochberg.Adjust(ps) {
		d := all[i]
		f := Facet{
			Name: d.name, Value: d.ratio(), Limit: j.param("ratio"), Witnesses: []string{d.low},
			Note: d.low + " against " + d.top + ", adjusted p " + plain(stat.Near(p)),
		}
		if stat.Near(p) <= j.param("q") {
			j.atLeast(j.set.Severity, f)
		} else {
			j.shown(f)
		}
	}
}

// labelRates returns for each label the groups in which it is least and most
// often.
func (j *judged) labelRates() (all []disparity) {
	names, n, _ := j.grouped()
	cross := j.crosses["label"].In(j.e.Now)
	for words := range j.labels.In(j.e.Now).Cells() {
		label := words[0]
		d, compared := extremes(label, names, func(g string) (uint64, uint64) { return cross.Get(g, label), n[g] }, j.times("n"))
		if compared && label != "" {
			all = append(all, d)
		}
	}
	return all
}

// pairs corrects the test of the two extreme groups for having been chosen
// among all pairs (Bonferroni).
func pairs(d disparity, groups int) float64 {
	return min(d.p()*float64(groups*(groups-1)/2), 1)
}

// An association is of the tone group with a column.
type association struct {
	column string
	chi    stat.ChiSquare
}

// v is Cramér's V, corrected for bias, on the scale of a table with two rows:
// bands shrink with the root of the smaller dimension (J. Cohen, 1988).
func (a *association) v() stat.Micro {
	scale := math.Sqrt(float64(min(a.chi.Rows, a.chi.Cols) - 1))
	return stat.Near(a.chi.CorrectedV() * scale)
}

func judgeAssoc(j *judged) {
	all := j.associations()
	if len(all) == 0 {
		j.unknown("there are fewer than two tone groups")
		return
	}
	ps := make([]float64, len(all))
	for i := range all {
		ps[i] = all[i].chi.P
	}
	for i, p := range stat.BenjaminiHochberg.Adjust(ps) {
		v := all[i].v()
		f := Facet{Name: "group × " + all[i].column, Value: v, Limit: j.param("warn"), Note: "V times the root of the smaller dimension; adjusted p " + plain(stat.Near(p))}
		switch {
		case stat.Near(p) > j.param("q"):
			j.shown(f)
		case v > j.param("fail"):
			f.Limit = j.param("fail")
			j.atMost(j.set.Severity, f)
		default:
			j.atMost(Waiver, f)
		}
	}
}

func (j *judged) associations() (all []association) {
	names, _, _ := j.grouped()
	for _, column := range crossed {
		if chi := table(j.crosses[column].In(j.e.Now), names).Bare().ChiSquare(); chi.DF > 0 {
			all = append(all, association{column, chi})
		}
	}
	return all
}

// table returns the rows of the groups; records without a group or a word are
// left out.
func table(cross *measure.Counts, groups []string) stat.Table {
	columns := map[string]int{}
	for words := range cross.Cells() {
		if _, known := columns[words[1]]; !known && words[1] != "" {
			columns[words[1]] = len(columns)
		}
	}
	t := make(stat.Table, len(groups))
	for i, g := range groups {
		t[i] = make([]uint64, len(columns))
		for word, at := range columns {
			t[i][at] = cross.Get(g, word)
		}
	}
	return t
}

func judgeVetDisparity(j *judged) {
	found := j.vetting.In(j.e.Now)
	groups := slices.DeleteFunc(found.Groups(), func(g string) bool { return g == "" })
	d, ok := extremes("pass rate of vetting", groups, func(g string) (uint64, uint64) {
		examined, failed := found.Group(g)
		return examined - failed, examined
	}, j.times("n"))
	if !ok {
		j.unknown("fewer than two tone groups have %d pictures", j.times("n"))
		return
	}
	j.atLeast(j.set.Severity, Facet{
		Name: d.name, Value: d.ratio(), Limit: j.param("ratio"), Count: d.n[0] - d.k[0], Witnesses: []string{d.low}, Note: d.low + " against " + d.top,
	})
}
