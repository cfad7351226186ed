package validate

import (
	"maps"
	"math"
	"slices"
	"strings"

	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

func judgeSchema(j *judged) { j.codes(j.schema.In(j.e.Now)) }

// codes judges every code that was found against the parameter max; nothing
// found is one part that passes.
func (j *judged) codes(found *measure.Found) {
	j.rate(j.set.Severity, "records", found.Failed(), found.Examined(), j.param("max"), j.anyWitness(found))
	for _, code := range found.Codes() {
		j.faults(j.set.Severity, code, found, code, j.param("max"))
	}
}

// anyWitness is some witnesses of all codes.
func (j *judged) anyWitness(found *measure.Found) []string {
	var all []string
	for _, code := range found.Codes() {
		all = append(all, keys(found.Witnesses(code))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func judgeCompleteness(j *judged) {
	found := j.missing.In(j.e.Now)
	n := found.Examined()
	j.complete("label", found, "label", n, j.param("label"))
	for _, role := range j.set.Lists["fields"] {
		code := string(j.attr(Role(role)))
		j.complete(j.Policy.Attribute(Role(role)), found, code, n, j.param("other"))
	}
}

// complete adds the part of a field: the share of records that have it, rounded
// down.
func (j *judged) complete(name string, found *measure.Found, code string, n uint64, least stat.Micro) {
	missing := found.Count(code)
	value := stat.One
	if n > 0 {
		value = stat.Down(float64(n-missing) / float64(n))
	}
	j.atLeast(j.set.Severity, Facet{Name: name, Value: value, Limit: least, Count: missing, Witnesses: keys(found.Witnesses(code))})
}

func judgeProvenance(j *judged) {
	found := j.provenance.In(j.e.Now)
	j.rate(j.set.Severity, "records", found.Failed(), found.Examined(), j.param("max"), j.anyWitness(found))
	for _, r := range []Role{License, Source, Consent, Captured} {
		j.faults(j.set.Severity, j.Policy.Attribute(r), found, string(j.attr(r)), j.param("max"))
	}
}

func judgeHash(j *judged) {
	if j.read() {
		c := j.e.Content
		j.rate(j.set.Severity, "contents that are others", c.WrongAll, c.Read, j.param("max"), c.Wrong)
		j.shown(Facet{Name: "contents read", Value: stat.Down(float64(c.Read) / float64(max(1, c.Of))), Count: c.Read, Note: "by " + c.reader()})
		j.bound()
	}
}

func judgeDecode(j *judged) {
	found := j.undecoded.In(j.e.Now)
	j.faults(j.set.Severity, "images without facts", found, "undecoded", j.param("max"))
	if c := j.e.Content; c != nil {
		j.rate(j.set.Severity, "contents that do not decode", c.BrokenAll, c.Read, j.param("max"), c.Broken)
	}
}

// read reports whether enough contents were read for what the policy asks.
func (j *judged) read() bool {
	c, asked := j.e.Content, j.Policy.Content
	if c == nil {
		if asked.Verify == Declared {
			j.skip("the policy takes the digests as they were declared")
		} else {
			j.unknown("no content was read: say where the contents are")
		}
		return false
	}
	if asked.By == ByServer && !c.Server {
		j.unknown("the policy asks that the server reads contents itself, and %s did", c.reader())
	}
	if n, err := asked.SampleSize(c.Of); err != nil || c.Read < n {
		j.unknown("%d of %d contents were read, %d could not be", c.Read, c.Of, c.Failed)
	}
	return true
}

// bound shows what the sample certifies of what was not read.
func (j *judged) bound() {
	c, confidence := j.e.Content, j.Policy.Content.Confidence
	if c.Read < c.Of && confidence > 0 {
		j.shown(Facet{Name: "bound on all contents", Value: stat.Upper(c.WrongAll, c.Read, confidence), Limit: j.Policy.Content.Limit, Note: "with confidence " + plain(confidence)})
	}
}

func judgeUniqueKey(j *judged) {
	if j.indexed() {
		j.found(j.set.Severity, j.Policy.Attribute(Asset), j.assets.In(j.e.Index), "twice", j.param("max"))
	}
}

// indexed reports whether there are indexes to judge.
func (j *judged) indexed() bool {
	if j.e.Index == nil {
		j.unknown("the version was not indexed")
	}
	return j.e.Index != nil
}

func judgeExactDup(j *judged) {
	if !j.indexed() {
		return
	}
	found := j.contents.In(j.e.Index)
	j.found(j.set.Severity, "across splits", found, "across", j.param("across"))
	j.rate(Waiver, "copies", found.Count("copy"), j.e.Records, j.param("within"), keys(found.Witnesses("copy")))
}

func judgeClasses(j *judged) {
	counts := j.labels.In(j.e.Now)
	required := j.Policy.Required
	if len(required) == 0 {
		for words := range counts.Cells() {
			if words[0] != "" {
				required = append(required, words[0])
			}
		}
	}
	if len(required) == 0 {
		j.skip("there are no labels")
		return
	}
	ns := make([]uint64, len(required))
	for i, name := range required {
		ns[i] = counts.Get(name)
		j.atLeast(j.set.Severity, Facet{Name: name, Value: whole(ns[i]), Limit: j.param("min"), Count: short(ns[i], j.times("min")), Witnesses: []string{name}})
	}
	least, most := slices.Min(ns), slices.Max(ns)
	if least > 0 {
		j.atMost(Waiver, Facet{Name: "imbalance", Value: stat.Near(float64(most) / float64(least)), Limit: j.param("ratio")})
	}
	if len(ns) > 1 {
		j.atLeast(Waiver, Facet{Name: "evenness", Value: stat.Near(evenness(ns)), Limit: j.param("evenness")})
	}
}

// short is how many are missing to enough.
func short(n, enough uint64) uint64 { return enough - min(n, enough) }

// evenness is the entropy of the counts as a share of the largest possible,
// after E. Pielou (1966).
func evenness(ns []uint64) float64 {
	total, h := 0.0, 0.0
	for _, n := range ns {
		total += float64(n)
	}
	for _, n := range ns {
		if n > 0 {
			p := float64(n) / total
			h -= p * math.Log(p)
		}
	}
	return h / math.Log(float64(len(ns)))
}

func judgeSplit(j *judged) {
	counts := j.splits.In(j.e.Now)
	total := uint64(0)
	strange := uint64(0)
	var names []string
	for words, n := range counts.Cells() {
		total += n
		if _, declared := j.Policy.Splits[words[0]]; !declared && len(j.Policy.Splits) > 0 {
			strange += n
			names = append(names, words[0])
		}
	}
	if len(j.Policy.Splits) == 0 {
		j.skip("the policy declares no splits")
		return
	}
	declared := j.declared.In(j.e.Now)
	j.atMost(j.set.Severity, Facet{Name: "undeclared splits", Value: whole(strange), Count: strange, Witnesses: keys(declared.Witnesses("unknown")), Note: strings.Join(names[:min(len(names), 5)], ", ")})
	for _, name := range slices.Sorted(maps.Keys(j.Policy.Splits)) {
		p, want := share(counts.Get(name), total), j.Policy.Splits[name]
		j.atMost(j.set.Severity, Facet{Name: name, Value: max(p-want, want-p), Limit: j.param("tolerance"), Note: plain(p) + " instead of " + plain(want)})
	}
}

func judgeBaseline(j *judged) {
	counts := j.labels.In(j.e.Now)
	labels := 0
	for words := range counts.Cells() {
		if words[0] != "" {
			labels++
		}
	}
	j.shown(Facet{Name: "records", Value: whole(j.e.Records)})
	j.shown(Facet{Name: "labels", Value: whole(uint64(labels))})
	j.shown(Facet{Name: "bytes", Value: whole(j.e.Bytes)})
	if q, ok := quantile(j.sizes.In(j.e.Now).All(), 1, 2); ok {
		j.shown(Facet{Name: "median size", Value: whole(q)})
	}
}

// quantile returns the lower end of the bin that a quantile lies in.
func quantile(d *measure.Dist, num, den uint64) (uint64, bool) {
	if d == nil {
		return 0, false
	}
	bin, ok := d.Quantile(num, den)
	lo, _ := measure.BinRange(bin)
	return lo, ok
}

func judgeSize(j *judged) {
	found := j.measured.In(j.e.Now)
	j.codesOf(found, j.set.Severity, "size:low", "size:high")
	for _, b := range j.outliers(j.e.Now) {
		j.lookedUp(j.set.Severity, "outliers by "+string(b.Field), b.Field, []string{":low", ":high"}, j.param("max"))
	}
}

// lookedUp adds the part of the records beyond a bound that was known only after
// the first measures.
func (j *judged) lookedUp(s Severity, name string, f measure.Field, ends []string, most stat.Micro) {
	if j.e.Further == nil {
		j.unknown("%s were found and not looked up", name)
		return
	}
	count := uint64(0)
	var witnesses []string
	further := j.further(j.e.Now).In(j.e.Further)
	for _, end := range ends {
		count += further.Count(string(f) + end)
		witnesses = append(witnesses, keys(further.Witnesses(string(f)+end))...)
	}
	j.rate(s, name, count, j.e.Records, most, witnesses)
}

func (j *judged) codesOf(found *measure.Found, s Severity, codes ...string) {
	for _, code := range codes {
		j.faults(s, code, found, code, j.param("max"))
	}
}

// runRule judges a rule of the dataset's own.
func (s *Suite) runRule(i int, e *Evidence) Finding {
	rule := s.Policy.Rules[i]
	check := &Check{ID: rulePrefix + rule.ID}
	check.judge = func(j *judged) { j.codesOf(s.rules[i].In(e.Now), rule.Severity, "broken") }
	f := s.run(check, Setting{Severity: rule.Severity, Params: map[string]stat.Micro{"max": rule.Most}}, e)
	if rule.Says != "" && f.Why == "" {
		f.Why = rule.Says
	}
	return f
}
