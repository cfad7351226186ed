package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestReference holds every way of asking against the reference evaluator.
func TestReference(t *testing.T) {
	allowed, denied := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, true)
		plain, remembering := newEngine(w.rules, 2, 0), newEngine(w.rules, 64, 5000)
		for _, q := range drawQueries(t, 40) {
			want := w.allows(q)
			if want {
				allowed++
			} else {
				denied++
			}
			for range 2 { // the second time from the memo
				agree(t, "Decide", q, want, decide(t, plain, w, q))
				agree(t, "Decide with a memo", q, want, decide(t, remembering, w, q))
			}
			s, err := plain.Snapshot(Revision{}, q.At.Project(), w.load)
			if err != nil {
				t.Fatal(err)
			}
			askOtherwise(t, s, q, want)
		}
	})
	if total := allowed + denied; allowed*25 < total || denied*25 < total {
		t.Errorf("the worlds allow %d and deny %d: too few of one to mean much", allowed, denied)
	}
}

func decide(t *rapid.T, e *Engine, w world, q Query) bool {
	got, err := e.Decide(Revision{}, q, w.load)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return got
}

// askOtherwise asks the same by WhoCan, WhatCan and Explain.
func askOtherwise(t *rapid.T, s *Snapshot, q Query, want bool) {
	who, err := s.WhoCan(q.Do, q.At, q.Stage)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "WhoCan", q, want, slices.Contains(who, q.Who))
	what, err := s.WhatCan(q.Who, q.At, q.Stage)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "WhatCan", q, want, slices.Contains(what, q.Do))
	x, err := s.Explain(q)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "Explain", q, want, x.Allowed)
}

func agree(t *rapid.T, by string, q Query, want, got bool) {
	t.Helper()
	if got != want {
		t.Fatalf("%s says %v of %+v, want %v", by, got, q, want)
	}
}

// answers decides queries in a world.
func (w world) answers(t *rapid.T, qs []Query) (answers []bool) {
	e := newEngine(w.rules, 64, 0)
	for _, q := range qs {
		answers = append(answers, decide(t, e, w, q))
	}
	return answers
}

// TestLaws compares random worlds with what they become by one change.
func TestLaws(t *testing.T) {
	law := func(name string, deny bool, change func(t *rapid.T, w *world), holds func(before, after bool) bool) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w, qs := drawWorld(t, deny), drawQueries(t, 50)
				before := w.answers(t, qs)
				change(t, &w)
				for i, after := range w.answers(t, qs) {
					if !holds(before[i], after) {
						t.Fatalf("%+v was %v and is %v", qs[i], before[i], after)
					}
				}
			})
		})
	}
	gives := func(before, after bool) bool { return after || !before }
	takes := func(before, after bool) bool { return before || !after }
	same := func(before, after bool) bool { return before == after }

	law("a rule that denies never gives", true, func(t *rapid.T, w *world) {
		deny := rapid.SampledFrom(w.rules).Draw(t, "rule")
		deny.Deny = true
		w.rules = append(w.rules, deny)
	}, takes)
	law("a rule that allows never takes", true, func(t *rapid.T, w *world) {
		allow := rapid.SampledFrom(w.rules).Draw(t, "rule")
		allow.Deny, allow.Role = false, rapid.SampledFrom(worldRoles).Draw(t, "role")
		w.rules = append(w.rules, allow)
	}, gives)
	law("revoking never gives", false, func(t *rapid.T, w *world) {
		at := rapid.IntRange(0, len(w.grants)-1).Draw(t, "grant")
		w.grants = slices.Delete(w.grants, at, at+1)
	}, takes)
	law("granting never takes", false, func(t *rapid.T, w *world) {
		w.grants = append(w.grants, drawGrant(t))
	}, gives)
	law("order means nothing", true, func(t *rapid.T, w *world) {
		w.rules = rapid.Permutation(w.rules).Draw(t, "rules")
		w.grants = rapid.Permutation(w.grants).Draw(t, "grants")
	}, same)
	law("without grants there is no access", true, func(_ *rapid.T, w *world) {
		w.grants = nil
	}, func(_, after bool) bool { return !after })
}

// TestNamesMeanNothing swaps two persons, in the world and in the queries.
func TestNamesMeanNothing(t *testing.T) {
	swap := func(p *gov.PersonID) {
		switch *p {
		case "user:1":
			*p = "sa:11"
		case "sa:11":
			*p = "user:1"
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w, qs := drawWorld(t, true), drawQueries(t, 50)
		before := w.answers(t, qs)
		for i := range w.grants {
			swap(&w.grants[i].Person)
		}
		for i := range qs {
			swap(&qs[i].Who)
		}
		if !slices.Equal(before, w.answers(t, qs)) {
			t.Fatal("other names gave other answers")
		}
	})
}
