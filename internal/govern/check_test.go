package govern_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
	"govd/internal/validate"
)

const going = gov.DatasetName("signs/going")

// A checkKit is a dataset with records that pass a lenient policy of stage 2.
type checkKit struct {
	*govtest.Kit
	t        *testing.T
	kay, lou *govtest.Actor // stewards
}

func newCheckKit(t *testing.T, records int, policy []byte) *checkKit {
	t.Helper()
	k := &checkKit{Kit: govtest.New(t), t: t}
	k.Dataset(going)
	setPolicy(t, k.Kit, policy)
	k.kay, k.lou = k.Person("kay", gov.Steward, "signs"), k.Person("lou", gov.Steward, "signs")
	k.Register(k.kay, going, govtest.Records(records, "fist")...)
	return k
}

func (k *checkKit) check(in govern.Check) govern.Checked {
	k.t.Helper()
	if in.Ref.Dataset == "" {
		in.Ref.Dataset = going
	}
	done, err := k.Service.RunCheck(ctx, k.kay.Call(), in, quiet)
	if err != nil {
		k.t.Fatal(err)
	}
	return done
}

func (k *checkKit) promote(by *govtest.Actor, in govern.Promote) (govern.Promoted, error) {
	if in.Ref.Dataset == "" {
		in.Ref.Dataset, in.To = going, 2
	}
	return k.Service.Promote(ctx, by.Call(), in)
}

// missing returns the reasons for which a promotion would be refused.
func (k *checkKit) missing() string {
	k.t.Helper()
	p, err := k.Service.ExplainPromotion(ctx, k.kay.Call(), gov.Ref{Dataset: going}, 0)
	if err != nil {
		k.t.Fatal(err)
	}
	var all []string
	for _, m := range p.Missing {
		all = append(all, string(m.Reason))
	}
	return strings.Join(all, " ")
}

func (k *checkKit) want(what, missing string) {
	k.t.Helper()
	if got := k.missing(); got != missing {
		k.t.Errorf("%s: missing are %q, want %q", what, got, missing)
	}
}

func (k *checkKit) stage() gov.Stage {
	k.t.Helper()
	d, _, err := k.Service.Dataset(ctx, k.kay.Call(), going)
	if err != nil {
		k.t.Fatal(err)
	}
	return d.Stage
}

// A dataset goes up by a report that passes and the word of as many stewards as
// the policy asks for, and by nothing less.
func TestPromotion(t *testing.T) {
	k := newCheckKit(t, 5, lenient(2, ", S1.uniqueKey: on"))
	k.want("at first", "REPORT_MISSING APPROVALS")
	_, err := k.promote(k.kay, govern.Promote{})
	wantErr(t, "without a report", err, gov.Denied, "REPORT_MISSING")
	k.check(govern.Check{Stage: 2, Only: []string{"S1.exactDup"}})
	k.want("with a report of nothing else", "REPORT_STALE APPROVALS")
	k.check(govern.Check{Stage: 2})
	k.want("with a report", "APPROVALS")
	_, err = k.promote(k.kay, govern.Promote{Ref: gov.Ref{Dataset: going}, To: 3})
	wantErr(t, "two stages at once", err, gov.Denied, "WRONG_STAGE")
	first, err := k.promote(k.kay, govern.Promote{})
	if err != nil || first.Done || k.stage() != 1 {
		t.Fatalf("one word of two: %+v, %v, stage %d", first, err, k.stage())
	}
	_, err = k.promote(k.kay, govern.Promote{})
	wantErr(t, "the same word again", err, gov.Denied, "ALREADY_ASKED")
	ann := k.Person("tom", gov.Annotator, "signs")
	_, err = k.promote(ann, govern.Promote{})
	wantErr(t, "by an annotator", err, gov.Denied, "DENIED")
	second, err := k.promote(k.lou, govern.Promote{})
	if err != nil || !second.Done || k.stage() != 2 || len(second.Approvers) != 2 {
		t.Fatalf("two words: %+v, %v, stage %d", second, err, k.stage())
	}
}

// A word is about one report of the newest version.
func TestPromotionOfAnotherVersion(t *testing.T) {
	k := newCheckKit(t, 5, lenient(2, ""))
	k.check(govern.Check{Stage: 2})
	if _, err := k.promote(k.kay, govern.Promote{}); err != nil {
		t.Fatal(err)
	}
	k.Edit(k.kay, going, govern.Edit{Put: govtest.Record("new", "fist")})
	k.want("after another version", "REPORT_MISSING APPROVALS")
	_, err := k.promote(k.lou, govern.Promote{Ref: gov.Ref{Dataset: going, Number: 1}, To: 2})
	wantErr(t, "the version before", err, gov.Denied, "NOT_NEWEST")
	k.check(govern.Check{Stage: 2})
	k.want("its word does not count for the new one", "APPROVALS")
	setPolicy(t, k.Kit, lenient(1, ", S1.uniqueKey: on"))
	k.want("after another policy", "REPORT_STALE APPROVALS")
}

