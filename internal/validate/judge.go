package validate

import (
	"fmt"
	"maps"
	"slices"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// Judge says what the policy's checks find in the evidence. The report depends
// on nothing else.
func (s *Suite) Judge(e *Evidence) *Report {
	r := &Report{
		Dataset: e.Dataset, Version: e.Version, Number: e.Number, Against: e.Before, Stage: s.Policy.Stage, Policy: s.Policy.Digest(),
		Records: e.Records, Bytes: e.Bytes, Partial: slices.Clone(e.Partial), Findings: []Finding{},
	}
	r.Partial = append(r.Partial, e.lacks()...)
	if e.Now != nil {
		r.Erased = e.Now.Erased()
	}
	if r.Erased > 0 {
		r.Partial = append(r.Partial, fmt.Sprintf("%d records are erased: nothing is said of them until a version leaves them out", r.Erased))
	}
	all := newCatalogue()
	for _, id := range slices.Sorted(maps.Keys(s.Policy.Checks)) {
		check := all[id]
		r.Findings = append(r.Findings, s.run(&check, s.Policy.Checks[id], e))
	}
	for i := range s.Policy.Rules {
		r.Findings = append(r.Findings, s.runRule(i, e))
	}
	r.Tables = s.tables(e, r.Findings)
	r.seal()
	return r
}

// lacks says which measures could not hold all that they counted: there were
// more different values than fit.
func (e *Evidence) lacks() (why []string) {
	profiles := []*measure.Profile{e.Now, e.Further, e.Then}
	if e.Delta != nil {
		profiles = append(profiles, e.Delta.Added, e.Delta.Removed)
	}
	for _, p := range profiles {
		if p == nil {
			continue
		}
		if err := p.Err(); err != nil {
			why = append(why, err.Error())
		}
	}
	return slices.Compact(why)
}

// run judges one check.
func (s *Suite) run(check *Check, set Setting, e *Evidence) Finding {
	j := &judged{Suite: s, e: e, check: check, set: set}
	if e.Now == nil {
		j.unknown("the version was not measured")
	} else {
		j.guarded(check.judge)
	}
	return j.finding()
}

// guarded is the one place where a check that panics is caught: it alone fails,
// and says so.
func (j *judged) guarded(judge func(*judged)) {
	defer func() {
		if p := recover(); p != nil {
			j.parts = nil
			j.verdict, j.why = Fail, fmt.Sprintf("the check itself failed: %v", p)
		}
	}()
	judge(j)
}

// A judged is a check at work.
type judged struct {
	*Suite
	e     *Evidence
	check *Check
	set   Setting

	parts   []Facet
	verdict Verdict // of skipped, unknown and failed checks
	why     string
}

func (j *judged) param(name string) stat.Micro { return j.set.Params[name] }

// times is a parameter that counts.
func (j *judged) times(name string) uint64 { return uint64(max(j.set.Params[name], 0) / stat.One) }

// skip says that there is nothing to judge.
func (j *judged) skip(format string, args ...any) {
	j.verdict, j.why = Skipped, fmt.Sprintf(format, args...)
}

// unknown says that what is needed to judge is not there.
func (j *judged) unknown(format string, args ...any) {
	j.verdict, j.why = Unknown, fmt.Sprintf(format, args...)
}

// broken is the verdict of a limit that does not hold.
func (s Severity) broken() Verdict {
	if s == Waiver {
		return Warn
	}
	return Fail
}

// atMost adds a part whose value must not be above its limit.
func (j *judged) atMost(s Severity, f Facet) {
	f.Verdict = Pass
	if f.Value > f.Limit {
		f.Verdict = s.broken()
	}
	j.add(f)
}

// atLeast adds a part whose value must not be below its limit.
func (j *judged) atLeast(s Severity, f Facet) {
	f.Verdict = Pass
	if f.Value < f.Limit {
		f.Verdict = s.broken()
	}
	j.add(f)
}

// shown adds a part that nothing is asked of.
func (j *judged) shown(f Facet) {
	f.Verdict = Pass
	j.add(f)
}

// add keeps a part. Where witnesses are the only count of what is at fault, as
// with groups and cells, they count when the part does not pass.
func (j *judged) add(f Facet) {
	switch {
	case f.Count == 0 && f.Verdict == Pass:
		f.Witnesses = nil
	case f.Count == 0:
		f.Count = uint64(len(f.Witnesses))
	}
	if len(f.Witnesses) > MaxWitnesses {
		f.Witnesses = some(f.Witnesses)
	}
	j.parts = append(j.parts, f)
}

// rate adds the part of faults among records: a share that is rounded up, so
// that one fault in any number of records is more than none.
func (j *judged) rate(s Severity, name string, faults, of uint64, most stat.Micro, witnesses []string) {
	value := stat.Micro(0)
	if of > 0 {
		value = stat.Up(float64(faults) / float64(of))
	}
	j.atMost(s, Facet{Name: name, Value: value, Limit: most, Count: faults, Witnesses: witnesses})
}

// faults adds a part for a code of a count of faults.
func (j *judged) faults(s Severity, name string, found *measure.Found, code string, most stat.Micro) {
	j.rate(s, name, found.Count(code), found.Examined(), most, keys(found.Witnesses(code)))
}

// found adds a part for a code of an index's finding, as a count.
func (j *judged) found(s Severity, name string, f *measure.Found, code string, most stat.Micro) {
	n := f.Count(code)
	j.atMost(s, Facet{Name: name, Value: whole(n), Limit: most, Count: n, Witnesses: keys(f.Witnesses(code))})
}

// maxParts bounds the parts of a finding: the worst are kept.
const maxParts = 128

// finding is the worst part, and all of them.
func (j *judged) finding() Finding {
	f := Finding{Check: j.check.ID, Severity: j.set.Severity, Verdict: j.verdict, Why: j.why, Witnesses: []string{}}
	if len(j.parts) == 0 {
		if f.Verdict == "" {
			f.Verdict, f.Why = Skipped, "there is nothing to judge"
		}
		return f
	}
	at := 0
	for i, p := range j.parts {
		if p.Verdict.worse(j.parts[at].Verdict) {
			at = i
		}
	}
	worst := j.parts[at]
	f.Value, f.Limit, f.Count, f.Witnesses = worst.Value, worst.Limit, worst.Count, worst.Witnesses
	if f.Witnesses == nil {
		f.Witnesses = []string{}
	}
	if f.Verdict == "" || worst.Verdict.worse(f.Verdict) {
		f.Verdict = worst.Verdict
	}
	f.Parts = j.cut()
	return f
}

// cut returns the parts, the worst maxParts of them if they are more.
func (j *judged) cut() []Facet {
	if len(j.parts) <= maxParts {
		return j.parts
	}
	kept := slices.Clone(j.parts)
	slices.SortStableFunc(kept, func(a, b Facet) int { return rank(b.Verdict) - rank(a.Verdict) })
	left := len(kept) - maxParts
	kept = kept[:maxParts]
	return append(kept, Facet{Name: "and more", Verdict: Pass, Count: uint64(left), Note: "parts that are no worse than these"})
}

// keys returns the keys of witnesses.
func keys(ws []measure.Witness) []string {
	all := make([]string, len(ws))
	for i, w := range ws {
		all[i] = w.Key
	}
	slices.Sort(all)
	return all
}
