package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// forms are the ways to prove a key.
var forms = map[string]func(Source, gov.Tree, []byte) (*Proof, error){
	"compact": ProveCompact,
	"full":    func(s Source, root gov.Tree, key []byte) (*Proof, error) { return Prove(s, root, key, true) },
	"default": func(s Source, root gov.Tree, key []byte) (*Proof, error) { return Prove(s, root, key, false) },
}

// Property 8: every key, present or absent, has a proof of each form that
// survives its JSON and gives the right answer.
func TestProofsGiveTheRightAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := tiny(1), newShelf(t)
		m := drawModel.Draw(t, "records")
		root := m.build(t, p, s)
		keys := append(m.keys()[:min(3, len(m))], "0", "00", "zzz")
		for range 12 {
			keys = append(keys, drawKey.Draw(t, "key"))
		}
		for _, k := range keys {
			want, ok := m[k]
			for form, prove := range forms {
				pr, err := prove(s, root, []byte(k))
				must(t, err)
				if full := form == "full" || form == "default" && !ok; pr.Full != full {
					t.Fatalf("%s proof of %q, present %v: full is %v", form, k, ok, pr.Full)
				}
				v, present, err := throughJSON(t, pr).Verify(root, []byte(k))
				if err != nil || present != ok || string(v) != want {
					t.Fatalf("%s proof of %q: %q, %v, %v, want %q, %v", form, k, v, present, err, want, ok)
				}
			}
		}
	})
}

func throughJSON(t tb, pr *Proof) *Proof {
	t.Helper()
	b, err := json.Marshal(pr)
	must(t, err)
	again := new(Proof)
	must(t, json.Unmarshal(b, again))
	return again
}

// Property 8: no other value at any place of a proof is accepted.
func TestEveryMutationOfAProofIsRefused(t *testing.T) {
	p, s := tiny(1), newShelf(t)
	m := numbered(120)
	root := m.build(t, p, s)
	one := model{"k": "v"}.build(t, p, s)
	for _, c := range []struct {
		root gov.Tree
		key  string
	}{{root, "10060"}, {root, "10000"}, {root, "10060x"}, {root, "0"}, {root, "9"}, {one, "k"}, {one, "a"}, {one, "z"}, {p.Empty(), "k"}} {
		for form, prove := range forms {
			pr, err := prove(s, c.root, []byte(c.key))
			must(t, err)
			if _, _, err := pr.Verify(c.root, []byte(c.key)); err != nil {
				t.Fatalf("%s proof of %q: %v", form, c.key, err)
			}
			for name, bad := range mutations(pr) {
				v, present, err := bad.Verify(c.root, []byte(c.key))
				if err == nil {
					t.Errorf("%s proof of %q: %s: accepted, %q %v", form, c.key, name, v, present)
				} else if gov.ReasonOf(err) != "BAD_PROOF" || !errors.Is(err, gov.Invalid) {
					t.Errorf("%s proof of %q: %s: %v", form, c.key, name, err)
				}
			}
			for name, other := range map[string]gov.Tree{
				"root":   with(c.root, func(r *gov.Tree) { r.Root[31] ^= 1 }),
				"level":  with(c.root, func(r *gov.Tree) { r.Level++ }),
				"height": with(c.root, func(r *gov.Tree) { r.Level = 255 }),
				"tree":   s.mutate(p, root, put("10099", "other")),
			} {
				if _, _, err := pr.Verify(other, []byte(c.key)); err == nil {
					t.Errorf("%s proof of %q holds for another %s", form, c.key, name)
				}
			}
			if _, _, err := pr.Verify(c.root, []byte(c.key+"x")); err == nil {
				t.Errorf("%s proof of %q holds for another key", form, c.key)
			}
		}
	}
}

func with(r gov.Tree, change func(*gov.Tree)) gov.Tree { change(&r); return r }

func clone(pr *Proof) *Proof {
	c := *pr
	c.Key, c.Steps = bytes.Clone(pr.Key), slices.Clone(pr.Steps)
	for i := range c.Steps {
		s := &c.Steps[i]
		s.Siblings, s.Shown = bytes.Clone(s.Siblings), slices.Clone(s.Shown)
		for j := range s.Shown {
			s.Shown[j].Key, s.Shown[j].Value = bytes.Clone(s.Shown[j].Key), bytes.Clone(s.Shown[j].Value)
		}
	}
	return &c
}

