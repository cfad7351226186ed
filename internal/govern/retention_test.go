package govern_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

const (
	day   = 24 * time.Hour
	faces = gov.DatasetName("lab/faces")
)

// retain brings a retention of a dataset into force; one of the server's admins
// proposes it, and another agrees.
func retain(t govtest.TB, k *govtest.Kit, other *govtest.Actor, dataset gov.DatasetName, r gov.Retention) {
	t.Helper()
	in := govern.SetRules{Place: gov.Place(dataset), Of: gov.RetentionRules, Document: r.Document()}
	done, err := k.Service.SetRules(ctx, k.Admin().Call(), in)
	if err == nil {
		ref := govern.RuleRef{Place: in.Place, Of: in.Of, Number: done.Event.Number, Expected: done.Event.Document}
		_, err = k.Service.ConsentToRules(ctx, other.Call(), ref)
	}
	if err != nil {
		t.Fatalf("the retention of %s: %v", dataset, err)
	}
	k.Clock.Turn(time.Hour)
}

func (e *eraser) due() (all []govern.DueDataset) {
	e.t.Helper()
	all, err := e.Service.Due(ctx, e.sue.Call(), "lab")
	e.must(err)
	return all
}

// A retention is set by two admins of the place, none of whom can erase, and
// waits; it is one dataset's.
func TestRetentionIsAgreedTo(t *testing.T) {
	e := newEraser(t)
	e.fill()
	ann, bob := e.Person("amy", gov.Admin, "lab"), e.Person("bob", gov.Admin, "lab")
	e.Clock.Turn(8 * day)
	in := govern.SetRules{Place: "lab/faces", Of: gov.RetentionRules, Document: gov.Retention{Class: "photos", Erase: 1}.Document()}
	set := func(by *govtest.Actor, in govern.SetRules) (uint64, error) {
		done, err := e.Service.SetRules(ctx, by.Call(), in)
		if err != nil {
			return 0, err
		}
		return done.Event.Number, nil
	}
	for _, place := range []gov.Place{gov.Server, "lab"} {
		_, err := set(e.Admin(), govern.SetRules{Place: place, Of: in.Of, Document: in.Document})
		e.refused(err, gov.Invalid, "BAD_PLACE")
	}
	_, err := set(ann, govern.SetRules{Place: in.Place, Of: in.Of, Document: []byte(`{"class":"a"}`)})
	e.refused(err, gov.Invalid, "BAD_RETENTION")
	_, err = set(e.sue, in)
	e.refused(err, gov.Denied, "DENIED")
	number, err := set(ann, in)
	e.must(err)
	agree := func(by *govtest.Actor) error {
		_, err := e.Service.ConsentToRules(ctx, by.Call(), govern.RuleRef{Place: in.Place, Of: in.Of, Number: number, Expected: gov.DocumentDigest(in.Document)})
		return err
	}
	e.refused(agree(ann), gov.Denied, "SELF_APPROVAL")
	e.refused(agree(e.sue), gov.Denied, "DENIED")
	e.must(agree(bob))
	if all := e.due(); len(all) > 0 {
		t.Errorf("before its delay is over the retention says %+v", all)
	}
	e.Clock.Turn(time.Hour)
	if all := e.due(); len(all) != 1 || all[0].Dataset != faces || all[0].Class != "photos" || all[0].Records == 0 {
		t.Errorf("the retention in force says %+v", all)
	}
	listed := func(q govern.RulesQuery) (words string) {
		q.Place = "lab"
		all, err := e.Service.ListRules(ctx, e.sue.Call(), q)
		e.must(err)
		for _, r := range all {
			words += fmt.Sprintf("%s %s %d %s; ", r.Place, r.Of, r.Number, r.State)
		}
		return words
	}
	clear := in
	clear.Document = gov.Retention{}.Document()
	_, err = set(ann, clear)
	e.must(err)
	for want, q := range map[string]govern.RulesQuery{
		"lab/faces retention 2 proposed; ":                                 {},
		"lab/faces retention 2 proposed; lab/faces retention 1 in_force; ": {InForce: true, Of: gov.RetentionRules},
		"": {InForce: true, Of: gov.StagePolicy(1)},
	} {
		if got := listed(q); got != want {
			t.Errorf("the rules %+v are %q, want %q", q, got, want)
		}
	}
	retain(t, e.Kit, bob, faces, gov.Retention{})
	if all := e.due(); len(all) > 0 {
		t.Errorf("a retention that was taken away says %+v", all)
	}
}

