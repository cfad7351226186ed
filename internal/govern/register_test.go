package govern_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// refusesRecords registers edits that no version can be made of: the state and
// the log stay as they were.
func (h *hall) refusesRecords(t *testing.T, what string, in govern.Register, edits iter.Seq2[govern.Edit, error]) error {
	t.Helper()
	before := h.Tables()
	var err error
	n := h.grows(func() { _, err = h.Service.RegisterVersion(ctx, h.bob.Call(), in, edits) })
	if err == nil || n != 0 {
		t.Errorf("%s: got %v and %d entries, want an error and none", what, err, n)
	}
	if d := cmp.Diff(before, h.Tables()); d != "" {
		t.Errorf("%s changed the tables\n%s", what, d)
	}
	return err
}

// TestBadRecordsNameTheFirst: an error names the first record that is wrong,
// whatever is wrong with it, and counts the others.
func TestBadRecordsNameTheFirst(t *testing.T) {
	h := newHall(t)
	h.Dataset("signs/hands", gov.TaxonomyLabel{Name: "fist", Since: 1, Max: 1}, gov.TaxonomyLabel{Name: "nail", Since: 3})
	r, none := govtest.Record, &gov.Record{Key: "x"}
	hands := govern.Register{Dataset: "signs/hands"}
	for _, c := range []struct {
		name   string
		puts   []*gov.Record
		reason gov.Reason
		says   []string
	}{
		{"unsorted", []*gov.Record{r("b"), r("a"), r("c")}, "UNSORTED", []string{`"a"`, `"b"`}},
		{"duplicate", []*gov.Record{r("a"), r("a"), r("b")}, "DUPLICATE_KEY", []string{`"a"`}},
		{"unknown label", []*gov.Record{r("a", "fist"), r("b", "claw")}, "UNKNOWN_LABEL", []string{`"b"`, `"claw"`}},
		{"label of a later stage", []*gov.Record{r("a", "nail")}, "UNKNOWN_LABEL", []string{`"a"`, `"nail"`, "stage 3"}},
		{"too many labels", []*gov.Record{r("a", "fist", "fist")}, "TOO_MANY_LABELS", []string{`"a"`, `"fist"`, "1"}},
		{"no content", []*gov.Record{none}, "BAD_RECORD", []string{`"x"`}},
		{"no key", []*gov.Record{r("")}, "BAD_KEY", nil},
		{"several", []*gov.Record{r("a"), r("b", "claw"), r("a"), none, r("y", "fist", "fist")}, "UNKNOWN_LABEL", []string{`"b"`, "and 3 more"}},
	} {
		err := h.refusesRecords(t, c.name, hands, govtest.Puts(c.puts...))
		wantText(t, c.name, err, c.reason, c.says...)
		if len(c.says) > 0 && !strings.Contains(c.says[len(c.says)-1], "more") && strings.Contains(err.Error(), "more records") {
			t.Errorf("%s: %q counts others", c.name, err)
		}
	}
	err := h.refusesRecords(t, "a delete in a whole", hands, govtest.Edits(govern.Edit{Delete: "a"}))
	wantErr(t, "a delete in a whole", err, gov.Invalid, "NOT_A_DELTA")
	err = h.refusesRecords(t, "long message", govern.Register{Dataset: "signs/hands", Message: strings.Repeat("x", gov.MaxMessage+1)}, govtest.Puts())
	wantErr(t, "a long message", err, gov.Invalid, "BAD_MESSAGE")
}

