package tree

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Properties 7 and 9: get, range and rank answer as the model does.
func TestReadsAnswerAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(2), newShelf(t)
		m := drawModel.Draw(t, "records")
		root := m.build(t, p, s)
		for range 10 {
			checkGet(t, s, root, m, drawKey.Draw(t, "key"))
			checkRange(t, s, root, m, drawBound.Draw(t, "lo"), drawBound.Draw(t, "hi"))
		}
		for i, k := range m.keys() {
			checkGet(t, s, root, m, k)
			e, err := At(s, root, uint64(i))
			if err != nil || string(e.Key) != k || string(e.Value) != m[k] {
				t.Fatalf("record %d is %q %v, want %q", i, e.Key, err, k)
			}
		}
		checkReader(t, s, root, m, append(m.keys(), rapid.SliceOf(drawBound).Draw(t, "others")...))
		if _, err := At(s, root, uint64(len(m))); gov.ReasonOf(err) != "NO_RECORD" {
			t.Errorf("past the end: %v", err)
		}
		var bytes uint64
		for k, v := range m {
			bytes += uint64(len(k) + len(v))
		}
		if root.Records != uint64(len(m)) || root.Bytes != bytes {
			t.Errorf("%d records of %d bytes, want %d of %d", root.Records, root.Bytes, len(m), bytes)
		}
	})
}

// drawBound draws the end of a range: a key, a prefix of keys, none, or one
// beyond all.
var drawBound = rapid.OneOf(drawKey, rapid.SampledFrom([]string{"", "0", "1", "2", "zzz"}))

// checkReader looks keys up in order, some twice and some that are not there.
func checkReader(t *rapid.T, s *shelf, root gov.Tree, m model, keys []string) {
	t.Helper()
	r, err := NewReader(s, root)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	for _, k := range keys {
		v, found, err := r.Get([]byte(k))
		if want, ok := m[k]; err != nil || found != ok || string(v) != want {
			t.Fatalf("read %q: %q, %v, %v, want %q, %v", k, v, found, err, want, ok)
		}
	}
}

func checkGet(t *rapid.T, s *shelf, root gov.Tree, m model, key string) {
	t.Helper()
	want, ok := m[key]
	v, err := Get(s, root, []byte(key))
	if ok && (err != nil || string(v) != want) {
		t.Fatalf("get %q: %q, %v, want %q", key, v, err, want)
	}
	if !ok && (gov.ReasonOf(err) != "NO_RECORD" || !errors.Is(err, gov.NotFound)) {
		t.Fatalf("get absent %q: %q, %v", key, v, err)
	}
}

// checkRange takes an empty hi for the end.
func checkRange(t *rapid.T, s *shelf, root gov.Tree, m model, lo, hi string) {
	t.Helper()
	var want, got []string
	for _, k := range m.keys() {
		if k >= lo && (hi == "" || k < hi) {
			want = append(want, k+"="+m[k])
		}
	}
	var end []byte
	if hi != "" {
		end = []byte(hi)
	}
	for e, err := range Range(s, root, []byte(lo), end) {
		must(t, err)
		got = append(got, string(e.Key)+"="+string(e.Value))
	}
	if len(got) != len(want) {
		t.Fatalf("[%q, %q) has %d records, want %d", lo, hi, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("[%q, %q): %q, want %q", lo, hi, got[i], want[i])
		}
	}
}

func TestRangeStopsWhenTold(t *testing.T) {
	p, s := tiny(2), newShelf(t)
	root := numbered(300).build(t, p, s)
	reads, _ := s.count(func() {
		for _, err := range Range(s, root, []byte("10100"), nil) {
			must(t, err)
			break
		}
	})
	if reads > int(root.Level)+1 {
		t.Errorf("%d nodes read for one record", reads)
	}
}

func TestLeafHoldsTheKey(t *testing.T) {
	p, s := tiny(2), newShelf(t)
	m := numbered(300)
	root := m.build(t, p, s)
	for k, v := range m {
		id, e, err := Leaf(s, root, []byte(k))
		must(t, err)
		var sc scan
		must(t, sc.load(s, id, 0))
		must(t, sc.seek([]byte(k)))
		if string(e.Value) != v || string(sc.key) != k {
			t.Errorf("leaf of %q: %q holds %q", k, e.Value, sc.key)
		}
	}
	if _, _, err := Leaf(s, root, []byte("0")); gov.ReasonOf(err) != "NO_RECORD" {
		t.Errorf("absent key: %v", err)
	}
}

// A node that is not there, or is another than its parent says, is an error of
// every reader and never a wrong answer.
func TestReadersMeetABadNode(t *testing.T) {
	p, s := tiny(2), newShelf(t)
	root := numbered(300).build(t, p, s)
	id, _, err := Leaf(s, root, []byte("10100"))
	must(t, err)
	frame := s.nodes[id]
	other := s.mutate(p, root, put("10100", "other"))
	for name, bad := range map[string][]byte{
		"missing":     nil,
		"a bit flips": flip(frame, 40),
		"other level": s.nodes[root.Root],
		"cut off":     frame[:len(frame)-1],
	} {
		s.nodes[id] = bad
		if bad == nil {
			delete(s.nodes, id)
		}
		_, get := Get(s, root, []byte("10100"))
		_, rank := At(s, root, 100)
		_, edit := Mutate(p, s, s, root, stream([]Edit{put("10100", "new")}))
		_, proof := Prove(s, root, []byte("10100"), false)
		for op, err := range map[string]error{
			"get": get, "rank": rank, "edit": edit, "prove": proof, "check": Check(p, s, root),
			"range": last(Range(s, root, nil, nil)), "diff": last(Diff(s, root, other)),
		} {
			if r := gov.ReasonOf(err); r != "BAD_NODE" && r != "NO_NODE" {
				t.Errorf("%s: %s: %v", name, op, err)
			}
		}
	}
}

func last[V any](seq func(func(V, error) bool)) (err error) {
	for _, err = range seq {
	}
	return err
}

func flip(b []byte, bit int) []byte {
	c := append([]byte{}, b...)
	c[bit/8] ^= 1 << (bit % 8)
	return c
}
