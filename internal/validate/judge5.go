package validate

import (
	"slices"
	"strings"

	"govd/internal/validate/stat"
)

// judgeLeak is no pass where no record says what it belongs to: there a leak
// could not be seen.
func judgeLeak(j *judged) {
	if !j.indexed() {
		return
	}
	seen := false
	for _, r := range leaking {
		seen = seen || j.says(r) > 0
		j.found(j.set.Severity, j.Policy.Attribute(r), j.leaks[r].In(j.e.Index), "leak", j.param("max"))
	}
	if !seen {
		j.unknown("no record says its subject, session or sequence: a leak could not be seen")
	}
}

// says returns how many records have the attribute of a role that groups them
// or leads to where they came from.
func (j *judged) says(r Role) uint64 {
	found := j.said.In(j.e.Now)
	return found.Examined() - found.Count(string(j.attr(r)))
}

var leaking = []Role{Subject, Session, Sequence}

func judgeDupSplit(j *judged) {
	if j.indexed() {
		j.found(j.set.Severity, "same content across splits", j.contents.In(j.e.Index), "across", j.param("max"))
		j.found(j.set.Severity, "alike across splits", j.near.In(j.e.Index), "across", j.param("max"))
	}
}

// judgeCoverage asks for every combination that the policy requires.
func judgeCoverage(j *judged) {
	if len(j.coverageBy) == 0 {
		j.skip("the policy requires no combinations")
		return
	}
	counts, labels := j.covered()
	if len(labels) == 0 {
		j.skip("no record says all of what coverage is about")
		return
	}
	var empty, few []string
	cells := j.required(labels)
	for _, cell := range cells {
		switch n := counts[cell]; {
		case n == 0:
			empty = append(empty, cell)
		case n < j.times("n"):
			few = append(few, cell)
		}
	}
	n := uint64(len(cells))
	j.atLeast(j.set.Severity, Facet{Name: "covered", Value: stat.Down(float64(n-uint64(len(empty))) / float64(n)), Limit: j.param("covered"), Count: uint64(len(empty)), Witnesses: some(empty)})
	j.atMost(Waiver, Facet{Name: "cells with too few", Value: whole(uint64(len(few))), Limit: 0, Count: uint64(len(few)), Witnesses: some(few)})
}

// covered returns how many records each combination has, and the labels that
// occur in one.
func (j *judged) covered() (counts map[string]uint64, labels map[string]bool) {
	counts, labels = map[string]uint64{}, map[string]bool{}
	for words, n := range j.coverage.In(j.e.Now).Cells() {
		by := words[:len(j.coverageBy)]
		if label := words[len(words)-1]; label != "" && !slices.Contains(by, "") {
			labels[label] = true
			counts[strings.Join(by, cross)+cross+label] += n
		}
	}
	return counts, labels
}

// cross stands between the words of a combination.
const cross = " × "

// required returns the combinations of the policy's values and the labels that
// occur with them.
func (j *judged) required(labels map[string]bool) []string {
	cells := []string{""}
	for _, r := range j.coverageBy {
		var longer []string
		for _, cell := range cells {
			for _, v := range j.Policy.Coverage[r] {
				longer = append(longer, strings.TrimPrefix(cell+cross+v, cross))
			}
		}
		cells = longer
	}
	var all []string
	for _, cell := range cells {
		for label := range labels {
			all = append(all, cell+cross+label)
		}
	}
	slices.Sort(all)
	return all
}

func judgeLineage(j *judged) {
	if !j.indexed() {
		return
	}
	frames := j.parentless.In(j.e.Now)
	if frames.Examined() == 0 && j.says(Parent) == 0 && j.says(Run) == 0 {
		j.skip("no record says what it was made from")
		return
	}
	j.found(j.set.Severity, "parents that are no record", j.parents.In(j.e.Index), "dangling", j.param("max"))
	n := frames.Count("missing")
	j.atMost(j.set.Severity, Facet{Name: "frames that name no parent", Value: whole(n), Limit: j.param("max"), Count: n, Witnesses: keys(frames.Witnesses("missing"))})
	j.knownRuns()
}

// RunsNamed returns the runs that the records of a version name, whom to ask
// whether they are known; nil if nothing is asked of them.
func (s *Suite) RunsNamed(e *Evidence) []string {
	if !s.Policy.Asks("S5.lineage") {
		return nil
	}
	names := []string{}
	for words := range s.runs.In(e.Now).Cells() {
		if words[0] != "" {
			names = append(names, words[0])
		}
	}
	return names
}

// knownRuns asks of every run that a record names whether somebody knows it.
func (j *judged) knownRuns() {
	if j.says(Run) == 0 {
		return
	}
	if j.e.Runs == nil {
		j.unknown("which runs are known was not looked up")
		return
	}
	unknown, n := []string{}, uint64(0)
	for words, count := range j.runs.In(j.e.Now).Cells() {
		if run := words[0]; run != "" && !j.e.Runs[run] {
			unknown, n = append(unknown, run), n+count
		}
	}
	j.atMost(j.set.Severity, Facet{Name: "records of unknown runs", Value: whole(n), Limit: j.param("max"), Count: n, Witnesses: some(unknown)})
}

// judgeAudit asks that the guarantee of the last inspection still holds over
// what has changed since.
func judgeAudit(j *judged) {
	found := false
	for _, got := range j.e.Inspections {
		if got.Asks == "label" && got.Group == "" {
			found = true
			j.atMost(j.set.Severity, Facet{Name: got.ID, Value: got.Bound, Limit: j.param("max"), Count: got.Errors, Witnesses: some(got.Wrong)})
		}
	}
	if !found {
		j.unknown("no inspection of labels was made or carried forward")
	}
}

// Carry returns the bound that holds after a change: what was inspected keeps
// its bound, and of what changed only a part may be wrong that an inspection of
// the change bounds (stat.One if there was none). Both risks add up, so each
// inspection has to be made with half of the risk.
func Carry(before uint64, bound stat.Micro, changed uint64, ofChanged stat.Micro, now uint64) stat.Micro {
	if now == 0 {
		return 0
	}
	kept := min(before, now)
	wrong := float64(kept)*bound.Float() + float64(min(changed, now))*ofChanged.Float()
	return min(stat.Up(wrong/float64(now)), stat.One)
}
