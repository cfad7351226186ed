package ctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	govdv1 "govd/proto/govd/v1"
)

// A changeView is a line of a diff.
type changeView struct {
	Key    string `json:"key"`
	Change string `json:"change"` // added, removed, changed or relabelled
	From   string `json:"from"`   // label names if relabelled, otherwise the content's digest; "" if there was none
	To     string `json:"to"`

	what []string // changed, for people
}

// A diffView is the counts of a diff.
type diffView struct {
	From       string `json:"from"`
	To         string `json:"to"`
	Added      uint64 `json:"added"`
	Removed    uint64 `json:"removed"`
	Changed    uint64 `json:"changed"`
	Relabelled uint64 `json:"relabelled"`
	Unchanged  uint64 `json:"unchanged"`
}

func viewChange(c *govdv1.RecordChange) changeView {
	v := changeView{Key: c.GetKey(), Change: strings.ToLower(strings.TrimPrefix(c.GetKind().String(), "CHANGE_KIND_"))}
	show := func(r *govdv1.Record) string { return digestOf(r.GetContent()) }
	if c.GetKind() == govdv1.ChangeKind_CHANGE_KIND_RELABELLED {
		show = func(r *govdv1.Record) string { return strings.Join(viewRecord(r).names(), ",") }
	}
	if c.GetFrom() != nil {
		v.From = show(c.GetFrom())
	}
	if c.GetTo() != nil {
		v.To = show(c.GetTo())
	}
	if c.GetKind() == govdv1.ChangeKind_CHANGE_KIND_CHANGED {
		v.what = whatChanged(c.GetFrom(), c.GetTo())
	}
	return v
}

// whatChanged names the parts of a record that differ.
func whatChanged(from, to *govdv1.Record) (what []string) {
	x, y := viewRecord(from), viewRecord(to)
	for _, part := range []struct {
		name   string
		differ bool
	}{
		{"content", x.Content != y.Content || x.Size != y.Size},
		{"media type", x.MediaType != y.MediaType},
		{"labels", !reflect.DeepEqual(x.Labels, y.Labels)},
		{"split", x.Split != y.Split},
		{"attributes", !maps.Equal(x.Attributes, y.Attributes)},
		{"facts", x.Content == y.Content && !reflect.DeepEqual(x.Facts, y.Facts)},
	} {
		if part.differ {
			what = append(what, part.name)
		}
	}
	return what
}

func viewDiff(s *govdv1.DiffSummary) diffView {
	return diffView{
		s.GetFrom().GetRef(), s.GetTo().GetRef(), s.GetAdded(), s.GetRemoved(), s.GetChanged(), s.GetRelabelled(), s.GetUnchanged(),
	}
}

func datasetDiffCmd(a *app) *cobra.Command {
	var counts bool
	cmd := &cobra.Command{
		Use:   "diff [FROM] REF",
		Short: "List what a version changed",
		Long: `List what differs from one version to another; from a version's parent if only
that version is named.

  + key                   added
  - key                   removed
  ~ key                   changed in more than its labels
  L key  fist → palm      relabelled: only its labels changed

Into a pipe go change, key, from and to, separated by tabs, and the counts go to
stderr. From and to are label names where a record was relabelled, and otherwise
the digest of its content.`,
		Example: `  govctl dataset diff hands/signs
  govctl dataset diff hands/signs@v3 hands/signs@v7 --counts
  govctl dataset diff hands/signs --json | jq -r 'select(.change == "relabelled").key'`,
		Args:              args(1, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req := &govdv1.DiffVersionsRequest{Ref: args[len(args)-1], CountsOnly: counts}
			if len(args) == 2 {
				req.Against = args[0]
			}
			s, err := c.DiffVersions(ctx, req)
			if err != nil {
				return c.link.explain(err)
			}
			return a.printDiff(c.link, s, counts)
		}),
	}
	cmd.Flags().BoolVar(&counts, "counts", false, "only count")
	return cmd
}

func (a *app) printDiff(l *link, s grpc.ServerStreamingClient[govdv1.DiffVersionsResponse], countsOnly bool) error {
	var summary *govdv1.DiffSummary
	changes := convert(stream(l, s.Recv, func(m *govdv1.DiffVersionsResponse) []*govdv1.RecordChange {
		if m.GetSummary() != nil {
			summary = m.GetSummary()
		}
		return m.GetChanges()
	}), viewChange)
	var err error
	switch {
	case a.json:
		err = printJSON(a.stdout, changes)
	case a.screen.terminal:
		err = a.printChanges(changes)
	default:
		err = printTabs(a.stdout, changeColumns(), changes)
	}
	if err != nil {
		return err
	}
	return a.printCounts(viewDiff(summary), countsOnly)
}

func changeColumns() []column[changeView] {
	return []column[changeView]{
		{name: "CHANGE", value: func(c changeView) any { return c.Change }},
		{name: "KEY", value: func(c changeView) any { return c.Key }},
		{name: "FROM", value: func(c changeView) any { return c.From }},
		{name: "TO", value: func(c changeView) any { return c.To }},
	}
}

func (a *app) printChanges(changes iter.Seq2[changeView, error]) error {
	out := bufio.NewWriter(a.stdout)
	for c, err := range changes {
		if err == nil {
			_, err = fmt.Fprintln(out, a.screen.change(c))
		}
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
	}
	return out.Flush()
}

// change writes a line of a diff for people.
func (s screen) change(v changeView) string {
	key := clean(v.Key)
	switch v.Change {
	case "added":
		return s.paint(green, "+ "+key)
	case "removed":
		return s.paint(red, "- "+key)
	case "relabelled":
		return s.paint(yellow, "L "+key) + "  " + first(clean(v.From), "none") + " → " + first(clean(v.To), "none")
	}
	return s.paint(yellow, "~ "+key) + "  " + strings.Join(v.what, ", ")
}

// printCounts ends a diff. Only where counts are the result do they go where
// results go: into a pipe, the rows alone do.
func (a *app) printCounts(v diffView, countsOnly bool) error {
	words := fmt.Sprintf("%s → %s: %s", first(v.From, "nothing"), v.To, v.words())
	switch {
	case a.json && !countsOnly:
		return nil
	case !a.json && !a.screen.terminal && !countsOnly:
		a.note("%s", words)
		return nil
	}
	line := fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d", v.From, v.To, v.Added, v.Removed, v.Changed, v.Relabelled, v.Unchanged)
	return a.tell(v, line, "%s", words)
}

func (v diffView) words() string {
	return fmt.Sprintf("%s added, %s removed, %s changed, %s relabelled, %s unchanged",
		thousands(v.Added), thousands(v.Removed), thousands(v.Changed), thousands(v.Relabelled), thousands(v.Unchanged))
}
