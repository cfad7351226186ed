package ctl

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func rulesPendingCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "pending [PLACE]",
		Short: "List rules that wait for consent or for their delay",
		Example: `  govctl rules pending
  govctl rules pending hands --json | jq .document`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return a.listRuleSets(ctx, c, append(args, "*")[0], false)
		}),
	}
}

func (a *app) listRuleSets(ctx context.Context, c *client, place string, all bool) error {
	resp, err := c.ListRules(ctx, &govdv1.ListRulesRequest{Place: place, All: all})
	if err != nil {
		return err
	}
	return list(a, "rules that wait", ruleSetColumns(), convert(seq(resp.GetRules()), viewRuleSet))
}

// pendingRules finds the proposed rules of a place: those of a number or about
// something, or else the only ones that wait there.
func (c *client) pendingRules(ctx context.Context, args []string, of string) (*govdv1.RuleSet, error) {
	resp, err := c.ListRules(ctx, &govdv1.ListRulesRequest{Place: args[0]})
	if err != nil {
		return nil, err
	}
	var found []*govdv1.RuleSet
	for _, r := range resp.GetRules() {
		about := of == "" || of == ofWords(r.GetOf())
		if r.GetPlace() == args[0] && about && (len(args) < 2 || strconv.FormatUint(r.GetNumber(), 10) == args[1]) {
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, usage("%d documents of rules wait in %s: say which, by its number or with --of", len(found), placeWords(args[0]))
	}
	return nil, hint(complain(exitNotFound, "NO_RULES", "no such rules wait in %s", placeWords(args[0])), "'govctl rules pending' lists those that do")
}

// ofFlag adds the flag that says what the rules are about.
func ofFlag(cmd *cobra.Command, of *string) {
	cmd.Flags().StringVar(of, "of", "", "what they are about: approval, a stage's policy, stage-1 to stage-5, or retention; any if none")
}

// ofWords says what rules are about.
func ofWords(of string) string { return first(of, "approval") }

func rulesApproveCmd(a *app) *cobra.Command {
	var yes bool
	var expect, of string
	cmd := &cobra.Command{
		Use:   "approve PLACE [NUMBER]",
		Short: "Agree to the rules that another admin has proposed",
		Long: `Agree to the rules that another admin has proposed. At a terminal they are shown
and asked about. They come into force after a delay.`,
		Example: `  govctl rules approve hands/signs
  govctl rules approve '*' 3 --expect sha256:0123456789ab
  govctl rules approve hands --of stage-2`,
		Args:              args(1, 2),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			pending, err := c.pendingRules(ctx, args, of)
			if err != nil {
				return err
			}
			d, err := expected(expect, pending.GetDigest())
			if err != nil {
				return err
			}
			if err := a.confirmRules(yes || expect != "", pending); err != nil {
				return err
			}
			resp, err := c.ConsentToRules(ctx, &govdv1.ConsentToRulesRequest{
				RequestId: requestID(), Place: pending.GetPlace(), Number: pending.GetNumber(), Of: pending.GetOf(), ExpectedDigest: d,
			})
			if err != nil {
				return err
			}
			v := viewRuleSet(resp.GetRules())
			return a.tell(v, "", "you agree to rules %d of %s, log entry %d\n%s", v.Number, placeWords(v.Place), resp.GetAuditIndex(), v.waits(a.now()))
		}),
	}
	cmd.Flags().StringVar(&expect, "expect", "", "digest of the rules that are meant, or its beginning")
	yesFlag(cmd, &yes)
	ofFlag(cmd, &of)
	return cmd
}

// confirmRules shows the rules to a person at a terminal and asks.
func (a *app) confirmRules(yes bool, r *govdv1.RuleSet) error {
	if _, asked := terminal(a.stdin); !asked || yes {
		return nil
	}
	if err := a.printDocument(r.GetDocument()); err != nil {
		return err
	}
	a.note("rules %d of %s, proposed by %s", r.GetNumber(), placeWords(r.GetPlace()), first(r.GetByName(), r.GetBy()))
	a.note("%s", r.GetDigest())
	return a.confirm(false, "agree to them")
}

func rulesWithdrawCmd(a *app) *cobra.Command {
	var of string
	cmd := &cobra.Command{
		Use:               "withdraw PLACE [NUMBER]",
		Short:             "Take proposed rules back before they are in force",
		Example:           `  govctl rules withdraw hands/signs`,
		Args:              args(1, 2),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			pending, err := c.pendingRules(ctx, args, of)
			if err != nil {
				return err
			}
			resp, err := c.WithdrawRules(ctx, &govdv1.WithdrawRulesRequest{RequestId: requestID(), Place: pending.GetPlace(), Number: pending.GetNumber(), Of: pending.GetOf()})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "rules %d of %s are withdrawn", pending.GetNumber(), placeWords(pending.GetPlace()))
		}),
	}
	ofFlag(cmd, &of)
	return cmd
}
