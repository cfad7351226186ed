package rpc_test

import (
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govtest"
	v1 "govd/proto/govd/v1"
)

// TestRetentionOverTheWire: a retention is agreed to, what is due is told and
// asked for, and the impact of an erasure tells who keeps what.
func TestRetentionOverTheWire(t *testing.T) {
	k := govtest.New(t)
	k.Dataset("hands/signs")
	sue, amy := k.Person("sue", gov.Steward, "hands"), k.Person("amy", gov.Admin, "hands")
	k.Clock.Turn(8 * 24 * time.Hour)
	born := k.Clock.Now()
	k.Register(sue, "hands/signs", govtest.Records(30, "palm")...)
	s := k.Serve()
	steward, admin, other := s.As(sue), s.As(k.Admin()), s.As(amy)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	retain := func(number uint64, r gov.Retention) {
		t.Helper()
		set, err := admin.Rules.SetRules(t.Context(), &v1.SetRulesRequest{RequestId: k.Request().String(), Place: "hands/signs", Of: "retention", Document: r.Document()})
		must(err)
		_, err = other.Rules.ConsentToRules(t.Context(), &v1.ConsentToRulesRequest{
			RequestId: k.Request().String(), Place: "hands/signs", Of: "retention", Number: number, ExpectedDigest: set.GetRules().GetDigest(),
		})
		must(err)
		k.Clock.Turn(time.Hour)
	}
	retain(1, gov.Retention{Class: "photos", Keep: 10, Erase: 20})
	k.Clock.Turn(20 * 24 * time.Hour)
	retain(2, gov.Retention{}) // a later one that is waiting or in force comes first
	retain(3, gov.Retention{Class: "photos", Keep: 10, Erase: 20})
	rules, err := steward.Rules.ListRules(t.Context(), &v1.ListRulesRequest{Place: "hands", Of: "retention", InForce: true})
	must(err)
	if all := rules.GetRules(); len(all) != 1 || all[0].GetNumber() != 3 || all[0].GetOf() != "retention" || all[0].GetState() != "in_force" {
		t.Errorf("in force is %v", all)
	}

	due, err := steward.Erasures.ListDue(t.Context(), &v1.ListDueRequest{Project: "hands"})
	must(err)
	d := due.GetDatasets()[0]
	if d.GetDataset() != "hands/signs" || d.GetClass() != "photos" || d.GetEraseAfterDays() != 20 || d.GetRecords() != 30 || len(d.GetFirst()) != 20 {
		t.Errorf("due is %v", d)
	}
	if want := k.Clock.Now().AddDate(0, 0, -20); !d.GetCutoff().AsTime().Equal(want) || !d.GetFirst()[0].GetRegistered().AsTime().Equal(born) || d.GetFirst()[0].GetKey() == "" {
		t.Errorf("due is %v, want a cutoff of %v", d, want)
	}
	done, err := steward.Erasures.RequestErasure(t.Context(), &v1.RequestErasureRequest{RequestId: k.Request().String(), Project: "hands", Due: true, Reason: "it is due"})
	must(err)
	if e := done.GetErasure(); e.GetFound().GetRecords() != 30 || e.GetWhere() == "" {
		t.Errorf("the erasure is %v", e)
	}
	retain(4, gov.Retention{Class: "study", Keep: 30})
	m, err := steward.Erasures.ErasureImpact(t.Context(), &v1.ErasureImpactRequest{Number: 1})
	must(err)
	if len(m.GetFloors()) != 1 {
		t.Fatalf("the floors are %v", m.GetFloors())
	}
	f := m.GetFloors()[0]
	if f.GetDataset() != "hands/signs" || f.GetClass() != "study" || f.GetKeepDays() != 30 || f.GetValues() != 30 || !f.GetUntil().AsTime().Equal(born.AddDate(0, 0, 30)) {
		t.Errorf("the floor is %v", f)
	}
}
