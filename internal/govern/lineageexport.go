package govern

import (
	"context"
	"errors"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// LineageExported: the lineage of a project was handed out as OpenLineage events.
type LineageExported struct {
	Project gov.Project `json:"project"`
	AsOf    uint64      `json:"as_of"` // the log index that it holds as of
}

func (*LineageExported) name() string { return "lineage.exported" }

func (*LineageExported) apply(*store.Tx, origin) error { return nil }

// ExportLineage is a request for the lineage of a project.
type ExportLineage struct {
	Project gov.Project
	AsOf    uint64    // as in LineageQuery
	Time    time.Time // likewise
}

// ExportedLineage says what an export came to.
type ExportedLineage struct {
	Events   uint64
	Complete bool // nothing was left out because the caller may not read it
	AsOf     uint64
}

// exportNodes is how many nodes are read in one transaction.
const exportNodes = 1000

// ExportLineage records that the caller takes the lineage of a project, and gives
// send the events that import back to it: those of every node that is the
// project's, or that it was one of the first to speak of, and of their edges. The
// same lineage gives the same bytes. What runs of other systems came to is as of
// now.
func (s *Service) ExportLineage(ctx context.Context, c Call, in ExportLineage, send func(event []byte) error) (out ExportedLineage, err error) {
	done, err := write(ctx, s, c, action{do: gov.AuditExport, at: gov.Place(in.Project), args: in}, func(tx *store.Tx) (*LineageExported, error) {
		if _, err := tx.Project(in.Project); err != nil {
			return nil, err
		}
		asOf, err := s.newView(tx, c).asOf(LineageQuery{AsOf: in.AsOf, Time: in.Time})
		return &LineageExported{in.Project, asOf}, err
	})
	if err != nil {
		return out, err
	}
	out.AsOf, out.Complete = done.Event.AsOf, true
	for next, more := lineage.Number(1), true; err == nil && more; next += exportNodes {
		var events [][]byte
		err = s.store.View(ctx, func(tx *store.Tx) error {
			last := lineage.Number(tx.Counter(nodeCounter))
			more = next+exportNodes <= last
			x := &projectExport{v: s.newView(tx, c), project: in.Project, out: &out}
			events, err = x.events(next, min(next+exportNodes-1, last))
			return err
		})
		for i := 0; err == nil && i < len(events); i++ {
			out.Events++
			err = send(events[i])
		}
	}
	return out, err
}

// A projectExport exports some nodes in a transaction.
type projectExport struct {
	v       *view
	project gov.Project
	out     *ExportedLineage
}

// events returns the events of the nodes with these numbers.
func (x *projectExport) events(from, to lineage.Number) (events [][]byte, err error) {
	own := "govd://" + x.v.s.key.Origin()
	e := lineage.Exporter{Graph: x.v.g, AsOf: x.out.AsOf, Own: own, Skip: x.hidden, Run: func(n gov.Node) (lineage.RunFacts, error) { return x.run(n, own) }}
	for b, err := range e.Events(x.nodes(from, to)) {
		if err != nil {
			return nil, err
		}
		events = append(events, b)
	}
	return events, x.v.err
}

// nodes yields those of the numbers that are the project's.
func (x *projectExport) nodes(from, to lineage.Number) func(func(lineage.Number, error) bool) {
	return func(yield func(lineage.Number, error) bool) {
		for n := from; n <= to; n++ {
			node, _, err := x.v.g.Node(n, x.out.AsOf)
			if err == nil && !slices.ContainsFunc(x.v.places(node), func(at gov.Place) bool { return at.Project() == x.project }) {
				continue
			}
			if !yield(n, err) || err != nil {
				return
			}
		}
	}
}

// hidden reports whether a node is left out, and notes that something was.
func (x *projectExport) hidden(n gov.Node) bool {
	hides := !x.v.readable(n)
	x.out.Complete = x.out.Complete && !hides
	return hides
}

// run returns what was known of a run; our own jobs are named by this server.
func (x *projectExport) run(n gov.Node, own string) (r lineage.RunFacts, err error) {
	f := &facts{s: x.v.s, tx: x.v.g.tx}
	r, err = f.Run(n, x.out.AsOf)
	if errors.Is(err, gov.NotFound) { // others spoke of it
		r, err = lineage.RunFacts{Job: gov.Outside{Namespace: own, Name: n.Name}}, nil
	}
	if err != nil {
		return r, err
	}
	if _, err := f.tx.Run(gov.RunID(n.Name)); err == nil {
		r.Job = gov.Outside{Namespace: own, Name: r.Job.Namespace + "/" + r.Job.Name}
	}
	info, err := f.tx.NodeInfo(f.tx.NodeNumber(n))
	if !info.Resolved(x.out.AsOf) {
		r = lineage.RunFacts{Job: r.Job}
	}
	return r, err
}
