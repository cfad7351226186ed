package inspect

import "fmt"

// assumptions says in words what the result rests on and cannot show itself.
func (i *Inspection) assumptions(r *Result) []string {
	all := []string{
		"the commitment to the secret was published before the version was made, and the secret stayed secret until the inspection was over",
		fmt.Sprintf("errors in the data are noticed no less often than those among the gold items: %d of %d, so at least %v of them with confidence %v",
			r.Noticed, r.GoldErrors, r.Sensitivity, i.design.goldConfidence()),
		"inspectors saw neither each other's answers nor which items are gold",
		"what stayed unclear, and what inspectors took for an error by mistake, counts as an error",
		"no other inspection of the same labels was made and discarded: each one is another chance to pass by luck",
	}
	if len(r.Strata) > 1 {
		all = append(all, "inspectors notice errors equally well in every stratum")
	}
	if i.design.Reviewers == 1 {
		all = append(all, "one answer settles an item, so agreement was not measured")
	}
	if r.Except > 0 {
		all = append(all, fmt.Sprintf("%d records were left out of the sample, and the bound is not about them", r.Except))
	}
	for _, v := range r.Reviewers {
		switch {
		case v.Excluded:
			all = append(all, fmt.Sprintf("%s was right on %d of %d gold items and was excluded; others answered instead", v.Person, v.Right, v.Gold))
		case !v.Measured:
			all = append(all, fmt.Sprintf("%s answered %d gold items of the %d that measure a person, so only the whole group's sensitivity is known", v.Person, v.Gold, i.design.MinGold))
		}
	}
	return all
}
