package hands

import (
	"cmp"
	"slices"
	"strings"

	"govd/internal/gov"
)

// labelFaults are in the labels.
func labelFaults() []faultPlan {
	return []faultPlan{
		{fault: NoLabel, checks: "S1.completeness", stage: 1, where: still, one: func(_ *Set, sh *shot) { sh.record.Labels = nil }},
		{fault: WrongLabel, checks: "S2.auditRate S2.cl S2.change", stage: 1, where: slim, one: mislabel},
		{fault: ToneError, checks: "S4.errByGroup", stage: 4, where: both(slim, dark), one: mislabel},
		{fault: UnknownLabel, checks: "S2.vocab", stage: 1, where: still, one: func(_ *Set, sh *shot) { sh.add("toe", "toe", nil) }},
		{fault: ForbiddenPair, checks: "S2.vocab", stage: 1, where: is("palm"), one: func(_ *Set, sh *shot) { sh.add("back", "back", nil) }},
		{fault: BoxOutside, checks: "S2.geometry", stage: 2, where: is("wrist"), one: func(_ *Set, sh *shot) {
			sh.reshape("wrist-crease", func(g *gov.Geometry) { g.Parts[0][0] = int64(sh.size)*1000 - g.Parts[0][2]/2 })
		}},
		{fault: EmptyBox, checks: "S2.geometry", stage: 2, where: is("wrist"), one: func(_ *Set, sh *shot) {
			sh.reshape("wrist-crease", func(g *gov.Geometry) { g.Parts[0][2] = 0 })
		}},
		{fault: BadMask, checks: "S2.geometry", stage: 2, where: slim, one: func(_ *Set, sh *shot) {
			sh.reshape("1", func(g *gov.Geometry) { g.Parts[1][0] += 7 })
		}},
		{fault: MissingPart, checks: "S2.geometry", stage: 2, where: is("palm"), one: func(_ *Set, sh *shot) { sh.drop("wrist-crease") }},
		{fault: RepeatedPart, checks: "S2.geometry", stage: 2, where: is("palm"), one: func(_ *Set, sh *shot) {
			i := slices.IndexFunc(sh.record.Labels, func(l gov.Label) bool { return l.ID == "wrist-crease" })
			sh.add("wrist-crease-2", "wrist-crease", sh.record.Labels[i].Geometry)
		}},
		{fault: Careless, checks: "S2.reviewer S2.agree", stage: 1, where: still, one: func(_ *Set, sh *shot) { sh.flaw.careless = true }},
	}
}

// mislabel calls a finger and all its parts another finger.
func mislabel(_ *Set, sh *shot) { sh.rename(otherFinger(sh.class, sh.sub.n)) }

// otherFinger returns another slim finger.
func otherFinger(name string, n int) string {
	i := slices.Index(fingerNames, name) - 1
	return fingerNames[1+(i+1+n%3)%4]
}

// rename replaces the class in all labels of the shot.
func (s *shot) rename(to string) {
	from := s.record.Labels[0].Name
	swap := func(v string) string {
		if rest, ok := strings.CutPrefix(v, from); ok {
			return to + rest
		}
		return v
	}
	for i, l := range s.record.Labels {
		s.record.Labels[i] = gov.Label{ID: swap(l.ID), Name: swap(l.Name), Geometry: l.Geometry}
	}
}

// add adds a label.
func (s *shot) add(id, name string, g *gov.Geometry) {
	s.record.Labels = append(s.record.Labels, gov.Label{ID: id, Name: name, Geometry: g})
	slices.SortFunc(s.record.Labels, func(a, b gov.Label) int { return cmp.Compare(a.ID, b.ID) })
}

// drop takes away the labels of a name.
func (s *shot) drop(name string) {
	s.record.Labels = slices.DeleteFunc(s.record.Labels, func(l gov.Label) bool { return l.Name == name })
}

// reshape changes a copy of a label's geometry.
func (s *shot) reshape(id string, do func(*gov.Geometry)) {
	for i, l := range s.record.Labels {
		if l.ID != id {
			continue
		}
		g := &gov.Geometry{Kind: l.Geometry.Kind}
		for _, part := range l.Geometry.Parts {
			g.Parts = append(g.Parts, slices.Clone(part))
		}
		do(g)
		s.record.Labels[i].Geometry = g
	}
}
