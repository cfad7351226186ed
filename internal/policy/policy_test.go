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
		for _, q := range drawQueries(t, 100) {
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

// answers decides everything in a world.
func (w world) answers(t *rapid.T) []bool {
	e := newEngine(w.rules, 64, 0)
	var all []bool
	for _, q := range queries() {
		all = append(all, decide(t, e, w, q))
	}
	return all
}

// never reports the first query that is allowed after and was not before.
func never(t *rapid.T, law string, before, after []bool) {
	t.Helper()
	for i, q := range queries() {
		if after[i] && !before[i] {
			t.Fatalf("%s: %+v is allowed now", law, q)
		}
	}
}

func TestLaws(t *testing.T) {
	law := func(name string, deny bool, check func(t *rapid.T, w world, answers []bool)) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := drawWorld(t, deny)
				check(t, w, w.answers(t))
			})
		})
	}
	law("a rule that denies never gives", true, func(t *rapid.T, w world, before []bool) {
		deny := rapid.SampledFrom(w.rules).Draw(t, "deny")
		deny.Deny = true
		w.rules = append(slices.Clone(w.rules), deny)
		never(t, "denied", before, w.answers(t))
	})
	law("a rule that allows never takes", true, func(t *rapid.T, w world, before []bool) {
		allow := Rule{Role: rapid.SampledFrom(worldRoles).Draw(t, "role"), Action: rapid.SampledFrom(worldActions).Draw(t, "action")}
		w.rules = append(slices.Clone(w.rules), allow)
		never(t, "allowed", w.answers(t), before)
	})
	law("revoking never gives", false, func(t *rapid.T, w world, before []bool) {
		if len(w.grants) == 0 {
			return
		}
		at := rapid.IntRange(0, len(w.grants)-1).Draw(t, "grant")
		w.grants = slices.Delete(slices.Clone(w.grants), at, at+1)
		never(t, "revoked", before, w.answers(t))
	})
	law("order means nothing", true, func(t *rapid.T, w world, before []bool) {
		w.rules = rapid.Permutation(w.rules).Draw(t, "rules")
		w.grants = rapid.Permutation(w.grants).Draw(t, "grants")
		if !slices.Equal(before, w.answers(t)) {
			t.Fatal("another order of rows gave other answers")
		}
	})
	law("names mean nothing", true, func(t *rapid.T, w world, before []bool) {
		swap := map[gov.PersonID]gov.PersonID{"user:1": "sa:3", "sa:3": "user:1"}
		renamed := world{rules: w.rules, grants: slices.Clone(w.grants)}
		for i, g := range renamed.grants {
			if to, ok := swap[g.Person]; ok {
				renamed.grants[i].Person = to
			}
		}
		e := newEngine(w.rules, 64, 0)
		for i, q := range queries() {
			if to, ok := swap[q.Who]; ok {
				q.Who = to
			}
			agree(t, "the renamed world", q, before[i], decide(t, e, renamed, q))
		}
	})
	law("no grants, no access", true, func(t *rapid.T, w world, _ []bool) {
		w.grants = nil
		if slices.Contains(w.answers(t), true) {
			t.Fatal("allowed without a grant")
		}
	})
}
