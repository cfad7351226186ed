package ctl

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	govdv1 "govd/proto/govd/v1"
)

type deploymentView struct {
	Deployment    string    `json:"deployment"`
	Site          string    `json:"site"`
	Model         string    `json:"model"`
	Trial         bool      `json:"trial"`
	Lacks         []string  `json:"lacks,omitempty"`
	Note          string    `json:"note"`
	By            string    `json:"by"`
	Since         time.Time `json:"since"`
	AuditIndex    uint64    `json:"audit_index"`
	Until         time.Time `json:"until,omitzero"`
	EndedBy       string    `json:"ended_by,omitempty"`
	EndNote       string    `json:"end_note,omitempty"`
	EndAuditIndex uint64    `json:"end_audit_index,omitempty"`
}

func viewDeployment(d *govdv1.Deployment) deploymentView {
	site, _, _ := strings.Cut(d.GetRef(), "#")
	v := deploymentView{
		Deployment: d.GetRef(), Site: site, Model: d.GetModel(), Trial: d.GetTrial(), Note: d.GetNote(), By: first(d.GetByName(), d.GetBy()),
		Since: when(d.GetSince()), AuditIndex: d.GetAuditIndex(), Until: when(d.GetUntil()), EndedBy: first(d.GetEndedByName(), d.GetEndedBy()),
		EndNote: d.GetEndNote(), EndAuditIndex: d.GetEndAuditIndex(),
	}
	for _, l := range d.GetLacks() {
		v.Lacks = append(v.Lacks, l.GetReason())
	}
	return v
}

func deploymentColumns() []column[deploymentView] {
	return []column[deploymentView]{
		{name: "DEPLOYMENT", value: func(d deploymentView) any { return d.Deployment }},
		{name: "MODEL", value: func(d deploymentView) any { return d.Model }},
		{name: "TRIAL", value: func(d deploymentView) any { return d.Trial }},
		{name: "SINCE", value: func(d deploymentView) any { return d.Since }},
		{name: "BY", value: func(d deploymentView) any { return d.By }},
		{name: "UNTIL", value: func(d deploymentView) any { return d.Until }},
		{name: "ENDED BY", value: func(d deploymentView) any { return d.EndedBy }, wide: true},
		{name: "LACKS", value: func(d deploymentView) any { return d.Lacks }, wide: true},
		{name: "NOTE", value: func(d deploymentView) any { return first(d.EndNote, d.Note) }, prose: true},
	}
}

func modelDeployCmd(a *app) *cobra.Command {
	req := &govdv1.DeployModelRequest{}
	cmd := &cobra.Command{
		Use:   "deploy PROJECT/NAME:v3 --to SITE",
		Short: "Record that a version of a model serves at a site from now on",
		Long: `Record that a version of a model serves at a site from now on: a short name in
the model's project. What served there before ends with it.

The model must have been made by a run that was not exploratory, and of the data
that it, or a model before it, learned from none may be on hold, hold a change
that still waits for its quorum, or have failed its checks since. --trial
deploys it all the same, if you have the right to (model.trial, which stewards
have); the deployment says so for ever.`,
		Example: `  govctl model deploy hands/pose:v3 --to clinic --note "after the March audit"
  govctl model deploy hands/pose:v4 --to lab --trial`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeModel,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Model = requestID(), args[0]
			resp, err := c.DeployModel(ctx, req)
			if err != nil {
				return err
			}
			d := resp.GetDeployment()
			return a.tell(viewDeployment(d), d.GetRef(), "%s serves as %s from log entry %d on", d.GetModel(), d.GetRef(), resp.GetAuditIndex())
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Site, "to", "", "where it serves: a short name")
	f.StringVar(&req.Note, "note", "", "what people should know of it")
	f.BoolVar(&req.Trial, "trial", false, "deploy it although it lacks something")
	required(cmd, "to")
	return cmd
}

func modelUndeployCmd(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "undeploy PROJECT/SITE | PROJECT/SITE#2",
		Short: "Record that nothing serves at a site any more",
		Long: `Record that nothing serves at a site any more. With a number it is refused
unless it is that deployment which serves.`,
		Example:           `  govctl model undeploy hands/clinic --note "recalled"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeSite,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.UndeployModel(ctx, &govdv1.UndeployModelRequest{RequestId: requestID(), Site: args[0], Reason: why})
			if err != nil {
				return err
			}
			d := resp.GetDeployment()
			return a.tell(viewDeployment(d), d.GetRef(), "%s serves no more as %s, from log entry %d on", d.GetModel(), d.GetRef(), resp.GetAuditIndex())
		}),
	}
	cmd.Flags().StringVar(&why, "note", "", "why")
	return cmd
}

func modelDeploymentsCmd(a *app) *cobra.Command {
	var at string
	req := &govdv1.ListDeploymentsRequest{}
	cmd := &cobra.Command{
		Use:   "deployments PROJECT | PROJECT/NAME | PROJECT/NAME:v3",
		Short: "List which model serves where, since when and by whom",
		Long: `List which model serves where, since when and by whom: of a project, of a model
or of one version of it. --all lists what has ended, too, and until when it
served; --at lists what served at a time.`,
		Example: `  govctl model deployments hands
  govctl model deployments hands/pose --all --json
  govctl model deployments hands --at 2026-03-01`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeModel,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if req.Place = args[0]; at != "" {
				t, err := parseMoment(at, -1, a.now())
				if err != nil {
					return err
				}
				req.Time = timestamppb.New(t)
			}
			return list(a, "deployments", deploymentColumns(), convert(c.deployments(ctx, req), viewDeployment))
		}),
	}
	cmd.Flags().BoolVar(&req.Ended, "all", false, "those that have ended, too")
	cmd.Flags().StringVar(&at, "at", "", "what served then: a date, RFC 3339, or a span such as 90d")
	cmd.MarkFlagsMutuallyExclusive("all", "at")
	return cmd
}

func (c *client) deployments(ctx context.Context, req *govdv1.ListDeploymentsRequest) iter.Seq2[*govdv1.Deployment, error] {
	return pages(func(token string) ([]*govdv1.Deployment, string, error) {
		req.PageSize, req.PageToken = pageSize, token
		resp, err := c.ListDeployments(ctx, req)
		return resp.GetDeployments(), resp.GetNextPageToken(), err
	})
}

// completeModel suggests projects, and models of one once there is a slash.
func (a *app) completeModel(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	project, _, named := strings.Cut(begun, "/")
	if len(args) > 0 || !named {
		return a.completeProject(cmd, args, begun)
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		return convert(c.models(ctx, project), (*govdv1.Model).GetRef)
	}), noFiles
}

// completeSite suggests projects, and what serves in one once there is a slash.
func (a *app) completeSite(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	project, _, named := strings.Cut(begun, "/")
	if len(args) > 0 || !named {
		return a.completeProject(cmd, args, begun)
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		all := c.deployments(ctx, &govdv1.ListDeploymentsRequest{Place: project})
		return convert(all, func(d *govdv1.Deployment) string { return d.GetRef() + "\t" + d.GetModel() })
	}), noFiles
}
