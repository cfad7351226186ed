package govern_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/trail"
)

// TestDiffTellsKinds: a record that differs in its labels alone is relabelled.
func TestDiffTellsKinds(t *testing.T) {
	h := newHall(t)
	r := govtest.Record
	split := r("e", "fist")
	split.Split = "test"
	both := r("f", "palm")
	both.Size++
	h.Register(h.bob, "signs/digits", r("a"), r("c", "fist"), r("d", "fist"), r("e", "fist"), r("f", "fist"))
	v2 := h.Register(h.bob, "signs/digits", r("b"), r("c", "fist"), r("d", "palm"), split, both)
	want := []string{"a 2 a -", "b 1 - b", "d 4 d d", "e 3 e e", "f 3 f f"}
	number := func(n uint64) gov.Ref { return gov.Ref{Dataset: "signs/digits", Number: n} }
	against := number(1)
	for _, old := range []*gov.Ref{nil, &against} {
		d, err := h.Service.Diff(ctx, h.bob.Call(), number(2), old)
		if err != nil {
			t.Fatal(err)
		}
		if got := changes(t, d); d.From.Number != 1 || d.To.Number != 2 || !slices.Equal(got, want) {
			t.Errorf("v%d to v%d: %v, want %v", d.From.Number, d.To.Number, got, want)
		}
	}
	if v2.Counts != (gov.Counts{Added: 1, Removed: 1, Changed: 3, Unchanged: 1}) {
		t.Errorf("counts %+v", v2.Counts)
	}
	d, err := h.Service.Diff(ctx, h.bob.Call(), number(1), nil)
	if got := changes(t, d); err != nil || d.From.Number != 0 || len(got) != 5 || got[0] != "a 1 - a" {
		t.Errorf("the first version adds all: %v, %v", got, err)
	}
	same := number(2)
	if d, err = h.Service.Diff(ctx, h.bob.Call(), number(2), &same); err != nil || changes(t, d) != nil {
		t.Errorf("a version differs from itself: %v", err)
	}
}

// changes writes a diff as key, kind and the keys of both sides.
func changes(t *testing.T, d govern.Diff) (all []string) {
	t.Helper()
	side := func(r *gov.Record) string {
		if r == nil {
			return "-"
		}
		return r.Key
	}
	for ch, err := range d.Changes {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %d %s %s", ch.Key, ch.Kind, side(ch.From), side(ch.To)))
	}
	return all
}

// TestRecordsBySpan: listings by prefix and after a key, and one record alone.
func TestRecordsBySpan(t *testing.T) {
	h := newHall(t)
	all := []string{"a/1", "a/2", "a0", "b", "ÿ", "\U0010ffff"}
	var records []*gov.Record
	for _, k := range all {
		records = append(records, govtest.Record(k, "fist"))
	}
	h.Register(h.bob, "signs/digits", records...)
	ref := gov.Ref{Dataset: "signs/digits"}
	for span, want := range map[govern.Span][]string{
		{}:                             all,
		{Prefix: "a"}:                  all[:3],
		{Prefix: "a/"}:                 all[:2],
		{After: "a/2"}:                 all[2:],
		{Prefix: "a", After: "a/1"}:    all[1:3],
		{Prefix: "b", After: "a/1"}:    all[3:4],
		{Prefix: "a", After: "b"}:      nil,
		{Prefix: "\U0010ffff"}:         all[5:],
		{After: "\U0010ffff"}:          nil,
		{Prefix: "nothing", After: ""}: nil,
	} {
		rows, err := h.Service.Records(ctx, h.bob.Call(), ref, span)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for row, err := range rows {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", span, got, want)
		}
	}
	r, d, err := h.Service.Record(ctx, h.bob.Call(), ref, "b")
	if err != nil || d.IsZero() || cmp.Diff(records[3], r) != "" {
		t.Errorf("one record: %v, %v\n%s", d, err, cmp.Diff(records[3], r))
	}
	wantErr(t, "no record", errOf2(h.Service.Record(ctx, h.bob.Call(), ref, "nope")), gov.NotFound, "NO_RECORD")
}

func errOf2[V, W any](_ V, _ W, err error) error { return err }

// TestStatsCount: a record counts under each of its labels.
func TestStatsCount(t *testing.T) {
	h := newHall(t)
	var records []*gov.Record
	for i, r := range govtest.Records(9) {
		r.Content = gov.Digest{byte(i/2 + 1)} // five different ones
		r.Size = 10
		r.Split = []string{"train", "test", ""}[i%3]
		if i < 4 {
			r.Labels = []gov.Label{{ID: "1", Name: "fist"}, {ID: "2", Name: "palm"}}
			r.Facts = &gov.ImageFacts{Width: uint32(100 - i), Height: uint32(50 + i)}
		}
		records = append(records, r)
	}
	h.Register(h.bob, "signs/digits", records...)
	st, err := h.Service.Stats(ctx, h.bob.Call(), gov.Ref{Dataset: "signs/digits"})
	if err != nil {
		t.Fatal(err)
	}
	want := govern.Stats{
		Version: st.Version, Labels: govern.Tally{"fist": 4, "palm": 4}, Splits: govern.Tally{"train": 3, "test": 3, "": 3}, MediaTypes: govern.Tally{"image/png": 9},
		Unlabelled: 5, ContentBytes: 90, Distinct: 5, Images: 4, Min: [2]uint32{97, 50}, Max: [2]uint32{100, 53},
	}
	if d := cmp.Diff(want, st); d != "" {
		t.Error(d)
	}
}

