package audit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// The golden entries: their bytes are frozen.
var golden = []struct {
	name  string
	entry Entry
	bytes string
}{
	{"a registration", Entry{
		V: 1, Time: time.Date(2026, 3, 4, 5, 6, 7, 120000000, time.UTC), Who: "user:3", Credential: "t12",
		Do: gov.VersionRegister, At: "hands/stage1", Policy: 9, Request: "0b6c6d1e-5a3f-4c59-9d9d-0d9d3c1f7a11",
		Body:  gov.Digest{0: 0xab, 31: 0x01},
		Event: "version.registered", Data: json.RawMessage(`{"dataset":"hands/stage1","number":3,"note":"a\u003cb ü \"q\""}`),
	}, `{"v":1,"time":"2026-03-04T05:06:07.12Z","who":"user:3","credential":"t12","do":"version.register","at":"hands/stage1","policy":9,"request":"0b6c6d1e-5a3f-4c59-9d9d-0d9d3c1f7a11","body":"sha256:ab00000000000000000000000000000000000000000000000000000000000001","event":"version.registered","data":{"dataset":"hands/stage1","number":3,"note":"a\u003cb ü \"q\""}}`},
	{"a refusal", Entry{
		V: 1, Time: time.Date(2026, 12, 31, 23, 59, 59, 999999999, time.UTC), Who: "sa:8", Credential: "t7",
		Do: gov.RoleGrant, At: "*", Policy: 18446744073709551615, Refused: "NOT_ALLOWED",
	}, `{"v":1,"time":"2026-12-31T23:59:59.999999999Z","who":"sa:8","credential":"t7","do":"role.grant","at":"*","policy":18446744073709551615,"refused":"NOT_ALLOWED"}`},
	{"the least", Entry{
		V: 1, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Who: gov.System, Do: gov.ServerBackup, Event: "x",
	}, `{"v":1,"time":"2026-01-01T00:00:00Z","who":"sys:govd","do":"server.backup","at":"","policy":0,"event":"x"}`},
}

func TestGoldenEntries(t *testing.T) {
	for _, g := range golden {
		b, err := g.entry.Encode()
		if err != nil || string(b) != g.bytes {
			t.Errorf("%s:\n got %s, %v\nwant %s", g.name, b, err, g.bytes)
		}
		e, err := DecodeEntry([]byte(g.bytes))
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		if diff := cmp.Diff(&g.entry, e); diff != "" {
			t.Errorf("%s: decoded: %s", g.name, diff)
		}
	}
}

// TestEntryTags binds Encode to the struct's tags: what the JSON package writes
// of an entry is what Encode writes.
func TestEntryTags(t *testing.T) {
	for _, g := range golden {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(g.entry); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(b.String(), "\n"); got != g.bytes {
			t.Errorf("%s:\n got %s\nwant %s", g.name, got, g.bytes)
		}
	}
}