// TestCutOffLeavesNothing: an iterator that ends in an error, or a context that
// ends, leaves the state as it was, also when nodes have been stored already.
func TestCutOffLeavesNothing(t *testing.T) {
	h := newHall(t)
	broken := errors.New("cable cut")
	records := govtest.Records(50)
	err := h.refusesRecords(t, "cut off", govern.Register{Dataset: "signs/digits"}, func(yield func(govern.Edit, error) bool) {
		for e := range govtest.Puts(records...) {
			if !yield(e, nil) {
				return
			}
		}
		yield(govern.Edit{}, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	gone, cancel := context.WithCancel(ctx)
	_, err = h.Service.RegisterVersion(gone, h.bob.Call(), govern.Register{Dataset: "signs/digits"}, func(yield func(govern.Edit, error) bool) {
		for e := range govtest.Puts(records...) {
			yield(e, nil)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if d := h.Newest(h.bob, "signs/digits"); !d.IsZero() {
		t.Errorf("there is a version %v", d)
	}
}

// TestParentMustBeNewest: of two who follow the same version one is told.
func TestParentMustBeNewest(t *testing.T) {
	h := newHall(t)
	v1 := h.Register(h.bob, "signs/digits", govtest.Record("a"))
	v2 := h.Register(h.bob, "signs/digits", govtest.Record("a"), govtest.Record("b"))
	for what, c := range map[string]struct {
		in     govern.Register
		kind   gov.Kind
		reason gov.Reason
	}{
		"no parent":         {govern.Register{Dataset: "signs/digits"}, gov.Conflict, "PARENT_MOVED"},
		"an older one":      {govern.Register{Dataset: "signs/digits", Parent: v1.Digest}, gov.Conflict, "PARENT_MOVED"},
		"an unknown one":    {govern.Register{Dataset: "signs/digits", Parent: gov.Digest{1}}, gov.NotFound, "NO_VERSION"},
		"a delta on none":   {govern.Register{Dataset: "signs/digits", Delta: true}, gov.Invalid, "NO_PARENT"},
		"another dataset's": {govern.Register{Dataset: "signs/none", Parent: v2.Digest}, gov.NotFound, "NO_DATASET"},
	} {
		err := h.refusesRecords(t, what, c.in, govtest.Puts(govtest.Record("z")))
		wantErr(t, what, err, c.kind, c.reason)
	}
	// Another version comes while this one's records do.
	_, err := h.Service.RegisterVersion(ctx, h.bob.Call(), govern.Register{Dataset: "signs/digits", Parent: v2.Digest}, func(yield func(govern.Edit, error) bool) {
		h.Register(h.bob, "signs/digits", govtest.Record("c"))
		yield(govern.Edit{Put: govtest.Record("z")}, nil)
	})
	wantErr(t, "overtaken", err, gov.Conflict, "PARENT_MOVED")
}

// TestRegisterNothingNew: records that the parent has already make no version,
// and a dry run leaves no trace but says what it would do.
func TestRegisterNothingNew(t *testing.T) {
	h := newHall(t)
	v1 := h.Register(h.bob, "signs/digits", govtest.Records(20)...)
	in := govern.Register{Dataset: "signs/digits", Parent: v1.Digest, Message: "again"}
	before := h.Tables()
	n := h.grows(func() {
		same, err := h.Service.RegisterVersion(ctx, h.bob.Call(), in, govtest.Puts(govtest.Records(20)...))
		if err != nil || !same.NoChange || same.Digest != v1.Digest || same.Index != v1.Index || same.Counts != (gov.Counts{Unchanged: 20}) {
			t.Errorf("the same records: %+v, %v", same, err)
		}
		in.DryRun = true
		dry, err := h.Service.RegisterVersion(ctx, h.bob.Call(), in, govtest.Puts(govtest.Records(25, "fist")...))
		if err != nil || dry.NoChange || dry.Number != 2 || dry.Counts != (gov.Counts{Added: 5, Changed: 20}) {
			t.Errorf("a dry run: %+v, %v", dry, err)
		}
	})
	if d := cmp.Diff(before, h.Tables()); n != 0 || d != "" {
		t.Errorf("%d entries were added\n%s", n, d)
	}
}

// TestDeltaEqualsWhole: a version is what its records are, however it came.
func TestDeltaEqualsWhole(t *testing.T) {
	h := newHall(t)
	records := govtest.Records(400, "fist")
	h.Register(h.bob, "signs/digits", records...)
	relabelled := govtest.Record("0007.png", "palm")
	delta := h.Edit(h.bob, "signs/digits", govern.Edit{Delete: "0003.png"}, govern.Edit{Put: relabelled}, govern.Edit{Put: govtest.Record("9999.png")})
	if delta.Counts != (gov.Counts{Added: 1, Removed: 1, Changed: 1, Unchanged: 398}) {
		t.Errorf("counts %+v", delta.Counts)
	}
	whole := append(append([]*gov.Record{}, records[:3]...), records[4:]...)
	whole[6] = relabelled
	if whole[6].Key != "0007.png" || records[7].Key != whole[6].Key {
		t.Fatal("the test takes the wrong record")
	}
	same, err := h.Service.RegisterVersion(ctx, h.bob.Call(), govern.Register{Dataset: "signs/digits", Parent: delta.Digest}, govtest.Puts(append(whole, govtest.Record("9999.png"))...))
	if err != nil || !same.NoChange || same.Tree != delta.Tree {
		t.Errorf("the whole has tree %+v (%v), the delta made %+v", same.Tree, err, delta.Tree)
	}
}

// TestVersionSaysWhoAndWhy: its message is beside the log, and every form of
// reference finds it.
func TestVersionSaysWhoAndWhy(t *testing.T) {
	h := newHall(t)
	done, err := h.Service.RegisterVersion(ctx, h.bob.Call(), govern.Register{Dataset: "signs/digits", Message: "über <all>", Skipped: 2}, govtest.Puts(govtest.Records(3)...))
	if err != nil {
		t.Fatal(err)
	}
	if done.Message != "über <all>" || done.ByName != "bob" || done.By != h.bob.ID || done.Index != h.LogSize()-1 || done.Entry != done.Index || !done.Created.Equal(govtest.Noon) {
		t.Errorf("registered: %+v", done)
	}
	e := h.Entry(done.Index)
	if strings.Contains(string(e.Data), "all") || !strings.Contains(string(e.Data), `"skipped":2`) {
		t.Errorf("the entry says %s", e.Data)
	}
	if _, err := h.Service.SetTag(ctx, h.bob.Call(), gov.Ref{Dataset: "signs/digits"}, "good"); err != nil {
		t.Fatal(err)
	}
	hex := strings.TrimPrefix(done.Digest.String(), "sha256:")
	for _, ref := range []string{"", "@latest", "@v1", "@good", "@sha256:" + hex, "@sha256:" + hex[:8]} {
		r, err := gov.ParseRef("signs/digits" + ref)
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.Service.Version(ctx, h.bob.Call(), r)
		if err != nil || v.Digest != done.Digest || fmt.Sprint(v.Tags) != "[good]" {
			t.Errorf("%s is %v %v (%v), want %v [good]", ref, v.Digest, v.Tags, err, done.Digest)
		}
	}
}
