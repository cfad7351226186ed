package ctl

import (
	"context"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func roleCmd(a *app) *cobra.Command {
	cmd := group("role", "Grant and revoke roles", roleGrantCmd(a), roleRevokeCmd(a))
	cmd.Long = `Grant and revoke roles. A role holds in a place: a project, a dataset
"project/name", or "*" for the whole server.

  admin      people, tokens, roles, projects and rules; no right to data
  steward    makes datasets; registers, reads and tags versions; proposes, votes
             on and applies label changes; reads the log
  annotator  registers and reads versions; proposes and applies label changes
  trainer    registers and reads versions; for training jobs
  auditor    reads all but tokens; exports the log
  viewer     reads versions and changes

Whose vote counts, the rules of approval say: 'govctl rules show PLACE'.

Only admin and auditor can be granted on the whole server.
'govctl policy show PLACE --rules' lists the actions of each role exactly.`
	return cmd
}

func roleGrantCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "grant PERSON ROLE PLACE",
		Short: "Give a person a role in a place",
		Example: `  govctl role grant bob steward hands
  govctl role grant trainer-7 trainer hands/signs
  govctl role grant carol auditor '*'`,
		Args:              args(3, 3),
		ValidArgsFunction: a.completeGrant,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.GrantRole(ctx, &govdv1.GrantRoleRequest{RequestId: requestID(), Person: args[0], Role: args[1], Place: args[2]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is %s in %s", args[0], args[1], placeWords(args[2]))
		}),
	}
}

func roleRevokeCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               "revoke PERSON ROLE PLACE",
		Short:             "Take a role away from a person",
		Example:           `  govctl role revoke bob steward hands`,
		Args:              args(3, 3),
		ValidArgsFunction: a.completeGrant,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if err := a.confirm(yes, "revoke %s from %s in %s", args[1], args[0], placeWords(args[2])); err != nil {
				return err
			}
			resp, err := c.RevokeRole(ctx, &govdv1.RevokeRoleRequest{RequestId: requestID(), Person: args[0], Role: args[1], Place: args[2]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is no longer %s in %s", args[0], args[1], placeWords(args[2]))
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

func placeWords(place string) string {
	if place == "*" {
		return "the whole server"
	}
	return place
}
