package hands

import (
	"fmt"
	"slices"
	"strings"
)

// other returns the split that a split's records are moved to.
func (s *Set) other(split string) string {
	if split == "train" {
		return "val"
	}
	return "train"
}

// move puts a shot into another split.
func (s *Set) move(sh *shot, split string) {
	rekey := func(key string) string { return split + "/" + key[strings.IndexByte(key, '/')+1:] }
	sh.record.Key, sh.record.Split = rekey(sh.record.Key), split
	if parent, ok := sh.record.Attributes["parent"]; ok {
		sh.record.Attributes["parent"] = rekey(parent)
	}
}

// pairFaults are between two records: a victim's picture is replaced by
// another's of the same class and side, labels with it, while the rest of what
// the victim says stays.
func pairFaults() []faultPlan {
	across := func(a, b *shot) bool { return a.sub.split != b.sub.split && a.class == b.class }
	within := func(a, b *shot) bool { return a.sub.split == b.sub.split && a.sub != b.sub && a.class == b.class }
	swapped := func(a, b *shot) bool { return a.sub.split == b.sub.split && a.sub == b.sub && a.class != b.class }
	return []faultPlan{
		{fault: Duplicate, checks: "S1.exactDup S5.dupSplit", stage: 1, many: pair(Duplicate, still, across, copyOf)},
		{fault: Twin, checks: "S1.exactDup", stage: 1, many: pair(Twin, still, within, copyOf)},
		{fault: NearDuplicate, checks: "S3.nearDup S5.dupSplit", stage: 1, many: pair(NearDuplicate, still, across, func(a, b *shot) {
			copyOf(a, b)
			b.flaw.near = true
		})},
		{fault: Conflict, checks: "S2.conflict", stage: 1, many: pair(Conflict, slim, swapped, func(a, b *shot) {
			name := b.record.Labels[0].Name
			copyOf(a, b)
			b.rename(name)
		})},
		{fault: SameAsset, checks: "S1.uniqueKey", stage: 1, many: pair(SameAsset, still, within, func(a, b *shot) {
			b.record.Attributes["asset"] = a.record.Attributes["asset"]
		})},
	}
}

// copyOf replaces b's picture by a's.
func copyOf(a, b *shot) {
	b.flaw.twin = a
	b.record.Labels = slices.Clone(a.record.Labels)
}

// pair puts a fault into n pairs.
func pair(f Fault, where func(*shot) bool, fit func(a, b *shot) bool, do func(a, b *shot)) func(*Set, int) []string {
	return func(s *Set, n int) (keys []string) {
		for range n {
			for _, a := range s.choose(f, 1, where) {
				b := s.choose(f, 1, func(b *shot) bool { return where(b) && b.back == a.back && b != a && fit(a, b) })
				if len(b) == 0 {
					return nil
				}
				do(a, b[0])
				a.spoilt, b[0].spoilt = true, true
				keys = append(keys, a.record.Key, b[0].record.Key)
			}
		}
		return keys
	}
}

// setFaults concern whole subjects, classes and tones.
func setFaults() []faultPlan {
	// firstSubjects chooses n of the subjects that fit.
	firstSubjects := func(s *Set, n int, fit func(*shot) bool) map[*subject]bool {
		chosen := map[*subject]bool{}
		for _, sh := range s.shots {
			if len(chosen) < n && fit(sh) {
				chosen[sh.sub] = true
			}
		}
		return chosen
	}
	ofDark := func(where func(*shot) bool, do func(*shot)) func(*Set, int) []string {
		return func(s *Set, n int) []string {
			chosen := firstSubjects(s, n, dark)
			return s.change(func(sh *shot) bool { return chosen[sh.sub] && where(sh) }, do)
		}
	}
	return []faultPlan{
		{fault: RareClass, checks: "S1.classes", stage: 1, many: func(s *Set, n int) []string {
			left := 0
			return s.remove(func(sh *shot) bool {
				if sh.class == "wrist" {
					left++
				}
				return sh.class == "wrist" && left > n
			})
		}},
		{fault: SplitShift, checks: "S1.split", stage: 1, many: func(s *Set, n int) []string {
			chosen := firstSubjects(s, n, func(sh *shot) bool { return sh.sub.split == "train" })
			return s.change(func(sh *shot) bool { return chosen[sh.sub] }, func(sh *shot) { s.move(sh, "val") })
		}},
		{fault: ToneImbalance, checks: "S4.repr", stage: 4, many: func(s *Set, n int) []string {
			gone := map[*subject]bool{}
			for tone := 10; tone > 0 && len(gone) < n; tone-- {
				for sub := range firstSubjects(s, n-len(gone), func(sh *shot) bool { return sh.sub.tone == tone }) {
					gone[sub] = true
				}
			}
			return s.remove(func(sh *shot) bool { return gone[sh.sub] })
		}},
		{fault: ToneLabel, checks: "S4.labelRate", stage: 4, many: ofDark(is("back"), func(sh *shot) {
			sh.drop("scar")
			sh.drop("freckle")
		})},
		{fault: ToneCamera, checks: "S4.assoc", stage: 4, many: ofDark(still, func(sh *shot) { sh.record.Attributes["camera"] = "cam-b" })},
		{fault: ToneGap, checks: "S4.intersect", stage: 4, many: func(s *Set, n int) []string {
			classes := []string{"wrist", "little", "ring", "middle", "index", "thumb", "palm"}
			classes = classes[:min(n, len(classes))]
			return s.remove(func(sh *shot) bool { return sh.sub.tone == 10 && slices.Contains(classes, sh.class) })
		}},
		{fault: ToneVotes, checks: "S4.toneAgree", stage: 4, many: func(s *Set, n int) []string {
			chosen := firstSubjects(s, n, every)
			return s.change(func(sh *shot) bool { return chosen[sh.sub] }, func(sh *shot) {
				sh.record.Attributes["tone_vote_2"] = fmt.Sprint(1 + (sh.sub.tone+4)%10)
			})
		}},
		{fault: ToneAnnotator, checks: "S4.annotatorMix", stage: 4, many: func(s *Set, n int) []string {
			return s.change(func(sh *shot) bool { return sh.sub.tone > 10-n }, func(sh *shot) {
				for _, i := range []string{"1", "2"} {
					sh.record.Attributes["tone_annotator_"+i], sh.record.Attributes["tone_region_"+i] = "t01", toneRegions[0]
				}
			})
		}},
	}
}
