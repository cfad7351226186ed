package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Limits of an event's data.
const (
	maxDepth   = 16  // objects and arrays within each other
	maxMembers = 256 // of one object
)

var errObject = errors.New("audit: data must be a JSON object without spaces, doubled names or escapes in names")

// checkObject checks that b is an object in a form that every JSON parser
// reads alike: UTF-8, no spaces, no name twice in an object, no escape in a
// name (so that names can be compared as bytes).
func checkObject(b []byte) error {
	if len(b) < 2 || b[0] != '{' || !utf8.Valid(b) || !json.Valid(b) {
		return errObject
	}
	w := walker{rest: b}
	if !w.value(0) || len(w.rest) > 0 {
		return errObject
	}
	return nil
}

// A walker walks over JSON that is known to be valid.
type walker struct{ rest []byte }

// value walks over the value that comes next.
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
	}
	return w.scalar()
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

func (w *walker) array(depth int) bool {
	for end := w.open(']'); !end; end = w.close(']') {
		if !w.value(depth + 1) {
			return false
		}
	}
	return true
}

// open steps into an object or array and reports whether it is empty.
func (w *walker) open(end byte) bool {
	w.rest = w.rest[1:]
	return w.next(end)
}

// close steps over a comma or the end and reports whether it was the end. A
// space is neither, and what follows then fails.
func (w *walker) close(end byte) bool { return !w.next(',') && w.next(end) }

// next steps over c if it comes next.
func (w *walker) next(c byte) bool {
	if len(w.rest) == 0 || w.rest[0] != c {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

// text walks over a string and returns what is between its quotes.
func (w *walker) text() ([]byte, bool) {
	if !w.next('"') {
		return nil, false
	}
	for i := 0; i < len(w.rest); i++ {
		switch w.rest[i] {
		case '\\':
			i++
		case '"':
			s := w.rest[:i]
			w.rest = w.rest[i+1:]
			return s, true
		}
	}
	return nil, false
}

// scalar walks over a number, true, false or null.
func (w *walker) scalar() bool {
	n := bytes.IndexAny(w.rest, ",]} \t\r\n")
	if n <= 0 {
		return false
	}
	w.rest = w.rest[n:]
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
