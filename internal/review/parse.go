package review

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"govd/internal/gov"
)

// MaxDocument is the most bytes that a document of rules may have.
const MaxDocument = 256 << 10

// ParseRules parses a document of rules. It is strict: a key that is unknown or
// there twice, a value that is impossible and anything after the document are
// errors of kind Invalid that name the field.
func ParseRules(doc []byte) (*Rules, error) {
	if len(doc) > MaxDocument {
		return nil, badRules("the document has %d bytes, %d at most", len(doc), MaxDocument)
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(doc))); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	var r Rules
	if err := d.Decode(&r); err != nil {
		return nil, badJSON(err)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return Strictest(&r), nil
}

// Check reports the first option whose value is impossible.
func (r *Rules) Check() error {
	for _, o := range options {
		if wrong := o.wrong(r); wrong != "" {
			return badRules("%s: %s", o.path, wrong)
		}
	}
	return nil
}

func badRules(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_RULES", "rules: "+format, args...)
}

// badJSON keeps the part of a decoder's error that tells the field.
func badJSON(err error) error {
	if e, ok := err.(*json.UnmarshalTypeError); ok {
		return badRules("%s: a %s does not fit", e.Field, e.Value)
	}
	if e, ok := err.(*gov.Error); ok {
		return badRules("%s", strings.TrimPrefix(e.Msg, "rules: "))
	}
	return badRules("%s", strings.TrimPrefix(err.Error(), "json: "))
}

var keyForm = regexp.MustCompile(`^([a-z_]+|[1-5])$`)

// checkKeys refuses what encoding/json lets pass: a key in another case, a key
// that is there twice, of which it takes the last, null, and more after the
// document.
func checkKeys(d *json.Decoder) error {
	if err := checkValue(d, "the document"); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return badRules("there is more after the document")
	}
	return nil
}

func checkValue(d *json.Decoder, path string) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return badRules("%s: not JSON", path)
	case t == nil:
		return badRules("%s: what is not set is left out", path)
	case t == json.Delim('{'):
		return checkObject(d, path)
	case t == json.Delim('['):
		for d.More() {
			if err := checkValue(d, path); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	if err != nil {
		return badRules("%s: not JSON", path)
	}
	return nil
}

func checkObject(d *json.Decoder, path string) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, _ := t.(string)
		switch {
		case err != nil:
			return badRules("%s: not JSON", path)
		case !keyForm.MatchString(key):
			return badRules("%s: unknown key %.40q", path, key)
		case seen[key]:
			return badRules("%s: key %q is there twice", path, key)
		}
		seen[key] = true
		if err := checkValue(d, key); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return badRules("%s: not JSON", path)
	}
	return nil
}
