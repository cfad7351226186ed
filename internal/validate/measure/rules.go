package measure

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// Present finds fields that a record lacks. Its codes are their names: split,
// label, media, size, facts, or attr: and the name of an attribute.
type Present struct{ Fields []string }

// Key implements Rule.
func (p Present) Key() string { return key("present/1", p.Fields...) }

// Find implements Rule.
func (p Present) Find(r *Row, fault func(string)) bool { return p.bind().Find(r, fault) }

func (p Present) bind() Rule {
	bound := &boundPresent{Present: p}
	for _, f := range p.Fields {
		bound.is = append(bound.is, presence(f))
	}
	return bound
}

// A boundPresent has for each field what looks at it.
type boundPresent struct {
	Present
	is []func(r *Row) bool
}

func (p *boundPresent) Find(r *Row, fault func(string)) bool {
	for i, is := range p.is {
		if !is(r) {
			fault(p.Fields[i])
		}
	}
	return true
}

// presence returns what reports whether a record has a field. Of an attribute it
// remembers where that was in the last record.
func presence(field string) func(r *Row) bool {
	switch field {
	case "split":
		return func(r *Row) bool { return len(r.Split) > 0 }
	case "label":
		return func(r *Row) bool { return len(r.Labels) > 0 }
	case "media":
		return func(r *Row) bool { return len(r.MediaType) > 0 }
	case "size":
		return func(r *Row) bool { return r.Size > 0 }
	case "facts":
		return func(r *Row) bool { return r.Facts != nil }
	}
	name, at := strings.TrimPrefix(field, attrPrefix), 0
	return func(r *Row) bool { return len(r.attrAt(name, &at)) > 0 }
}

// Allowed finds words that are not on a list: splits, media types, licences.
// Its code is "unknown". With Optional, it does not look at "".
type Allowed struct {
	Column   Column
	Words    []string
	Optional bool
}

// Key implements Rule.
func (a Allowed) Key() string {
	optional := ""
	if a.Optional {
		optional = "optional"
	}
	return key("allowed/1", append([]string{string(a.Column), optional}, slices.Sorted(slices.Values(a.Words))...)...)
}

// Find implements Rule.
func (a Allowed) Find(r *Row, fault func(string)) bool { return a.bind().Find(r, fault) }

func (a Allowed) bind() Rule {
	bound := &boundAllowed{Allowed: a, source: a.Column.source(), words: map[string]bool{}}
	for _, w := range a.Words {
		bound.words[w] = true
	}
	bound.accept = bound.word
	return bound
}

// A boundAllowed looks one record's words up.
type boundAllowed struct {
	Allowed
	source   source
	words    map[string]bool
	accept   func([]byte)
	examined bool
	unknown  bool
	any      bool
}

func (a *boundAllowed) Find(r *Row, fault func(string)) bool {
	a.examined, a.unknown, a.any = false, false, false
	a.source.each(r, a.accept)
	if !a.any {
		a.word(nil)
	}
	if a.unknown {
		fault("unknown")
	}
	return a.examined
}

func (a *boundAllowed) word(word []byte) {
	a.any = true
	if len(word) == 0 && a.Optional {
		return
	}
	a.examined = true
	if !a.words[string(word)] {
		a.unknown = true
	}
}

// A Form is how an attribute's value must look.
type Form string

// The forms.
const (
	Integer Form = "integer" // 12, -3
	Decimal Form = "decimal" // 12, -3.25
	Date    Form = "date"    // 2026-11-22, or a time of RFC 3339
	Hash    Form = "digest"  // as gov.Digest writes it
)

// Forms lists every form.
var Forms = []Form{Integer, Decimal, Date, Hash}

// Formed finds values of an attribute that do not look as they must. Its code
// is "form". It does not look at records without the attribute.
type Formed struct {
	Attribute string
	Form      Form
}

// Key implements Rule.
func (f Formed) Key() string { return key("formed/1", f.Attribute, string(f.Form)) }

// Find implements Rule.
func (f Formed) Find(r *Row, fault func(string)) bool { return f.bind().Find(r, fault) }

func (f Formed) bind() Rule { return &boundFormed{Formed: f} }

// A boundFormed remembers a value that was well formed: the next record's is
// often the same.
type boundFormed struct {
	Formed
	at   int
	good string
}

func (f *boundFormed) Find(r *Row, fault func(string)) bool {
	value := r.attrAt(f.Attribute, &f.at)
	switch {
	case value == nil:
		return false
	case len(value) > 0 && string(value) == f.good:
	case f.Form.fits(value):
		f.good = string(value)
	default:
		fault("form")
	}
	return true
}

func (f Form) fits(value []byte) bool {
	switch f {
	case Integer:
		_, ok := parseDecimal(value, 0)
		return ok && !slices.Contains(value, '.')
	case Decimal:
		_, ok := parseDecimal(value, 0)
		return ok
	case Date:
		return isDate(string(value))
	}
	_, err := gov.ParseDigest(string(value))
	return err == nil
}

func isDate(s string) bool {
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return true
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// A Bound is what a field's number must be within, both ends allowed.
type Bound struct {
	Field    Field
	Min, Max uint64
}

// Bounds finds numbers that are too low or too high: sizes, resolution, and
// with the facts of images what is called vetting. Its codes are the field and
// ":low" or ":high". It does not look at records that have none of the fields.
type Bounds []Bound

// Key implements Rule.
func (b Bounds) Key() string {
	var parameters []string
	for _, x := range b {
		parameters = append(parameters, string(x.Field), hex.EncodeToString(appendNumbers(nil, x.Min, x.Max)))
	}
	return key("bounds/1", parameters...)
}

// Find implements Rule.
func (b Bounds) Find(r *Row, fault func(string)) (examined bool) { return b.bind().Find(r, fault) }

func (b Bounds) bind() Rule {
	bound := &boundBounds{Bounds: b}
	for _, x := range b {
		bound.codes = append(bound.codes, [2]string{string(x.Field) + ":low", string(x.Field) + ":high"})
	}
	return bound
}

// A boundBounds has its codes at hand.
type boundBounds struct {
	Bounds
	codes [][2]string
}

func (b *boundBounds) Find(r *Row, fault func(string)) (examined bool) {
	for i := range b.Bounds {
		x := &b.Bounds[i]
		v, has := r.Number(x.Field)
		examined = examined || has
		switch {
		case has && v < x.Min:
			fault(b.codes[i][0])
		case has && v > x.Max:
			fault(b.codes[i][1])
		}
	}
	return examined
}
