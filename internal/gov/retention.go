package gov

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// A Retention says how long the records of a dataset are kept: for so many days
// at least, since a law or a contract asks for them, and for so many at most,
// since nothing asks for them any longer. Days have 24 hours and count from the
// first version of the dataset that has the record: its key and its content,
// whatever its labels were since.
type Retention struct {
	Class string `json:"class,omitempty"` // what the records are, in a few words
	Keep  uint32 `json:"keep_days,omitempty"`
	Erase uint32 `json:"erase_after_days,omitempty"`
}

// MaxRetention is how many days a retention may name: a hundred years.
const MaxRetention = 36_500

// maxClass is how many bytes the words of a class have at most.
const maxClass = 64

// ParseRetention parses a retention. One that says nothing is none at all.
func ParseRetention(doc []byte) (r Retention, err error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, Because(err, Invalid, "BAD_RETENTION", "not a retention: want {\"class\", \"keep_days\", \"erase_after_days\"}")
	}
	if d.More() {
		return r, Errorf(Invalid, "BAD_RETENTION", "something follows the retention")
	}
	return r, r.check()
}

func (r Retention) check() error {
	switch {
	case r == Retention{}:
		return nil
	case r.Class == "" || strings.TrimSpace(r.Class) != r.Class || !validText(r.Class, maxClass) || strings.ContainsFunc(r.Class, unprintable):
		return Errorf(Invalid, "BAD_RETENTION", "a retention needs a class, which has %d bytes at most: say what the records are", maxClass)
	case r.Keep == 0 && r.Erase == 0:
		return Errorf(Invalid, "BAD_RETENTION", "a retention keeps records for some days, has them erased after some, or both")
	case r.Keep > MaxRetention || r.Erase > MaxRetention:
		return Errorf(Invalid, "BAD_RETENTION", "a retention names %d days at most", MaxRetention)
	case r.Erase != 0 && r.Keep > r.Erase:
		return Errorf(Invalid, "BAD_RETENTION", "records that are kept for %d days cannot be erased after %d", r.Keep, r.Erase)
	}
	return nil
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// Document returns the canonical form, whose digest the log names.
func (r Retention) Document() []byte { return must(json.Marshal(r)) }

// Until returns the time before which a record that was registered at one may not
// be erased; the zero time if it may at once.
func (r Retention) Until(registered time.Time) time.Time {
	if r.Keep == 0 {
		return time.Time{}
	}
	return registered.Add(days(r.Keep))
}

// Cutoff returns the time up to which a record must have been registered to be
// due now, in whole seconds; the zero time if none ever is.
func (r Retention) Cutoff(now time.Time) time.Time {
	if r.Erase == 0 {
		return time.Time{}
	}
	return now.Add(-days(r.Erase)).Truncate(time.Second)
}

func days(n uint32) time.Duration { return time.Duration(n) * 24 * time.Hour }
