package validate

import (
	"math"
	"slices"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// grouped returns the tone groups of the version in order with their counts,
// and how many records have none. With a reference its groups are there too.
func (j *judged) grouped() (names []string, n map[string]uint64, without uint64) {
	n = map[string]uint64{}
	for words, count := range j.groups.In(j.e.Now).Cells() {
		if words[0] == "" {
			without = count
			continue
		}
		n[words[0]] = count
	}
	for g := range j.Policy.Reference {
		n[g] += 0
	}
	for g := range n {
		names = append(names, g)
	}
	slices.Sort(names)
	return names, n, without
}

func judgeRepr(j *judged) {
	names, n, without := j.grouped()
	if len(j.Policy.Reference) == 0 {
		j.skip("the policy names no reference to compare with")
		return
	}
	total := uint64(0)
	for _, g := range names {
		total += n[g]
	}
	if total == 0 {
		j.unknown("no record says its tone group")
		return
	}
	tv := stat.Micro(0)
	for _, g := range names {
		p, r := share(n[g], total), j.Policy.Reference[g]
		tv += max(p-r, r-p)
		ratio := stat.Near(math.Inf(1))
		if r > 0 {
			ratio = stat.Near(p.Float() / r.Float())
		}
		note := "share " + plain(p) + ", reference " + plain(r)
		j.between(j.set.Severity, Facet{Name: g, Value: ratio, Witnesses: []string{g}, Note: note}, j.param("low"), j.param("high"))
		j.atLeast(j.set.Severity, Facet{Name: g + " records", Value: whole(n[g]), Limit: j.param("n"), Witnesses: []string{g}})
	}
	j.atMost(j.set.Severity, Facet{Name: "total variation", Value: tv / 2, Limit: j.param("tv")})
	j.shown(Facet{Name: "records without a group", Value: whole(without), Count: without})
}

func judgeIntersect(j *judged) {
	names, _, _ := j.grouped()
	if len(names) < 2 {
		j.unknown("there are fewer than two tone groups")
		return
	}
	for _, column := range []string{"label", "split", "camera"} {
		cross := j.crosses[column].In(j.e.Now)
		var empty, few []string
		cells := uint64(0)
		for _, word := range j.wordsOf(column, cross) {
			for _, g := range names {
				cells++
				switch n := cross.Get(g, word); {
				case n == 0:
					empty = append(empty, g+" × "+word)
				case n < j.times("n"):
					few = append(few, g+" × "+word)
				}
			}
		}
		j.atMost(j.set.Severity, Facet{Name: "empty by " + column, Value: whole(uint64(len(empty))), Limit: j.param("empty"), Count: uint64(len(empty)), Witnesses: some(empty)})
		j.atMost(Waiver, Facet{Name: "few by " + column, Value: share(uint64(len(few)), cells), Limit: 0, Count: uint64(len(few)), Witnesses: some(few)})
	}
}

// wordsOf returns the words of a column that must meet every group: the
// required labels, and all that there are of others.
func (j *judged) wordsOf(column string, cross *measure.Counts) []string {
	switch {
	case column == "label" && len(j.Policy.Required) > 0:
		return j.Policy.Required
	case column == "split" && len(j.Policy.Splits) > 0:
		var all []string
		for name := range j.Policy.Splits {
			all = append(all, name)
		}
		return sorted(all)
	}
	var all []string
	for words := range cross.Cells() {
		if words[1] != "" {
			all = append(all, words[1])
		}
	}
	return slices.Compact(sorted(all))
}

func judgeDetail(j *judged) {
	for _, m := range []measure.Spread{j.sharpness, j.sides, j.entropy} {
		all := m.In(j.e.Now)
		pooled, ok := quantile(all.All(), 1, 2)
		if !ok || pooled == 0 {
			continue
		}
		for g, d := range all.Groups() {
			median, some := quantile(d, 1, 2)
			if g == "" || !some || d.Moments.N < j.times("n") {
				continue
			}
			ratio := stat.Near(float64(median) / float64(pooled))
			j.between(j.set.Severity, Facet{Name: string(m.Field) + " " + g, Value: ratio, Witnesses: []string{g}}, j.param("low"), j.param("high"))
		}
	}
	if len(j.parts) == 0 {
		j.unknown("no tone group has %d pictures", j.times("n"))
	}
}

func judgeErrByGroup(j *judged) {
	j.certified("label", true)
	names, _, _ := j.grouped()
	seen := map[string]bool{}
	for _, got := range j.e.Inspections {
		seen[got.Group] = true
	}
	for _, g := range names {
		if !seen[g] && j.verdict != Skipped {
			j.unknown("group %s was not inspected", g)
		}
	}
}

func judgeAnnotatorMix(j *judged) {
	names, _, _ := j.grouped()
	for _, g := range names {
		people, top, n := j.mix(g, "tone annotator", "second tone annotator")
		if n == 0 {
			continue
		}
		j.atLeast(j.set.Severity, Facet{Name: g + " annotators", Value: whole(uint64(people)), Limit: j.param("people"), Witnesses: []string{g}})
		j.atMost(j.set.Severity, Facet{Name: g + " largest share", Value: share(top, n), Limit: j.param("most"), Witnesses: []string{g}})
		if regions, _, said := j.mix(g, "tone region", "second tone region"); said > 0 {
			j.atLeast(j.set.Severity, Facet{Name: g + " regions", Value: whole(uint64(regions)), Limit: 2 * stat.One, Witnesses: []string{g}})
		}
	}
	if len(j.parts) == 0 {
		j.unknown("no record says who saw its tone")
	}
}

// mix returns how many different words a group has in some cross-tabs, how
// often the commonest and all.
func (j *judged) mix(group string, columns ...string) (words int, top, n uint64) {
	counts := map[string]uint64{}
	for _, column := range columns {
		for cell, count := range j.crosses[column].In(j.e.Now).Cells() {
			if cell[0] == group && cell[1] != "" {
				counts[cell[1]] += count
			}
		}
	}
	for _, count := range counts {
		top, n = max(top, count), n+count
	}
	return len(counts), top, n
}
