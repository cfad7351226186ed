package gov_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// subsets yields every subset of items.
func subsets[T any](items ...T) (all [][]T) {
	for bits := range 1 << len(items) {
		var s []T
		for i, x := range items {
			if bits>>i&1 == 1 {
				s = append(s, x)
			}
		}
		all = append(all, s)
	}
	return all
}

// TestScopeLaws looks at every scope of two actions and four places: what one
// allows is what its lists say, and one is within another just if it allows
// nothing that the other does not.
func TestScopeLaws(t *testing.T) {
	var scopes []gov.Scope
	for _, acts := range subsets(gov.VersionRead, gov.VersionTag) {
		for _, places := range subsets[gov.Place](gov.Server, "p", "p/d", "q") {
			scopes = append(scopes, gov.Scope{Actions: acts, Places: places})
		}
	}
	acts := []gov.Action{gov.VersionRead, gov.VersionTag, gov.RoleGrant}
	places := []gov.Place{gov.Server, "p", "p/d", "p/e", "q", "q/d", "r"}
	allows := func(s gov.Scope, do gov.Action, at gov.Place) bool {
		doOK, atOK := len(s.Actions) == 0, len(s.Places) == 0
		for _, a := range s.Actions {
			doOK = doOK || a == do
		}
		for _, p := range s.Places {
			atOK = atOK || p.Holds(at)
		}
		return doOK && atOK
	}
	for _, s := range scopes {
		for _, do := range acts {
			for _, at := range places {
				if got := s.Allows(do, at); got != allows(s, do, at) {
					t.Errorf("%v allows %s at %s: %v", s, do, at, got)
				}
			}
		}
		for _, other := range scopes {
			within := true
			for _, do := range acts {
				for _, at := range places {
					within = within && (!s.Allows(do, at) || other.Allows(do, at))
				}
			}
			if got := s.Within(other); got != within {
				t.Errorf("%v within %v: %v, want %v", s, other, got, within)
			}
		}
		again, err := gov.ParseScope(s.Items())
		if d := cmp.Diff(s, again); err != nil || d != "" {
			t.Errorf("%v parses as %v, %v", s.Items(), again, err)
		}
	}
	if _, err := gov.ParseScope([]string{"p", "no place"}); gov.ReasonOf(err) != "BAD_SCOPE" {
		t.Errorf("got %v", err)
	}
}

// TestCredentialLives until it expires or is revoked.
func TestCredentialLives(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		it   gov.Credential
		live bool
	}{
		{gov.Credential{}, true},
		{gov.Credential{Revoked: true}, false},
		{gov.Credential{Expires: now.Add(1)}, true},
		{gov.Credential{Expires: now}, false},
		{gov.Credential{Expires: now.Add(1), Revoked: true}, false},
	} {
		if got := c.it.Live(now); got != c.live {
			t.Errorf("%+v lives: %v", c.it, got)
		}
	}
}
