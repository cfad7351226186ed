package govern

import (
	"context"
	"errors"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/validate"
)

// ErasureBegun: from here on the values are gone as far as anyone is told, and
// nothing brings them back. Hashes is of the document that says which they are,
// by their entry hashes; List is of what a record each of them was, where.
type ErasureBegun struct {
	Erasure  gov.ErasureID     `json:"erasure"`
	List     gov.Digest        `json:"list"`
	Hashes   gov.Digest        `json:"hashes"`
	Found    gov.ErasureCount  `json:"found"`
	Datasets []gov.DatasetName `json:"datasets"`
}

func (*ErasureBegun) name() string { return "erasure.begun" }

func (e *ErasureBegun) apply(tx *store.Tx, o origin) error {
	row, err := tx.Erasure(e.Erasure)
	if err != nil {
		return err
	}
	row.State, row.List, row.Hashes, row.Found, row.Begun = gov.ErasureBegun, e.List, e.Hashes, e.Found, o.index
	doc, err := tx.Document(e.Hashes)
	if err != nil {
		return err
	}
	hashes, stay, err := gov.ParseErased(doc)
	if err != nil {
		return err
	}
	for _, d := range append(hashes, stay...) {
		if err := tx.PutErased(d, e.Erasure); err != nil {
			return err
		}
	}
	for _, name := range e.Datasets {
		d, err := tx.Dataset(name)
		if err != nil {
			return err
		}
		d.Erased = o.index
		if err := tx.PutDataset(d); err != nil {
			return err
		}
	}
	return tx.PutErasure(row)
}

// ErasureDone: no node of the store holds any of the values any more. Nodes is how
// many were written anew for it.
type ErasureDone struct {
	Erasure gov.ErasureID `json:"erasure"`
	Nodes   uint64        `json:"nodes"`
}

func (*ErasureDone) name() string { return "erasure.done" }

func (e *ErasureDone) apply(tx *store.Tx, o origin) error {
	row, err := tx.Erasure(e.Erasure)
	if err != nil {
		return err
	}
	row.State, row.Done, row.Ended = gov.ErasureDone, o.index, o.time
	return tx.PutErasure(row)
}

// ServerCompacted: the file was written anew without its free pages, in which
// what was erased before may have stood. Size is of the log then.
type ServerCompacted struct {
	Size uint64 `json:"size"`
}

func (*ServerCompacted) name() string { return "server.compacted" }

func (e *ServerCompacted) apply(tx *store.Tx, o origin) error {
	waiting, err := uncompacted(tx, e.Size)
	for i := 0; err == nil && i < len(waiting); i++ {
		waiting[i].Compacted = o.index
		err = tx.PutErasure(waiting[i])
	}
	return err
}

// uncompacted returns the erasures that were done within a log of a size, and
// after which the file has not been compacted.
func uncompacted(tx *store.Tx, size uint64) (all []gov.Erasure, err error) {
	for e, err := range tx.Erasures(0) {
		if err != nil {
			return nil, err
		}
		if e.State == gov.ErasureDone && e.Compacted == 0 && e.Done < size {
			all = append(all, e)
		}
	}
	return all, nil
}

// Compacted records that the file has just been compacted, if an erasure waits
// for that. Nobody may have changed the file in between.
func (s *Service) Compacted(ctx context.Context) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		waiting, err := uncompacted(tx, tx.LogSize())
		if err != nil || len(waiting) == 0 {
			return err
		}
		return record(tx, own("server.compact"), &ServerCompacted{tx.LogSize()}, nil)
	})
}

// RunErasure erases what was approved. It may be called again after it was cut
// off, and goes on where it must. While it runs no version can be registered and
// no change be proposed or applied.
func (s *Service) RunErasure(ctx context.Context, c Call, id gov.ErasureID) (row gov.Erasure, err error) {
	if c.Request == (RequestID{}) {
		return row, gov.Errorf(gov.Invalid, "BAD_REQUEST_ID", "what changes something needs a request_id")
	}
	err = s.seeErasure(ctx, c, gov.EraseRun, id, func(_ *store.Tx, r gov.Erasure) error {
		row = r
		return nil
	})
	if err != nil || row.State == gov.ErasureDone {
		return row, err
	}
	eraser, err := s.store.NewEraser(ctx)
	if err != nil {
		return row, err
	}
	defer eraser.Close()
	if row.State != gov.ErasureBegun {
		if err := s.beginErasure(ctx, c, row); err != nil {
			return row, hideErasure(id, err)
		}
	}
	if err := s.erase(ctx, c, id, eraser); err != nil {
		return row, err
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err = tx.Erasure(id)
		return err
	})
	return row, err
}

// beginErasure looks again, and decides for good. Nothing that holds values can
// change meanwhile.
func (s *Service) beginErasure(ctx context.Context, c Call, row gov.Erasure) error {
	at := gov.Place(row.Project)
	list, found, err := s.foundNow(ctx, row)
	if err != nil {
		return err
	}
	doc := list.Hashes()
	_, err = write(ctx, s, c, action{do: gov.EraseRun, at: at, args: row.ID}, func(tx *store.Tx) (*ErasureBegun, error) {
		row, err := tx.Erasure(row.ID)
		if err != nil {
			return nil, err
		}
		if err := s.mayErase(tx, row, &list); err != nil {
			return nil, err
		}
		ev := &ErasureBegun{Erasure: row.ID, Hashes: gov.DocumentDigest(doc), Found: found}
		for i := range list.Values {
			ev.Datasets = append(ev.Datasets, list.Values[i].Dataset)
		}
		ev.Datasets = slices.Compact(ev.Datasets)
		if ev.List, err = sealed(tx, list); err != nil {
			return nil, err
		}
		return ev, errors.Join(tx.RemoveText(row.List), tx.PutDocument(ev.Hashes, doc))
	})
	return err
}

// foundNow returns what the expression of an erasure picks now; nothing if it may
// not be run, which mayErase says.
func (s *Service) foundNow(ctx context.Context, row gov.Erasure) (list gov.ErasureList, found gov.ErasureCount, err error) {
	if row.State != gov.ErasureApproved {
		return list, found, nil
	}
	where := ""
	err = s.store.View(ctx, func(tx *store.Tx) error {
		where, err = textOf(tx, row.Where)
		return err
	})
	if err != nil {
		return list, found, err
	}
	expression, err := validate.CompileWhere(where)
	if err != nil {
		return list, found, err
	}
	return s.searchRecords(ctx, row.Project, expression)
}
