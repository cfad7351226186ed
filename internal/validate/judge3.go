package validate

import (
	"slices"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// flags are the codes of vetting that each check of stage 3 judges.
func flags(check string) (string, string) {
	switch check {
	case "S3.aspect":
		return "shorter to longer side", string(measure.Aspect) + ":low"
	case "S3.blur":
		return "blurred", string(measure.Blur) + ":low"
	case "S3.dark":
		return "dark", string(measure.Dark) + ":low"
	case "S3.light":
		return "washed out", string(measure.Light) + ":high"
	case "S3.lowInfo":
		return "next to nothing", string(measure.Entropy) + ":low"
	default:
		return "without colour", string(measure.Gray) + ":high"
	}
}

func judgeFlag(j *judged) {
	found := j.vetting.In(j.e.Now)
	if found.Examined() == 0 {
		j.skip("no record has image facts")
		return
	}
	name, code := flags(j.check.ID)
	j.faults(j.set.Severity, name, found, code, j.param("max"))
}

func judgeRes(j *judged) {
	found := j.vetting.In(j.e.Now)
	if found.Examined() == 0 {
		j.skip("no record has image facts")
		return
	}
	j.faults(j.set.Severity, "too small", found, string(measure.Side)+":low", j.param("max"))
	if j.param("sharpness") > 0 {
		j.faults(Waiver, "perhaps upscaled", found, string(measure.Sharpness)+":low", j.param("upscaled"))
	}
	if len(j.soft(j.e.Now)) > 0 {
		j.lookedUp(Waiver, "perhaps upscaled: much softer than most", measure.Sharpness, []string{":low"}, j.param("upscaled"))
	}
	j.softened()
}

// softened compares the median sharpness with that of the version before: where
// all is upscaled nothing stands out.
func (j *judged) softened() {
	if j.e.Then == nil || j.param("softer") == 0 {
		return
	}
	now, _ := quantile(j.sharpness.In(j.e.Now).All(), 1, 2)
	was, _ := quantile(j.sharpness.In(j.e.Then).All(), 1, 2)
	if now > 0 && was > 0 {
		j.atMost(Waiver, Facet{Name: "times softer than the version before", Value: stat.Near(float64(was) / float64(now)), Limit: j.param("softer")})
	}
}

func judgeNearDup(j *judged) {
	if !j.indexed() {
		return
	}
	found := j.near.In(j.e.Index)
	j.found(j.set.Severity, "across splits", found, "across", j.param("across"))
	j.rate(Waiver, "within a split", found.Count("within"), j.e.Records, j.param("within"), keys(found.Witnesses("within")))
	j.shown(Facet{Name: "alike, with other labels", Value: whole(found.Count("conflict")), Count: found.Count("conflict"), Witnesses: keys(found.Witnesses("conflict"))})
}

// judgeIntake asks of every lot that a record names whether it was accepted.
func judgeIntake(j *judged) {
	names := j.LotsIn(j.e.Now)
	if j.e.Lots == nil || len(names) == 0 {
		j.skip("nothing was taken in as a lot")
		return
	}
	accepted := map[string]bool{}
	for _, lot := range j.e.Lots {
		accepted[lot.Lot] = accepted[lot.Lot] || lot.Accepted
	}
	var open []string
	for _, name := range names {
		if !accepted[name] {
			open = append(open, name)
		}
	}
	j.atMost(j.set.Severity, Facet{Name: "lots not accepted", Value: whole(uint64(len(open))), Limit: j.param("max"), Count: uint64(len(open)), Witnesses: some(open)})
}

// LotSet measures which lots there are, and LotsIn returns them.
func (s *Suite) LotSet() *measure.Set { return measure.NewSet(s.lots) }

// LotsIn returns the lots that records name, in order.
func (s *Suite) LotsIn(p *measure.Profile) (names []string) {
	for words := range s.lots.In(p).Cells() {
		if words[0] != "" {
			names = append(names, words[0])
		}
	}
	slices.Sort(names)
	return names
}

func judgeSource(j *judged) {
	fields := []drifting{{name: "source", words: j.sources}, {name: "camera", words: j.cameras}}
	if j.drifts(fields); j.e.Then == nil || j.e.Delta == nil {
		return
	}
	for _, f := range fields {
		before := f.bins(j.e.Then)
		var fresh []string
		n := uint64(0)
		for word, count := range f.bins(j.e.Delta.Added) {
			if before[word] == 0 && word != "" {
				fresh, n = append(fresh, word), n+count
			}
		}
		j.rate(Waiver, "records of a new "+f.name, n, j.e.Records, 0, some(fresh))
	}
}