// Copies across splits fail the gate; a second run records nothing, and a
// version without them passes.
func TestAReportThatFailsOpensNoGate(t *testing.T) {
	k := newCheckKit(t, 3, lenient(1, ""))
	a, b := govtest.Record("a", "fist"), govtest.Record("b", "fist")
	a.Split, b.Split, b.Content = "train", "test", a.Content
	k.Register(k.kay, going, a, b)
	done := k.check(govern.Check{Stage: 2})
	if done.Verdict != "fail" || done.Document.Finding("S1.exactDup").Count != 2 {
		t.Fatalf("%+v", done.Document.Findings)
	}
	if k.check(govern.Check{Stage: 1}).Again { // a report of another stage that is newer changes nothing
		t.Fatal("no other report came after it")
	}
	if n := (&hall{Kit: k.Kit}).grows(func() {
		if again := k.check(govern.Check{Stage: 2}); !again.Again || again.Digest != done.Digest || again.Entry != done.Entry {
			t.Errorf("run again: %+v", again.Report)
		}
	}); n != 0 {
		t.Errorf("the same report is recorded %d times more", n)
	}
	k.want("a report that fails", "REPORT_FAILED APPROVALS")
	_, err := k.promote(k.kay, govern.Promote{})
	wantText(t, "promoted nevertheless", err, "REPORT_FAILED", "S1.exactDup")
	k.Edit(k.kay, going, govern.Edit{Delete: "b"})
	k.check(govern.Check{Stage: 2})
	if p, err := k.promote(k.kay, govern.Promote{}); err != nil || !p.Done {
		t.Errorf("mended: %+v, %v", p, err)
	}
}

// Warnings are accepted one by one, by whoever gives their word.
func TestWarningsAreWaived(t *testing.T) {
	k := newCheckKit(t, 5, lenient(1, ", S1.classes: {severity: W}"))
	k.check(govern.Check{Stage: 2})
	k.want("with a warning", "WAIVER_MISSING APPROVALS")
	_, err := k.promote(k.kay, govern.Promote{})
	wantText(t, "not accepted", err, "WAIVER_MISSING", "S1.classes")
	if p, err := k.promote(k.kay, govern.Promote{Ref: gov.Ref{Dataset: going}, To: 2, Waived: []string{"S1.classes"}}); err != nil || !p.Done {
		t.Errorf("accepted: %+v, %v", p, err)
	}
}

// The report of a version is the same whether it is measured anew, from what is
// remembered, or from the version before, and on one processor or more.
func TestReportsAreTheSameByEveryRoute(t *testing.T) {
	k := newCheckKit(t, 2000, lenient(1, ", S1.classes: {severity: W}, S1.split: {severity: W}, S1.size: on, S2.conflict: on, S5.drift: on"))
	k.check(govern.Check{Stage: 2})
	for i := range 3 {
		k.Edit(k.kay, going, govern.Edit{Put: govtest.Record(fmt.Sprintf("%04d.png", 7*i), "palm")})
	}
	stepped := k.check(govern.Check{Stage: 2}).Document.Document()
	k.forget()
	if again := k.check(govern.Check{Stage: 2}).Document.Document(); !bytes.Equal(stepped, again) {
		t.Errorf("measured anew, the report is\n%s\nand was\n%s", again, stepped)
	}
	if again := k.check(govern.Check{Stage: 2}).Document.Document(); !bytes.Equal(stepped, again) {
		t.Errorf("remembered, the report is\n%s\nand was\n%s", again, stepped)
	}
}

