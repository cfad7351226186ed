package audit

import (
	"bytes"
	"strconv"
	"time"

	"govd/internal/gov"
)

// DecodeEntry decodes what [Entry.Encode] makes, and nothing else: unknown,
// doubled or reordered fields, spaces, another version and trailing bytes are
// errors of kind Invalid. The entry does not hold on to b.
func DecodeEntry(b []byte) (*Entry, error) {
	if len(b) > MaxEntry {
		return nil, gov.Errorf(gov.Invalid, "BAD_ENTRY", "a log entry has %d bytes, %d at most", len(b), MaxEntry)
	}
	p := parser{rest: b}
	e := p.entry()
	if p.bad || e.check() != nil || !bytes.Equal(e.append(make([]byte, 0, len(b))), b) {
		return nil, gov.Errorf(gov.Invalid, "BAD_ENTRY", "not a log entry of version %d in its one form", EntryVersion)
	}
	return e, nil
}

// A parser takes an entry's line apart from the left. It need not be strict:
// DecodeEntry encodes again and compares.
type parser struct {
	rest []byte
	bad  bool
}

func (p *parser) entry() *Entry {
	p.skip(`{"v":`)
	e := &Entry{V: int(p.number())}
	e.Time = p.time()
	e.Who = gov.PersonID(p.word("who"))
	e.Credential = gov.CredentialID(p.word("credential"))
	e.Do = gov.Action(p.word("do"))
	e.At = gov.Place(p.word("at"))
	p.skip(`,"policy":`)
	e.Policy = p.number()
	e.Request = p.word("request")
	e.Body = p.digest("body")
	e.Refused = gov.Reason(p.word("refused"))
	e.Event = p.word("event")
	e.Data = p.data()
	p.skip("}")
	p.bad = p.bad || len(p.rest) > 0
	return e
}

// skip takes s off.
func (p *parser) skip(s string) {
	if !p.has(s) {
		p.bad = true
	}
}

// has takes s off if it comes next.
func (p *parser) has(s string) bool {
	if len(p.rest) < len(s) || string(p.rest[:len(s)]) != s {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

// word takes a member off, and returns "" if another one comes next.
func (p *parser) word(name string) string {
	if !p.has(`,"` + name + `":"`) {
		return ""
	}
	n := bytes.IndexByte(p.rest, '"')
	if n < 0 {
		p.bad = true
		return ""
	}
	word := string(p.rest[:n])
	p.rest = p.rest[n+1:]
	return word
}

func (p *parser) number() uint64 {
	n := 0
	for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		n++
	}
	v, err := strconv.ParseUint(string(p.rest[:n]), 10, 64)
	p.rest, p.bad = p.rest[n:], p.bad || err != nil
	return v
}

func (p *parser) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, p.word("time"))
	p.bad = p.bad || err != nil
	return t.UTC()
}

func (p *parser) digest(name string) (d gov.Digest) {
	if err := d.UnmarshalText([]byte(p.word(name))); err != nil {
		p.bad = true
	}
	return d
}

// data takes off all that is left but the last brace. Entry.check looks into it.
func (p *parser) data() []byte {
	if !p.has(`,"data":`) || len(p.rest) == 0 {
		return nil
	}
	n := len(p.rest) - 1
	data := bytes.Clone(p.rest[:n])
	p.rest = p.rest[n:]
	return data
}
