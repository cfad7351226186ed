package govern

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

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

// Gaps returns what the lineage of a project's models and runs should say and
// does not, as of the newest entry. It reports whether that is all.
func (s *Service) Gaps(ctx context.Context, c Call, project gov.Project) (gaps []lineage.Gap, complete bool, err error) {
	const most = 100_000
	errEnough := errors.New("enough")
	err = s.see(ctx, c, gov.LineageRead, gov.Place(project), func(tx *store.Tx) error {
		if _, err := tx.Project(project); err != nil {
			return err
		}
		v := s.newView(tx, c)
		q, err := v.query(LineageQuery{})
		if err != nil {
			return err
		}
		err = lineage.Gaps(v.g, facts{tx}, q, subjects(tx, project), func(g lineage.Gap) error {
			if len(gaps) == most {
				return errEnough
			}
			gaps = append(gaps, g)
			return nil
		})
		return errors.Join(err, v.err)
	})
	if errors.Is(err, errEnough) {
		return gaps, false, nil
	}
	return gaps, err == nil, err
}

// subjects yields the models and the runs of a project, imported ones last.
func subjects(tx *store.Tx, project gov.Project) iter.Seq2[gov.Node, error] {
	return func(yield func(gov.Node, error) bool) {
		for m, err := range tx.ModelsIn(project, gov.ModelRef{}) {
			if !yield(m.Ref().Node(), err) || err != nil {
				return
			}
		}
		for r, err := range tx.Runs(project, 0) {
			if !yield(r.ID.Node(), err) || err != nil {
				return
			}
		}
		for key := range tx.Cells("run ") {
			n := gov.RunID(strings.TrimPrefix(key, "run ")).Node()
			info, err := tx.NodeInfo(tx.NodeNumber(n))
			if err != nil || len(info.Projects) == 0 || info.Projects[0] != project {
				continue
			}
			if !yield(n, nil) {
				return
			}
		}
	}
}

// facts answers for runs and changes.
type facts struct{ tx *store.Tx }

// Run returns what is known of a run, of ours or imported.
func (f facts) Run(n gov.Node, asOf uint64) (lineage.RunFacts, error) {
	id := gov.RunID(n.Name)
	r, err := f.tx.Run(id)
	if errors.Is(err, gov.NotFound) {
		return lineage.RunOf(cells(f), id)
	}
	known := lineage.RunFacts{State: r.State, Started: r.Started, Ended: r.Ended, Job: gov.Outside{Namespace: string(r.Project), Name: r.Job}}
	if r.EndEntry > asOf {
		known.State, known.Ended = gov.RunStarted, time.Time{}
	}
	return known, err
}

// Approved reports whether a change was applied with its approvals.
func (f facts) Approved(n gov.Node, asOf uint64) (bool, error) {
	id, err := gov.ParseChangeID(n.Name)
	if err != nil {
		return false, err
	}
	ch, err := f.tx.Change(id)
	if err != nil || ch.State != gov.ChangeApplied {
		return false, err
	}
	glass := ch.Glass != nil && !ch.Glass.Applied.IsZero()
	return !glass || ch.Glass.Ratified != 0 && ch.Glass.Ratified <= asOf, nil
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
