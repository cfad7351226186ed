package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

type gapView struct {
	Gap     string         `json:"gap"`
	Subject string         `json:"subject"`
	Node    string         `json:"node"`
	Detail  string         `json:"detail"`
	Way     []pathEdgeView `json:"way"`
}

func viewGap(g *govdv1.LineageGap) gapView {
	return gapView{g.GetGap(), g.GetSubject(), g.GetNode(), g.GetDetail(), viewEdges(g.GetWay())}
}

func lineageGapsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "gaps PROJECT",
		Short: "List what the lineage of a project should say and does not",
		Long: `List what the lineage of a project's models and runs should say and does not:
models that came from no version, inputs that nobody knows, runs that never
ended, and label changes that were never approved.

What serves and learned from data that went bad comes first, with the way there:
from a version that is on hold or has records that were erased, holds a change
that was applied by breaking the glass and is not ratified, or has failed its
newest checks.`,
		Example: `  govctl lineage gaps hands
  govctl lineage gaps hands --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.ListGaps(ctx, &govdv1.ListGapsRequest{Project: args[0]})
			if err != nil {
				return err
			}
			a.incomplete = a.incomplete || !resp.GetComplete()
			if a.screen.terminal && !a.json && len(resp.GetGaps()) > 0 {
				return a.tellGaps(resp.GetGaps())
			}
			return list(a, "gaps", []column[gapView]{
				{name: "GAP", value: func(g gapView) any { return g.Gap }},
				{name: "SUBJECT", value: func(g gapView) any { return g.Subject }},
				{name: "NODE", value: func(g gapView) any { return g.Node }},
				{name: "DETAIL", value: func(g gapView) any { return g.Detail }},
				{name: "WAY", value: func(g gapView) any { return wayOf(g.Way) }},
			}, convert(seq(resp.GetGaps()), viewGap))
		}),
	}
}

// tellGaps prints gaps for people: under each subject, what there is to say.
func (a *app) tellGaps(gaps []*govdv1.LineageGap) error {
	subject := ""
	for _, m := range gaps {
		g := viewGap(m)
		var b strings.Builder
		if g.Subject != subject {
			subject = g.Subject
			b.WriteString(clean(subject) + "\n")
		}
		mark := a.screen.paint(yellow, "-")
		if g.Gap == "bad-data" {
			mark = a.screen.paint(red, "!")
		}
		b.WriteString(mark + a.screen.wrap(" "+clean(gapWords(g))) + "\n")
		if len(g.Way) > 0 {
			b.WriteString(" " + a.screen.wrap(" "+clean(stepsOf(g.Way, ", "))) + "\n")
		}
		if _, err := fmt.Fprint(a.stdout, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// gapWords says what is missing, or wrong.
func gapWords(g gapView) string {
	switch g.Gap {
	case "bad-data":
		if unread(g.Node) != g.Node {
			return fmt.Sprintf("learned from a %s, and that went bad: %s", unread(g.Node), g.Detail)
		}
		return "learned from data that went bad: " + g.Detail
	case "no-version":
		return "no version of a dataset is known that it came from"
	case "unresolved":
		what := "which it came from"
		if strings.HasPrefix(g.Subject, "run:") {
			what = "which it used"
		}
		return "nothing is known of " + unread(g.Node) + ", " + what
	case "never-ended":
		if g.Detail == "" {
			return "was only heard of: nothing says that it started or ended"
		}
		return "has " + g.Detail + ", and not ended"
	case "unapproved-change":
		return "learned from " + unread(g.Node) + ", which was not approved"
	case "truncated":
		return "there may be more: its trace was cut short (" + g.Detail + ")"
	}
	return strings.TrimSpace(g.Gap + " " + g.Node + " " + g.Detail) // a newer server's
}

// wayOf writes a way as its nodes with the edges between them.
func wayOf(way []pathEdgeView) string {
	if len(way) == 0 {
		return ""
	}
	return unread(way[0].From) + " " + stepsOf(way, " ")
}

// stepsOf writes a way without where it begins.
func stepsOf(way []pathEdgeView, between string) string {
	var steps []string
	for _, e := range way {
		steps = append(steps, e.Kind+" "+unread(e.To))
	}
	return strings.Join(steps, between)
}
