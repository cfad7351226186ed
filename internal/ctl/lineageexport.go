package ctl

import (
	"context"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func lineageExportCmd(a *app) *cobra.Command {
	var asOf, out string
	req := &govdv1.ExportLineageRequest{}
	cmd := &cobra.Command{
		Use:   "export PROJECT -o FILE",
		Short: "Write the lineage of a project as OpenLineage events",
		Long: `Write the lineage of a project as OpenLineage events, one on each line, which
'lineage import' takes in again: of its versions, label changes, runs, models,
deployments and batches, of what elsewhere it spoke of, and how they came of
each other. What you may not read is left out, and you are told so. The same
lineage gives the same bytes.

It proves nothing: for evidence, see 'govctl trail export'. Every export is an
entry of the log.`,
		Example: `  govctl lineage export hands -o hands.ndjson
  govctl lineage export hands -o hands.ndjson --as-of 2026-03-01`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeProject,
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			walk := &govdv1.WalkLineageRequest{}
			if err := a.asOf(walk, asOf); err != nil {
				return err
			}
			req.RequestId, req.Project, req.AsOf, req.Time = requestID(), args[0], walk.AsOf, walk.Time
			var sum *govdv1.ExportLineageSummary
			if err := a.download(ctx, c, out, 0o666, lineagePieces(c, req, &sum)); err != nil {
				return err
			}
			whole := "complete"
			if !sum.GetComplete() {
				whole = "without what you may not read"
			}
			a.note("%s, as of log entry %d: %s", whole, sum.GetAsOf(), count(sum.GetEvents(), "event"))
			return nil
		}),
	}
	outputFlag(cmd, &out)
	asOfFlag(cmd, &asOf)
	return cmd
}

// lineagePieces also keeps what the file comes to. A file without that was cut
// off, for it is the last that the server sends.
func lineagePieces(c *client, req *govdv1.ExportLineageRequest, sum **govdv1.ExportLineageSummary) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		s, err := c.ExportLineage(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			if m.GetSummary() != nil {
				*sum = m.GetSummary()
			}
			return piece{data: m.GetData()}, err
		}, err
	}
}
