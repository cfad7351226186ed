package rpc

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/lineage"
	v1 "govd/proto/govd/v1"
)

// lineages serves LineageService.
type lineages struct {
	v1.UnimplementedLineageServiceServer
	svc   *govern.Service
	pages pager
}

// runSteps is how many nodes or edges are sent together.
const runSteps = 1000

// WalkLineage streams a page of a walk.
func (s *lineages) WalkLineage(req *v1.WalkLineageRequest, stream grpc.ServerStreamingServer[v1.WalkLineageResponse]) error {
	c := reader(stream.Context())
	q, err := walkFromProto(req)
	if err != nil {
		return err
	}
	what := listing("lineage", q.Node.String(), fmt.Sprint(q.Direction, q.AsOf, q.Time.UnixNano(), q.Depth))
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return err
	}
	if q.After, err = optional(from, parseCursor); err != nil {
		return err
	}
	var steps stepWriter
	a, err := s.svc.WalkLineage(stream.Context(), c, q, steps.add)
	if err != nil {
		return err
	}
	for _, page := range pagesOf(steps.all) {
		if err := stream.Send(&v1.WalkLineageResponse{Steps: page}); err != nil {
			return err
		}
	}
	for _, page := range pagesOf(a.Edges) {
		if err := stream.Send(&v1.WalkLineageResponse{Edges: edgesToProto(page)}); err != nil {
			return err
		}
	}
	sum := summaryToProto(a.Answer)
	if a.Next != (lineage.Cursor{}) {
		sum.NextPageToken = s.pages.seal(c.Actor.Person, what, fmt.Sprintf("%d %d", a.Next.Nodes, a.Next.Edges))
	}
	return stream.Send(&v1.WalkLineageResponse{Summary: sum})
}

func walkFromProto(req *v1.WalkLineageRequest) (q govern.LineageQuery, err error) {
	q = govern.LineageQuery{AsOf: req.GetAsOf(), Depth: int(req.GetDepth()), Nodes: req.GetLimit(), Between: req.GetEdges()}
	if req.GetDirection() == v1.LineageDirection_LINEAGE_DIRECTION_IMPACT {
		q.Direction = lineage.Impact
	}
	if q.Node, err = gov.ParseNode(req.GetNode()); err != nil {
		return q, err
	}
	q.Time, err = timeFromProto(req.GetTime())
	return q, err
}

func parseCursor(s string) (c lineage.Cursor, err error) {
	_, err = fmt.Sscanf(s, "%d %d", &c.Nodes, &c.Edges)
	return c, err
}

// pagesOf cuts a list into messages.
func pagesOf[T any](all []T) (pages [][]T) {
	for len(all) > runSteps {
		pages, all = append(pages, all[:runSteps]), all[runSteps:]
	}
	if len(all) > 0 {
		pages = append(pages, all)
	}
	return pages
}

func stepsToProto(steps []lineage.Step) []*v1.LineageStep {
	var w stepWriter
	for i := range steps {
		w.add(&steps[i])
	}
	return w.all
}

// A stepWriter makes messages of steps. Many that follow each other came from
// the same node.
type stepWriter struct {
	all  []*v1.LineageStep
	room []v1.LineageStep // for the next messages
	last gov.Node
	from string // the text of last
}

func (w *stepWriter) add(s *lineage.Step) {
	if len(w.room) == 0 {
		w.room = make([]v1.LineageStep, min(max(8, len(w.all)), runSteps))
	}
	m := &w.room[0]
	w.room = w.room[1:]
	m.Node, m.Kind, m.Depth = s.Node.String(), string(s.Node.Kind), uint32(s.Depth)
	m.Via, m.Declared, m.AuditIndex = s.Via.Kind.String(), !s.Via.Inferred, s.Via.Since
	m.Redacted, m.Unresolved, m.Dropped = s.Redacted, s.Unresolved, timeToProto(s.Dropped)
	if came := otherEnd(s); came.Name != "" {
		if came != w.last {
			w.last, w.from = came, came.String()
		}
		m.From = w.from
	}
	w.all = append(w.all, m)
}