// The floor wins: what a dataset keeps is not erased before it is old enough,
// whoever asks and approves.
func TestRetentionKeeps(t *testing.T) {
	e := newEraser(t)
	bob := e.Person("bob", gov.Admin, gov.Server)
	e.Clock.Turn(8 * day)
	e.fill() // from here on records are of now
	born := e.Clock.Now()
	relabelled := func() { e.Edit(e.sue, faces, govern.Edit{Put: subject("d", "s17", "wave")}) }
	e.Clock.Turn(2 * day)
	relabelled()
	retain(t, e.Kit, bob, faces, gov.Retention{Class: "consented photos", Keep: 30})
	id := e.request(ofS17)
	approve := func() error {
		_, err := e.Service.ApproveErasure(ctx, e.ben.Call(), id)
		return err
	}
	until := born.Add(30 * day)
	wantText(t, "approve", approve(), "RETAINED", "4 values of erasure 1 are of lab/faces", `keeps "consented photos" for 30 days`, "until "+until.Format(time.RFC3339), "the retention wins")
	if last := e.Entry(e.LogSize() - 1); last.Refused != "RETAINED" || last.Do != gov.EraseApprove {
		t.Errorf("the refusal is recorded as %+v", last)
	}
	m, err := e.Service.ErasureImpact(ctx, e.sue.Call(), id)
	e.must(err)
	want := govern.FloorInTheWay{Dataset: faces, Retention: gov.Retention{Class: "consented photos", Keep: 30}, Values: 4, Until: until}
	if len(m.Floors) != 1 || m.Floors[0] != want {
		t.Errorf("the impact tells of %+v, want %+v", m.Floors, want)
	}
	e.Clock.Turn(until.Sub(e.Clock.Now()) - 1)
	e.refused(approve(), gov.Denied, "RETAINED")
	e.Clock.Turn(1)
	e.must(approve())

	// A floor that came since wins over the approval, and over other datasets' lack of one.
	retain(t, e.Kit, bob, faces, gov.Retention{Class: "consented photos", Keep: 60})
	e.refused(e.run(id), gov.Denied, "RETAINED")
	retain(t, e.Kit, bob, poses, gov.Retention{Class: "drawings", Keep: 36_500}) // of nothing that is erased
	retain(t, e.Kit, bob, faces, gov.Retention{Class: "consented photos", Erase: 1})
	e.must(e.run(id))
}

// What is due is erased by one request, which says which datasets and times it is
// of: what becomes due later is another's.
func TestErasureOfWhatIsDue(t *testing.T) {
	e := newEraser(t)
	bob := e.Person("bob", gov.Admin, gov.Server)
	e.Clock.Turn(8 * day)
	ask := func(by *govtest.Actor, where string) (gov.ErasureID, error) {
		done, err := e.Service.RequestErasure(ctx, by.Call(), govern.RequestErasure{Project: "lab", Where: where, Reason: "storage limitation", Due: true})
		if err != nil {
			return 0, err
		}
		return done.Event.Erasure, nil
	}
	_, err := ask(e.sue, "")
	e.refused(err, gov.NotFound, "NOTHING_DUE")
	e.fill()
	first := e.Clock.Now()
	retain(t, e.Kit, bob, faces, gov.Retention{Class: "photos", Keep: 10, Erase: 40})
	retain(t, e.Kit, bob, poses, gov.Retention{Class: "drawings", Keep: 1000})
	e.Clock.Turn(25 * day)
	e.Edit(e.sue, faces, govern.Edit{Put: subject("a", "s1", "wave")}, govern.Edit{Put: subject("f", "s9")}) // a new record, and an old one with another label
	_, err = ask(e.sue, "")
	e.refused(err, gov.NotFound, "NOTHING_DUE")
	e.Clock.Turn(20 * day)
	all := e.due()
	if len(all) != 1 || all[0].Dataset != faces || all[0].Records != 5 || !all[0].First[0].Registered.Equal(first) || !all[0].Cutoff.Equal(e.Clock.Now().Add(-40*day)) {
		t.Fatalf("due is %+v", all)
	}
	_, err = ask(e.tim, "")
	e.refused(err, gov.Denied, "DENIED")
	_, err = e.Service.Due(ctx, e.tim.Call(), "lab")
	e.refused(err, gov.Denied, "DENIED")
	_, err = ask(e.sue, `true) || (true`)
	e.refused(err, gov.Invalid, "BAD_WHERE")
	some, err := ask(e.sue, `record.key == "a" || record.key == "f"`)
	e.must(err)
	info, err := e.Service.Erasure(ctx, e.sue.Call(), some)
	if e.must(err); info.Found.Records != 1 || info.Found.Values != 2 {
		t.Errorf("of a, which is due in two forms, and f, which is not, %+v is found", info.Found)
	}
	id, err := ask(e.sue, "")
	e.must(err)
	info, err = e.Service.Erasure(ctx, e.sue.Call(), id)
	want := `dataset in ["lab/faces"] && record.registered <= timestamp("` + all[0].Cutoff.Format(time.RFC3339) + `")`
	if e.must(err); info.Found.Records != 5 || info.Where != want {
		t.Errorf("the erasure is of %d records, %s; want %s", info.Found.Records, info.Where, want)
	}
	e.Clock.Turn(21 * day) // f is due as well
	if all := e.due(); all[0].Records != 6 {
		t.Errorf("due is %+v", all)
	}
	e.approve(id)
	e.must(e.run(id))
	all = e.due()
	if len(all) != 1 || all[0].Records != 1 || all[0].First[0].Key != "f" {
		t.Errorf("after the erasure due is %+v", all)
	}
	if e.fileHolds(e.compacted(), "marker-of-s17") || !e.fileHolds(e.compacted(), "marker-of-s9") {
		t.Error("what was due is there, or what came due since is not")
	}
}

