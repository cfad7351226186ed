package hands

import (
	"slices"

	"govd/internal/gov"
)

// faultPlans lists the faults in the order in which they are put: those that
// concern many records first, then those that choose among the rest.
func faultPlans() []faultPlan {
	return slices.Concat(
		setFaults(), sequenceFaults(), pairFaults(), recordFaults(), labelFaults(), pictureFaults(),
	)
}

func every(*shot) bool { return true }

func still(sh *shot) bool { return sh.seq == nil }

func frame(sh *shot) bool { return sh.seq != nil }

func is(class string) func(*shot) bool { return func(sh *shot) bool { return sh.class == class } }

func both(a, b func(*shot) bool) func(*shot) bool {
	return func(sh *shot) bool { return a(sh) && b(sh) }
}

// slim are the fingers that can be taken for each other: all but the thumb.
func slim(sh *shot) bool { return slices.Contains(fingerNames[1:], sh.class) }

func dark(sh *shot) bool { return sh.sub.tone >= 7 }

// free reports whether no other record refers to the shot as its parent.
func free(sh *shot) bool { return still(sh) && (sh.class != "back" || sh.take == 1) }

// recordFaults are in what a record says beside its labels.
func recordFaults() []faultPlan {
	set := func(name string, value func(*shot) string) func(*Set, *shot) {
		return func(_ *Set, sh *shot) { sh.record.Attributes[name] = value(sh) }
	}
	fixed := func(v string) func(*shot) string { return func(*shot) string { return v } }
	provenance := []string{"license", "source", "consent", "captured"}
	return []faultPlan{
		{fault: BadDate, checks: "S1.schema", stage: 1, where: every, one: set("captured", fixed("last spring"))},
		{fault: NoProvenance, checks: "S1.provenance", stage: 1, where: every, one: func(_ *Set, sh *shot) {
			delete(sh.record.Attributes, provenance[sh.sub.n%4])
		}},
		{fault: WrongHash, checks: "S1.hash", stage: 1, where: every, one: func(_ *Set, sh *shot) { sh.flaw.hash = true }},
		{fault: WrongSize, checks: "S1.hash", stage: 1, where: every, one: func(_ *Set, sh *shot) { sh.flaw.length = true }},
		{fault: WrongType, checks: "S1.hash", stage: 1, where: every, one: func(_ *Set, sh *shot) { sh.flaw.kind = true }},
		{fault: UnknownSplit, checks: "S1.split", stage: 1, where: every, one: func(_ *Set, sh *shot) { sh.record.Split = "holdout" }},
		{fault: Leak, checks: "S5.leak", stage: 1, where: free, one: func(s *Set, sh *shot) { s.move(sh, s.other(sh.sub.split)) }},
		{fault: NewSource, checks: "S3.source", stage: 3, where: still, one: func(_ *Set, sh *shot) {
			sh.record.Attributes["source"], sh.record.Attributes["camera"] = "web", "cam-x"
		}},
		{fault: FrameIndex, checks: "S5.seqIntegrity", stage: 5, where: frame, one: set("frame", func(sh *shot) string {
			return "9" + sh.record.Attributes["frame"] + "9"
		})},
		{fault: LostParent, checks: "S5.lineage", stage: 5, where: frame, one: set("parent", func(sh *shot) string {
			return "gone/" + sh.record.Attributes["parent"]
		})},
		{fault: Fewer, checks: "S5.volume", stage: 1, many: func(s *Set, n int) []string {
			gone := s.choose(Fewer, n, free)
			return s.remove(func(sh *shot) bool { return slices.Contains(gone, sh) })
		}},
	}
}

// pictureFaults are in the pixels or in the file.
func pictureFaults() []faultPlan {
	flawed := func(do func(*flaw)) func(*Set, *shot) { return func(_ *Set, sh *shot) { do(&sh.flaw) } }
	sized := func(times, by int) func(*Set, *shot) {
		return func(_ *Set, sh *shot) {
			sh.size = sh.size * times / by
			sh.record.Labels = sh.labels()
		}
	}
	part := func(sh *shot) bool { return sh.take == 1 && slim(sh) }
	return []faultPlan{
		{fault: Truncated, checks: "S1.decode", stage: 1, where: every, one: flawed(func(f *flaw) { f.cut = true })},
		{fault: OddSize, checks: "S1.size", stage: 1, where: still, one: sized(3, 1)},
		{fault: LowRes, checks: "S3.res", stage: 3, where: still, one: sized(1, 3)},
		{fault: Resized, checks: "S5.seqIntegrity", stage: 5, where: frame, one: sized(4, 3)},
		{fault: Upscaled, checks: "S3.res", stage: 3, where: still, one: flawed(func(f *flaw) { f.upscaled = true })},
		{fault: OddAspect, checks: "S3.aspect", stage: 1, where: func(sh *shot) bool { return still(sh) && !slices.Contains(fingerNames, sh.class) }, one: squash},
		{fault: Blur, checks: "S3.blur", stage: 1, where: every, one: func(_ *Set, sh *shot) { sh.flaw.blur = max(sh.size/20, 2) }},
		{fault: Dark, checks: "S3.dark", stage: 1, where: every, one: flawed(func(f *flaw) { f.exposure = .16 })},
		{fault: Light, checks: "S3.light", stage: 1, where: every, one: flawed(func(f *flaw) { f.washed = true })},
		{fault: Flat, checks: "S3.lowInfo", stage: 1, where: every, one: flawed(func(f *flaw) { f.flat = true })},
		{fault: Gray, checks: "S3.gray", stage: 1, where: every, one: flawed(func(f *flaw) { f.gray = true })},
		{fault: Irrelevant, checks: "S3.relevance S3.intake", stage: 3, where: part, one: func(_ *Set, sh *shot) { sh.flaw.away = true }},
		{fault: ToneDark, checks: "S4.vetDisparity", stage: 4, where: both(still, dark), one: flawed(func(f *flaw) { f.exposure = .16 })},
		{fault: ToneBlur, checks: "S4.detailByGroup", stage: 4, where: both(still, dark), one: flawed(func(f *flaw) { f.soft = true })},
	}
}

// squash makes a picture a quarter as high, and its geometries too.
func squash(_ *Set, sh *shot) {
	sh.flaw.wide = true
	for i, l := range sh.record.Labels {
		if l.Geometry == nil {
			continue
		}
		every := 2
		if l.Geometry.Kind == gov.Keypoints {
			every = 3
		}
		g := &gov.Geometry{Kind: l.Geometry.Kind}
		for _, part := range l.Geometry.Parts {
			part = slices.Clone(part)
			for j := 1; j < len(part); j += every {
				part[j] /= 4
			}
			g.Parts = append(g.Parts, part)
		}
		sh.record.Labels[i].Geometry = g
	}
}
