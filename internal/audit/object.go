package audit

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// Limits of an event's data.
const (
	maxDepth   = 16  // objects and arrays within each other
	maxMembers = 256 // of one object
)

var errObject = errors.New("audit: data must be a JSON object without spaces, doubled names or escapes in names")

// checkObject checks that b is an object (RFC 8259) in a form that every JSON
// parser reads alike: UTF-8, no spaces, no name twice in an object, no escape
// in a name, so that names can be compared as bytes.
func checkObject(b []byte) error {
	w := walker{rest: b}
	if len(b) == 0 || b[0] != '{' || !utf8.Valid(b) || !w.value(0) || len(w.rest) > 0 {
		return errObject
	}
	return nil
}

// A walker walks over JSON. Its methods report whether they found what they
// are named after.
type walker struct{ rest []byte }

func (w *walker) value(depth int) bool {
	if depth > maxDepth || len(w.rest) == 0 {
		return false
	}
	switch w.rest[0] {
	case '{':
		return w.object(depth)
	case '[':
		return w.array(depth)
	case '"':
		_, ok := w.text()
		return ok
	case 't':
		return w.word("true")
	case 'f':
		return w.word("false")
	case 'n':
		return w.word("null")
	}
	return w.number()
}

func (w *walker) object(depth int) bool {
	var room [16][]byte
	names := room[:0]
	for end := w.open('}'); !end; end = w.close('}') {
		name, ok := w.text()
		if !ok || bytes.IndexByte(name, '\\') >= 0 || len(names) == maxMembers || contains(names, name) {
			return false
		}
		names = append(names, name)
		if !w.next(':') || !w.value(depth+1) {
			return false
		}
	}
	return true
}

func contains(names [][]byte, name []byte) bool {
	for _, n := range names {
		if bytes.Equal(n, name) {
			return true
		}
	}
	return false
}

func (w *walker) array(depth int) bool {
	for end := w.open(']'); !end; end = w.close(']') {
		if !w.value(depth + 1) {
			return false
		}
	}
	return true
}

// open steps into an object or array and reports whether it ends at once.
func (w *walker) open(end byte) bool {
	w.rest = w.rest[1:]
	return w.next(end)
}

// close steps over the end, or else over a comma. Where there is neither, no
// member can follow, and the walk fails there.
func (w *walker) close(end byte) bool {
	if w.next(end) {
		return true
	}
	if !w.next(',') {
		w.rest = nil
	}
	return false
}

// next steps over c if it comes next.
func (w *walker) next(c byte) bool {
	if len(w.rest) == 0 || w.rest[0] != c {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

func (w *walker) word(s string) bool {
	if len(w.rest) < len(s) || string(w.rest[:len(s)]) != s {
		return false
	}
	w.rest = w.rest[len(s):]
	return true
}

// text walks over a string and returns what is between its quotes.
func (w *walker) text() ([]byte, bool) {
	if !w.next('"') {
		return nil, false
	}
	for i := 0; i < len(w.rest); i++ {
		switch c := w.rest[i]; {
		case c == '"':
			s := w.rest[:i]
			w.rest = w.rest[i+1:]
			return s, true
		case c < ' ':
			return nil, false
		case c == '\\':
			n := escape(w.rest[i+1:])
			if n == 0 {
				return nil, false
			}
			i += n
		}
	}
	return nil, false
}

// escape returns how long the escape is whose backslash stands before b, or 0.
func escape(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case bytes.IndexByte([]byte(`"\/bfnrt`), b[0]) >= 0:
		return 1
	case b[0] != 'u' || len(b) < 5:
		return 0
	}
	for _, c := range b[1:5] {
		if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return 0
		}
	}
	return 5
}

func (w *walker) number() bool {
	w.next('-')
	if !w.next('0') && !w.digits() {
		return false
	}
	if w.next('.') && !w.digits() {
		return false
	}
	if w.next('e') || w.next('E') {
		_ = w.next('+') || w.next('-')
		return w.digits()
	}
	return true
}

// digits walks over one digit or more.
func (w *walker) digits() bool {
	n := 0
	for n < len(w.rest) && digit(w.rest[n]) {
		n++
	}
	w.rest = w.rest[n:]
	return n > 0
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
