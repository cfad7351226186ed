package lineage

import (
	"encoding/json"
	"strings"
	"testing"

	"govd/internal/gov"
)

// TestJSON: what RFC 8259 has no doubt about is taken and written in one form.
func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		` { "b" : [ 1 , -0.5e+3 , true , false , null ] , "a" : { } } `: `{"a":{},"b":[1,-0.5e+3,true,false,null]}`,
		`"a\/b\u00e4\ud83d\ude00\n\u001f\\\""`:                          `"a/bä😀\u000a\u001f\\\""`,
		`[]`:                                                            `[]`,
		`1.0`:                                                           `1.0`,
		`10`:                                                            `10`,
		"\"\u007f\u2028<>&\"":                                           "\"\u007f\u2028<>&\"",
	} {
		v, err := parseJSON([]byte(in))
		if got := string(v.appendCanonical(nil)); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", in, got, err, want)
		}
	}
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := parseJSON(deep(maxDepth + 1)); err != nil {
		t.Errorf("%d deep: %v", maxDepth+1, err)
	}
	for _, in := range append([]string{string(deep(maxDepth + 2))}, notJSON...) {
		if v, err := parseJSON([]byte(in)); gov.ReasonOf(err) != "BAD_JSON" {
			t.Errorf("%.40q: %s, %v", in, v.appendCanonical(nil), err)
		}
	}
	if _, err := parseJSON(make([]byte, MaxEvent+1)); gov.ReasonOf(err) != "EVENT_TOO_LARGE" {
		t.Errorf("got %v", err)
	}
}

var notJSON = []string{
	``, ` `, `{`, `[`, `"`, `"\`, `"\u12`, `"\x"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `[1,]`, `[1 2]`, `[,]`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`,
	`tru`, `nullx`, `1 2`, `{} {}`, "\"\n\"", "\"\xff\"", `"\ud800"`, `"\ud800x"`, `"\ud800\u0041"`, `"\udc00"`, `{"a":1,"b":2,"a":3}`, `[{"x":{"a":1,"a":1}}]`,
	`{"a":1,"\u0061":2}`, "\ufeff{}", "[1]\x00", `"\u+123"`, `"\u 123"`, `NaN`, `'a'`,
}

// FuzzJSON: what is taken is JSON, means what encoding/json says, and its
// canonical form is its own; what is refused is no JSON, or is told twice, or is
// half of a pair.
func FuzzJSON(f *testing.F) {
	for _, s := range append([]string{`{"a":[1,{"b":"\u00e4"}],"c":null}`, `-1.5E-7`, `"😀"`}, notJSON...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseJSON(b)
		if err != nil {
			plain := json.Valid(b) && !strings.Contains(string(b), `\u`)
			if plain && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "UTF-8") && !strings.Contains(err.Error(), "deep") {
				t.Errorf("%q: %v", b, err)
			}
			return
		}
		canon := v.appendCanonical(nil)
		again, err := parseJSON(canon)
		if err != nil || string(again.appendCanonical(nil)) != string(canon) {
			t.Fatalf("%q is %q, which is not canonical: %v", b, canon, err)
		}
		var want, got any
		if err := json.Unmarshal(b, &want); err != nil {
			if strings.Contains(err.Error(), "cannot unmarshal number") {
				return // beyond a float
			}
			t.Fatalf("%q: %v", b, err)
		}
		if err := json.Unmarshal(canon, &got); err != nil {
			t.Fatalf("%q: %v", canon, err)
		}
		w, _ := json.Marshal(want)
		if g, _ := json.Marshal(got); string(w) != string(g) {
			t.Fatalf("%q means %s, its canonical form %s", b, w, g)
		}
	})
}
