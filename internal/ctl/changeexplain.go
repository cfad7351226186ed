package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func changeExplainCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CHANGE",
		Short: "Say what a change has and misses, who cannot vote, and why",
		Long: `Say of each rule how many approvals it needs and has, who gave them, who still
could, and who cannot and why. 'change apply' obeys the same judgement.

A pipe gets a line a rule: rule, role, need, have, missing, by, could, cannot.`,
		Example: `  govctl change explain 7
  govctl change explain 7 --json | jq .ready`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			resp, err := c.ExplainChange(ctx, &govdv1.ExplainChangeRequest{Change: id})
			if err != nil {
				return refused(err, id)
			}
			_, n, err := c.getChange(ctx, id)
			if err != nil {
				return refused(err, id)
			}
			v := viewVerdict(resp.GetVerdict(), n)
			switch {
			case a.json:
				return a.printObject(v.explainView)
			case a.screen.terminal:
				if len(resp.GetRules()) > 1 {
					fmt.Fprintln(a.stdout, "the rules have changed since the revision was made: both must hold")
				}
				return a.printVerdict(id, v)
			}
			return printTabs(a.stdout, factorColumns(), seq(v.Factors))
		}),
	}
}
