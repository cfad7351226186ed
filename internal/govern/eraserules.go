package govern

import (
	"govd/internal/gov"
	"govd/internal/store"
)

// mayErase holds the rules: it was approved by people who still may, for at least
// what is found now, and nothing of it is on hold or must be kept for longer.
func (s *Service) mayErase(tx *store.Tx, row gov.Erasure, now *gov.ErasureList) error {
	if row.State != gov.ErasureApproved {
		return gov.Errorf(gov.Denied, "NOT_APPROVED", "erasure %s is %s: another person must approve it first", row.ID, row.State)
	}
	at := gov.Place(row.Project)
	asks, err := s.still(tx, row.By, gov.EraseRequest, at)
	if err != nil {
		return err
	}
	approves, err := s.still(tx, row.Approver, gov.EraseApprove, at)
	if err != nil {
		return err
	}
	if !asks || !approves {
		return gov.Errorf(gov.Denied, "NOT_APPROVED", "who asked for erasure %s, or who approved it, may no longer: ask for it anew", row.ID)
	}
	approved, err := readText[gov.ErasureList](tx, row.List)
	if err != nil {
		return err
	}
	if err := covers(row.ID, &approved, now); err != nil {
		return err
	}
	if err := refuseHeld(tx, row, now); err != nil {
		return err
	}
	if err := refuseKept(tx, row, now); err != nil {
		return err
	}
	return noLotWaits(tx, row)
}

// noLotWaits refuses to erase while records wait outside of all versions, where
// nothing is looked for.
func noLotWaits(tx *store.Tx, row gov.Erasure) error {
	for d, err := range tx.Datasets(row.Project, "") {
		if err != nil {
			return err
		}
		for lot, err := range tx.Lots(d.Name, "") {
			if err != nil {
				return err
			}
			if lot.State == gov.LotWaiting {
				return gov.Errorf(gov.Conflict, "LOT_WAITS", "lot %s of %s waits, and may hold what erasure %s is about: accept or reject it first", lot.Name, d.Name, row.ID)
			}
		}
	}
	return nil
}

// covers refuses an erasure of more than what was approved.
func covers(id gov.ErasureID, approved, now *gov.ErasureList) error {
	known := map[gov.Digest]bool{}
	for i := range approved.Values {
		known[approved.Values[i].Hash] = true
	}
	for i := range approved.Edits {
		known[approved.Edits[i].Hash] = true
	}
	more := 0
	for i := range now.Values {
		if !known[now.Values[i].Hash] {
			more++
		}
	}
	for i := range now.Edits {
		if !known[now.Edits[i].Hash] {
			more++
		}
	}
	if more > 0 {
		return gov.Errorf(gov.Denied, "STATE_MOVED", "the expression of erasure %s picks %d values that nobody has approved: they came since. Ask for it anew", id, more)
	}
	return nil
}

// refuseHeld refuses to erase what is on hold: holds win.
func refuseHeld(tx *store.Tx, row gov.Erasure, list *gov.ErasureList) error {
	held, err := holdsOn(tx, row.Project, list)
	if err != nil || len(held) == 0 {
		return err
	}
	return gov.Errorf(gov.Denied, lackHold, "%d values of erasure %s are on hold %s (%s): holds win", held[0].Values, row.ID, held[0].Hold.ID, held[0].Hold.What())
}

// A HoldInTheWay is a hold, and how many values it keeps from being erased.
type HoldInTheWay struct {
	Hold   gov.Hold
	Values uint64
}

// heldBy reports whether a hold is on a version that holds the value.
func heldBy(h *gov.Hold, v *gov.ErasedValue) bool {
	return h.Place.Holds(gov.Place(v.Dataset)) && (h.Version == 0 || v.Holds(h.Version))
}

// holdsOn returns the holds on what is in a list, the newest first.
func holdsOn(tx *store.Tx, project gov.Project, list *gov.ErasureList) (all []HoldInTheWay, err error) {
	for h, err := range tx.HoldsIn(project, 0) {
		if err != nil {
			return nil, err
		}
		if !h.Live() {
			continue
		}
		keys, err := keysOf(tx, h.Keys)
		if err != nil {
			return nil, err
		}
		in, named := HoldInTheWay{Hold: h}, map[string]bool{}
		for _, key := range keys {
			named[key] = true
		}
		for i := range list.Values {
			if v := &list.Values[i]; heldBy(&h, v) && (h.Keys.IsZero() || named[v.Key]) {
				in.Values++
			}
		}
		if in.Values > 0 {
			all = append(all, in)
		}
	}
	return all, nil
}
