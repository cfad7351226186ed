package ctl

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	govdv1 "govd/proto/govd/v1"
)

func lineageCmd(a *app) *cobra.Command {
	cmd := group("lineage", "Ask what came of what: from sources to outputs, and back",
		lineageTraceCmd(a), lineageImpactCmd(a), lineagePathsCmd(a), lineageGraphCmd(a), lineageDiffCmd(a), lineageGapsCmd(a), lineageExportCmd(a), lineageImportCmd(a))
	cmd.Long = `Ask what came of what: from sources to outputs, and back.

A NODE is its kind, a colon and its name: version:hands/signs@v3, change:7,
run:UUID, model:hands/pose:v2, deployment:hands/clinic#1, batch:9,
output:sha256:..., report:sha256:..., inspection:3, source:URI or
external:NAMESPACE#NAME. A version by number, a model and a deployment may go
without their kind. Every answer says whether it is complete, and
as of which log entry it holds; what you may not read is in it without a name.`
	return cmd
}

// nodeOf adds the kind to a version, a model or a deployment.
func nodeOf(s string) string {
	name, rest, found := strings.Cut(s, ":")
	switch {
	case strings.Contains(s, "@") && (!found || strings.Contains(name, "@")):
		return "version:" + s
	case found && strings.Contains(name, "/") && strings.HasPrefix(rest, "v"):
		return "model:" + s
	case !found && strings.Contains(s, "#"):
		return "deployment:" + s
	}
	return s
}

type stepView struct {
	Node     string    `json:"node"`
	Kind     string    `json:"kind"`
	Depth    uint32    `json:"depth"`
	Via      string    `json:"via"`
	Declared bool      `json:"declared"`
	Redacted bool      `json:"redacted"`
	Dropped  time.Time `json:"dropped,omitzero"`
	unknown  bool
}

func viewStep(s *govdv1.LineageStep) stepView {
	v := stepView{s.GetNode(), s.GetKind(), s.GetDepth(), s.GetVia(), s.GetDeclared(), s.GetRedacted(), when(s.GetDropped()), s.GetUnresolved()}
	if v.Redacted {
		v.Node = ""
	}
	return v
}

type summaryView struct {
	Complete         bool     `json:"complete"`
	TruncatedBecause string   `json:"truncated_because"`
	Nodes            uint64   `json:"nodes"`
	Edges            uint64   `json:"edges"`
	AsOf             uint64   `json:"as_of"`
	Unresolved       []string `json:"unresolved"`
}

func walkColumns() []column[stepView] {
	return []column[stepView]{
		{name: "DEPTH", value: func(s stepView) any { return s.Depth }, right: true},
		{name: "VIA", value: func(s stepView) any { return s.Via }},
		{name: "NODE", value: func(s stepView) any { return first(s.Node, s.Kind+" that you may not read") }},
		{name: "", value: func(s stepView) any { return stepMarks(s) }},
	}
}

func stepMarks(s stepView) string {
	var marks []string
	switch {
	case s.unknown:
		marks = append(marks, "nothing is known of it")
	case !s.Declared && s.Depth > 0:
		marks = append(marks, "inferred")
	}
	if !s.Dropped.IsZero() {
		marks = append(marks, droppedMark(s.Dropped))
	}
	return strings.Join(marks, ", ")
}

// droppedMark says that a dataset of another system is gone.
func droppedMark(t time.Time) string { return "dropped " + t.UTC().Format("2006-01-02T15:04Z") }

// asOfFlag says as of when.
func asOfFlag(cmd *cobra.Command, asOf *string) {
	cmd.Flags().StringVar(asOf, "as-of", "", "a log index, a date, RFC 3339, or a span such as 90d")
}

// asOf sets as of when a walk is.
func (a *app) asOf(req *govdv1.WalkLineageRequest, s string) error {
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		req.AsOf = n
		return nil
	}
	t, err := parseMoment(s, -1, a.now())
	req.Time = timestamppb.New(t)
	return err
}

// A walked is an answer that is coming in.
type walked struct {
	steps   iter.Seq2[*govdv1.LineageStep, error]
	edges   []*govdv1.LineageEdge
	summary *govdv1.LineageSummary // once the steps have ended
}

// walk streams a walk, page after page, up to so many nodes; 0 is all.
func (c *client) walk(ctx context.Context, req *govdv1.WalkLineageRequest, most uint64) *walked {
	w := &walked{}
	w.steps = func(yield func(*govdv1.LineageStep, error) bool) {
		total := &govdv1.LineageSummary{}
		for {
			if req.Limit = 0; most > 0 {
				req.Limit = most - total.Nodes
			}
			last, more := w.page(ctx, c, req, yield)
			if !more {
				return
			}
			total.Nodes += last.Nodes
			total.Edges += last.Edges
			total.Unresolved = append(total.Unresolved, last.Unresolved...)
			total.Complete, total.TruncatedBecause, total.AsOf = last.Complete, last.TruncatedBecause, last.AsOf
			req.PageToken = last.NextPageToken
			if req.PageToken == "" || most > 0 && total.Nodes >= most {
				w.summary = total
				return
			}
			req.AsOf, req.Time = last.AsOf, nil
		}
	}
	return w
}

