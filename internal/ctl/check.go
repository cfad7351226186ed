package ctl

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func checkCmd(a *app) *cobra.Command {
	cmd := group("check", "Run the checks of a stage on versions", checkRunCmd(a))
	cmd.Long = `Run the checks of a stage on versions. Which checks, and how strict they are, is
said by the policy of the stage: see 'govctl stage show'. What they find is a
report, which is recorded; see 'govctl report'.`
	return cmd
}

// A checkOptions is what 'check run' was asked.
type checkOptions struct {
	req    *govdv1.RunChecksRequest
	plan   bool
	verify string
}

func checkRunCmd(a *app) *cobra.Command {
	o := checkOptions{req: &govdv1.RunChecksRequest{}}
	cmd := &cobra.Command{
		Use:   "run REF",
		Short: "Run the checks of a stage on a version",
		Long: `Run the checks of a stage on a version, and record the report. A version that is
to be promoted must pass those of the stage that it goes to.

The server reads every record, or what changed since it last did. --verify PATH
reads contents again as well: those that the server draws at random, in the
files below PATH that have the records' keys. With --verify server, the server
reads them itself, if its configuration says where they are; for a directory of
that name, write ./server. The report says who read them.

Exit status 7 if the verdict is fail or unknown. With --json, a line is printed
for each check, and one for the report in the end.`,
		Example: `  govctl check run hands/signs
  govctl check run hands/signs --stage 2 --plan
  govctl check run hands/signs@v7 --stage 3 --verify ./photos
  govctl check run hands/signs@v7 --stage 3 --verify server
  govctl check run hands/signs --only S1.classes --only S1.split --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			o.req.Ref = args[0]
			if o.plan {
				return a.planChecks(ctx, c, &o)
			}
			if o.verify != "" {
				if err := a.verifyContents(ctx, c, &o); err != nil {
					return err
				}
			}
			return a.runChecks(ctx, c, o.req)
		}),
	}
	f := cmd.Flags()
	f.Uint32Var(&o.req.Stage, "stage", 0, "whose checks, 1 to 5; the dataset's stage if none")
	f.StringArrayVar(&o.req.Only, "only", nil, "only this check; repeat for more. Such a report opens no gate")
	f.StringVar(&o.req.Against, "against", "", "the version to compare with; the parent if none")
	f.BoolVar(&o.plan, "plan", false, "say what would be done, and do nothing")
	f.StringVar(&o.verify, "verify", "", "directory whose files are read again, or \"server\"")
	return cmd
}

// runChecks runs the checks and prints the report.
func (a *app) runChecks(ctx context.Context, c *client, req *govdv1.RunChecksRequest) error {
	req.RequestId = requestID()
	s, err := c.RunChecks(ctx, req)
	if err != nil {
		return c.link.explain(err)
	}
	bar := a.newBar("checking", bytesWords)
	defer bar.stop()
	var doc []byte
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return complain(exitError, "BAD_ANSWER", "the server ended the run without a report")
		}
		if err != nil {
			return c.link.explain(err)
		}
		if doc = append(doc, m.GetDocument()...); m.GetReport() == nil {
			bar.set(m.GetDone(), m.GetTotal())
			continue
		}
		bar.stop()
		if m.GetAgain() {
			a.note("the same report was recorded before")
		}
		return a.printReport(m.GetReport(), doc)
	}
}
