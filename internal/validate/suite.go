package validate

import (
	"maps"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// A Suite is a policy made ready for a dataset: its measures, its indexes and
// its rules. It is for one goroutine.
type Suite struct {
	Policy   *Policy
	Taxonomy *gov.Taxonomy // nil: any label goes

	labels, splits, groups, sources, cameras, lots, runs measure.Tally
	sizes, sides, sharpness, entropy, dark               measure.Spread
	schema, missing, provenance, undecoded               measure.Faults
	declared, measured, said, parentless                 measure.Faults
	vocabulary, geometry, vetting                        measure.Faults
	crosses                                              map[string]measure.Tally // group by column
	coverage                                             measure.Tally
	toneVotes                                            measure.Agreement
	streams                                              measure.Sequences
	rules                                                []measure.Faults

	contents   measure.Duplicates
	near       measure.Near
	apart      measure.Apart
	assets     measure.Unique
	leaks      map[Role]measure.Leak
	parents    measure.Dangling
	coverageBy []Role
}

// NewSuite makes a policy ready. Returns gov.Invalid if a rule does not compile.
func NewSuite(p *Policy, taxonomy *gov.Taxonomy) (*Suite, error) {
	s := &Suite{Policy: p, Taxonomy: taxonomy}
	s.tallies()
	s.faults()
	s.sequences()
	s.indexes()
	for i := range p.Rules {
		broken, err := p.Rules[i].Compile()
		if err != nil {
			return nil, err
		}
		s.rules = append(s.rules, measure.Faults{Rule: celRule{&p.Rules[i], broken}})
	}
	return s, nil
}

func (s *Suite) attr(r Role) measure.Column { return measure.Attr(s.Policy.Attribute(r)) }

func tally(columns ...measure.Column) measure.Tally {
	var t measure.Tally
	copy(t.Columns[:], columns)
	return t
}

// crossed are the columns whose association with the tone group is judged.
var crossed = []string{"label", "split", "source", "camera", "annotator"}

func (s *Suite) tallies() {
	group := s.attr(Group)
	s.labels, s.splits, s.groups = tally(measure.Label), tally(measure.Split), tally(group)
	s.sources, s.cameras, s.lots, s.runs = tally(s.attr(Source)), tally(s.attr(Camera)), tally(s.attr(Lot)), tally(s.attr(Run))
	s.sizes = measure.Spread{Field: measure.Size}
	s.sides = measure.Spread{Field: measure.Side, By: group}
	s.sharpness = measure.Spread{Field: measure.Sharpness, By: group}
	s.entropy = measure.Spread{Field: measure.Entropy, By: group}
	s.dark = measure.Spread{Field: measure.Dark}
	s.crosses = map[string]measure.Tally{
		"label": tally(group, measure.Label), "split": tally(group, measure.Split), "source": tally(group, s.attr(Source)),
		"camera": tally(group, s.attr(Camera)), "annotator": tally(group, s.attr(Annotator)),
		"tone annotator": tally(group, s.attr(ToneAnnotator1)), "second tone annotator": tally(group, s.attr(ToneAnnotator2)),
		"tone region": tally(group, s.attr(ToneRegion1)), "second tone region": tally(group, s.attr(ToneRegion2)),
	}
	s.toneVotes = measure.Agreement{Prefix: s.Policy.Attribute(ToneVotes)}
	s.coverage, s.coverageBy = s.coverageTally()
}

// maxCoverage is how many roles coverage combines at most: with the label they
// are as many columns as a tally has.
const maxCoverage = 3

// coverageTally counts the combinations that coverage asks for, with the label.
func (s *Suite) coverageTally() (measure.Tally, []Role) {
	by := slices.Sorted(maps.Keys(s.Policy.Coverage))
	var columns []measure.Column
	for _, r := range by {
		columns = append(columns, s.attr(r))
	}
	return tally(append(columns, measure.Label)...), by
}

// Measures returns what to fold over the version, and over the one before it
// and the difference if there is one.
func (s *Suite) Measures() []measure.Measure {
	wanted := map[string][]measure.Measure{
		"S1.schema":        {s.schema},
		"S1.completeness":  {s.missing},
		"S1.decode":        {s.undecoded},
		"S1.classes":       {s.labels},
		"S1.split":         {s.splits, s.declared},
		"S1.baseline":      {s.labels, s.splits, s.sizes},
		"S1.size":          {s.sizes, s.sides, s.measured},
		"S1.provenance":    {s.provenance},
		"S2.vocab":         {s.vocabulary},
		"S2.geometry":      {s.geometry, s.vocabulary},
		"S2.change":        {s.labels},
		"S3.res":           {s.vetting, s.sharpness},
		"S3.aspect":        {s.vetting},
		"S3.blur":          {s.vetting},
		"S3.dark":          {s.vetting},
		"S3.light":         {s.vetting},
		"S3.lowInfo":       {s.vetting},
		"S3.gray":          {s.vetting},
		"S3.intake":        {s.lots},
		"S3.source":        {s.sources, s.cameras},
		"S4.repr":          {s.groups},
		"S4.labelRate":     {s.labels, s.groups, s.crosses["label"]},
		"S4.vetDisparity":  {s.vetting},
		"S4.detailByGroup": {s.sharpness, s.sides, s.entropy},
		"S4.toneAgree":     {s.toneVotes, measure.Faults{Rule: apart{s.Policy.Attribute(ToneVotes)}}},
		"S4.errByGroup":    {s.groups},
		"S5.mono":          {s.streams},
		"S5.gap":           {s.streams},
		"S5.jitter":        {s.streams},
		"S5.sync":          {s.streams},
		"S5.seqIntegrity":  {s.streams},
		"S5.coverage":      {s.coverage},
		"S5.leak":          {s.said},
		"S5.lineage":       {s.said, s.parentless, s.runs},
		"S5.drift":         {s.labels, s.splits, s.groups, s.sources, s.cameras, s.sizes, s.sharpness, s.dark},
	}
	for _, name := range crossed {
		wanted["S4.assoc"] = append(wanted["S4.assoc"], s.groups, s.crosses[name])
	}
	for _, name := range []string{"label", "split", "camera"} {
		wanted["S4.intersect"] = append(wanted["S4.intersect"], s.groups, s.crosses[name])
	}
	for _, name := range mixed {
		wanted["S4.annotatorMix"] = append(wanted["S4.annotatorMix"], s.groups, s.crosses[name])
	}
	var all []measure.Measure
	for _, id := range slices.Sorted(maps.Keys(s.Policy.Checks)) {
		all = append(all, wanted[id]...)
	}
	for _, r := range s.rules {
		all = append(all, r)
	}
	return all
}

var mixed = []string{"tone annotator", "second tone annotator", "tone region", "second tone region"}

// Indexes returns the indexes to build over the version.
func (s *Suite) Indexes() []measure.Index {
	wanted := map[string][]measure.Index{
		"S1.uniqueKey": {s.assets},
		"S1.exactDup":  {s.contents},
		"S2.conflict":  {s.contents},
		"S3.nearDup":   {s.near},
		"S5.dupSplit":  {s.contents, s.near},
		"S5.sync":      {s.apart},
		"S5.leak":      {s.leaks[Subject], s.leaks[Session], s.leaks[Sequence]},
		"S5.lineage":   {s.parents},
	}
	seen := map[measure.Index]bool{}
	var all []measure.Index
	for _, id := range slices.Sorted(maps.Keys(s.Policy.Checks)) {
		for _, ix := range wanted[id] {
			if !seen[ix] {
				seen[ix] = true
				all = append(all, ix)
			}
		}
	}
	return all
}

func (s *Suite) indexes() {
	s.assets = measure.Unique{Attribute: s.Policy.Attribute(Asset)}
	s.near = measure.Near{Radius: int(s.radius() / stat.One)}
	s.parents = measure.Dangling{Attribute: s.Policy.Attribute(Parent)}
	s.apart = measure.Apart{
		Sequence: s.Policy.Attribute(Sequence), Stream: s.Policy.Attribute(Stream), Time: s.Policy.Attribute(Time),
		Most: uint64(s.Policy.Checks["S5.sync"].Params["seconds"]), // millionths are microseconds
	}
	s.leaks = map[Role]measure.Leak{}
	for _, r := range []Role{Subject, Session, Sequence} {
		s.leaks[r] = measure.Leak{Attribute: s.Policy.Attribute(r)}
	}
}

// radius is the distance that makes a near duplicate: one for all checks.
func (s *Suite) radius() stat.Micro {
	if set, ok := s.Policy.Checks["S3.nearDup"]; ok {
		return set.Params["radius"]
	}
	return s.Policy.Checks["S5.dupSplit"].Params["radius"]
}
