package govern_test

import (
	"testing"

	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
)

func (h *panel) certificates(number uint64) (all []govern.Certificate) {
	h.t.Helper()
	h.View(func(tx *store.Tx) error {
		v, err := tx.Version(digits, number)
		if err != nil {
			return err
		}
		all, err = govern.InspectionsFor(tx, v)
		return err
	})
	return all
}

// TestAGuaranteeDecaysWithVersions: nothing is known of what has changed since,
// and of what was left out nothing is ever said.
func TestAGuaranteeDecaysWithVersions(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	if n := len(h.certificates(1)); n != 0 {
		t.Errorf("an open inspection certifies %d things", n)
	}
	h.work(h.dan, 1, truth)
	first := h.certificates(1)
	if len(first) != 1 || !first[0].Ahead || first[0].Discarded != 0 || first[0].Guarantee.Bound > first[0].Limit {
		t.Fatalf("certified: %+v", first)
	}
	if c := first[0]; c.Guarantee.Total+c.Except != 1000 || c.Guarantee.Steps != 0 {
		t.Errorf("of 1000 records: %+v", c)
	}
	h.Edit(h.ann, digits, govern.Edit{Put: govtest.Record("0000.png", "palm")}, govern.Edit{Put: govtest.Record("new.png", "palm")})
	then := h.certificates(2)
	if len(then) != 1 || then[0].Guarantee.Steps != 1 || then[0].Guarantee.Bound <= first[0].Guarantee.Bound || then[0].Guarantee.Total != first[0].Guarantee.Total+1 {
		t.Errorf("after two changes %+v, before %+v", then, first)
	}
	h.Register(h.ann, digits, govtest.Records(20, "fist")...)
	if last := h.certificates(3); len(last) != 0 {
		t.Errorf("of records that are all gone: %+v", last)
	}
	if again := h.certificates(1); len(again) != 1 || again[0].Guarantee != first[0].Guarantee {
		t.Errorf("of the inspected version, later: %+v", again)
	}
}

// TestOnlyAPassCertifies anything, and it says what was thrown away before it.
func TestOnlyAPassCertifies(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	_, err := h.Service.StopInspection(ctx, h.bob.Call(), 1, "")
	h.must(err)
	if n := len(h.certificates(1)); n != 0 {
		t.Errorf("an inspection that was given up certifies %d things", n)
	}
	h.draw(smallDesign())
	h.work(h.dan, 2, truth)
	all := h.certificates(1)
	if len(all) != 1 || all[0].Inspection != 2 || all[0].Discarded != 1 || all[0].Ahead {
		t.Errorf("certified: %+v", all)
	}
}
