package ctl

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/draw"
	"govd/internal/lineage"
	govdv1 "govd/proto/govd/v1"
)

func lineageGraphCmd(a *app) *cobra.Command {
	var asOf, format, out string
	var most uint64
	var impact bool
	req := &govdv1.WalkLineageRequest{Edges: true}
	cmd := &cobra.Command{
		Use:   "graph NODE",
		Short: "Draw what a node came from",
		Example: `  govctl lineage graph hands/pose:v3
  govctl lineage graph hands/pose:v3 --format svg -o pose.svg`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Node = nodeOf(args[0])
			if impact {
				req.Direction = govdv1.LineageDirection_LINEAGE_DIRECTION_IMPACT
			}
			if !slices.Contains([]string{"tree", "dot", "mermaid", "svg", "json"}, format) {
				return usage("no format %q: the formats are tree, dot, mermaid, svg and json", format)
			}
			if err := a.asOf(req, asOf); err != nil {
				return err
			}
			w := c.walk(ctx, req, min(most, 100_000))
			g, err := graphOf(w, req.Node)
			if err != nil {
				return err
			}
			if !w.summary.GetComplete() {
				a.note("the graph is truncated (%s)", w.summary.GetTruncatedBecause())
			}
			return a.saveGraph(g, format, out, req.Node, impact)
		}),
	}
	walkFlags(cmd, req, &asOf, &most)
	f := cmd.Flags()
	f.StringVar(&format, "format", "tree", "tree, dot, mermaid, svg or json")
	f.StringVarP(&out, "output", "o", "-", "file to write; - is stdout")
	f.BoolVar(&impact, "impact", false, "draw what came of it instead")
	f.Lookup("limit").DefValue = "500"
	most = 500
	return cmd
}

// graphOf gathers a walk. Nodes that may not be read have an id of their own.
func graphOf(w *walked, start string) (*draw.Graph, error) {
	g := &draw.Graph{}
	for s, err := range w.steps {
		if err != nil {
			return nil, err
		}
		_, label, _ := strings.Cut(s.GetNode(), ":")
		n := draw.Node{ID: s.GetNode(), Kind: s.GetKind(), Label: short(label), Faint: s.GetUnresolved(), Focus: s.GetNode() == start}
		if s.GetRedacted() {
			n.ID, n.Label, n.Faint = fmt.Sprintf("redacted-%d", len(g.Nodes)), "not yours to read", true
			if s.GetFrom() != "" {
				g.Edges = append(g.Edges, draw.Edge{From: s.GetFrom(), To: n.ID, Label: s.GetVia(), Faint: true})
			}
		}
		if s.GetUnresolved() {
			n.Marks = []draw.Mark{{Word: "unknown", Alarm: true}}
		}
		if s.GetDropped() != nil {
			n.Marks = append(n.Marks, draw.Mark{Word: droppedMark(when(s.GetDropped())), Alarm: true})
		}
		g.Nodes = append(g.Nodes, n)
	}
	for _, e := range w.edges {
		g.Edges = append(g.Edges, draw.Edge{From: e.GetFrom(), To: e.GetTo(), Label: e.GetKind(), Faint: e.GetInferred()})
	}
	return g, nil
}

func (a *app) saveGraph(g *draw.Graph, format, out, start string, impact bool) error {
	switch format {
	case "dot":
		return a.save(out, g.DOT())
	case "mermaid":
		return a.save(out, g.Mermaid())
	case "svg":
		return a.save(out, g.SVG())
	case "json":
		return a.printObject(g)
	}
	width := 200
	if a.screen.terminal {
		width = a.screen.width
	}
	return a.save(out, []byte(g.Tree(start, impact, width)))
}