func (w *walked) page(ctx context.Context, c *client, req *govdv1.WalkLineageRequest, yield func(*govdv1.LineageStep, error) bool) (*govdv1.LineageSummary, bool) {
	s, err := c.WalkLineage(ctx, req)
	if err != nil {
		return nil, yield(nil, err)
	}
	for {
		m, err := s.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = complain(exitUnreachable, "UNREACHABLE", "the answer was cut off")
			}
			yield(nil, c.link.explain(err))
			return nil, false
		}
		w.edges = append(w.edges, m.GetEdges()...)
		for _, step := range m.GetSteps() {
			if !yield(step, nil) {
				return nil, false
			}
		}
		if m.GetSummary() != nil {
			return m.GetSummary(), true
		}
	}
}

// tellWalk prints a walk, and what it amounts to.
func (a *app) tellWalk(w *walked) error {
	if err := list(a, "nodes", walkColumns(), convert(w.steps, viewStep)); err != nil {
		return err
	}
	s := w.summary
	v := summaryView{s.GetComplete(), s.GetTruncatedBecause(), s.GetNodes(), s.GetEdges(), s.GetAsOf(), nonNil(s.GetUnresolved())}
	if a.json {
		return a.printObject(v)
	}
	whole := "complete"
	if !v.Complete {
		whole = "truncated (" + v.TruncatedBecause + ")"
	}
	a.note("%s, as of log entry %d: %s", whole, v.AsOf, count(v.Nodes, "node"))
	return nil
}

func walkFlags(cmd *cobra.Command, req *govdv1.WalkLineageRequest, asOf *string, most *uint64) {
	asOfFlag(cmd, asOf)
	cmd.Flags().Uint32Var(&req.Depth, "depth", 0, "edges from the node at most; 0 for any number")
	cmd.Flags().Uint64VarP(most, "limit", "n", 10_000, "nodes at most; 0 for all")
}

func lineageTraceCmd(a *app) *cobra.Command {
	var asOf string
	var most uint64
	req := &govdv1.WalkLineageRequest{}
	cmd := &cobra.Command{
		Use:   "trace NODE",
		Short: "List what a node came from, nearest first",
		Example: `  govctl lineage trace output:sha256:9f86d081884c7d65...
  govctl lineage trace hands/pose:v3 --as-of 2026-03-01 --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Node = nodeOf(args[0])
			if err := a.asOf(req, asOf); err != nil {
				return err
			}
			return a.tellWalk(c.walk(ctx, req, most))
		}),
	}
	walkFlags(cmd, req, &asOf, &most)
	return cmd
}

func lineageImpactCmd(a *app) *cobra.Command {
	var asOf string
	var most, change uint64
	var record bool
	req := &govdv1.WalkLineageRequest{Direction: govdv1.LineageDirection_LINEAGE_DIRECTION_IMPACT}
	cmd := &cobra.Command{
		Use:   "impact NODE | --change N | --record REF KEY",
		Short: "List what came of a node, a label change or a record",
		Long: `List what came of a node, a label change or a record, nearest first.

The impact of a record begins with each version, up to REF, that holds it.
Outputs are told as the batches that they were recorded in.`,
		Example: `  govctl lineage impact hands/signs@v3
  govctl lineage impact --change 7
  govctl lineage impact --record hands/signs train/fist/0001.png`,
		Args:              args(0, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			switch {
			case record && len(args) == 2 && change == 0:
				return a.recordImpact(ctx, c, args[0], args[1])
			case !record && change != 0 && len(args) == 0:
				req.Node = "change:" + strconv.FormatUint(change, 10)
			case !record && change == 0 && len(args) == 1:
				req.Node = nodeOf(args[0])
			default:
				return usage("want a node, or --change N, or --record REF KEY")
			}
			if err := a.asOf(req, asOf); err != nil {
				return err
			}
			return a.tellWalk(c.walk(ctx, req, most))
		}),
	}
	walkFlags(cmd, req, &asOf, &most)
	cmd.Flags().Uint64Var(&change, "change", 0, "of this label change")
	cmd.Flags().BoolVar(&record, "record", false, "of the record with a key in a version")
	return cmd
}

func (a *app) recordImpact(ctx context.Context, c *client, ref, key string) error {
	s, err := c.RecordImpact(ctx, &govdv1.RecordImpactRequest{Ref: ref, Key: key})
	if err != nil {
		return err
	}
	w := &walked{}
	w.steps = stream(c.link, func() (*govdv1.RecordImpactResponse, error) {
		m, err := s.Recv()
		if m.GetSummary() != nil {
			w.summary = m.GetSummary()
		}
		return m, err
	}, (*govdv1.RecordImpactResponse).GetSteps)
	return a.tellWalk(w)
}
