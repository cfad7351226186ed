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
func (p Present) Find(r *Row, fault func(string)) bool {
	for _, f := range p.Fields {
		if !r.has(f) {
			fault(f)
		}
	}
	return true
}

func (r *Row) has(field string) bool {
	switch field {
	case "split":
		return len(r.Split) > 0
	case "label":
		return len(r.Labels) > 0
	case "media":
		return len(r.MediaType) > 0
	case "size":
		return r.Size > 0
	case "facts":
		return r.Facts != nil
	}
	name, _ := strings.CutPrefix(field, attrPrefix)
	value, _ := r.Attr(name)
	return len(value) > 0
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
func (a Allowed) Find(r *Row, fault func(string)) bool {
	var at int
	none, empty := true, false
	a.Column.each(r, &at, func(word []byte) {
		none = false
		switch {
		case len(word) == 0 && a.Optional:
			empty = true
		case !a.allows(word):
			fault("unknown")
		}
	})
	if none && !a.Optional && !a.allows(nil) {
		fault("unknown")
	}
	return !(a.Optional && (none || empty))
}

func (a Allowed) allows(word []byte) bool {
	for _, w := range a.Words {
		if w == string(word) {
			return true
		}
	}
	return false
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
func (f Formed) Find(r *Row, fault func(string)) bool {
	value, has := r.Attr(f.Attribute)
	if has && !f.Form.fits(value) {
		fault("form")
	}
	return has
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
func (b Bounds) Find(r *Row, fault func(string)) (examined bool) {
	for i := range b {
		v, has := r.Number(b[i].Field)
		examined = examined || has
		switch {
		case has && v < b[i].Min:
			fault(string(b[i].Field) + ":low")
		case has && v > b[i].Max:
			fault(string(b[i].Field) + ":high")
		}
	}
	return examined
}
