package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
)

// An ErasureInfo is an erasure with what its row does not hold.
type ErasureInfo struct {
	gov.Erasure
	ByName       string
	ApproverName string
	Where        string // "" if it has been erased
	Reason       string
}

// Erasure returns an erasure.
func (s *Service) Erasure(ctx context.Context, c Call, id gov.ErasureID) (info ErasureInfo, err error) {
	return info, s.seeErasure(ctx, c, gov.EraseRead, id, func(tx *store.Tx, row gov.Erasure) error {
		info, err = describeErasure(tx, row)
		return err
	})
}

// ErasureWorkedOn describes an erasure to who has just worked on it.
func (s *Service) ErasureWorkedOn(ctx context.Context, id gov.ErasureID) (info ErasureInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.Erasure(id)
		if err == nil {
			info, err = describeErasure(tx, row)
		}
		return err
	})
	return info, err
}

func describeErasure(tx *store.Tx, row gov.Erasure) (info ErasureInfo, err error) {
	info.Erasure = row
	by, err := tx.Person(row.By)
	where, e1 := textOf(tx, row.Where)
	reason, e2 := textOf(tx, row.Reason)
	if err := errors.Join(err, e1, e2); err != nil {
		return info, err
	}
	info.ByName, info.Where, info.Reason = by.Name, where, reason
	if row.Approver != "" {
		p, err := tx.Person(row.Approver)
		if err != nil {
			return info, err
		}
		info.ApproverName = p.Name
	}
	return info, nil
}

// Erasures returns up to n erasures that the caller may read, newest first, from
// before a number on; 0 is from the newest. The place is a project or the server.
// next is where to go on, 0 when there are no more.
func (s *Service) Erasures(ctx context.Context, c Call, project gov.Project, before gov.ErasureID, n int) (page []ErasureInfo, next gov.ErasureID, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		list := tx.Erasures(before)
		if project != "" {
			list = tx.ErasuresIn(project, before)
		}
		wanted := func(row gov.Erasure) (bool, error) { return s.reads(tx, c, gov.EraseRead, gov.Place(row.Project)) }
		page, next, err = lookThrough(list, n, func(row gov.Erasure) gov.ErasureID { return row.ID }, wanted,
			func(row gov.Erasure) (ErasureInfo, error) { return describeErasure(tx, row) })
		return err
	})
	return page, next, err
}
