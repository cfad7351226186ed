package audit

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"govd/internal/gov"
)

// EntryVersion is the one version of an entry's form there is.
const EntryVersion = 1

// MaxEntry is how many bytes an encoded entry may have; a tile of entries
// (C2SP tlog-tiles) has 16 bits for the length.
const MaxEntry = 64<<10 - 1

// An Entry is one line of the log. Its JSON form is frozen: these fields in
// this order, without spaces, see [Entry.Encode].
type Entry struct {
	V          int              `json:"v"`    // EntryVersion
	Time       time.Time        `json:"time"` // UTC, RFC 3339 with nanoseconds
	Who        gov.PersonID     `json:"who"`
	Credential gov.CredentialID `json:"credential,omitempty"`
	Do         gov.Action       `json:"do"`
	At         gov.Place        `json:"at"`
	Policy     uint64           `json:"policy"`            // the entry of the newest policy change in force when it was decided
	Request    string           `json:"request,omitempty"` // the UUID that the caller gave
	Body       gov.Digest       `json:"body,omitzero"`     // of the request, so that a reused id is noticed
	Refused    gov.Reason       `json:"refused,omitempty"` // why; then there is no event
	Event      string           `json:"event,omitempty"`   // what happened, such as "version.registered"
	Data       json.RawMessage  `json:"data,omitempty"`    // the event, a JSON object
}

// Encode returns the bytes that are stored and hashed: one line of JSON without
// its newline. No field but Data can need an escape, and Data is taken as it
// is, so the same entry has the same bytes whatever writes it.
//
// An entry must have a version, a time, a person and an action, and either a
// refusal or an event. Data must be a JSON object as [json.Marshal] writes it.
// Returns an error of kind Exhausted if the line is longer than MaxEntry, and
// of kind Internal for any other entry that cannot be.
func (e *Entry) Encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	b := e.append(make([]byte, 0, 384+len(e.Data)))
	if len(b) > MaxEntry {
		return nil, gov.Errorf(gov.Exhausted, "ENTRY_TOO_LARGE", "the log entry has %d bytes, %d at most", len(b), MaxEntry)
	}
	return b, nil
}

// check reports the first thing that keeps e from being an entry.
func (e *Entry) check() error {
	for _, w := range [...]string{string(e.Who), string(e.Credential), string(e.Do), string(e.At), e.Request, string(e.Refused), e.Event} {
		if !plain(w) {
			return fmt.Errorf("audit: %q cannot stand in an entry: it needs an escape", w)
		}
	}
	year := e.Time.UTC().Year()
	switch {
	case e.V != EntryVersion:
		return fmt.Errorf("audit: entry of version %d, want %d", e.V, EntryVersion)
	case e.Time.IsZero() || year < 1 || year > 9999:
		return fmt.Errorf("audit: entry at no time RFC 3339 can write")
	case e.Who == "" || e.Do == "":
		return fmt.Errorf("audit: entry without a person or an action")
	case (e.Refused == "") == (e.Event == ""):
		return fmt.Errorf("audit: entry must be a refusal or an event")
	case e.Event == "" && len(e.Data) > 0:
		return fmt.Errorf("audit: a refusal carries no data")
	}
	if len(e.Data) > 0 {
		return checkObject(e.Data)
	}
	return nil
}

// plain reports whether JSON writes s as it is: printable ASCII but for the
// quote, the backslash, and < > & which some writers escape.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// append appends the entry's line. It must have passed check.
func (e *Entry) append(b []byte) []byte {
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, int64(e.V), 10)
	b = append(b, `,"time":"`...)
	b = e.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = appendWord(append(b, '"'), "who", string(e.Who))
	b = appendOptional(b, "credential", string(e.Credential))
	b = appendWord(b, "do", string(e.Do))
	b = appendWord(b, "at", string(e.At))
	b = append(b, `,"policy":`...)
	b = strconv.AppendUint(b, e.Policy, 10)
	b = appendOptional(b, "request", e.Request)
	if !e.Body.IsZero() {
		b = appendWord(b, "body", e.Body.String())
	}
	b = appendOptional(b, "refused", string(e.Refused))
	b = appendOptional(b, "event", e.Event)
	if len(e.Data) > 0 {
		b = append(append(b, `,"data":`...), e.Data...)
	}
	return append(b, '}')
}

func appendOptional(b []byte, name, word string) []byte {
	if word == "" {
		return b
	}
	return appendWord(b, name, word)
}

// appendWord appends a member that needs no escape.
func appendWord(b []byte, name, word string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	b = append(b, word...)
	return append(b, '"')
}
