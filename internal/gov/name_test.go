package gov_test

import (
	"errors"
	"strings"
	"testing"

	"govd/internal/gov"
)

// TestParse: what each parser takes, it returns as it is; all else is Invalid,
// with the parser's reason and no more of the text than fits a line.
func TestParse(t *testing.T) {
	long := strings.Repeat("x", 63)
	parser := func(parse func(string) (string, error)) func(string) (string, error) { return parse }
	for name, c := range map[string]struct {
		parse  func(string) (string, error)
		reason gov.Reason
		good   []string
		bad    []string
	}{
		"person id": {
			parser(func(s string) (string, error) { p, err := gov.ParsePersonID(s); return string(p), err }), "BAD_PERSON",
			[]string{"user:1", "sa:8", "user:1234567890123456789"},
			[]string{"", "user:", "user:0", "user:01", "sys:govd", "sys:bootstrap", "role:admin", "USER:1", "user:1 ", "user:1\n", "user:12345678901234567890", "ann"},
		},
		"credential id": {
			parser(func(s string) (string, error) { p, err := gov.ParseCredentialID(s); return string(p), err }), "BAD_CREDENTIAL",
			[]string{"t1", "t12"},
			[]string{"", "t", "t0", "t01", "T1", "1", "t1\n", "t1x"},
		},
		"name": {
			parser(func(s string) (string, error) { return gov.ParseName("person", s) }), "BAD_NAME",
			[]string{"a", "0", "a.b_c-d", long},
			[]string{"", long + "x", "A", "é", "-a", ".a", "_a", "a b", "a\n", "a/b", "a@b", "a:b", "*", "а" /* Cyrillic */},
		},
		"tag": {
			parser(gov.ParseTag), "BAD_NAME",
			[]string{"good", "v", "v0", "v01", "vx", "v1.2", "v99999999999999999999", "latest1"},
			[]string{"", "latest", "v1", "v12", "sha256:12345678", "a b"},
		},
		"project": {
			parser(func(s string) (string, error) { p, err := gov.ParseProject(s); return string(p), err }), "BAD_NAME",
			[]string{"signs", "a"},
			[]string{"", "*", "a/b"},
		},
		"dataset": {
			parser(func(s string) (string, error) { p, err := gov.ParseDatasetName(s); return string(p), err }), "BAD_NAME",
			[]string{"signs/digits", "a/b"},
			[]string{"", "a", "/", "a/", "/b", "a/b/c", "a//b", "A/b", "a/b@v1", "../b"},
		},
		"place": {
			parser(func(s string) (string, error) { p, err := gov.ParsePlace(s); return string(p), err }), "BAD_NAME",
			[]string{"*", "signs", "signs/digits"},
			[]string{"", "**", "*/a", "a/*", "a/b/c", "a/"},
		},
		"digest": {
			parser(func(s string) (string, error) { d, err := gov.ParseDigest(s); return d.String(), err }), "BAD_DIGEST",
			[]string{"sha256:" + strings.Repeat("0f", 32)},
			[]string{"", "sha256:", strings.Repeat("0f", 32), "sha256:" + strings.Repeat("0F", 32), "sha256:" + strings.Repeat("0f", 31), "sha256:" + strings.Repeat("0f", 33), "sha256:" + strings.Repeat("0g", 32), "SHA256:" + strings.Repeat("0f", 32)},
		},
		"action": {
			parser(func(s string) (string, error) { a, err := gov.ParseAction(s); return string(a), err }), "UNKNOWN_ACTION",
			[]string{"version.read", "server.backup"},
			[]string{"", "*", "version", "server.bootstrap", "Version.Read"},
		},
		"role": {
			parser(func(s string) (string, error) { r, err := gov.ParseRole(s); return string(r), err }), "UNKNOWN_ROLE",
			[]string{"admin", "viewer"},
			[]string{"", "Admin", "root", "*"},
		},
		"ref": {
			parser(func(s string) (string, error) { r, err := gov.ParseRef(s); return r.String(), err }), "",
			[]string{"a/b@latest", "a/b@v1", "a/b@v18446744073709551615", "a/b@good", "a/b@sha256:01234567", "a/b@sha256:" + strings.Repeat("0f", 32), "a/b@v0"},
			[]string{"", "a", "a@v1", "a/b@", "a/b@@", "a/b@v1@v2", "a/b@sha256:0123456", "a/b@sha256:0123456G", "a/b@sha256:" + strings.Repeat("0f", 33), "a/b@ v1", "a/b@V1"},
		},
	} {
		for _, s := range c.good {
			if got, err := c.parse(s); err != nil || got != s {
				t.Errorf("%s %q: got %q, %v", name, s, got, err)
			}
		}
		for _, s := range append(c.bad, strings.Repeat("Z", 5000)) {
			_, err := c.parse(s)
			if !errors.Is(err, gov.Invalid) || c.reason != "" && gov.ReasonOf(err) != c.reason || len(err.Error()) > 300 {
				t.Errorf("%s %.90q: got %v (%s)", name, s, err, gov.ReasonOf(err))
			}
		}
	}
	for n := range 8 {
		if _, err := gov.ParseStage(n - 1); (err == nil) != (n-1 >= 1 && n-1 <= 5) {
			t.Errorf("stage %d: %v", n-1, err)
		}
	}
}

