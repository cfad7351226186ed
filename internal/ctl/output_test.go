package ctl

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// testApp is an app that writes to a buffer, for a screen.
func testApp(s screen) (*app, *bytes.Buffer) {
	var out bytes.Buffer
	return &app{stdout: &out, stderr: &out, screen: s, now: func() time.Time { return now }, getenv: func(string) string { return "" }}, &out
}

type thing struct {
	Name   string    `json:"name"`
	Digest string    `json:"digest"`
	Size   uint64    `json:"size"`
	Labels []string  `json:"labels"`
	Made   time.Time `json:"made"`
	Gone   bool      `json:"gone"`
}

func thingColumns() []column[thing] {
	return []column[thing]{
		{name: "NAME", value: func(v thing) any { return v.Name }},
		{name: "DIGEST", value: func(v thing) any { return digest(v.Digest) }},
		{name: "SIZE", value: func(v thing) any { return size(v.Size) }},
		{name: "LABELS", value: func(v thing) any { return v.Labels }},
		{name: "MADE", value: func(v thing) any { return v.Made }},
		{name: "GONE", value: func(v thing) any { return v.Gone }},
		{name: "COUNT", value: func(v thing) any { return v.Size }, wide: true},
	}
}

func things() []thing {
	d := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	return []thing{
		{"train/fist/a-rather-long-name-0001.png", d, 1234567, []string{"fist", "palm"}, now.Add(-3 * time.Hour), false},
		{"b\tc\x1b[31m", d, 7, []string{"x\ty"}, time.Time{}, false},
	}
}

const tabs = "train/fist/a-rather-long-name-0001.png\tsha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\t1234567\tfist,palm\t2026-05-04T09:00:00Z\tfalse\t1234567\n" +
	"b\\tc\\x1b[31m\tsha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\t7\tx\\ty\t\tfalse\t7\n"

const table80 = `NAME                             DIGEST               SIZE    LABELS      MADE
train/fist/a-ra…g-name-0001.png  sha256:0123456789ab  1.2 MB  fist, palm  3h ago
b\tc\x1b[31m                     sha256:0123456789ab  7 B     x\ty
`

const jsonLines = `{"name":"train/fist/a-rather-long-name-0001.png","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":1234567,"labels":["fist","palm"],"made":"2026-05-04T09:00:00Z","gone":false}
{"name":"b\tc\u001b[31m","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":7,"labels":["x\ty"],"made":"0001-01-01T00:00:00Z","gone":false}
`

// The three forms of a listing are golden: scripts and people rely on them.
func TestList(t *testing.T) {
	for _, test := range []struct {
		name   string
		screen screen
		json   bool
		want   string
	}{
		{"pipe", screen{}, false, tabs},
		{"terminal", screen{terminal: true, width: 80}, false, table80},
		{"json", screen{terminal: true, width: 80}, true, jsonLines},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, out := testApp(test.screen)
			a.json = test.json
			if err := list(a, "things", thingColumns(), seq(things())); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		screen screen
		want   string
	}{
		{"pipe", screen{}, ""},
		{"terminal", screen{terminal: true, width: 80}, "govctl: no things\n"},
	} {
		a, out := testApp(test.screen)
		if err := list(a, "things", thingColumns(), seq[thing](nil)); err != nil || out.String() != test.want {
			t.Errorf("%s: %q, %v, want %q", test.name, out, err, test.want)
		}
	}
}

// What came before an error is shown, and the error is returned.
func TestListFails(t *testing.T) {
	boom := errors.New("boom")
	items := func(yield func(thing, error) bool) {
		_ = yield(things()[0], nil) && yield(thing{}, boom)
	}
	for _, s := range []screen{{}, {terminal: true, width: 80}} {
		a, out := testApp(s)
		if err := list(a, "things", thingColumns(), items); !errors.Is(err, boom) || !strings.Contains(out.String(), "name-0001.png") {
			t.Errorf("terminal %t: %q, %v", s.terminal, out, err)
		}
	}
}

// A table longer than its window is printed as it comes, with one header.
func TestLongTable(t *testing.T) {
	a, out := testApp(screen{terminal: true, width: 80})
	many := make([]thing, 2*tableRows+1)
	for i := range many {
		many[i] = thing{Name: "x"}
	}
	if err := list(a, "things", thingColumns(), seq(many)); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(out.String(), "\n"), len(many)+1; got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
	if n := strings.Count(out.String(), "NAME"); n != 1 {
		t.Errorf("%d headers", n)
	}
}

