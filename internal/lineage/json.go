package lineage

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"govd/internal/gov"
)

// Limits of what a stranger may send.
const (
	MaxEvent = 1 << 20 // bytes of an event
	maxDepth = 64      // of objects and arrays in one another
)

// A jsonKind is the first byte of a JSON value; numbers have '0'.
type jsonKind byte

const (
	object jsonKind = '{'
	array  jsonKind = '['
	text   jsonKind = '"'
	number jsonKind = '0'
	truth  jsonKind = 't'
	untrue jsonKind = 'f'
	null   jsonKind = 'n'
)

// A jsonValue is a value of JSON.
type jsonValue struct {
	kind    jsonKind
	text    string // of a text, unescaped; of a number, as it is written
	items   []jsonValue
	members []member // of an object, ascending by name
}

type member struct {
	name  string
	value jsonValue
}

// get returns a member of an object, or nil if it is not there.
func (v *jsonValue) get(name string) *jsonValue {
	i, ok := slices.BinarySearchFunc(v.members, name, func(m member, name string) int { return strings.Compare(m.name, name) })
	if !ok {
		return nil
	}
	return &v.members[i].value
}

// parseJSON parses one value of RFC 8259 and refuses what that leaves to the
// reader: names that come twice, bytes that are not UTF-8, surrogates alone.
func parseJSON(b []byte) (jsonValue, error) {
	if len(b) > MaxEvent {
		return jsonValue{}, gov.Errorf(gov.Exhausted, "EVENT_TOO_LARGE", "an event has %d bytes, %d at most", len(b), MaxEvent)
	}
	p := jsonParser{s: string(b)}
	if !utf8.ValidString(p.s) {
		return jsonValue{}, gov.Errorf(gov.Invalid, "BAD_JSON", "the event is not UTF-8")
	}
	v := p.value(0)
	if p.space(); p.wrong == "" && p.at < len(p.s) {
		p.fail("more follows the value")
	}
	if p.wrong != "" {
		return jsonValue{}, gov.Errorf(gov.Invalid, "BAD_JSON", "byte %d: %s", p.at, p.wrong)
	}
	return v, nil
}

// A jsonParser reads from at. After the first fault it reads no more.
type jsonParser struct {
	s     string
	at    int
	wrong string
}

func (p *jsonParser) fail(why string) {
	if p.wrong == "" {
		p.wrong = why
	}
}

func (p *jsonParser) space() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\n' || p.s[p.at] == '\t' || p.s[p.at] == '\r') {
		p.at++
	}
}

// next skips space and reports whether the byte that follows is c; if so it
// skips that too.
func (p *jsonParser) next(c byte) bool {
	if p.space(); p.wrong == "" && p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) value(depth int) (v jsonValue) {
	switch p.space(); {
	case depth > maxDepth:
		p.fail("objects and arrays lie more than " + strconv.Itoa(maxDepth) + " deep")
	case p.next('{'):
		v = jsonValue{kind: object, members: p.object(depth + 1)}
	case p.next('['):
		v = jsonValue{kind: array, items: p.array(depth + 1)}
	case p.next('"'):
		v = jsonValue{kind: text, text: p.text()}
	case p.word("true"):
		v.kind = truth
	case p.word("false"):
		v.kind = untrue
	case p.word("null"):
		v.kind = null
	default:
		v = jsonValue{kind: number, text: p.number()}
	}
	return v
}

func (p *jsonParser) word(w string) bool {
	if !strings.HasPrefix(p.s[p.at:], w) {
		return false
	}
	p.at += len(w)
	return true
}

func (p *jsonParser) array(depth int) (items []jsonValue) {
	if p.next(']') {
		return nil
	}
	for p.wrong == "" {
		items = append(items, p.value(depth))
		if p.next(']') {
			break
		}
		if !p.next(',') {
			p.fail("want , or ] in an array")
		}
	}
	return items
}

func (p *jsonParser) object(depth int) (members []member) {
	if p.next('}') {
		return nil
	}
	for p.wrong == "" {
		if !p.next('"') {
			p.fail("want a name in an object")
			break
		}
		m := member{name: p.text()}
		if !p.next(':') {
			p.fail("want : after a name")
			break
		}
		m.value = p.value(depth)
		if members = append(members, m); p.next('}') {
			break
		}
		if !p.next(',') {
			p.fail("want , or } in an object")
		}
	}
	p.sort(members)
	return members
}

