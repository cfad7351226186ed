package ctl

import (
	"context"
	"iter"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func projectCmd(a *app) *cobra.Command {
	return group("project", "Create and list projects", projectCreateCmd(a), projectListCmd(a))
}

func projectCreateCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a project",
		Example: `  govctl project create hands`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.CreateProject(ctx, &govdv1.CreateProjectRequest{RequestId: requestID(), Name: args[0]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "project %s is there; grant roles in it with 'govctl role grant'", args[0])
		}),
	}
}

type projectView struct {
	Name    string    `json:"name"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
}

func projectListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the projects that you may read",
		Example: `  govctl project list`,
		Args:    args(0, 0),
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			return list(a, "projects", []column[projectView]{
				{name: "NAME", value: func(p projectView) any { return p.Name }},
				{name: "BY", value: func(p projectView) any { return p.By }},
				{name: "CREATED", value: func(p projectView) any { return p.Created }},
			}, convert(c.projects(ctx), func(p *govdv1.Project) projectView {
				return projectView{p.GetName(), p.GetBy(), when(p.GetCreated())}
			}))
		}),
	}
}

func (c *client) projects(ctx context.Context) iter.Seq2[*govdv1.Project, error] {
	return pages(func(token string) ([]*govdv1.Project, string, error) {
		resp, err := c.ListProjects(ctx, &govdv1.ListProjectsRequest{PageSize: pageSize, PageToken: token})
		return resp.GetProjects(), resp.GetNextPageToken(), err
	})
}
