package ctl

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

type pathView struct {
	Way   int            `json:"way"`
	Edges []pathEdgeView `json:"edges"`
}

type pathEdgeView struct {
	From     string `json:"from"`
	Kind     string `json:"kind"`
	To       string `json:"to"`
	Declared bool   `json:"declared"`
}

type pathsView struct {
	Shown            int    `json:"shown"`
	Total            uint64 `json:"total"`
	Counted          bool   `json:"counted"`
	TruncatedBecause string `json:"truncated_because"`
	AsOf             uint64 `json:"as_of"`
}

// A pathStep is one edge of a way, as a row of a table.
type pathStep struct {
	way int
	pathEdgeView
}

func lineagePathsCmd(a *app) *cobra.Command {
	var asOf string
	most := uint32(10)
	req := &govdv1.ListPathsRequest{}
	cmd := &cobra.Command{
		Use:   "paths NODE NODE",
		Short: "List every way from one node to another, and count them",
		Long: `List every way from one node to another that it came from, or that came of it,
and say how many there are: k of n. A way visits no node twice. Where a cycle
lies between the two, or too much, they are not counted, and the answer says so.`,
		Example: `  govctl lineage paths hands/pose:v3 hands/signs@v1
  govctl lineage paths hands/signs@v1 batch:9 --most 3 --json`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			walk := &govdv1.WalkLineageRequest{}
			if err := a.asOf(walk, asOf); err != nil {
				return err
			}
			req.From, req.To, req.AsOf, req.Time, req.Most = nodeOf(args[0]), nodeOf(args[1]), walk.AsOf, walk.Time, most
			resp, err := c.ListPaths(ctx, req)
			if err != nil {
				return err
			}
			return a.tellPaths(resp)
		}),
	}
	asOfFlag(cmd, &asOf)
	cmd.Flags().Uint32Var(&most, "most", most, "ways to show at most")
	return cmd
}

func viewPath(way int, p *govdv1.LineagePath) pathView {
	return pathView{Way: way, Edges: viewEdges(p.GetEdges())}
}

func viewEdges(edges []*govdv1.LineageEdge) []pathEdgeView {
	all := []pathEdgeView{}
	for _, e := range edges {
		all = append(all, pathEdgeView{e.GetFrom(), e.GetKind(), e.GetTo(), !e.GetInferred()})
	}
	return all
}

// tellPaths prints the ways, and how many of how many they are.
func (a *app) tellPaths(resp *govdv1.ListPathsResponse) error {
	v := pathsView{len(resp.GetPaths()), resp.GetTotal(), resp.GetCounted(), resp.GetTruncatedBecause(), resp.GetAsOf()}
	var steps []pathStep
	for i, p := range resp.GetPaths() {
		way := viewPath(i+1, p)
		if a.json {
			if err := a.printObject(way); err != nil {
				return err
			}
		}
		for _, e := range way.Edges {
			steps = append(steps, pathStep{way.Way, e})
		}
	}
	if a.json {
		return a.printObject(v)
	}
	err := list(a, "ways", []column[pathStep]{
		{name: "WAY", value: func(s pathStep) any { return s.way }, right: true},
		{name: "FROM", value: func(s pathStep) any { return unread(s.From) }},
		{name: "VIA", value: func(s pathStep) any { return s.Kind }},
		{name: "TO", value: func(s pathStep) any { return unread(s.To) }},
	}, seq(steps))
	switch {
	case v.Counted:
		a.note("%d of %s, as of log entry %d", v.Shown, count(v.Total, "way"), v.AsOf)
	default:
		a.note("%d ways and perhaps more (%s): they were not counted; as of log entry %d", v.Shown, v.TruncatedBecause, v.AsOf)
	}
	return err
}

// unread says what stands for a node that may not be read.
func unread(node string) string {
	if kind, name, _ := strings.Cut(node, ":"); name == "" {
		return kind + " that you may not read"
	}
	return node
}
