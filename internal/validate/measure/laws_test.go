package measure

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// A value is a record as a tree holds it.
type value struct{ key, bytes []byte }

// values returns n small records in order of key.
func values(t testing.TB, r *rand.Rand, n int) (all []value) {
	sealer := gov.NewSealer([16]byte{3})
	for k, rec := range (corpus{}).edit(r, n, 3*n) {
		must(t, rec.Check())
		v, err := sealer.Seal(rec)
		must(t, err)
		all = append(all, value{[]byte(k), bytes.Clone(v)})
	}
	slices.SortFunc(all, func(a, b value) int { return bytes.Compare(a.key, b.key) })
	return all
}

// foldValues returns the profile of some values.
func foldValues(t testing.TB, s *Set, all []value) *Profile {
	p := newPass(s, s.all())
	for _, v := range all {
		must(t, p.add(v.key, v.bytes, v.key[len(v.key)-1]%7 == 0))
	}
	return p.flush()
}

// encoded returns a state as it is kept.
func encoded(p *Profile, i int) []byte { return p.states[i].append(nil, true) }

// TestLaws holds for every measure, on bytes: the state of the whole is that of
// its parts merged, wherever it is split and however the parts are grouped; no
// records are neutral; what is decoded is what was encoded; and but for ordered
// measures the order of parts does not matter.
func TestLaws(t *testing.T) {
	set := NewSet(every()...)
	rapid.Check(t, func(rt *rapid.T) {
		r := newRand(rapid.Uint64().Draw(rt, "seed"))
		all := values(t, r, rapid.IntRange(0, 120).Draw(rt, "records"))
		i, j := r.IntN(len(all)+1), r.IntN(len(all)+1)
		i, j = min(i, j), max(i, j)
		parts := func() (a, b, c *Profile) {
			return foldValues(t, set, all[:i]), foldValues(t, set, all[i:j]), foldValues(t, set, all[j:])
		}
		whole := foldValues(t, set, all)
		left, b, c := parts()
		left.merge(b)
		left.merge(c)
		right, b, c := parts()
		b.merge(c)
		right.merge(b)
		none := foldValues(t, set, nil)
		turned, b, c := parts()
		c.merge(none)
		c.merge(turned)
		c.merge(b)
		for n, m := range set.measures {
			want := encoded(whole, n)
			if !bytes.Equal(encoded(left, n), want) || !bytes.Equal(encoded(right, n), want) {
				rt.Fatalf("%q: parts of %d, %d and %d records are not the whole", m.Key(), i, j-i, len(all)-j)
			}
			if !isOrdered(m) && !bytes.Equal(encoded(c, n), want) {
				rt.Fatalf("%q: the order of parts matters", m.Key())
			}
			again, err := decodeState(m, want)
			if err != nil || !bytes.Equal(again.append(nil, true), want) {
				rt.Fatalf("%q: decoding: %v", m.Key(), err)
			}
		}
	})
}

// TestSub holds for every measure that taking a part away leaves what is
// reported of the rest, or is refused.
func TestSub(t *testing.T) {
	set := NewSet(every()...)
	refused := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRand(rapid.Uint64().Draw(rt, "seed"))
		all := values(t, r, rapid.IntRange(0, 120).Draw(rt, "records"))
		i := r.IntN(len(all) + 1)
		if r.IntN(2) == 0 {
			i = len(all) - min(len(all), r.IntN(4))
		}
		whole, part, rest := foldValues(t, set, all), foldValues(t, set, all[i:]), foldValues(t, set, all[:i])
		for n, m := range set.measures {
			if isOrdered(m) {
				continue
			}
			if !whole.states[n].sub(part.states[n]) {
				refused[m.Key()]++
			} else if !bytes.Equal(whole.states[n].append(nil, false), rest.states[n].append(nil, false)) {
				rt.Fatalf("%q: less %d of %d records is something else", m.Key(), len(all)-i, len(all))
			}
		}
	})
	for k, n := range refused {
		if n > 80 {
			t.Errorf("%q refused %d of 100", k, n)
		}
	}
}

// FuzzState holds that whatever decodes encodes to the same bytes.
func FuzzState(f *testing.F) {
	set := NewSet(every()...)
	p := foldValues(f, set, values(f, newRand(5), 60))
	for n := range set.measures {
		f.Add(uint8(n), encoded(p, n))
	}
	f.Fuzz(func(t *testing.T, n uint8, b []byte) {
		m := set.measures[int(n)%len(set.measures)]
		if s, err := decodeState(m, b); err == nil && !bytes.Equal(s.append(nil, true), b) {
			t.Errorf("%q: %x encodes as %x", m.Key(), b, s.append(nil, true))
		}
	})
}