// mutations returns the proof with one thing changed, for each thing.
func mutations(pr *Proof) map[string]*Proof {
	out := map[string]*Proof{}
	mutate := func(name string, change func(*Proof)) {
		c := clone(pr)
		change(c)
		out[name] = c
	}
	flips := func(name string, field func(*Proof) []byte) {
		for bit := range 8 * len(field(pr)) {
			mutate(fmt.Sprintf("%s bit %d", name, bit), func(c *Proof) { b := field(c); b[bit/8] ^= 1 << (bit % 8) })
		}
	}
	mutate("format", func(c *Proof) { c.Format += "1" })
	if len(pr.Steps) > 1 || len(pr.Steps[0].Shown) > 0 && pr.Steps[0].Entries > 1 {
		mutate("form", func(c *Proof) { c.Full = !c.Full })
	}
	mutate("key", func(c *Proof) { c.Key = append(c.Key, 0) })
	mutate("no steps", func(c *Proof) { c.Steps = nil })
	for i, s := range pr.Steps {
		at := fmt.Sprintf("step %d ", i)
		mutate(at+"dropped", func(c *Proof) { c.Steps = append(c.Steps[:i:i], c.Steps[i+1:]...) })
		mutate(at+"cut off", func(c *Proof) { c.Steps = c.Steps[:i] })
		mutate(at+"twice", func(c *Proof) { c.Steps = append(c.Steps[:i+1:i+1], c.Steps[i:]...) })
		for bit := range 8 {
			mutate(fmt.Sprint(at, "level ", bit), func(c *Proof) { c.Steps[i].Level ^= 1 << bit })
		}
		for bit := range 32 {
			mutate(fmt.Sprint(at, "entries ", bit), func(c *Proof) { c.Steps[i].Entries ^= 1 << bit })
			mutate(fmt.Sprint(at, "first ", bit), func(c *Proof) { c.Steps[i].First ^= 1 << bit })
		}
		flips(at+"siblings", func(c *Proof) []byte { return c.Steps[i].Siblings })
		mutate(at+"sibling more", func(c *Proof) { c.Steps[i].Siblings = append(c.Steps[i].Siblings, make([]byte, 32)...) })
		mutate(at+"byte more", func(c *Proof) { c.Steps[i].Siblings = append(c.Steps[i].Siblings, 0) })
		if n := len(s.Siblings); n > 0 {
			mutate(at+"sibling less", func(c *Proof) { c.Steps[i].Siblings = c.Steps[i].Siblings[:n-32] })
		}
		mutate(at+"nothing shown", func(c *Proof) { c.Steps[i].Shown = append(c.Steps[i].Shown[:0:0], ProofEntry{}) })
		for j := range s.Shown {
			at := fmt.Sprintf("%sentry %d ", at, j)
			flips(at+"key", func(c *Proof) []byte { return c.Steps[i].Shown[j].Key })
			flips(at+"value", func(c *Proof) []byte { return c.Steps[i].Shown[j].Value })
			for bit := range 32 {
				mutate(fmt.Sprint(at, "size ", bit), func(c *Proof) { c.Steps[i].Shown[j].Size ^= 1 << bit })
			}
			mutate(at+"erased", func(c *Proof) { c.Steps[i].Shown[j].Erased = true })
			mutate(at+"dropped", func(c *Proof) { s := c.Steps[i].Shown; c.Steps[i].Shown = append(s[:j:j], s[j+1:]...) })
			mutate(at+"twice", func(c *Proof) { s := c.Steps[i].Shown; c.Steps[i].Shown = append(s[:j+1:j+1], s[j:]...) })
		}
	}
	return out
}

// Proofs stay small.
func TestProofSizes(t *testing.T) {
	p, s, c := NewParams([16]byte{1}), newShelf(t), newCorpus(100_000)
	root := c.build(t, p, s)
	size := func(pr *Proof) (n int) {
		for _, st := range pr.Steps {
			n += 9 + len(st.Siblings)
			for _, e := range st.Shown {
				n += len(e.Key) + len(e.Value) + 4
			}
		}
		return n
	}
	present, err := ProveCompact(s, root, c.keys[50_000])
	must(t, err)
	missing, err := ProveCompact(s, root, append(bytes.Clone(c.keys[50_000]), 'x'))
	must(t, err)
	full, err := Prove(s, root, c.keys[50_000], true)
	must(t, err)
	if a, b, c := size(present), size(missing), size(full); a > 1400 || b > 1600 || c > 20_000 {
		t.Errorf("present %d, absent %d, full %d bytes", a, b, c)
	}
}

