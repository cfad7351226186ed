package govern

import (
	"context"
	"errors"
	"slices"
	"sort"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// Limits of one answer about the lineage. A client asks for the next page.
const (
	maxLineageNodes = 100_000
	maxLineageEdges = 1_000_000
)

// A LineageQuery says where to walk and what of it to answer.
type LineageQuery struct {
	Node      gov.Node
	Direction lineage.Direction
	AsOf      uint64    // log index; 0: the newest, or that of Time
	Time      time.Time // the newest entry that is not younger
	Depth     int       // 0: any
	Nodes     uint64    // 0: as many as one answer has room for
	After     lineage.Cursor
	Between   bool // answer every edge between the nodes too
}

// A LineageAnswer is a page of a walk.
type LineageAnswer struct {
	Steps []lineage.Step
	Edges []lineage.Edge // between the nodes of Steps, if they were asked for; none at nodes that are redacted
	lineage.Answer
}

// Lineage walks from a node. Nodes that the caller may not read are redacted,
// never left out. Returns gov.NotFound where nothing is known of the node, or
// nothing that the caller may know.
func (s *Service) Lineage(ctx context.Context, c Call, q LineageQuery) (LineageAnswer, error) {
	var steps []lineage.Step
	a, err := s.WalkLineage(ctx, c, q, func(s *lineage.Step) { steps = append(steps, *s) })
	a.Steps = steps
	return a, err
}

// WalkLineage is Lineage for who takes the steps one by one, as they are found:
// yield is called in the transaction, must not wait, and must not keep a step.
func (s *Service) WalkLineage(ctx context.Context, c Call, q LineageQuery, yield func(*lineage.Step)) (a LineageAnswer, err error) {
	err = s.seeNode(ctx, c, q.Node, func(v *view) error {
		a, err = v.walk(q, yield)
		return err
	})
	return a, err
}

// A view is the lineage as a caller may see it in a transaction.
type view struct {
	s     *Service
	c     Call
	g     *graph
	known map[gov.Place]bool // where the caller may read lineage
	err   error              // of policy, at the first place it could not decide
}

func (s *Service) newView(tx *store.Tx, c Call) *view {
	return &view{s: s, c: c, g: &graph{tx: tx}, known: map[gov.Place]bool{}}
}

// seeNode is see for the lineage of a node, where that is.
func (s *Service) seeNode(ctx context.Context, c Call, n gov.Node, fn func(*view) error) error {
	at, err := s.nodePlace(ctx, c, n)
	if err != nil {
		return err
	}
	err = s.see(ctx, c, gov.LineageRead, at, func(tx *store.Tx) error { return fn(s.newView(tx, c)) })
	if reason := gov.ReasonOf(err); reason != "NO_DATASET" && reason != "NO_PROJECT" {
		return err
	}
	if Refused(err) {
		return refusal{unknownNode(n)}
	}
	return unknownNode(n)
}

// nodePlace returns a place where the node belongs: one where the caller may
// read lineage, if there is one.
func (s *Service) nodePlace(ctx context.Context, c Call, n gov.Node) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		v := s.newView(tx, c)
		number, err := v.g.Number(n)
		if err != nil {
			return err
		}
		if _, _, err := v.g.Node(number, 0); err != nil {
			return err
		}
		places := v.places(n)
		if len(places) == 0 {
			return unknownNode(n)
		}
		at = places[0]
		if i := slices.IndexFunc(places, v.reads); i >= 0 {
			at = places[i]
		}
		return v.err
	})
	return at, err
}

// places returns where a node belongs: the one place that a thing of ours is in,
// or the projects that spoke of one of another's.
func (v *view) places(n gov.Node) (places []gov.Place) {
	if at := v.placeOf(n); at != "" {
		return []gov.Place{at}
	}
	for _, p := range v.speakers(n) {
		places = append(places, gov.Place(p))
	}
	return places
}

// placeOf returns the one place that a thing of ours is in, or "".
func (v *view) placeOf(n gov.Node) gov.Place {
	if at := n.Place(); at != "" {
		return at
	}
	return v.datasetOf(n)
}

// speakers returns the projects that spoke of a node.
func (v *view) speakers(n gov.Node) []gov.Project {
	if v.g.last.Node == n {
		return v.g.last.Projects
	}
	info, err := v.g.tx.NodeInfo(v.g.tx.NodeNumber(n))
	if err != nil {
		return nil
	}
	return info.Projects
}

// datasetOf returns the dataset that a change, a report or an inspection is about.
func (v *view) datasetOf(n gov.Node) gov.Place {
	switch n.Kind {
	case gov.ChangeNode:
		if id, err := gov.ParseChangeID(n.Name); err == nil {
			ch, _ := v.g.tx.Change(id)
			return gov.Place(ch.Dataset)
		}
	case gov.InspectionNode:
		if id, err := gov.ParseInspectionID(n.Name); err == nil {
			i, _ := v.g.tx.Inspection(id)
			return gov.Place(i.Dataset)
		}
	case gov.ReportNode:
		if d, err := gov.ParseDigest(n.Name); err == nil {
			for r := range v.g.tx.ReportsByDigest(d) {
				return gov.Place(r.Dataset)
			}
		}
	}
	return ""
}

