package validate

import (
	"bytes"
	"maps"
	"math"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// faults says what makes a record faulty. Limits of a policy are parameters of
// these measures: changing one counts anew, once.
func (s *Suite) faults() {
	p := s.Policy
	s.schema = measure.Faults{Rule: s.forms()}
	s.missing = s.present(append([]string{"label"}, s.attributes(p.Checks["S1.completeness"].Lists["fields"])...))
	s.provenance = s.present(s.attributes([]string{string(License), string(Source), string(Consent), string(Captured)}))
	s.undecoded = measure.Faults{Rule: decoded{}}
	s.said = s.present(s.attributes([]string{string(Subject), string(Session), string(Sequence), string(Parent), string(Run)}))
	s.parentless = measure.Faults{Rule: needs{p.Attribute(Sequence), p.Attribute(Parent)}}
	s.declared = measure.Faults{Rule: measure.Allowed{Column: measure.Split, Words: slices.Sorted(maps.Keys(p.Splits))}}
	size := p.Checks["S1.size"].Params
	s.measured = measure.Faults{Rule: measure.Bounds{{Field: measure.Size, Min: uint64(size["least"] / stat.One), Max: uint64(size["most"] / stat.One)}}}
	s.vocabulary = measure.Faults{Rule: s.words()}
	s.geometry = measure.Faults{Rule: s.shapes()}
	s.vetting = measure.Faults{Rule: s.vets(), By: s.attr(Group)}
}

func (s *Suite) present(fields []string) measure.Faults {
	return measure.Faults{Rule: measure.Present{Fields: fields}}
}

// words are the labels that may be; without a taxonomy any may.
func (s *Suite) words() measure.Rule {
	if s.Taxonomy == nil {
		return measure.Joined{}
	}
	return measure.NewVocabulary(s.Taxonomy, s.Policy.Stage, false, s.Policy.forbidden()...)
}

func (p *Policy) forbidden() [][2]string {
	var pairs [][2]string
	for _, f := range p.Forbidden {
		pairs = append(pairs, f)
	}
	return pairs
}

// attributes returns the fields of measure.Present for roles.
func (s *Suite) attributes(roles []string) []string {
	fields := make([]string, len(roles))
	for i, r := range roles {
		fields[i] = string(s.attr(Role(r)))
	}
	return fields
}

// forms are the forms of what every record says.
func (s *Suite) forms() measure.Joined {
	all := measure.Joined{}
	if types := s.Policy.MediaTypes; len(types) > 0 {
		all = append(all, measure.Part{Name: "media type", Rule: measure.Allowed{Column: measure.Media, Words: sorted(types)}})
	}
	for _, f := range []struct {
		role Role
		form measure.Form
	}{
		{Captured, measure.Date}, {Frame, measure.Integer}, {Frames, measure.Integer}, {Time, measure.Integer}, {FPS, measure.Decimal},
	} {
		name := s.Policy.Attribute(f.role)
		all = append(all, measure.Part{Name: name, Rule: measure.Formed{Attribute: name, Form: f.form}})
	}
	return all
}

// shapes are sound shapes, and parts as often as they must be there.
func (s *Suite) shapes() measure.Joined {
	p := s.Policy
	all := measure.Joined{{Name: "shape", Rule: measure.Geometry{MinArea: uint64(p.Checks["S2.geometry"].Params["area"] / stat.One)}}}
	for _, when := range slices.Sorted(maps.Keys(p.Parts)) {
		for _, need := range p.Parts[when] {
			all = append(all, measure.Part{Name: when + ": " + need.Label, Rule: measure.Required{
				When: when, Label: need.Label, Min: uint64(need.Least), Max: uint64(need.Most),
			}})
		}
	}
	return all
}

// vets are the bounds of image facts. A pair of a check that the policy does
// not ask for bounds nothing.
func (s *Suite) vets() measure.Bounds {
	at := func(check, param string) uint64 { return uint64(s.Policy.Checks[check].Params[param] / stat.One) }
	share := func(check, param string) uint64 { return uint64(s.Policy.Checks[check].Params[param]) / 100 }
	bounds := measure.Bounds{
		{Field: measure.Side, Min: at("S3.res", "pixels"), Max: math.MaxInt64},
		{Field: measure.Sharpness, Min: at("S3.res", "sharpness"), Max: math.MaxInt64},
		{Field: measure.Aspect, Min: share("S3.aspect", "least"), Max: math.MaxInt64},
		{Field: measure.Blur, Min: at("S3.blur", "least"), Max: math.MaxInt64},
		{Field: measure.Dark, Min: at("S3.dark", "least"), Max: math.MaxInt64},
		{Field: measure.Entropy, Min: at("S3.lowInfo", "least"), Max: math.MaxInt64},
	}
	if s.Policy.Asks("S3.light") {
		bounds = append(bounds, measure.Bound{Field: measure.Light, Max: 10_000 - min(at("S3.light", "least"), 10_000)})
	}
	if s.Policy.Asks("S3.gray") {
		bounds = append(bounds, measure.Bound{Field: measure.Gray, Max: 0})
	}
	return bounds
}

// decoded finds images without facts: those that did not decode. It looks at
// the types that package imagefacts decodes.
type decoded struct{}

var decodedTypes = []string{"image/bmp", "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp"}

// Key implements measure.Rule.
func (decoded) Key() string { return "decoded/1" }

// Find implements measure.Rule.
func (decoded) Find(r *measure.Row, fault func(string)) bool {
	if !slices.ContainsFunc(decodedTypes, func(t string) bool { return bytes.Equal(r.MediaType, []byte(t)) }) {
		return false
	}
	if r.Facts == nil {
		fault("undecoded")
	}
	return true
}

// needs finds records that have one attribute and lack another.
type needs struct{ having, other string }

// Key implements measure.Rule.
func (n needs) Key() string { return "needs/1\x00" + n.having + "\x00" + n.other }

// Find implements measure.Rule.
func (n needs) Find(r *measure.Row, fault func(string)) bool {
	if value, _ := r.Attr(n.having); len(value) == 0 {
		return false
	}
	if value, _ := r.Attr(n.other); len(value) == 0 {
		fault("missing")
	}
	return true
}

// A celRule is a dataset's own rule.
type celRule struct {
	*Rule
	broken func(*gov.Record) bool
}

// Key implements measure.Rule.
func (c celRule) Key() string { return "cel/1\x00" + c.Holds }

// Find implements measure.Rule.
func (c celRule) Find(r *measure.Row, fault func(string)) bool {
	record, err := r.Record()
	if err != nil || c.broken(record) {
		fault("broken")
	}
	return true
}