// otherEnd is the end of a step's edge that the walk came from.
func otherEnd(s *lineage.Step) gov.Node {
	if s.Via.From == s.Node {
		return s.Via.To
	}
	return s.Via.From
}

func edgesToProto(edges []lineage.Edge) (all []*v1.LineageEdge) {
	for _, e := range edges {
		all = append(all, &v1.LineageEdge{From: e.From.String(), Kind: e.Kind.String(), To: e.To.String(), Inferred: e.Inferred, AuditIndex: e.Since})
	}
	return all
}

func summaryToProto(a lineage.Answer) *v1.LineageSummary {
	m := &v1.LineageSummary{Complete: a.Complete, TruncatedBecause: a.Because, Nodes: a.Nodes, Edges: a.Edges, AsOf: a.AsOf}
	for _, n := range a.Unresolved {
		m.Unresolved = append(m.Unresolved, n.String())
	}
	return m
}

// RecordImpact streams what came of a record.
func (s *lineages) RecordImpact(req *v1.RecordImpactRequest, stream grpc.ServerStreamingServer[v1.RecordImpactResponse]) error {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return err
	}
	if err := gov.CheckKey(req.GetKey()); err != nil {
		return err
	}
	a, err := s.svc.RecordImpact(stream.Context(), reader(stream.Context()), ref, req.GetKey())
	if err != nil {
		return err
	}
	for _, page := range pagesOf(a.Steps) {
		if err := stream.Send(&v1.RecordImpactResponse{Steps: stepsToProto(page)}); err != nil {
			return err
		}
	}
	return stream.Send(&v1.RecordImpactResponse{Summary: summaryToProto(a.Answer)})
}

// DiffLineage compares two traces.
func (s *lineages) DiffLineage(ctx context.Context, req *v1.DiffLineageRequest) (*v1.DiffLineageResponse, error) {
	const most = 10_000
	a, err := gov.ParseNode(req.GetA())
	if err != nil {
		return nil, err
	}
	b, err := gov.ParseNode(req.GetB())
	if err != nil {
		return nil, err
	}
	d, err := s.svc.CompareLineage(ctx, reader(ctx), a, b, req.GetAsOf())
	if err != nil {
		return nil, err
	}
	return &v1.DiffLineageResponse{
		OnlyA: stepsToProto(d.OnlyA[:min(len(d.OnlyA), most)]), OnlyB: stepsToProto(d.OnlyB[:min(len(d.OnlyB), most)]), Both: d.Both,
		Complete: d.A.Complete && d.B.Complete && len(d.OnlyA) <= most && len(d.OnlyB) <= most, AsOf: d.A.AsOf,
	}, nil
}

// ListGaps lists gaps.
func (s *lineages) ListGaps(ctx context.Context, req *v1.ListGapsRequest) (*v1.ListGapsResponse, error) {
	project, err := gov.ParseProject(req.GetProject())
	if err != nil {
		return nil, err
	}
	gaps, complete, err := s.svc.Gaps(ctx, reader(ctx), project)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListGapsResponse{Complete: complete}
	for _, g := range gaps {
		resp.Gaps = append(resp.Gaps, &v1.LineageGap{Gap: string(g.Kind), Subject: g.Subject.String(), Node: g.Node.String(), Detail: g.Detail, Way: edgesToProto(g.Way)})
	}
	return resp, nil
}

// ImportLineage takes in events.
func (s *lineages) ImportLineage(ctx context.Context, req *v1.ImportLineageRequest) (*v1.ImportLineageResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	project, err := gov.ParseProject(req.GetProject())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.ImportLineage(ctx, c, project, req.GetEvents())
	if err != nil {
		return nil, err
	}
	return &v1.ImportLineageResponse{Count: done.Count, Known: done.Again, Warnings: done.Warnings, AuditIndex: done.Index}, nil
}
