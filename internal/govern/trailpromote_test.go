package govern_test

import (
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/trail"
)

// auditing lets a kit of checks verify trails.
func (k *checkKit) auditing() *signs { return &signs{Kit: k.Kit, t: k.t} }

// TestTrailOfPromotion: the trail of a version that was promoted proves whose
// words took it up, on a report that is in the file and passes, and that none of
// them had made what they spoke for.
func TestTrailOfPromotion(t *testing.T) {
	k := newCheckKit(t, 5, lenient(2, ", S1.classes: {severity: W}"))
	s := k.auditing()
	report := k.check(govern.Check{Stage: 2}).Digest
	aud := k.Person("aud", gov.Auditor, gov.Server)
	node := string(going) + "@v1"
	k.accept(k.kay)
	s.proves(s.export(aud, node, govern.BundleFormat), string(k.kay.ID)+" gave their word that version signs/going@v1 may go up to stage 2")
	if n := s.chainOf(aud, node).Nodes[0].Version; len(n.Promotions) != 0 || n.Stage != 1 {
		t.Errorf("half promoted: %+v", n)
	}
	k.accept(k.lou)
	file := s.export(aud, node, govern.BundleFormat)
	s.proves(file,
		"version signs/going@v1 was promoted to stage 2 in log entry ",
		" by the word of "+string(k.kay.ID)+" and "+string(k.lou.ID)+", on a report that passes",
		"nobody who gave their word for version signs/going@v1 had a hand in a label change in it",
		"the checks of stage 2 said warn of version signs/going@v1")
	c := s.chainOf(aud, node)
	up := c.Nodes[0].Version.Promotions
	if len(up) != 1 || up[0].Report != report || !slices.Equal(up[0].By, []gov.PersonID{k.kay.ID, k.lou.ID}) || !slices.Equal(up[0].Waived, []string{"S1.classes"}) {
		t.Errorf("promotions %+v", up)
	}
	if text := trail.Trace(c).Text(100); !strings.Contains(text, "promoted to stage 2") {
		t.Errorf("the page says nothing of it:\n%s", text)
	}
}

// accept gives somebody's word, whatever warns.
func (k *checkKit) accept(by *govtest.Actor) {
	k.t.Helper()
	_, err := k.promote(by, govern.Promote{Ref: gov.Ref{Dataset: going}, To: 2, Waived: []string{"S1.classes"}, Message: "looked at it"})
	if err != nil {
		k.t.Fatal(err)
	}
}

// TestTrailOfPromotedChange: who made the label changes that were promoted is
// known from their revisions.
func TestTrailOfPromotedChange(t *testing.T) {
	s := newCalm(t)
	setPolicy(t, s.Kit, lenient(1, ""))
	node := s.signedChange()
	ref := gov.Ref{Dataset: digits}
	_, err := s.Service.RunCheck(ctx, s.bob.Call(), govern.Check{Ref: ref, Stage: 2}, quiet)
	s.must(err)
	done, err := s.Service.Promote(ctx, s.bob.Call(), govern.Promote{Ref: ref, To: 2})
	s.must(err)
	if !done.Done {
		t.Fatalf("%+v", done.Missing)
	}
	claims, err := s.verify(s.export(s.auditor(), node, govern.BundleFormat))
	s.must(err)
	want := trail.Claim{
		Claim: "nobody who gave their word for version signs/digits@v2 had a hand in a label change in it", Holds: true,
		Evidence: "1 label change in it: 1, by " + string(s.ann.ID),
	}
	if !slices.Contains(claims, want) {
		t.Errorf("%v is not among %v", want, claims)
	}
}
