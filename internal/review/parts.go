package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"govd/internal/gov"
)

// How the lists within rules are checked, joined and compared. Join sorts, and
// keeps of two elements with the same key the stricter.

// union returns the elements of both in order, each once.
func union[T any](a, b []T, compare func(x, y T) int) []T {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, compare)
	return slices.CompactFunc(all, func(x, y T) bool { return compare(x, y) == 0 })
}

func compareFactors(a, b Factor) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), slices.Compare(a.People, b.People))
}

// joinFactors takes factors of the same role and people for one.
func joinFactors(a, b []Factor) []Factor {
	all := slices.Concat(a, b)
	for i, f := range all {
		all[i].People = union(f.People, nil, cmp.Compare)
	}
	slices.SortFunc(all, func(x, y Factor) int { return cmp.Or(compareFactors(x, y), cmp.Compare(y.Need, x.Need)) })
	return slices.CompactFunc(all, func(x, y Factor) bool { return compareFactors(x, y) == 0 })
}

func looserFactors(upper, lower []Factor) bool {
	upper = joinFactors(upper, nil)
	for _, l := range joinFactors(lower, nil) {
		if i, same := slices.BinarySearchFunc(upper, l, compareFactors); same && l.Need < upper[i].Need {
			return true
		}
	}
	return false
}

func wrongFactors(factors []Factor) string {
	const mostFactors, mostPeople = 16, 64
	if len(factors) > mostFactors {
		return fmt.Sprintf("%d factors are too many: %d at most", len(factors), mostFactors)
	}
	for _, f := range factors {
		if wrong := wrongNeed(f.Role, f.Need); wrong != "" {
			return wrong
		}
		if len(f.People) > mostPeople {
			return fmt.Sprintf("%d people are too many: %d at most", len(f.People), mostPeople)
		}
		for _, p := range f.People {
			if _, err := gov.ParsePersonID(string(p)); err != nil || p.Machine() {
				return fmt.Sprintf("%.40q is no human's id", p)
			}
		}
		if n := len(union(f.People, nil, cmp.Compare)); n > 0 && n < int(f.Need) {
			return fmt.Sprintf("need %d of %d people", f.Need, n)
		}
	}
	return ""
}

func wrongNeed(role gov.Role, need uint8) string {
	switch _, err := gov.ParseRole(string(role)); {
	case err != nil:
		return err.Error()
	case role == gov.Auditor || role == gov.Viewer:
		return fmt.Sprintf("role %s cannot vote", role)
	case need == 0 || need > maxNeed:
		return fmt.Sprintf("need %d is not 1 to %d", need, maxNeed)
	}
	return ""
}

func compareExtras(a, b Extra) int {
	return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Over, b.Over))
}

// joinExtra drops the thresholds that another makes moot: one of the same
// measure and role that is no higher and needs no less.
func joinExtra(a, b []Extra) (all []Extra) {
	sorted := slices.Concat(a, b)
	slices.SortFunc(sorted, func(x, y Extra) int { return cmp.Or(compareExtras(x, y), cmp.Compare(y.Need, x.Need)) })
	for _, e := range sorted {
		if n := len(all); n == 0 || all[n-1].Of != e.Of || all[n-1].Role != e.Role || all[n-1].Need < e.Need {
			all = append(all, e)
		}
	}
	return all
}

// looserExtra: where lower names a measure and a role, it must ask for what
// upper asks for.
func looserExtra(upper, lower []Extra) bool {
	for _, u := range upper {
		named, asked := false, false
		for _, l := range lower {
			if l.Of == u.Of && l.Role == u.Role {
				named, asked = true, asked || l.Over <= u.Over && l.Need >= u.Need
			}
		}
		if named && !asked {
			return true
		}
	}
	return false
}

func wrongExtra(extras []Extra) string {
	const most = 16
	if len(extras) > most {
		return fmt.Sprintf("%d thresholds are too many: %d at most", len(extras), most)
	}
	for _, e := range extras {
		if e.Of != ByRecords && e.Of != ByLabel {
			return fmt.Sprintf("no measure %.40q: the measures are label and records", e.Of)
		}
		if wrong := wrongNeed(e.Role, e.Need); wrong != "" {
			return wrong
		}
	}
	return ""
}

func compareClasses(a, b Class) int { return cmp.Compare(a.Name, b.Name) }

func joinClasses(into, r *Rules) {
	byName := map[string]Class{}
	for _, c := range slices.Concat(into.Classes, r.Classes) {
		was := byName[c.Name]
		byName[c.Name] = Class{c.Name, union(was.Labels, c.Labels, strings.Compare), joinFactors(was.Factors, c.Factors)}
	}
	into.Classes = nil
	for _, c := range byName {
		into.Classes = append(into.Classes, c)
	}
	slices.SortFunc(into.Classes, compareClasses)
}

// looserClasses: a class of the same name must not ask for less of a label.
func looserClasses(upper, lower *Rules) bool {
	for _, l := range lower.Classes {
		for _, u := range upper.Classes {
			if l.Name == u.Name && looserFactors(u.Factors, l.Factors) {
				return true
			}
		}
	}
	return false
}

func wrongClasses(classes []Class) string {
	const mostClasses, mostLabels = 256, 1024
	if len(classes) > mostClasses {
		return fmt.Sprintf("%d classes are too many: %d at most", len(classes), mostClasses)
	}
	seen := map[string]bool{}
	for _, c := range classes {
		_, err := gov.ParseName("class", c.Name)
		switch {
		case err != nil:
			return err.Error()
		case seen[c.Name]:
			return fmt.Sprintf("class %s is there twice", c.Name)
		case len(c.Labels) == 0 || len(c.Labels) > mostLabels || slices.ContainsFunc(c.Labels, wrongLabel):
			return fmt.Sprintf("class %s: want 1 to %d names of labels", c.Name, mostLabels)
		case len(c.Factors) == 0:
			return fmt.Sprintf("class %s has no factors", c.Name)
		}
		if wrong := wrongFactors(c.Factors); wrong != "" {
			return fmt.Sprintf("class %s: %s", c.Name, wrong)
		}
		seen[c.Name] = true
	}
	return ""
}

func wrongLabel(l string) bool { return l == "" || len(l) > gov.MaxText || !utf8.ValidString(l) }

func comparePairs(a, b RolePair) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func wrongPairs(pairs []RolePair) string {
	for _, p := range pairs {
		for _, role := range p {
			if _, err := gov.ParseRole(string(role)); err != nil {
				return err.Error()
			}
		}
		if p[0] >= p[1] {
			return fmt.Sprintf("%s and %s are not two roles in order", p[0], p[1])
		}
	}
	return ""
}