func TestShow(t *testing.T) {
	a, out := testApp(screen{terminal: true, width: 20})
	if err := show(a, thingColumns(), things()[0]); err != nil {
		t.Fatal(err)
	}
	want := `name    train/fist/a-rather-long-name-0001.png
digest  sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
size    1.2 MB
labels  fist, palm
made    3h ago
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTell(t *testing.T) {
	for _, test := range []struct {
		name   string
		screen screen
		json   bool
		line   string
		want   string
	}{
		{"pipe", screen{}, false, "t1", "t1\n"},
		{"pipe, nothing to say", screen{}, false, "", ""},
		{"terminal", screen{terminal: true, width: 80}, false, "t1", "made t1\n"},
		{"json", screen{}, true, "t1", "{\"audit_index\":3}\n"},
	} {
		a, out := testApp(test.screen)
		a.json = test.json
		if err := a.tell(done{3}, test.line, "made %s", "t1"); err != nil || out.String() != test.want {
			t.Errorf("%s: %q, %v, want %q", test.name, out, err, test.want)
		}
	}
}

func TestAgo(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		before time.Duration
		want   string
	}{
		{0, "just now"},
		{999 * time.Millisecond, "just now"},
		{time.Second, "1s ago"},
		{59 * time.Second, "59s ago"},
		{90 * time.Second, "2m ago"},
		{3 * time.Hour, "3h ago"},
		{47 * time.Hour, "47h ago"},
		{60 * day, "60d ago"},
		{800 * day, "2y ago"},
		{-90*day + time.Second, "in 90d"},
		{-time.Hour, "in 1h"},
	} {
		if got := ago(now.Add(-test.before), now); got != test.want {
			t.Errorf("ago of %v before = %q, want %q", test.before, got, test.want)
		}
	}
	if got := ago(time.Time{}, now); got != "" {
		t.Errorf("ago of no time = %q", got)
	}
}

func TestWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{bytesWords(0), "0 B"},
		{bytesWords(999), "999 B"},
		{bytesWords(1000), "1.0 kB"},
		{bytesWords(99_949), "99.9 kB"},
		{bytesWords(99_950), "100 kB"},
		{bytesWords(999_499), "999 kB"},
		{bytesWords(999_500), "1.0 MB"},
		{bytesWords(1<<64 - 1), "18.4 EB"},
		{thousands(0), "0"},
		{thousands(999), "999"},
		{thousands(1000), "1,000"},
		{thousands(1234567), "1,234,567"},
		{count(1, "file"), "1 file"},
		{count(0, "file"), "0 files"},
		{count(1000, "file"), "1,000 files"},
		{deltaWords(1200, 0, 3), "+1,200 ~3"},
		{deltaWords(0, 0, 0), ""},
		{fit("abcdefghij", 5), "ab…ij"},
		{fit("abcde", 5), "abcde"},
		{fit("äöüßé", 4), "ä…ßé"},
		{fit("some words", 6), "some …"},
		{screen{width: 20}.wrap("one two three four five six"), "one two three four\n  five six"},
		{screen{width: 5}.wrap("abcdefgh ij"), "abcdefgh\n  ij"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// Nothing that was cleaned can end a line, move the cursor or turn the text
// around, and what is harmless stays as it is.
func TestClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a\t\n\x1b\u0085\u202e\u2028\ufffd é")))).Draw(t, "s")
		for _, r := range clean(s) {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				t.Fatalf("clean(%q) holds %q", s, r)
			}
		}
	})
	for _, s := range []string{"", "train/fist/1.png", "Hand (links) – größer", "手/1.png"} {
		if got := clean(s); got != s {
			t.Errorf("clean(%q) = %q", s, got)
		}
	}
}

// What is not the result is one line for programs, and wrapped for people.
func TestNote(t *testing.T) {
	for _, test := range []struct {
		margin screen
		want   string
	}{
		{screen{}, "govctl: some words in a row\n"},
		{screen{terminal: true, width: 16}, "govctl: some\n  words in a\n  row\n"},
	} {
		a, out := testApp(screen{})
		a.margin = test.margin
		if a.note("some %s in a row", "words"); out.String() != test.want {
			t.Errorf("%+v: %q, want %q", test.margin, out, test.want)
		}
	}
}

func TestScreenOf(t *testing.T) {
	env := func(vars map[string]string) func(string) string {
		return func(name string) string { return vars[name] }
	}
	if got := screenOf(&bytes.Buffer{}, env(nil)); got != (screen{}) {
		t.Errorf("a buffer is %+v", got)
	}
	want := screen{terminal: true, width: 100}
	if got := screenOf(&bytes.Buffer{}, env(map[string]string{"GOVCTL_TERMINAL": "100"})); got != want {
		t.Errorf("with GOVCTL_TERMINAL %+v, want %+v", got, want)
	}
}

func TestChange(t *testing.T) {
	v := changeView{Key: "a\n", Change: "relabelled", From: "fist"}
	if got, want := (screen{}).change(v), `L a\n  fist → none`; got != want {
		t.Errorf("without colour %q, want %q", got, want)
	}
	if got, want := (screen{colour: true}).change(changeView{Key: "k", Change: "added"}), "\x1b[32m+ k\x1b[0m"; got != want {
		t.Errorf("with colour %q, want %q", got, want)
	}
}

// Prose gives way first, and other columns only when that is not enough.
func TestProseGivesWay(t *testing.T) {
	for _, test := range []struct {
		width int
		want  string
	}{
		{60, "KEY                                WHY\na-key-that-is-wider-than-anything  some words that go on an…\n"},
		{40, "KEY                     WHY\na-key-that…an-anything  some words that…\n"},
	} {
		a, out := testApp(screen{terminal: true, width: test.width})
		items := seq([]thing{{Name: "a-key-that-is-wider-than-anything", Digest: "some words that go on and on and on"}})
		err := list(a, "things", []column[thing]{
			{name: "KEY", value: func(v thing) any { return v.Name }},
			{name: "WHY", value: func(v thing) any { return v.Digest }, prose: true},
		}, items)
		if diff := cmp.Diff(test.want, out.String()); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}