// reads reports whether the caller may read lineage at a place.
func (v *view) reads(at gov.Place) bool {
	may, known := v.known[at]
	if !known {
		var err error
		if may, err = v.s.reads(v.g.tx, v.c, gov.LineageRead, at); err != nil {
			v.err = errors.Join(v.err, err)
		}
		v.known[at] = may
	}
	return may
}

// readable reports whether the caller may know of a node.
func (v *view) readable(n gov.Node) bool {
	if at := v.placeOf(n); at != "" {
		return v.reads(at)
	}
	return slices.ContainsFunc(v.speakers(n), func(p gov.Project) bool { return v.reads(gov.Place(p)) })
}

// query makes a walk of what was asked for.
func (v *view) query(q LineageQuery) (lineage.Query, error) {
	asOf, err := v.asOf(q)
	w := lineage.Query{
		Start: q.Node, Direction: q.Direction, AsOf: asOf, Depth: q.Depth, Nodes: q.Nodes, Edges: maxLineageEdges, After: q.After, Readable: v.readable,
	}
	if w.Nodes == 0 || w.Nodes > maxLineageNodes {
		w.Nodes = maxLineageNodes
	}
	return w, err
}

// asOf returns the log index that a query is about.
func (v *view) asOf(q LineageQuery) (uint64, error) {
	newest := v.g.tx.LogSize() - 1
	if q.Time.IsZero() {
		if q.AsOf == 0 {
			return newest, nil
		}
		return min(q.AsOf, newest), nil
	}
	var failed error
	younger := sort.Search(int(newest)+1, func(i int) bool {
		line, err := v.g.tx.Entry(uint64(i))
		if err != nil {
			failed = err
			return true
		}
		e, err := audit.DecodeEntry(line)
		if err != nil {
			failed = err
			return true
		}
		return e.Time.After(q.Time)
	})
	if younger == 0 && failed == nil {
		failed = gov.Errorf(gov.NotFound, "NO_ENTRY", "the log begins after %s", q.Time.Format(time.RFC3339))
	}
	return uint64(max(younger, 1) - 1), failed
}

func (v *view) walk(q LineageQuery, yield func(*lineage.Step)) (a LineageAnswer, err error) {
	w, err := v.query(q)
	if err != nil {
		return a, err
	}
	var nodes []gov.Node
	var step lineage.Step
	a.Answer, err = lineage.Walk(v.g, w, func(s lineage.Step) error {
		if q.Between && !s.Redacted {
			nodes = append(nodes, s.Node)
		}
		step = s
		yield(&step)
		return nil
	})
	if err == nil {
		a.Edges, err = v.between(nodes, w.AsOf)
	}
	return a, errors.Join(err, v.err)
}

// between returns every edge between nodes, from what was made to what it was
// made of, in the order of the nodes.
func (v *view) between(all []gov.Node, asOf uint64) (edges []lineage.Edge, err error) {
	nodes := map[lineage.Number]gov.Node{}
	numbers := make([]lineage.Number, 0, len(all))
	for _, node := range all {
		n, err := v.g.Number(node)
		if err != nil {
			return nil, err
		}
		nodes[n] = node
		numbers = append(numbers, n)
	}
	for _, n := range numbers {
		for l, err := range v.g.Links(n, lineage.Trace) {
			if err != nil {
				return nil, err
			}
			e := lineage.Edge{From: nodes[n], Kind: l.Kind, To: nodes[l.Other], Inferred: l.Inferred, Via: l.Via, Time: time.Unix(0, l.Time).UTC(), Since: l.Since, Until: l.Until}
			if e.To.Kind != "" && lineage.Flow.Has(l.Kind) && e.At(asOf) {
				e.Until = 0
				edges = append(edges, e)
			}
		}
	}
	return edges, nil
}

// CompareLineage says how what two nodes came of differs, such as two models.
func (s *Service) CompareLineage(ctx context.Context, c Call, a, b gov.Node, asOf uint64) (d lineage.Difference, err error) {
	at, err := s.nodePlace(ctx, c, b)
	if err != nil {
		return d, err
	}
	err = s.seeNode(ctx, c, a, func(v *view) error {
		if !v.reads(at) {
			return unknownNode(b)
		}
		x, err := v.query(LineageQuery{Node: a, AsOf: asOf})
		if err != nil {
			return err
		}
		y := x
		y.Start = b
		d, err = lineage.Diff(v.g, x, y)
		return errors.Join(err, v.err)
	})
	return d, err
}
