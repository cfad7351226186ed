package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

func TestExplainWords(t *testing.T) {
	grants := []gov.Grant{
		{Person: "user:7", Role: gov.Steward, Place: "p/d", By: "user:1", Entry: 12},
		{Person: "user:7", Role: gov.Viewer, Place: "p/d", By: "user:2", Entry: 4},
		{Person: "user:7", Role: gov.Viewer, Place: "p", By: "user:1", Entry: 9},
		{Person: "user:8", Role: gov.Trainer, Place: "p", By: "user:1", Entry: 5},
	}
	rules := []Rule{
		{Role: gov.Steward, Action: gov.VersionTag, Stage: 2},
		{Role: gov.Viewer, Action: gov.VersionRead},
		{Role: gov.Steward, Action: gov.VersionRead},
		{Role: gov.Trainer, Action: gov.VersionRead},
		{Role: gov.Trainer, Action: gov.VersionRead, Stage: 5, Deny: true},
		{Role: gov.Admin, Action: gov.PersonAdd},
	}
	s, err := newSnapshot(Revision{3, 12}, "p", rules, grants)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    Query
		want []string
	}{
		{Query{"user:7", gov.VersionRead, "p/d", 3}, []string{
			"user:7 may version.read in p/d, stage 3",
			"role viewer may version.read",
			"user:7 holds viewer in p, granted by user:1 in entry 9",
			"user:7 holds viewer in p/d, granted by user:2 in entry 4",
		}},
		{Query{"user:7", gov.VersionTag, "p/e", 2}, []string{
			"user:7 may not version.tag in p/e, stage 2",
			"role steward may version.tag, but user:7 does not hold it in p/e; held in p/d",
		}},
		{Query{"user:7", gov.VersionTag, "p/d", 3}, []string{
			"user:7 may not version.tag in p/d, stage 3",
			"role steward may version.tag at stage 2 only; held in p/d",
		}},
		{Query{"user:8", gov.VersionRead, "p/d", 5}, []string{
			"user:8 may not version.read in p/d, stage 5",
			"role trainer must not version.read at stage 5",
			"user:8 holds trainer in p, granted by user:1 in entry 5",
		}},
		{Query{"user:9", gov.VersionRead, "p", 5}, []string{
			"user:9 may not version.read in p, stage 5",
			"role viewer may version.read, but user:9 does not hold it in p",
			"role steward may version.read, but user:9 does not hold it in p",
			"role trainer may version.read, but user:9 does not hold it in p",
		}},
		{Query{"user:9", gov.PersonAdd, "p", 0}, []string{
			"user:9 may not person.add in p",
			"person.add is done to the whole server and must be asked in *",
		}},
		{Query{"user:9", gov.AuditRead, "p", 0}, []string{"user:9 may not audit.read in p"}},
		{Query{"user:9", gov.VersionRead, "q", 0}, []string{"q is not in the policy of p"}},
		{Query{"role:viewer", gov.VersionRead, "p", 0}, []string{`"role:viewer" is not a person's id`}},
		{Query{"user:9", "version.steal", "p", 0}, []string{`no action "version.steal"`}},
	} {
		x, err := s.Explain(c.q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, x.Words); d != "" {
			t.Errorf("%+v: words (-want +got)\n%s", c.q, d)
		}
		if allowed, err := s.Decide(c.q); allowed != x.Allowed || err != nil || x.Revision != s.Revision || x.Query != c.q {
			t.Errorf("%+v: explained as %+v, decided as %v, %v", c.q, x, allowed, err)
		}
	}
}

// TestExplainHelps: whoever is denied is allowed once one role that Explain
// calls missing has been granted; and what allows is a grant that is there.
func TestExplainHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false)
		for _, q := range drawQueries(t, 25) {
			s, err := newEngine(w.rules, 1, 0).Snapshot(Revision{}, q.At.Project(), w.load)
			if err != nil {
				t.Fatal(err)
			}
			x, err := s.Explain(q)
			if err != nil {
				t.Fatal(err)
			}
			if x.Allowed {
				w.backs(t, x)
				continue
			}
			for _, m := range x.Missing {
				g := gov.Grant{Person: q.Who, Role: m.Role, Place: q.At}
				if m.Lacks != "role" || Check(g) != nil {
					continue
				}
				more := world{w.rules, append(slices.Clone(w.grants), g)}
				if !decide(t, newEngine(w.rules, 1, 0), more, q) {
					t.Fatalf("%+v is still denied with %+v", q, g)
				}
			}
		}
	})
}

// backs checks that an explanation of why something is allowed holds.
func (w world) backs(t *rapid.T, x Explanation) {
	if x.Rule == nil || !slices.Contains(w.rules, *x.Rule) || len(x.Grants) == 0 || len(x.Missing) > 0 {
		t.Fatalf("allowed without a reason: %+v", x)
	}
	for _, g := range x.Grants {
		if !slices.Contains(w.grants, g) || g.Role != x.Rule.Role || g.Person != x.Query.Who || !g.Place.Holds(x.Query.At) {
			t.Fatalf("%+v does not allow %+v", g, x.Query)
		}
	}
}

func TestExplainJSON(t *testing.T) {
	w := world{Template(), []gov.Grant{{Person: "user:7", Role: gov.Viewer, Place: "p", By: "user:1", Entry: 9}}}
	s := must(newSnapshot(Revision{3, 9}, "p", w.rules, w.grants))
	var got strings.Builder
	for _, do := range []gov.Action{gov.VersionRead, gov.VersionTag} {
		x, err := s.Explain(Query{"user:7", do, "p/d", 1})
		if err != nil {
			t.Fatal(err)
		}
		got.Write(must(json.MarshalIndent(x, "", "  ")))
		got.WriteByte('\n')
	}
	golden(t, "explain.json", got.String())
}
