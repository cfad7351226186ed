package validate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"govd/internal/gov"
)

// MaxReport is the most bytes that the document of a report may have.
const MaxReport = 16 << 20

// ParseReport parses what Report.Document returns, and nothing else.
func ParseReport(doc []byte) (*Report, error) {
	var r Report
	if len(doc) > MaxReport || !exact(doc, &r) || !bytes.Equal(r.Document(), doc) {
		return nil, gov.Errorf(gov.Invalid, "BAD_REPORT", "this is not a report in its canonical form")
	}
	return &r, nil
}

// ParsePolicyDocument parses what Policy.Document returns, and nothing else.
func ParsePolicyDocument(doc []byte) (*Policy, error) {
	var p Policy
	if len(doc) > MaxPolicy || !exact(doc, &p) || !bytes.Equal(p.Document(), doc) {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "this is not a stage policy in its canonical form")
	}
	checks := newCatalogue()
	for id := range p.Checks {
		if _, known := checks[id]; !known {
			return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the stage policy asks for %.40q, which this program does not have", id)
		}
	}
	return &p, nil
}

// exact decodes JSON whose keys are all known.
func exact(doc []byte, to any) bool {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	return d.Decode(to) == nil
}

// Only returns the policy with these checks alone, of its own: a report by it
// has another policy digest, and so opens no gate. Returns gov.NotFound for a
// check that the policy does not ask for.
func (p *Policy) Only(ids ...string) (*Policy, error) {
	q := *p
	q.Checks, q.Rules = map[string]Setting{}, nil
	for _, id := range ids {
		set, asked := p.Checks[id]
		i := slices.IndexFunc(p.Rules, func(r Rule) bool { return rulePrefix+r.ID == id })
		switch {
		case asked:
			q.Checks[id] = set
		case i >= 0:
			q.Rules = append(q.Rules, p.Rules[i])
		default:
			return nil, gov.Errorf(gov.NotFound, "NO_CHECK", "stage %d asks for no check %.40q: it has %v", p.Stage, id, slices.Sorted(maps.Keys(p.Checks)))
		}
	}
	return &q, nil
}

// rulePrefix begins the id of the check of a rule.
const rulePrefix = "rule."
