package ctl

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func datasetTagCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tag REF TAG",
		Short: "Let a tag name a version; it moves if it is there already",
		Example: `  govctl dataset tag hands/signs@v2 reviewed
  govctl dataset tag hands/signs@reviewed frozen`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.SetTag(ctx, &govdv1.SetTagRequest{RequestId: requestID(), Ref: args[0], Tag: args[1]})
			if err != nil {
				return err
			}
			v := struct {
				Tag        string `json:"tag"`
				Number     uint64 `json:"number"`
				AuditIndex uint64 `json:"audit_index"`
			}{args[1], resp.GetNumber(), resp.GetAuditIndex()}
			return a.tell(v, "", "%s is v%d", v.Tag, v.Number)
		}),
	}
}

func datasetUntagCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "untag PROJECT/NAME TAG",
		Short:             "Take a tag away; the version stays",
		Example:           `  govctl dataset untag hands/signs reviewed`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.RemoveTag(ctx, &govdv1.RemoveTagRequest{RequestId: requestID(), Dataset: args[0], Tag: args[1]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "tag %s is gone", args[1])
		}),
	}
}

func datasetTagsCmd(a *app) *cobra.Command {
	type tagView struct {
		Tag    string    `json:"tag"`
		Number uint64    `json:"number"`
		By     string    `json:"by"`
		Set    time.Time `json:"set"`
	}
	return &cobra.Command{
		Use:               "tags PROJECT/NAME",
		Short:             "List the tags of a dataset",
		Example:           `  govctl dataset tags hands/signs`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.ListTags(ctx, &govdv1.ListTagsRequest{Dataset: args[0]})
			if err != nil {
				return err
			}
			return list(a, "tags", []column[tagView]{
				{name: "TAG", value: func(t tagView) any { return t.Tag }},
				{name: "VERSION", value: func(t tagView) any { return fmt.Sprintf("v%d", t.Number) }},
				{name: "BY", value: func(t tagView) any { return t.By }},
				{name: "SET", value: func(t tagView) any { return t.Set }},
			}, convert(seq(resp.GetTags()), func(t *govdv1.Tag) tagView {
				return tagView{t.GetName(), t.GetNumber(), t.GetBy(), when(t.GetSet())}
			}))
		}),
	}
}
