package ctl

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// lines writes edits in short: key, label id, operation, from, to.
func lines(edits []edit) (all []string) {
	for _, e := range edits {
		v := viewEdit(e.LabelEdit)
		all = append(all, strings.Join([]string{v.Key, v.LabelID, v.Op, v.From, v.To}, " "))
	}
	return all
}

func TestParseEdits(t *testing.T) {
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"csv", "key,from,to\nb,fist,palm\na,,thumb\na,fist,\n", []string{"a  add  thumb", "a  remove fist ", "b  rename fist palm"}},
		{"label ids, other order", "to,label_id,from,key\npalm,2,fist,a\npalm,1,fist,a\n", []string{"a 1 rename fist palm", "a 2 rename fist palm"}},
		{"byte order mark and CRLF", "\xef\xbb\xbfkey,from,to\r\n\"a,b\",fist,palm\r\n", []string{"a,b  rename fist palm"}},
		{"two labels added", "key,from,to\na,,finger\na,,finger\n", []string{"a  add  finger", "a  add  finger"}},
		{"json lines", `{"key":"b","from":"fist","to":"palm"}` + "\n\n" + `{"key":"a","label_id":"7","op":"add","from":"","to":"x"}`, []string{"a 7 add  x", "b  rename fist palm"}},
		{
			"geometry", `{"key":"a","label_id":"1","from":"x","to":"x","from_geometry":{"kind":"box","parts":[[1,2,3,4]]}}`,
			[]string{"a 1 reshape x x"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseEdits("edits", strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The first line that is wrong is named, the rest are counted, and nothing is
// taken.
func TestParseEditsRefuses(t *testing.T) {
	const head = "key,from,to\n"
	long := strings.Repeat("x", 256)
	for _, test := range []struct{ name, file, want string }{
		{"nothing", "", "edits:1: the file is empty; its first row names the columns key, from, to; nothing was changed"},
		{"no edits", head, "edits says no edits"},
		{"no header", "a,fist,palm\n", `edits:1: no use for a column "a": the columns are key, from, to, label_id; nothing was changed`},
		{"no column", "key,from\n", `edits:1: there is no column "to"; nothing was changed`},
		{"a column twice", "key,from,from,to\n", `edits:1: no use for a column "from": the columns are key, from, to, label_id; nothing was changed`},
		{"short row", head + "a,b\n", "edits:2: 2 columns, the header has 3; nothing was changed"},
		{"no labels", head + "a,,\n", "edits:2: neither from nor to is a label; nothing was changed"},
		{"no change", head + "a,x,x\n", `edits:2: from and to are both "x": nothing changes; nothing was changed`},
		{"no key", head + ",x,y\n", "edits:2: a record has no key; nothing was changed"},
		{"long name", head + "a,x," + long + "\n", `edits:2: edit of record "a" has a label whose id or name is empty, too long or not UTF-8; nothing was changed`},
		{"twice by id", "key,label_id,from,to\na,1,x,y\nb,1,x,y\na,1,y,z\n", `edits:4: edits the same label of "a" as line 2; nothing was changed`},
		{"twice by name", head + "a,x,y\na,x,z\n", `edits:3: edits the same label of "a" as line 2; nothing was changed`},
		{"the first of many", head + "a,x,y\nb,x,x\nc,,\n,x,y\n", `edits:3: from and to are both "x": nothing changes (and 2 more); nothing was changed`},
		{"bare quote", head + "a,x,y\nb,\"x\"x,y\nc,,\n", "edits:3: extraneous or missing \" in quoted-field; nothing was changed"},
		{"not JSON", "{\"key\"\n", "edits:1: not an edit: unexpected EOF; nothing was changed"},
		{"unknown field", `{"key":"a","label":"1","from":"x","to":"y"}`, `edits:1: not an edit: unknown field "label"; nothing was changed`},
		{"wrong type", `{"key":1}`, `edits:1: field "key" does not take a number; nothing was changed`},
		{"two on a line", `{"key":"a","from":"x","to":"y"} {}`, "edits:1: more than one object on the line; nothing was changed"},
		{"another op", `{"key":"a","op":"add","from":"x","to":"y"}`, `edits:1: op is "add", but the rest says rename; nothing was changed`},
		{"no such geometry", `{"key":"a","from":"x","to":"y","to_geometry":{"kind":"dot","parts":[]}}`, `edits:1: no geometry "dot": want box, polygon, mask, keypoints or interval; nothing was changed`},
		{"bad geometry", `{"key":"a","from":"x","to":"y","to_geometry":{"kind":"box","parts":[[1]]}}`, `edits:1: edit of record "a" label "1": a box is x, y, width, height; nothing was changed`},
		{"long line", "{" + strings.Repeat(" ", maxEditLine) + "}", "edits:1: a line of more than 1048576 bytes; nothing was changed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseEdits("edits", strings.NewReader(test.file))
			if err == nil || err.Error() != test.want || got != nil {
				t.Errorf("%v, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// What show --diff --json prints, propose --edits takes: the same edits.
func TestEditsRoundTrip(t *testing.T) {
	geometry := func(t *rapid.T) *gov.Geometry {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		return &gov.Geometry{Kind: gov.Box, Parts: [][]int64{rapid.SliceOfN(rapid.Int64Range(0, 9), 4, 4).Draw(t, "box")}}
	}
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		var want []*govdv1.LabelEdit
		for i := range rapid.IntRange(1, 5).Draw(t, "edits") {
			l := editLine{From: rapid.SampledFrom([]string{"", "x", "y\"z"}).Draw(t, "from"), To: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "to")}
			e := gov.LabelEdit{Key: fmt.Sprintf("k%d", i), Label: "1", From: l.From, To: l.To, FromGeometry: geometry(t), ToGeometry: geometry(t)}
			l.FromGeometry, l.ToGeometry = viewGeometry(geometryMessage(e.FromGeometry)), viewGeometry(geometryMessage(e.ToGeometry))
			if e.Op = opOf(l); e.Check() != nil {
				continue
			}
			m := editMessage(&e, "1")
			want = append(want, m)
			b, err := json.Marshal(viewEdit(m))
			if err != nil {
				t.Fatal(err)
			}
			file.Write(append(b, '\n'))
		}
		if len(want) == 0 {
			t.Skip("no good edit")
		}
		got, err := parseEdits("edits", strings.NewReader(file.String()))
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d edits of %d, %v\n%s", len(got), len(want), err, file.String())
		}
		for i := range got {
			if got[i].String() != want[i].String() {
				t.Errorf("edit %d came back as %v, was %v", i, got[i], want[i])
			}
		}
	})
}

// Whatever a file holds, it is refused with a reason, or its edits are good and
// in the order that the server wants.
func FuzzParseEdits(f *testing.F) {
	f.Add("key,from,to\na,x,y\n")
	f.Add("key,label_id,from,to\nb,2,x,y\na,1,,\"y\"\n")
	f.Add(`{"key":"a","label_id":"1","from":"x","to":"x","from_geometry":{"kind":"box","parts":[[1,2,3,4]]}}`)
	f.Fuzz(func(t *testing.T, s string) {
		edits, err := parseEdits("edits", strings.NewReader(s))
		if err != nil {
			if c := complaintOf(err); c.reason != "BAD_EDITS" && c.reason != "NO_EDITS" {
				t.Errorf("%v has the reason %s", err, c.reason)
			}
			return
		}
		for i, e := range edits {
			if gov.CheckKey(e.GetKey()) != nil || e.GetOp() == 0 || i > 0 && edits[i-1].GetKey() > e.GetKey() {
				t.Errorf("edit %d is %v", i, e)
			}
		}
	})
}

func TestParseVotes(t *testing.T) {
	votes, err := parseVotes("votes", strings.NewReader("item,reviewer,vote,time\na,w1,fist,2026-05-04T12:00:00Z\nb,w2,palm,\n"))
	if err != nil || len(votes) != 2 || votes[0].GetTime().AsTime() != now || votes[1].GetTime() != nil || votes[1].GetVote() != "palm" {
		t.Errorf("%v, %v", votes, err)
	}
	for _, test := range []struct{ name, file, want string }{
		{"no votes", "item,reviewer,vote\n", "votes has no votes"},
		{"no reviewer", "item,reviewer,vote\na,,x\n", "votes:2: the reviewer is empty or has more than 255 bytes; nothing was changed"},
		{"no time", "item,reviewer,vote,time\na,w,x,yesterday\na,w,,\n", `votes:2: "yesterday" is not a time: want RFC 3339, such as 2026-05-04T12:00:00Z (and 1 more); nothing was changed`},
		{"no column", "item,vote\n", `votes:1: there is no column "reviewer"; nothing was changed`},
	} {
		if votes, err := parseVotes("votes", strings.NewReader(test.file)); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, %v, want %s", test.name, votes, err, test.want)
		}
	}
}