// TestProofsVerify: what ProveRecord and ProveEntry write, a stranger who has
// the log's key verifies; with any other key it is refused.
func TestProofsVerify(t *testing.T) {
	h := newHall(t)
	h.Register(h.bob, "signs/digits", govtest.Records(300, "fist")...)
	prove := func(key string, full bool) []byte {
		file, present, err := h.Service.ProveRecord(ctx, h.bob.Call(), govern.ProveRecord{Ref: gov.Ref{Dataset: "signs/digits"}, Key: key, Full: full})
		if err != nil || present != (key == "0042.png") {
			t.Fatalf("%s: present %v, %v", key, present, err)
		}
		return file
	}
	entry, err := h.Service.ProveEntry(ctx, h.eve.Call(), 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	for says, file := range map[string][]byte{
		"record 0042.png is in signs/digits@v1":  prove("0042.png", false),
		"record nope is not in signs/digits@v1":  prove("nope", false),
		"record 0042.png is in signs/digits@v1 ": prove("0042.png", true),
		"log entry 3 says: ":                     entry,
	} {
		claims, err := trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: h.Key})
		if err != nil || !strings.HasPrefix(claims[len(claims)-1].Claim, strings.TrimSpace(says)) {
			t.Errorf("%q: %+v, %v", says, claims, err)
		}
		other := strings.Replace(h.Key, "+", "+0", 1)
		if _, err := trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: other}); err == nil {
			t.Errorf("%q verifies with another key", says)
		}
	}
}

// TestExportedLogVerifies: the export holds its own entry and all before it.
func TestExportedLogVerifies(t *testing.T) {
	h := newHall(t)
	for i := range 260 { // more than a tile
		h.project(h.bob.Call(), gov.Project(fmt.Sprint("p", i)))
	}
	var file bytes.Buffer
	if err := h.Service.ExportLog(ctx, h.eve.Call(), &file); err != nil {
		t.Fatal(err)
	}
	if last := h.Entry(h.LogSize() - 1); last.Event != "log.exported" || string(last.Data) != fmt.Sprintf(`{"size":%d}`, h.LogSize()) {
		t.Errorf("the last entry is %+v", last)
	}
	claims, err := trail.Verify(bytes.NewReader(file.Bytes()), int64(file.Len()), trail.Options{VerifierKey: h.Key})
	if want := fmt.Sprintf("the file holds all %d entries of the log of %s", h.LogSize(), govtest.Origin); err != nil || claims[len(claims)-1].Claim != want {
		t.Errorf("%+v, %v", claims, err)
	}
	wantErr(t, "an export by bob", h.Service.ExportLog(ctx, h.bob.Call(), &file), gov.Denied, "DENIED")
}

// TestEntriesByFilter: newest first, in pages that together are the whole.
func TestEntriesByFilter(t *testing.T) {
	h := newHall(t)
	h.Clock.Turn(time.Hour)
	h.Register(h.bob, "signs/digits", govtest.Record("a"))
	h.project(h.bob.Call(), "refused")
	size := h.LogSize()
	for what, c := range map[string]struct {
		filter govern.Filter
		wants  func(l govern.Line) bool
	}{
		"all":     {govern.Filter{}, func(govern.Line) bool { return true }},
		"place":   {govern.Filter{Place: "signs"}, func(l govern.Line) bool { return l.At.Project() == "signs" }},
		"dataset": {govern.Filter{Place: "signs/digits"}, func(l govern.Line) bool { return l.At == "signs/digits" }},
		"person":  {govern.Filter{Person: "bob"}, func(l govern.Line) bool { return l.Who == h.bob.ID }},
		"id":      {govern.Filter{Person: string(h.ann.ID)}, func(l govern.Line) bool { return l.Who == h.ann.ID }},
		"action":  {govern.Filter{Do: gov.TokenCreate}, func(l govern.Line) bool { return l.Do == gov.TokenCreate }},
		"refused": {govern.Filter{Refused: true}, func(l govern.Line) bool { return l.Refused != "" }},
		"since":   {govern.Filter{Since: govtest.Noon.Add(time.Minute)}, func(l govern.Line) bool { return l.Time.After(govtest.Noon) }},
		"nothing": {govern.Filter{Do: "no.such"}, func(govern.Line) bool { return false }},
	} {
		var want []uint64
		for i := size; i > 0; i-- {
			if e := h.Entry(i - 1); c.wants(govern.Line{Index: i - 1, Entry: *e}) {
				want = append(want, i-1)
			}
		}
		if (len(want) == 0) != (what == "nothing") {
			t.Fatalf("%s: the test wants %v", what, want)
		}
		for _, n := range []int{1, 2, 100} {
			if got := h.pages(t, c.filter, size, n); !slices.Equal(got, want) {
				t.Errorf("%s in pages of %d: %v, want %v", what, n, got, want)
			}
		}
	}
	wantErr(t, "an unknown person", errOf2(h.Service.Entries(ctx, h.eve.Call(), govern.Filter{Person: "nemo"}, 9, 9)), gov.NotFound, "NO_PERSON")
	wantErr(t, "bob on the server", errOf2(h.Service.Entries(ctx, h.bob.Call(), govern.Filter{}, 9, 9)), gov.Denied, "DENIED")
}

// pages reads entries in pages of n and returns their indexes.
func (h *hall) pages(t *testing.T, f govern.Filter, before uint64, n int) (all []uint64) {
	t.Helper()
	for before > 0 {
		page, next, err := h.Service.Entries(ctx, h.eve.Call(), f, before, n)
		if err != nil || len(page) > n || next >= before {
			t.Fatalf("before %d: %d entries, next %d, %v", before, len(page), next, err)
		}
		for _, l := range page {
			all = append(all, l.Index)
		}
		before = next
	}
	return all
}