// forget drops all caches, as anyone may at any time.
func (k *checkKit) forget() {
	k.t.Helper()
	err := k.Store.Update(context.Background(), func(tx *store.Tx) error {
		tx.ForgetMemos(nil, 1<<30, func(gov.Digest) bool { return false })
		var sets []gov.Digest
		err := tx.Indexes(going, func(set gov.Digest, _ []byte) error { sets = append(sets, set); return nil })
		for _, set := range sets {
			if err == nil {
				err = tx.RemoveIndex(going, set)
			}
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// Sweeping takes away neither indexes nor what is remembered of the newest.
func TestSweepKeepsIndexes(t *testing.T) {
	k := newCheckKit(t, 500, lenient(1, ", S5.leak: on"))
	was := k.check(govern.Check{Stage: 2}).Digest
	for range 2 {
		if _, err := k.Service.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	k.Edit(k.kay, going, govern.Edit{Put: govtest.Record("new", "fist")})
	k.check(govern.Check{Stage: 2})
	if again := k.check(govern.Check{Ref: gov.Ref{Dataset: going, Number: 1}, Stage: 2}); again.Digest != was {
		t.Errorf("the report of v1 is %v and was %v", again.Digest, was)
	}
}

// A run ends with the call that asked for it.
func TestACheckIsCancelled(t *testing.T) {
	k := newCheckKit(t, 50, lenient(1, ""))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := k.Service.RunCheck(gone, k.kay.Call(), govern.Check{Ref: gov.Ref{Dataset: going}, Stage: 2}, quiet); err == nil {
		t.Error("a run that nobody waits for goes on")
	}
}

// Contents that are others than their records say are found among those drawn.
func TestReadContents(t *testing.T) {
	k := newCheckKit(t, 20, []byte(strings.Replace(string(lenient(1, ", S1.hash: on")), "verify: declared", "verify: all", 1)))
	ref := gov.Ref{Dataset: going}
	if f := k.check(govern.Check{Stage: 2}).Document.Finding("S1.hash"); f.Verdict != validate.Unknown {
		t.Errorf("nothing was read, and the verdict is %s", f.Verdict)
	}
	wrong := func(yield func(govern.Finding, error) bool) {
		for f, err := range findings(t, k.Kit, k.kay, ref) {
			if f.Key == "0003.png" {
				f.Size++
			}
			if f.Unread = f.Key == "0004.png"; !yield(f, err) {
				return
			}
		}
	}
	r, err := k.Service.ReadContents(ctx, k.kay.Call(), ref, 2, wrong)
	if err != nil || r.Read != 19 || r.Wrong != 1 || r.Failed != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if f := k.check(govern.Check{Stage: 2}).Document.Finding("S1.hash"); f.Verdict != validate.Fail && f.Verdict != validate.Unknown || len(f.Witnesses) != 1 || f.Witnesses[0] != "0003.png" {
		t.Errorf("%+v", f)
	}
	few := func(yield func(govern.Finding, error) bool) { yield(govern.Finding{Key: "0000.png"}, nil) }
	_, err = k.Service.ReadContents(ctx, k.kay.Call(), ref, 2, few)
	wantErr(t, "too few findings", err, gov.Invalid, "NOT_DRAWN")
}

// Data for the next stage can come before the promotion, and not for the one
// after that.
func TestRegistrationMayUseLabelsOfTheNextStage(t *testing.T) {
	k := govtest.New(t)
	k.Dataset(going, gov.TaxonomyLabel{Name: "fist", Since: 1}, gov.TaxonomyLabel{Name: "nail", Since: 2}, gov.TaxonomyLabel{Name: "pore", Since: 3})
	kay := k.Person("kay", gov.Steward, "signs")
	k.Register(kay, going, govtest.Record("a", "nail"))
	in := govern.Register{Dataset: going, Parent: k.Newest(kay, going), Delta: true}
	_, err := k.Service.RegisterVersion(ctx, kay.Call(), in, govtest.Puts(govtest.Record("b", "pore")))
	wantText(t, "a label of stage 3", err, "UNKNOWN_LABEL", "stage 3")
}

// Policies of stages are a project's, and of the stage they say.
func TestBadStagePolicies(t *testing.T) {
	k := govtest.New(t)
	k.Dataset(going)
	for _, test := range []struct {
		what   string
		place  gov.Place
		of     gov.Stage
		file   string
		reason gov.Reason
	}{
		{"for the server", gov.Server, 2, string(lenient(1, "")), "BAD_PLACE"},
		{"for a dataset", gov.Place(going), 2, string(lenient(1, "")), "BAD_PLACE"},
		{"of another stage", "signs", 3, string(lenient(1, "")), "BAD_POLICY"},
		{"with an unknown check", "signs", 2, "extends: stage 2\nchecks: {S9.magic: on}", "BAD_POLICY"},
		{"with a rule that does not type", "signs", 2, "extends: stage 2\nrules: [{id: a, holds: 'record.size > \"x\"'}]", "BAD_POLICY"},
		{"with nobody's word", "signs", 2, "extends: stage 2\npromotion: {stewards: 0}", "BAD_POLICY"},
	} {
		_, err := k.Service.SetRules(ctx, k.Admin().Call(), govern.SetRules{Place: test.place, Of: gov.StagePolicy(test.of), Document: []byte(test.file)})
		wantErr(t, test.what, err, gov.Invalid, test.reason)
	}
}
