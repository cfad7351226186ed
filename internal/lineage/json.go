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
	kind  jsonKind
	name  string      // of a member of an object
	text  string      // of a text, unescaped; of a number, as it is written
	items []jsonValue // of an array; of an object its members, ascending by name
}

// get returns a member of an object, or nil if it is not there.
func (v *jsonValue) get(name string) *jsonValue {
	if v.kind != object {
		return nil
	}
	i, ok := slices.BinarySearchFunc(v.items, name, func(m jsonValue, name string) int { return strings.Compare(m.name, name) })
	if !ok {
		return nil
	}
	return &v.items[i]
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
	open  []jsonValue // items of the objects and arrays that have not ended
}

// close takes the items from n on out of those that are open.
func (p *jsonParser) close(n int) []jsonValue {
	items := slices.Clone(p.open[n:])
	p.open = p.open[:n]
	return items
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
		v = jsonValue{kind: object, items: p.object(depth + 1)}
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

func (p *jsonParser) array(depth int) []jsonValue {
	if p.next(']') {
		return nil
	}
	n := len(p.open)
	for p.wrong == "" {
		v := p.value(depth)
		if p.open = append(p.open, v); p.next(']') {
			break
		}
		if !p.next(',') {
			p.fail("want , or ] in an array")
		}
	}
	return p.close(n)
}

func (p *jsonParser) object(depth int) []jsonValue {
	if p.next('}') {
		return nil
	}
	n := len(p.open)
	for p.wrong == "" {
		if !p.next('"') {
			p.fail("want a name in an object")
			break
		}
		name := p.text()
		if !p.next(':') {
			p.fail("want : after a name")
			break
		}
		v := p.value(depth)
		v.name = name
		if p.open = append(p.open, v); p.next('}') {
			break
		}
		if !p.next(',') {
			p.fail("want , or } in an object")
		}
	}
	members := p.close(n)
	p.sort(members)
	return members
}

func (p *jsonParser) sort(members []jsonValue) {
	slices.SortFunc(members, func(a, b jsonValue) int { return strings.Compare(a.name, b.name) })
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
