package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
)

// A HoldInfo is a hold with what its row does not hold.
type HoldInfo struct {
	gov.Hold
	ByName string
	Reason string // "" if it has been erased
	Keys   []string
	Asker  string // name of who asked to lift it; "" if nobody did
	Lifter string // name of who agreed; "" if it holds
	Why    string // of who asked to lift it
}

// Hold returns a hold.
func (s *Service) Hold(ctx context.Context, c Call, id gov.HoldID) (info HoldInfo, err error) {
	var at gov.Place
	err = s.store.View(ctx, func(tx *store.Tx) error {
		h, err := tx.Hold(id)
		at = h.Place
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noHold(id)
	}
	if err != nil {
		return info, err
	}
	return info, hideHold(id, s.see(ctx, c, gov.HoldRead, at, func(tx *store.Tx) error {
		h, err := tx.Hold(id)
		if err == nil {
			info, err = describeHold(tx, h)
		}
		return err
	}))
}

// HoldWorkedOn describes a hold to who has just worked on it.
func (s *Service) HoldWorkedOn(ctx context.Context, id gov.HoldID) (info HoldInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		h, err := tx.Hold(id)
		if err == nil {
			info, err = describeHold(tx, h)
		}
		return err
	})
	return info, err
}

func describeHold(tx *store.Tx, h gov.Hold) (info HoldInfo, err error) {
	info.Hold = h
	by, err := tx.Person(h.By)
	reason, e1 := textOf(tx, h.Reason)
	keys, e2 := keysOf(tx, h.Keys)
	if err := errors.Join(err, e1, e2); err != nil {
		return info, err
	}
	info.ByName, info.Reason, info.Keys = by.Name, reason, keys
	if h.Asked != nil {
		p, err := tx.Person(h.Asked.By)
		why, e1 := textOf(tx, h.Asked.Reason)
		if err := errors.Join(err, e1); err != nil {
			return info, err
		}
		info.Asker, info.Why = p.Name, why
	}
	if h.Lifted != nil {
		p, err := tx.Person(h.Lifted.By)
		if err != nil {
			return info, err
		}
		info.Lifter = p.Name
	}
	return info, nil
}

// Holds returns up to n holds that the caller may read, newest first, from
// before a number on; 0 is from the newest. Those that were lifted are left out
// unless all are wanted. next is where to go on, 0 when there are no more.
func (s *Service) Holds(ctx context.Context, c Call, at gov.Place, all bool, before gov.HoldID, n int) (page []HoldInfo, next gov.HoldID, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		list := tx.Holds(before)
		if p := at.Project(); p != "" {
			list = tx.HoldsIn(p, before)
		}
		wanted := func(h gov.Hold) (bool, error) {
			reads, err := s.reads(tx, c, gov.HoldRead, h.Place)
			return reads && (all || h.Live()) && (at == "" || at.Holds(h.Place) || h.Place.Holds(at)), err
		}
		page, next, err = lookThrough(list, n, func(h gov.Hold) gov.HoldID { return h.ID }, wanted,
			func(h gov.Hold) (HoldInfo, error) { return describeHold(tx, h) })
		return err
	})
	return page, next, err
}

// holdGate keeps out versions that are on hold, or have a record that is.
func holdGate(_ *Service, tx *store.Tx, in *candidate) error {
	for h, err := range tx.HoldsIn(in.Dataset.Project(), 0) {
		if err != nil {
			return err
		}
		if !h.Live() || !h.Covers(in.Dataset, in.Number) {
			continue
		}
		held, err := heldRecords(tx, h, in.Tree)
		if err != nil {
			return err
		}
		switch {
		case h.Keys.IsZero():
			in.lacks(lackHold, "%s is on hold %s", in.Ref(), h.ID)
		case held > 0:
			in.lacks(lackHold, "%s has %d records that are on hold %s", in.Ref(), held, h.ID)
		}
	}
	return nil
}

// heldRecords counts the records of a version that a hold names.
func heldRecords(tx *store.Tx, h gov.Hold, t gov.Tree) (n uint64, err error) {
	keys, err := keysOf(tx, h.Keys)
	for i := 0; err == nil && i < len(keys); i++ {
		var has bool
		if has, err = hasKey(tx, t, keys[i]); has {
			n++
		}
	}
	return n, err
}