func TestGoldenProof(t *testing.T) {
	s := newShelf(t)
	m := model{"a": "1", "b": "", "c": "<3>", "d": "4", "e": "5", "f": "6"}
	root := m.build(t, newParams([16]byte{}, 4, 1, 8, 2), s)
	pr, err := Prove(s, root, []byte("c"), false)
	must(t, err)
	b, err := json.Marshal(pr)
	must(t, err)
	if got, want := string(b), `{"format":"govd/tree-proof/1","full":false,"key":"Yw==","steps":[{"level":2,"entries":2,"first":0,"shown":[{"key":"ZQ==","value":"D5B90e9XDpiITTuFFTnHssFFz9wsg3rqYrjhU2YiMgMAAAAAAAAABQAAAAAAAAAL","size":48,"erased":false}],"siblings":"6mCuOUnDrmytNHH+i/h5YKF2MHFEgWsgCMG4v9DuH9s="},{"level":1,"entries":2,"first":0,"shown":[{"key":"Yw==","value":"8mYBpXxthi7oIjFPlVOxVUVCCLKrvFM0lYduJUt4QHcAAAAAAAAAAwAAAAAAAAAH","size":48,"erased":false}],"siblings":"CQc6sKqiiBr5BdO2J1TH+Fg1LHZgnLHD1lbVx4IpErQ="},{"level":0,"entries":3,"first":2,"shown":[{"key":"Yw==","value":"PDM+","size":3,"erased":false}],"siblings":"c4ESYoBJs3Wv4WdhrfCoooPnon8GVjJiQtq7TnBfns0="}]}`; got != want {
		t.Errorf("proof\n%s\nwant\n%s", got, want)
	}
}

func TestProofJSONIsStrict(t *testing.T) {
	s := newShelf(t)
	root := numbered(50).build(t, tiny(1), s)
	pr, err := Prove(s, root, []byte("10025"), false)
	must(t, err)
	good, err := json.Marshal(pr)
	must(t, err)
	var spaced bytes.Buffer
	must(t, json.Indent(&spaced, good, "", "  "))
	must(t, json.Unmarshal(spaced.Bytes(), new(Proof)))
	change := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	for name, bad := range map[string][]byte{
		"unknown field": change(`{"format"`, `{"more":1,"format"`),
		"field missing": change(`"full":false,`, ``),
		"field twice":   change(`"full":false,`, `"full":false,"full":false,`),
		"other case":    change(`"full"`, `"Full"`),
		"null":          change(`"full":false`, `"full":null`),
		"number":        change(`"level":0`, `"level":0.0`),
		"base64":        change(`"key":"`, `"key":"\n`),
		"too long":      append(bytes.Repeat([]byte(" "), maxProof), good...),
	} {
		if bytes.Equal(bad, good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := new(Proof).UnmarshalJSON(bad); gov.ReasonOf(err) != "BAD_PROOF" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzProof: no proof of strangers makes Verify panic or give a wrong answer.
func FuzzProof(f *testing.F) {
	s := newShelf(f)
	m := numbered(60)
	root := m.build(f, tiny(1), s)
	for _, key := range []string{"10030", "10030x", "0", "9"} {
		for _, prove := range forms {
			pr, err := prove(s, root, []byte(key))
			must(f, err)
			b, err := json.Marshal(pr)
			must(f, err)
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var pr Proof
		if json.Unmarshal(b, &pr) != nil {
			return
		}
		v, present, err := pr.Verify(root, pr.Key)
		if want, ok := m[string(pr.Key)]; err == nil && (ok != present || want != string(v)) {
			t.Errorf("%q is proven %q, %v", pr.Key, v, present)
		}
		if again, err := json.Marshal(&pr); err != nil || json.Unmarshal(again, &pr) != nil {
			t.Errorf("what was accepted does not encode again: %v", err)
		}
	})
}