func (p *jsonParser) sort(members []member) {
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			p.fail("a name comes twice in the object that ends here: " + strconv.QuoteToASCII(shorten(members[i].name)))
		}
	}
}

// shorten clips what a stranger sent before it goes into a message.
func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// text reads a text after its opening quote.
func (p *jsonParser) text() string {
	from := p.at
	var b []byte // what was read before from, if escapes made it differ
	for p.wrong == "" {
		for p.at < len(p.s) && p.s[p.at] != '"' && p.s[p.at] != '\\' && p.s[p.at] >= ' ' {
			p.at++
		}
		plain := p.s[from:p.at]
		switch {
		case p.at == len(p.s) || p.s[p.at] < ' ':
			p.fail("a text does not end, or holds a control character")
		case p.next('"'):
			if b == nil {
				return plain
			}
			return string(append(b, plain...))
		default:
			p.at++
			b = utf8.AppendRune(append(b, plain...), p.escape())
			from = p.at
		}
	}
	return ""
}

const (
	escapeLetters = `"\/bfnrt`
	escapeMeaning = "\"\\/\b\f\n\r\t"
)

// escape reads what follows a backslash.
func (p *jsonParser) escape() rune {
	if p.at == len(p.s) {
		p.fail("a text does not end")
		return 0
	}
	c := p.s[p.at]
	p.at++
	if i := strings.IndexByte(escapeLetters, c); i >= 0 {
		return rune(escapeMeaning[i])
	}
	if c != 'u' {
		p.fail("no such escape")
		return 0
	}
	r := p.hex()
	if utf16.IsSurrogate(r) {
		if !p.word(`\u`) {
			p.fail("half of a surrogate pair")
			return 0
		}
		if r = utf16.DecodeRune(r, p.hex()); r == utf8.RuneError {
			p.fail("half of a surrogate pair")
		}
	}
	return r
}

func (p *jsonParser) hex() rune {
	if p.at+4 > len(p.s) {
		p.fail("a text does not end")
		return 0
	}
	n, err := strconv.ParseUint(p.s[p.at:p.at+4], 16, 16)
	if err != nil {
		p.fail("want four hex digits")
	}
	p.at += 4
	return rune(n)
}

// number reads a number and keeps it as it is written.
func (p *jsonParser) number() string {
	from := p.at
	p.one("-")
	if !p.one("0") && p.digits() == 0 {
		p.fail("want a value")
	}
	if p.one(".") && p.digits() == 0 {
		p.fail("want digits after .")
	}
	if p.one("eE") {
		if p.one("+-"); p.digits() == 0 {
			p.fail("want digits of an exponent")
		}
	}
	return p.s[from:p.at]
}

func (p *jsonParser) one(of string) bool {
	if p.at < len(p.s) && strings.IndexByte(of, p.s[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) digits() (n int) {
	for p.one("0123456789") {
		n++
	}
	return n
}

// appendCanonical appends the one form of a value: members ascending by name,
// no space, texts with only the escapes they need, numbers as they were written.
func (v *jsonValue) appendCanonical(b []byte) []byte {
	switch v.kind {
	case object:
		b = append(b, '{')
		for i := range v.members {
			b = appendComma(b, i)
			b = append(appendText(b, v.members[i].name), ':')
			b = v.members[i].value.appendCanonical(b)
		}
		return append(b, '}')
	case array:
		b = append(b, '[')
		for i := range v.items {
			b = v.items[i].appendCanonical(appendComma(b, i))
		}
		return append(b, ']')
	case text:
		return appendText(b, v.text)
	case number:
		return append(b, v.text...)
	case truth:
		return append(b, "true"...)
	case untrue:
		return append(b, "false"...)
	}
	return append(b, "null"...)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

const lowerHex = "0123456789abcdef"

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
		case c < ' ':
			b = append(append(b, s[from:i]...), '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		default:
			continue
		}
		from = i + 1
	}
	return append(append(b, s[from:]...), '"')
}