// TestRefFields: each form sets one field.
func TestRefFields(t *testing.T) {
	for s, want := range map[string]gov.Ref{
		"a/b":                 {Dataset: "a/b"},
		"a/b@latest":          {Dataset: "a/b"},
		"a/b@v12":             {Dataset: "a/b", Number: 12},
		"a/b@sha256:01234567": {Dataset: "a/b", Prefix: "01234567"},
		"a/b@v012":            {Dataset: "a/b", Tag: "v012"},
	} {
		if got, err := gov.ParseRef(s); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", s, got, err, want)
		}
	}
}

// FuzzParseRef: a reference that is taken is written and parsed as the same.
func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"a/b", "a/b@v1", "a/b@latest", "a/b@sha256:01234567", "a/b@good", "a/b@v0", "@", "a/b@sha256:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := gov.ParseRef(s)
		if err != nil {
			return
		}
		if again, err := gov.ParseRef(r.String()); err != nil || again != r {
			t.Errorf("%q is %+v, written %q and parsed %+v, %v", s, r, r, again, err)
		}
		if _, err := gov.ParseDatasetName(string(r.Dataset)); err != nil {
			t.Errorf("%q: %v", s, err)
		}
		if _, err := gov.ParseTag(r.Tag); r.Tag != "" && err != nil {
			t.Errorf("%q is a tag that cannot be set: %v", s, err)
		}
	})
}

// TestPlaces: a place holds itself and what lies within, and no neighbour whose
// name begins like it.
func TestPlaces(t *testing.T) {
	places := []gov.Place{"*", "a", "ab", "a/d", "a/dd", "ab/d"}
	holds := map[gov.Place][]gov.Place{"*": places, "a": {"a", "a/d", "a/dd"}, "ab": {"ab", "ab/d"}, "a/d": {"a/d"}, "a/dd": {"a/dd"}, "ab/d": {"ab/d"}}
	for _, p := range places {
		for _, q := range places {
			want := false
			for _, h := range holds[p] {
				want = want || h == q
			}
			if p.Holds(q) != want {
				t.Errorf("%s holds %s: %v, want %v", p, q, !want, want)
			}
		}
	}
	for p, want := range map[gov.Place][2]string{"*": {"", ""}, "a": {"a", ""}, "a/d": {"a", "a/d"}} {
		if string(p.Project()) != want[0] || string(p.Dataset()) != want[1] {
			t.Errorf("%s: project %q, dataset %q, want %q", p, p.Project(), p.Dataset(), want)
		}
	}
	if gov.DatasetName("a/d").Project() != "a" {
		t.Error("the project of a dataset")
	}
}

// TestIDs: numbers become ids that parse, of the right kind.
func TestIDs(t *testing.T) {
	for _, machine := range []bool{false, true} {
		id := gov.NewPersonID(7, machine)
		if _, err := gov.ParsePersonID(string(id)); err != nil || id.Machine() != machine {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := gov.ParseCredentialID(string(gov.NewCredentialID(12))); err != nil {
		t.Error(err)
	}
}

// TestDigestText: the zero digest is none, in JSON too.
func TestDigestText(t *testing.T) {
	d := gov.Digest{0xab, 31: 0xcd}
	for _, want := range []gov.Digest{d, {}} {
		text, err := want.MarshalText()
		got := gov.Digest{1}
		if err2 := got.UnmarshalText(text); err != nil || err2 != nil || got != want {
			t.Errorf("%s became %v (%v, %v)", text, got, err, err2)
		}
	}
	if d.Short() != "sha256:ab0000000000" || d.IsZero() || !(gov.Digest{}).IsZero() {
		t.Errorf("short %s", d.Short())
	}
	if err := new(gov.Digest).UnmarshalText([]byte("x")); gov.ReasonOf(err) != "BAD_DIGEST" {
		t.Errorf("got %v", err)
	}
}

// TestErrors: a kind is found through any wrapping, and the cause is not part
// of what a caller is shown.
func TestErrors(t *testing.T) {
	for k := range gov.Exhausted + 1 {
		if k.Error() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	cause := errors.New("disk")
	err := errors.Join(errors.New("x"), gov.Because(cause, gov.Conflict, "MOVED", "it has moved"))
	if !errors.Is(err, gov.Conflict) || errors.Is(err, gov.Invalid) || !errors.Is(err, cause) || gov.ReasonOf(err) != "MOVED" {
		t.Errorf("got %v", err)
	}
	var e *gov.Error
	if !errors.As(err, &e) || e.Msg != "it has moved" || e.Error() != "it has moved: disk" {
		t.Errorf("got %+v", e)
	}
	if gov.ReasonOf(cause) != "" || gov.ReasonOf(nil) != "" {
		t.Error("a reason came of nothing")
	}
}
