package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/lineage"
	v1 "govd/proto/govd/v1"
)

// ListPaths lists the ways between two nodes.
func (s *lineages) ListPaths(ctx context.Context, req *v1.ListPathsRequest) (*v1.ListPathsResponse, error) {
	from, err := gov.ParseNode(req.GetFrom())
	if err != nil {
		return nil, err
	}
	to, err := gov.ParseNode(req.GetTo())
	if err != nil {
		return nil, err
	}
	at, err := timeFromProto(req.GetTime())
	if err != nil {
		return nil, err
	}
	p, err := s.svc.LineagePaths(ctx, reader(ctx), govern.PathsQuery{From: from, To: to, AsOf: req.GetAsOf(), Time: at, Most: int(req.GetMost())})
	if err != nil {
		return nil, err
	}
	resp := &v1.ListPathsResponse{Total: p.Total, Counted: p.Counted, TruncatedBecause: p.Because, AsOf: p.AsOf}
	if p.Direction == lineage.Impact {
		resp.Direction = v1.LineageDirection_LINEAGE_DIRECTION_IMPACT
	}
	for _, way := range p.Shown {
		resp.Paths = append(resp.Paths, &v1.LineagePath{Edges: edgesToProto(way)})
	}
	return resp, nil
}