func lineageDiffCmd(a *app) *cobra.Command {
	type diffView struct {
		Side string `json:"only"`
		stepView
	}
	return &cobra.Command{
		Use:     "diff NODE NODE",
		Short:   "Compare what two nodes came from, such as two models",
		Example: `  govctl lineage diff hands/pose:v2 hands/pose:v3`,
		Args:    args(2, 2),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.DiffLineage(ctx, &govdv1.DiffLineageRequest{A: nodeOf(args[0]), B: nodeOf(args[1])})
			if err != nil {
				return err
			}
			var all []diffView
			for side, steps := range [][]*govdv1.LineageStep{resp.GetOnlyA(), resp.GetOnlyB()} {
				for _, s := range steps {
					all = append(all, diffView{args[side], viewStep(s)})
				}
			}
			err = list(a, "differences", []column[diffView]{
				{name: "ONLY", value: func(d diffView) any { return d.Side }},
				{name: "DEPTH", value: func(d diffView) any { return d.Depth }, right: true},
				{name: "NODE", value: func(d diffView) any { return first(d.Node, d.Kind+" that you may not read") }},
			}, seq(all))
			if err == nil && !resp.GetComplete() {
				a.note("the comparison is not complete")
			}
			return err
		}),
	}
}

type importView struct {
	Events   uint64 `json:"events"`
	Known    uint64 `json:"known"`
	Warnings uint64 `json:"warnings"`
	Entries  uint64 `json:"entries"`
}

func lineageImportCmd(a *app) *cobra.Command {
	var project string
	cmd := &cobra.Command{
		Use:   "import FILE.ndjson | - --project PROJECT",
		Short: "Take in OpenLineage events, one on each line",
		Long: `Take in OpenLineage events, one on each line: run, job and dataset events as
other systems send them. All lines are checked before any is sent. Events that
are known already change nothing, in whatever order they come.`,
		Example:               `  govctl lineage import events.ndjson --project hands`,
		Args:                  args(1, 1),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if args[0] != "-" {
				if err := a.checkEvents(args[0]); err != nil {
					return err
				}
			}
			var v importView
			err := a.eventBatches(args[0], func(batch [][]byte) error {
				resp, err := c.ImportLineage(ctx, &govdv1.ImportLineageRequest{RequestId: requestID(), Project: project, Events: batch})
				if err != nil {
					return err
				}
				v.Events, v.Known, v.Warnings = v.Events+resp.GetCount(), v.Known+resp.GetKnown(), v.Warnings+resp.GetWarnings()
				if resp.GetAuditIndex() > 0 {
					v.Entries++
				}
				return nil
			})
			if err != nil {
				return err
			}
			return a.tell(v, "", "%s, %s known before, %s", count(v.Events, "event"), thousands(v.Known), count(v.Warnings, "warning"))
		}),
	}
	cmd.Flags().StringVar(&project, "project", "", "on whose behalf they are taken in")
	required(cmd, "project")
	return cmd
}

// checkEvents reads a file of events to its end, and names the first line that
// is none and counts the others.
func (a *app) checkEvents(path string) error {
	var bad error
	n, more := 0, 0
	err := a.eventBatches(path, func(batch [][]byte) error {
		for _, line := range batch {
			n++
			_, err := lineage.ParseEvent(line)
			if err != nil && bad == nil {
				bad = complain(exitError, complaintOf(err).reason, "line %d: %v", n, err)
			} else if err != nil {
				more++
			}
		}
		return nil
	})
	if err == nil && bad != nil && more > 0 {
		bad = hint(bad, "%d more lines cannot be taken in; nothing was", more)
	}
	if err != nil {
		return err
	}
	return bad
}

// eventBatches reads lines in batches that fit a request; empty ones are none.
func (a *app) eventBatches(path string, do func([][]byte) error) error {
	const most, mostBytes = 1000, 2 << 20
	in, err := a.open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var batch [][]byte
	size := 0
	for lines.Scan() {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		if len(batch) == most || len(batch) > 0 && size+len(lines.Bytes()) > mostBytes {
			if err := do(batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
		batch, size = append(batch, slices.Clone(lines.Bytes())), size+len(lines.Bytes())
	}
	if err := lines.Err(); err != nil || len(batch) == 0 {
		return err
	}
	return do(batch)
}
