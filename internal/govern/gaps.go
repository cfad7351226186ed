package govern

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// maxGapBytes bounds the text of all gaps in one answer, which is one message.
const maxGapBytes = 4 << 20

// Gaps returns what the lineage of a project's models and runs should say and
// does not, and which of its deployed models learned from data that went bad, as
// of the newest entry. It reports whether that is all.
func (s *Service) Gaps(ctx context.Context, c Call, project gov.Project) (gaps []lineage.Gap, complete bool, err error) {
	errEnough := errors.New("enough")
	size := 0
	err = s.see(ctx, c, gov.LineageRead, gov.Place(project), func(tx *store.Tx) error {
		if _, err := tx.Project(project); err != nil {
			return err
		}
		v := s.newView(tx, c)
		q, err := v.query(LineageQuery{})
		if err != nil {
			return err
		}
		err = lineage.Gaps(v.g, &facts{s: s, tx: tx}, q, subjects(tx, project), func(g lineage.Gap) error {
			if size += gapBytes(&g); size > maxGapBytes {
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

// gapBytes estimates how long a gap is in a message.
func gapBytes(g *lineage.Gap) int {
	n := 64 + len(g.Subject.Name) + len(g.Node.Name) + len(g.Detail)
	for i := range g.Way {
		n += 64 + len(g.Way[i].From.Name) + len(g.Way[i].To.Name)
	}
	return n
}

// subjects yields what serves in a project, its models and its runs, imported
// ones last.
func subjects(tx *store.Tx, project gov.Project) iter.Seq2[gov.Node, error] {
	return func(yield func(gov.Node, error) bool) {
		for d, err := range tx.DeploymentsIn(project, gov.DeploymentRef{}) {
			if err == nil && d.EndEntry != 0 {
				continue
			}
			if !yield(d.Ref().Node(), err) || err != nil {
				return
			}
		}
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

// facts answers for runs, changes and versions.
type facts struct {
	s      *Service
	tx     *store.Tx
	faults map[gov.Node][]lineage.Fault // of versions that were asked for
}

// Run returns what is known of a run, of ours or imported.
func (f *facts) Run(n gov.Node, asOf uint64) (lineage.RunFacts, error) {
	id := gov.RunID(n.Name)
	r, err := f.tx.Run(id)
	if errors.Is(err, gov.NotFound) {
		return lineage.RunOf(cells{f.tx}, id)
	}
	known := lineage.RunFacts{State: r.State, Started: r.Started, Ended: r.Ended, Job: gov.Outside{Namespace: string(r.Project), Name: r.Job}}
	if r.EndEntry > asOf {
		known.State, known.Ended = gov.RunStarted, time.Time{}
	}
	return known, err
}

// Approved reports whether a change was applied with its approvals.
func (f *facts) Approved(n gov.Node, asOf uint64) (bool, error) {
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

// nowGates find what has come to light of a version, whoever has used it.
var nowGates = append(slices.Clip(stillGates), eraseGate)

// Faults returns what has come to light of a version. Of one that is not there
// nothing has.
func (f *facts) Faults(n gov.Node) ([]lineage.Fault, error) {
	if all, known := f.faults[n]; known {
		return all, nil
	}
	v, err := versionNamed(f.tx, n)
	if errors.Is(err, gov.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := InputGate{Node: n}
	if err := passGates(f.s, f.tx, v, nowGates, &found); err != nil {
		return nil, err
	}
	var all []lineage.Fault
	for _, l := range found.Lacks {
		all = append(all, lineage.Fault(l))
	}
	if f.faults == nil {
		f.faults = map[gov.Node][]lineage.Fault{}
	}
	f.faults[n] = all
	return all, nil
}
