package govern_test

import (
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// TestSameRequestSameAnswer: what is asked twice under one id happens once.
func TestSameRequestSameAnswer(t *testing.T) {
	h := newHall(t)
	in := govern.CreateDataset{Name: "signs/more", Stage: 2, Taxonomy: &gov.Taxonomy{Labels: []gov.TaxonomyLabel{{Name: "palm", Since: 1}, {Name: "fist", Since: 1}}}}
	add := govern.AddPerson{Name: "kim", Machine: true}
	reg := govern.Register{Dataset: "signs/digits", Message: "first"}
	for what, ask := range map[string]func(govern.Call) (uint64, error){
		"person": func(c govern.Call) (uint64, error) {
			c.Actor = h.ann.Call().Actor
			return index(h.Service.AddPerson(ctx, c, add))
		},
		"dataset": func(c govern.Call) (uint64, error) { return index(h.Service.CreateDataset(ctx, c, in)) },
		"version": func(c govern.Call) (uint64, error) {
			r, err := h.Service.RegisterVersion(ctx, c, reg, govtest.Puts(govtest.Records(3)...))
			return r.Index, err
		},
	} {
		c := h.bob.Call()
		first, err := ask(c)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		h.Clock.Turn(time.Minute)
		n := h.grows(func() {
			if again, err := ask(c); err != nil || again != first {
				t.Errorf("%s, asked again: entry %d, %v; want entry %d", what, again, err, first)
			}
		})
		if n != 0 {
			t.Errorf("%s, asked again: %d more entries", what, n)
		}
	}
}

// TestReusedRequest: an id that was used for one thing is not used for another,
// be it refused or done; but it is another person's to use.
func TestReusedRequest(t *testing.T) {
	h := newHall(t)
	c := h.ann.Call()
	if _, err := h.project(c, "one"); err != nil {
		t.Fatal(err)
	}
	_, err := h.project(c, "two")
	wantErr(t, "another name", err, gov.Invalid, "REQUEST_ID_REUSED")
	_, err = h.Service.DisablePerson(ctx, c, "bob")
	wantErr(t, "another action", err, gov.Invalid, "REQUEST_ID_REUSED")

	theirs := h.bob.Call()
	theirs.Request = c.Request
	_, err = h.project(theirs, "one")
	wantErr(t, "another person", err, gov.Denied, "DENIED")
	_, err = h.project(theirs, "two")
	wantErr(t, "a refused request with another name", err, gov.Invalid, "REQUEST_ID_REUSED")

	none := h.ann.Call()
	none.Request = govern.RequestID{}
	_, err = h.project(none, "three")
	wantErr(t, "no id", err, gov.Invalid, "BAD_REQUEST_ID")
}

// TestRequestsAreForgottenAfterADay: not before, and not all at once.
func TestRequestsAreForgottenAfterADay(t *testing.T) {
	h := newHall(t)
	c := h.ann.Call()
	if _, err := h.project(c, "one"); err != nil {
		t.Fatal(err)
	}
	fill := func() {
		for range govern.SweepEvery {
			h.project(h.bob.Call(), "refused")
		}
	}
	h.Clock.Turn(24*time.Hour - time.Nanosecond)
	fill()
	_, err := h.project(c, "two")
	wantErr(t, "within a day", err, gov.Invalid, "REQUEST_ID_REUSED")
	h.Clock.Turn(time.Nanosecond)
	fill()
	if _, err := h.project(c, "two"); err != nil {
		t.Errorf("after a day: %v", err)
	}
	_, err = h.project(c, "three")
	wantErr(t, "the new request", err, gov.Invalid, "REQUEST_ID_REUSED")
}

// TestParseRequestID: a UUID in its usual form, and nothing else.
func TestParseRequestID(t *testing.T) {
	const good = "019ca945-0a00-7000-8000-000000000001"
	if id, err := govern.ParseRequestID(good); err != nil || id.String() != good {
		t.Errorf("%s: %v, %v", good, id, err)
	}
	for _, bad := range []string{"", "x", "00000000-0000-0000-0000-000000000000", "{019ca945-0a00-7000-8000-000000000001}", "019ca9450a0070008000000000000001", "urn:uuid:" + good, good + " "} {
		_, err := govern.ParseRequestID(bad)
		wantErr(t, bad, err, gov.Invalid, "BAD_REQUEST_ID")
	}
	if s := (govern.RequestID{}).String(); s != "" {
		t.Errorf("no id is %q", s)
	}
}
