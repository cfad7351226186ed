package store

import (
	"bytes"
	"cmp"
	"testing"

	"pgregory.net/rapid"
)

// A tuple is a key before it is encoded: a string, a number, an id, a string.
type tuple struct {
	a string
	n uint64
	i [16]byte
	b string
}

func (t tuple) key() key { return key(nil).str(t.a).uint64(t.n).id(t.i).str(t.b) }

func cutTuple(k []byte) (tuple, error) {
	p := parts{rest: k}
	t := tuple{p.str(), p.uint64(), p.id(), p.str()}
	return t, p.end()
}

func compareTuples(x, y tuple) int {
	return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.n, y.n), bytes.Compare(x.i[:], y.i[:]), cmp.Compare(x.b, y.b))
}

// Strings of the bytes that the encoding treats specially, and a plain one.
var awkward = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0xff, 'a'}), 0, 4), func(b []byte) string { return string(b) })

var tuples = rapid.Custom(func(t *rapid.T) tuple {
	id := [16]byte{rapid.Byte().Draw(t, "id")}
	return tuple{awkward.Draw(t, "a"), rapid.Uint64Range(0, 300).Draw(t, "n"), id, awkward.Draw(t, "b")}
})

func TestKeyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := tuples.Draw(t, "x"), tuples.Draw(t, "y")
		if got, want := bytes.Compare(x.key(), y.key()), compareTuples(x, y); got != want {
			t.Fatalf("keys of %+v and %+v compare as %d, want %d", x, y, got, want)
		}
		if x != y && bytes.HasPrefix(y.key(), x.key()) {
			t.Fatalf("the key of %+v is a prefix of that of %+v", x, y)
		}
	})
}

func TestKeyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := tuples.Draw(t, "x")
		if got, err := cutTuple(x.key()); err != nil || got != x {
			t.Fatalf("%+v comes back as %+v, %v", x, got, err)
		}
	})
}

// Whatever can be taken apart is what the parts encode to.
func FuzzKey(f *testing.F) {
	f.Add([]byte(tuple{"a\x00b", 7, [16]byte{1}, ""}.key()))
	f.Add([]byte{0, 1})
	f.Add([]byte{0, 0xff, 0, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := cutTuple(b); err == nil && !bytes.Equal(x.key(), b) {
			t.Errorf("% x is taken apart as %+v, which encodes to % x", b, x, x.key())
		}
	})
}

// Ids order by their numbers, which their text does not.
func TestSerialOrder(t *testing.T) {
	ids := []string{"", "sys:govd", "user:1", "sa:2", "user:9", "user:10", "t11", "user:9223372036854775807"}
	for i := range ids[1:] {
		if x, y := key(nil).serial(ids[i]), key(nil).serial(ids[i+1]); bytes.Compare(x, y) >= 0 {
			t.Errorf("%q does not come before %q", ids[i], ids[i+1])
		}
	}
}

func TestSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix, k := key(awkward.Draw(t, "prefix")), []byte(awkward.Draw(t, "key"))
		s := under(prefix)
		in := bytes.Compare(k, s.from) >= 0 && (s.to == nil || bytes.Compare(k, s.to) < 0)
		if in != bytes.HasPrefix(k, prefix) {
			t.Fatalf("% x lies under % x: %t", k, prefix, in)
		}
	})
}
