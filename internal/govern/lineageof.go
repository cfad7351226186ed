package govern

import (
	"context"
	"iter"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// RecordImpact returns what came of the versions of a dataset, up to one, that
// hold a record: first each of them, then what they led to. A version made from
// one of them which does not hold the record is not among it.
func (s *Service) RecordImpact(ctx context.Context, c Call, ref gov.Ref, key string) (a LineageAnswer, err error) {
	holds, err := s.holders(ctx, c, ref, key)
	if err != nil {
		return a, err
	}
	if len(holds) == 0 {
		return a, gov.Errorf(gov.NotFound, "NO_RECORD", "no version of %s holds a record %q", ref.Dataset, key)
	}
	err = s.see(ctx, c, gov.LineageRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		a, err = s.newView(tx, c).impactOf(holds)
		return err
	})
	return a, err
}

// holders returns the versions that hold a record, the oldest first.
func (s *Service) holders(ctx context.Context, c Call, ref gov.Ref, key string) (holds []gov.Version, err error) {
	var all []gov.Version
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		newest, err := resolve(tx, ref)
		if err == nil {
			all, err = take(tx.Versions(ref.Dataset, newest.Number+1), 0)
		}
		return err
	})
	b := blame{ctx: ctx, s: s, key: key}
	for i := len(all) - 1; i >= 0 && err == nil; i-- {
		var r *gov.Record
		if r, _, err = b.record(all[i]); gov.ReasonOf(err) == "ERASED" {
			r, err = &gov.Record{}, nil // what was learned from it before is still to be told
		}
		if r != nil {
			holds = append(holds, all[i])
		}
	}
	return holds, err
}

// impactOf joins the impacts of versions, not following how versions of one
// dataset follow each other.
func (v *view) impactOf(versions []gov.Version) (a LineageAnswer, err error) {
	seen := map[gov.Node]bool{}
	a.Complete = true
	left := uint64(maxLineageNodes)
	for _, version := range versions {
		w, err := v.query(LineageQuery{Node: gov.VersionOf(version.Dataset, version.Number), Direction: lineage.Impact, Nodes: left})
		if err != nil {
			return a, err
		}
		w.Follow = lineage.Flow &^ lineage.NewKinds(lineage.DerivedFrom, lineage.TouchedBy)
		page, err := lineage.Walk(v.g, w, func(s lineage.Step) error {
			if s.Redacted || !seen[s.Node] {
				a.Steps = append(a.Steps, s)
			}
			seen[s.Node] = true
			return nil
		})
		if err != nil {
			return a, err
		}
		a.add(page)
		if left -= page.Nodes; left == 0 || !a.Complete {
			break
		}
	}
	a.Nodes = uint64(len(a.Steps))
	return a, v.err
}

// add adds a page to the sum of an answer.
func (a *LineageAnswer) add(p lineage.Answer) {
	a.Answer.Edges += p.Edges
	a.AsOf, a.Complete, a.Because = p.AsOf, a.Complete && p.Complete, p.Because
	a.Unresolved = append(a.Unresolved, p.Unresolved...)
}

// cells are what imported events amount to.
type cells struct{ tx *store.Tx }

// Cell returns the value of a cell, nil if there is none.
func (c cells) Cell(key string) ([]byte, error) { return c.tx.Cell(key), nil }

// CellsUnder yields the cells whose keys begin with prefix.
func (c cells) CellsUnder(prefix string) iter.Seq2[lineage.Cell, error] {
	return func(yield func(lineage.Cell, error) bool) {
		for k, v := range c.tx.Cells(prefix) {
			if !yield(lineage.Cell{Key: k, Value: v}, nil) {
				return
			}
		}
	}
}