// TestEntryRoundTrip encodes and decodes random entries.
func TestEntryRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[!#-%'-;=?-\[\]-~ ]{0,20}`)
	some := rapid.StringMatching(`[a-z0-9:._-]{1,20}`)
	rapid.Check(t, func(rt *rapid.T) {
		e := &Entry{
			V: 1, Who: gov.PersonID(some.Draw(rt, "who")), Do: gov.Action(some.Draw(rt, "do")),
			Time:       time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "s"), rapid.Int64Range(0, 999999999).Draw(rt, "ns")).UTC(),
			Credential: gov.CredentialID(word.Draw(rt, "credential")), At: gov.Place(word.Draw(rt, "at")),
			Policy: rapid.Uint64().Draw(rt, "policy"), Request: word.Draw(rt, "request"),
			Body: gov.Digest(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "body")),
		}
		if rapid.Bool().Draw(rt, "refused") {
			e.Refused = gov.Reason(some.Draw(rt, "reason"))
		} else {
			e.Event = some.Draw(rt, "event")
			data := rapid.MapOf(word, rapid.SliceOf(rapid.String())).Draw(rt, "data")
			if b, err := json.Marshal(data); err != nil {
				rt.Fatal(err)
			} else if !rapid.Bool().Draw(rt, "without data") {
				e.Data = b
			}
		}
		b, err := e.Encode()
		if err != nil {
			rt.Fatal(err)
		}
		got, err := DecodeEntry(b)
		if err != nil {
			rt.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// TestEncodeRefuses spoils one thing of a good entry at a time.
func TestEncodeRefuses(t *testing.T) {
	big := json.RawMessage(`{"x":"` + strings.Repeat("y", MaxEntry) + `"}`)
	for name, spoil := range map[string]func(*Entry){
		"no version":       func(e *Entry) { e.V = 0 },
		"another version":  func(e *Entry) { e.V = 2 },
		"no time":          func(e *Entry) { e.Time = time.Time{} },
		"a far year":       func(e *Entry) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"nobody":           func(e *Entry) { e.Who = "" },
		"nothing done":     func(e *Entry) { e.Do = "" },
		"no outcome":       func(e *Entry) { e.Event, e.Data = "", nil },
		"two outcomes":     func(e *Entry) { e.Refused = "NO" },
		"refusal and data": func(e *Entry) { e.Refused, e.Event = "NO", "" },
		"a quote":          func(e *Entry) { e.Who = `us"er` },
		"a backslash":      func(e *Entry) { e.Do = `a\b` },
		"a newline":        func(e *Entry) { e.At = "a\nb" },
		"not ASCII":        func(e *Entry) { e.Request = "ü" },
		"HTML":             func(e *Entry) { e.Event = "a<b" },
		"data not object":  func(e *Entry) { e.Data = json.RawMessage(`[1]`) },
		"too much data":    func(e *Entry) { e.Data = big },
	} {
		e := golden[0].entry
		spoil(&e)
		if b, err := e.Encode(); err == nil {
			t.Errorf("%s: encoded to %s", name, b)
		}
	}
	e := golden[0].entry
	e.Data = big
	if _, err := e.Encode(); gov.ReasonOf(err) != "ENTRY_TOO_LARGE" {
		t.Errorf("too large: %v", err)
	}
}

// TestEntryLimit fills an entry to the last byte.
func TestEntryLimit(t *testing.T) {
	e := golden[2].entry
	e.Data = json.RawMessage(`{"x":""}`)
	b, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	e.Data = json.RawMessage(`{"x":"` + strings.Repeat("y", MaxEntry-len(b)) + `"}`)
	if b, err = e.Encode(); err != nil || len(b) != MaxEntry {
		t.Fatalf("%d bytes, %v, want %d", len(b), err, MaxEntry)
	}
	if _, err := DecodeEntry(b); err != nil {
		t.Error(err)
	}
	if _, err := DecodeEntry(bytes.Replace(b, []byte("y"), []byte("yy"), 1)); err == nil {
		t.Error("one byte more: decoded")
	}
}

// TestDecodeRefuses changes a good line in ways that another JSON parser would
// let pass.
func TestDecodeRefuses(t *testing.T) {
	line := golden[0].bytes
	for name, pair := range map[string][2]string{
		"space":             {`,"who"`, `, "who"`},
		"unknown field":     {`,"policy"`, `,"extra":"","policy"`},
		"doubled field":     {`,"policy":9`, `,"policy":9,"policy":9`},
		"doubled word":      {`,"credential":"t12"`, `,"credential":"t12","credential":"t12"`},
		"other order":       {`"do":"version.register","at":"hands/stage1"`, `"at":"hands/stage1","do":"version.register"`},
		"upper case":        {`"who"`, `"Who"`},
		"another version":   {`{"v":1`, `{"v":2`},
		"no version":        {`"v":1,`, ``},
		"leading zero":      {`"policy":9`, `"policy":09`},
		"exponent":          {`"policy":9`, `"policy":9e0`},
		"too large":         {`"policy":9`, `"policy":18446744073709551616`},
		"negative":          {`"policy":9`, `"policy":-9`},
		"empty word":        {`"credential":"t12"`, `"credential":""`},
		"escape":            {`"user:3"`, `"user\u003a3"`},
		"other zone":        {`07.12Z`, `07.12+00:00`},
		"trailing zero":     {`07.12Z`, `07.120Z`},
		"comma in time":     {`07.12Z`, `07,12Z`},
		"no such day":       {`2026-03-04`, `2026-02-30`},
		"upper-case digest": {`sha256:ab`, `sha256:AB`},
		"short digest":      {`sha256:ab00`, `sha256:ab`},
		"trailing byte":     {`}}`, `}}}`},
		"newline":           {`}}`, "}}\n"},
		"cut off":           {`}}`, `}`},
		"data: space":       {`"number":3`, `"number": 3`},
		"data: doubled":     {`"number":3`, `"number":3,"number":4`},
		"data: not UTF-8":   {`ü`, "\xfc"},
		"null data":         {line[strings.Index(line, `,"data"`):], `,"data":null}`},
		"empty data":        {line[strings.Index(line, `,"data"`):], `,"data":}`},
	} {
		bad := strings.Replace(line, pair[0], pair[1], 1)
		if bad == line {
			t.Fatalf("%s: nothing changed", name)
		}
		if e, err := DecodeEntry([]byte(bad)); gov.ReasonOf(err) != "BAD_ENTRY" {
			t.Errorf("%s: %s decoded to %+v, %v", name, bad, e, err)
		}
	}
}

// TestObjects holds the form of an event's data.
func TestObjects(t *testing.T) {
	deep := strings.Repeat(`{"a":`, maxDepth) + `{}` + strings.Repeat(`}`, maxDepth)
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + strings.Repeat("k", i+1) + `":0`)
		}
		return "{" + b.String()[1:] + "}"
	}
	for _, good := range []string{
		`{}`, `{"a":1}`, `{"a":{"a":[]},"b":[{"a":-1.5e+3},null,true,"x y",[]]}`, `{"":"\\\" ,]} "}`, deep, many(maxMembers),
	} {
		if err := checkObject([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		``, `{`, `}`, `null`, `[]`, `"a"`, `1`, `{} `, ` {}`, `{ }`, `{"a" :1}`, `{"a": 1}`, `{"a":1 }`, `{"a":1, "b":2}`, `{"a":1 ,"b":2}`,
		`{"a":[ ]}`, `{"a":[1 ]}`, `{"a":[1, 2]}`, `{"a":[ 1]}`, "{\"a\":1\n}", `{"a":1,"a":1}`, `{"x":[{"a":1,"b":2,"a":1}]}`, `{"\u0061":1}`,
		`{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":-}`, `{"a":+1}`, `{"a":NaN}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u12"}`, `{"a":"`, `{"a":"\`, "{\"a\":\"\t\"}", `{"a":1,}`, `{"a"}`, `{"a":1"b":2}`, `{"a":["x""y"]}`, `{"a":}`, `{"a":'1'}`, "{\"a\":\"\xff\"}", `{"a":1}{}`,
		`{"a":` + deep + `}`, many(maxMembers + 1),
	} {
		if checkObject([]byte(bad)) == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func FuzzObject(f *testing.F) {
	f.Add(golden[0].entry.append(nil))
	f.Add([]byte(`{"a":[-0,0.5,1E+9,2e-3,"\u00aB\\\"\/\b",true,false,null,{},[]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var compact bytes.Buffer
		plain := json.Compact(&compact, b) == nil && bytes.Equal(compact.Bytes(), b)
		if checkObject(b) == nil && !plain {
			t.Fatalf("%q accepted, and is not compact JSON", b)
		}
		// An array has no names, so nothing but its depth and UTF-8 can be wrong.
		if plain && b[0] == '[' && !bytes.ContainsAny(b[1:], "[{") && utf8.Valid(b) && checkObject(slices.Concat([]byte(`{"a":`), b, []byte("}"))) != nil {
			t.Fatalf("%q refused", b)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%q decodes and encodes to %q, %v", b, again, err)
		}
		// What we accept means the same to the JSON package.
		var std Entry
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&std); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if diff := cmp.Diff(e, &std); diff != "" {
			t.Fatalf("%q: %s", b, diff)
		}
	})
}
