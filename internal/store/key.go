package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"govd/internal/gov"
)

// A key is a tuple of parts encoded so that bytes.Compare orders keys as the
// tuples order, part by part, and so that no key is a prefix of another key of
// the same shape.
//
//	string  its bytes with 00 written as 00 FF, then 00 01
//	uint64  8 bytes, big-endian
//	digest  32 bytes
//	id      16 bytes
//	level   1 byte
type key []byte

func (k key) str(s string) key {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			break
		}
		k = append(append(k, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
	return append(append(k, s...), 0, 1)
}

func (k key) uint64(n uint64) key     { return binary.BigEndian.AppendUint64(k, n) }
func (k key) digest(d gov.Digest) key { return append(k, d[:]...) }
func (k key) id(id [16]byte) key      { return append(k, id[:]...) }
func (k key) level(l int) key         { return append(k, byte(l)) }
func (k key) dataset(d gov.DatasetName) key {
	project, name, _ := strings.Cut(string(d), "/")
	return k.str(project).str(name)
}

// serial adds an id that ends in a number, so that ids order by that number.
// The number is 0 for ids without one.
func (k key) serial(id string) key {
	return k.uint64(serialOf(id)).str(id)
}

func serialOf(id string) (n uint64) {
	digits := strings.TrimLeft(id, "abcdefghijklmnopqrstuvwxyz:")
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

var errKey = errors.New("not a key of this table")

// parts takes a key apart from the left. After a part that is not there all
// that follow are zero, and end says so.
type parts struct {
	rest []byte
	bad  bool
}

func (p *parts) take(n int) []byte {
	if p.bad = p.bad || len(p.rest) < n; p.bad {
		return make([]byte, n)
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parts) str() string {
	var s []byte
	for {
		i := bytes.IndexByte(p.rest, 0)
		if p.bad = p.bad || i < 0 || i+1 == len(p.rest); p.bad {
			return ""
		}
		s = append(s, p.rest[:i]...)
		mark := p.rest[i+1]
		p.rest = p.rest[i+2:]
		switch mark {
		case 1:
			return string(s)
		case 0xff:
			s = append(s, 0)
		default:
			p.bad = true
		}
	}
}

func (p *parts) dataset() gov.DatasetName {
	project, name := p.str(), p.str()
	return gov.DatasetName(project + "/" + name)
}

func (p *parts) uint64() uint64     { return binary.BigEndian.Uint64(p.take(8)) }
func (p *parts) digest() gov.Digest { return gov.Digest(p.take(len(gov.Digest{}))) }
func (p *parts) id() [16]byte       { return [16]byte(p.take(16)) }

// end returns an error unless all of the key has been taken.
func (p *parts) end() error {
	if p.bad || len(p.rest) > 0 {
		return errKey
	}
	return nil
}

// A span is the keys from from (included) up to to (excluded; nil: no end),
// backwards if reverse.
type span struct {
	from, to []byte
	reverse  bool
}

// under is the span of the keys that begin with k.
func under(k key) span { return span{from: k, to: beyond(k)} }

// after narrows the span to what follows the key k.
func (s span) after(k key) span {
	s.from = append(k, 0)
	return s
}

// beyond returns the first key after all that begin with k, or nil.
func beyond(k key) []byte {
	for i := len(k) - 1; i >= 0; i-- {
		if k[i] != 0xff {
			end := bytes.Clone(k[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}