// Expressions that ask how old records are get the same answer as who reads every
// version from the first: and what is due is never kept by the floor.
func TestAgesOfRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := govtest.New(t)
		k.Dataset(faces)
		sue, bob := k.Person("sue", gov.Steward, "lab"), k.Person("bob", gov.Admin, gov.Server)
		k.Clock.Turn(8 * day)
		now := map[string]*gov.Record{}
		born, values := map[string]time.Time{}, map[string]bool{}
		for range rapid.IntRange(1, 8).Draw(t, "versions") {
			k.Clock.Turn(time.Duration(rapid.IntRange(0, 6).Draw(t, "half days")) * day / 2)
			for range rapid.IntRange(1, 6).Draw(t, "edits") {
				r := subject(fmt.Sprintf("%02d", rapid.IntRange(0, 40).Draw(t, "key")), "s1", rapid.SampledFrom([]string{"fist", "palm"}).Draw(t, "label"))
				r.Content[0] = byte(rapid.IntRange(0, 1).Draw(t, "content"))
				if now[r.Key] = r; rapid.IntRange(0, 3).Draw(t, "gone") == 0 {
					delete(now, r.Key)
				}
			}
			if len(now) == 0 {
				continue
			}
			var all []*gov.Record
			for _, key := range slices.Sorted(maps.Keys(now)) {
				r := now[key]
				which := fmt.Sprint(r.Key, r.Content)
				if _, known := born[which]; !known {
					born[which] = k.Clock.Now()
				}
				values[which+r.Labels[0].Name] = true
				all = append(all, r)
			}
			k.Register(sue, faces, all...)
		}
		limit := uint32(rapid.IntRange(1, 10).Draw(t, "limit"))
		retain(t, k, bob, faces, gov.Retention{Class: "photos", Keep: limit, Erase: limit})
		k.Clock.Turn(day/2 - time.Hour) // so that some are due to the second
		cutoff := k.Clock.Now().Add(-time.Duration(limit) * day)
		var due []string
		for which, at := range born {
			if !at.After(cutoff) {
				due = append(due, which)
			}
		}
		all, err := k.Service.Due(ctx, sue.Call(), "lab")
		if err != nil || len(all) != 1 || all[0].Records != uint64(len(due)) {
			t.Fatalf("due is %+v, %v; want %d", all, err, len(due))
		}
		if !slices.IsSortedFunc(all[0].First, func(a, b govern.DueRecord) int { return a.Registered.Compare(b.Registered) }) {
			t.Fatalf("the first are not the oldest: %+v", all[0].First)
		}
		done, err := k.Service.RequestErasure(ctx, sue.Call(), govern.RequestErasure{Project: "lab", Reason: "it is due", Due: true})
		if len(due) == 0 && (gov.ReasonOf(err) == "NOTHING_DUE" || gov.ReasonOf(err) == "NOTHING_FOUND") {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := k.Service.ErasureImpact(ctx, sue.Call(), done.Event.Erasure)
		if err != nil || len(m.Floors) > 0 {
			t.Fatalf("what is due is kept by %+v, %v", m.Floors, err)
		}
		want := 0
		for v := range values {
			if slices.ContainsFunc(due, func(which string) bool { return strings.HasPrefix(v, which) }) {
				want++
			}
		}
		if len(m.List.Values) != want {
			t.Fatalf("%d values are found of what is due, want %d", len(m.List.Values), want)
		}
	})
}
