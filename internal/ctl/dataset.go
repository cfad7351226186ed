package ctl

import (
	"context"
	"iter"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func datasetCmd(a *app) *cobra.Command {
	cmd := group("dataset", "Register, read, compare and prove versions of datasets",
		datasetCreateCmd(a), datasetListCmd(a), datasetShowCmd(a), datasetPushCmd(a), datasetIntakeCmd(a), datasetLogCmd(a), datasetVotesCmd(a), datasetLsCmd(a),
		datasetCatCmd(a), datasetDiffCmd(a), datasetStatsCmd(a), datasetTagCmd(a), datasetUntagCmd(a), datasetTagsCmd(a), datasetProveCmd(a),
		datasetBlameCmd(a), datasetPromoteCmd(a))
	cmd.Long = `Register, read, compare and prove versions of datasets.

A REF names a version: PROJECT/NAME is the newest, PROJECT/NAME@v12 is one by
number, @TAG by tag, @sha256:PREFIX by digest (8 hex digits at least).`
	return cmd
}

func datasetCreateCmd(a *app) *cobra.Command {
	req := &govdv1.CreateDatasetRequest{}
	var taxonomy string
	cmd := &cobra.Command{
		Use:   "create PROJECT/NAME",
		Short: "Create an empty dataset",
		Long: `Create an empty dataset.

A taxonomy lists the label names that records may carry. It is a YAML file:

  labels:
    - name: hand
    - name: finger
      parent: hand   # what it is part of
      since: 2       # the stage from which it is used
      max: 5         # how many one record may carry`,
		Example: `  govctl dataset create hands/signs
  govctl dataset create hands/signs --taxonomy labels.yaml --purpose training --license CC-BY-4.0`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId, req.Name = requestID(), args[0]
			if taxonomy != "" {
				if req.Taxonomy, err = readTaxonomy(taxonomy); err != nil {
					return err
				}
			}
			resp, err := c.CreateDataset(ctx, req)
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "dataset %s is there; fill it with 'govctl dataset push %s DIR'", req.Name, req.Name)
		}),
	}
	f := cmd.Flags()
	f.Uint32Var(&req.Stage, "stage", 1, "growth stage, 1 to 5")
	f.StringVar(&taxonomy, "taxonomy", "", "YAML file of label names; any name goes if none")
	f.StringArrayVar(&req.Purposes, "purpose", nil, "what the data may be used for; repeat for more")
	f.StringVar(&req.Sensitivity, "sensitivity", "", "such as public, internal or personal")
	f.StringVar(&req.License, "license", "", "such as CC-BY-4.0")
	return cmd
}

type datasetView struct {
	Name        string      `json:"name"`
	Stage       uint32      `json:"stage"`
	Versions    uint64      `json:"versions"`
	Purposes    []string    `json:"purposes"`
	Sensitivity string      `json:"sensitivity"`
	License     string      `json:"license"`
	By          string      `json:"by"`
	Created     time.Time   `json:"created"`
	Taxonomy    []labelName `json:"taxonomy,omitempty"`
}

func viewDataset(d *govdv1.Dataset) datasetView {
	v := datasetView{
		d.GetName(), d.GetStage(), d.GetVersions(), nonNil(d.GetPurposes()), d.GetSensitivity(), d.GetLicense(), d.GetBy(), when(d.GetCreated()), nil,
	}
	for _, l := range d.GetTaxonomy().GetLabels() {
		v.Taxonomy = append(v.Taxonomy, labelName{l.GetName(), l.GetParent(), l.GetSince(), l.GetMax()})
	}
	return v
}

func datasetColumns() []column[datasetView] {
	return []column[datasetView]{
		{name: "NAME", value: func(d datasetView) any { return d.Name }},
		{name: "STAGE", value: func(d datasetView) any { return d.Stage }},
		{name: "VERSIONS", value: func(d datasetView) any { return d.Versions }},
		{name: "PURPOSES", value: func(d datasetView) any { return d.Purposes }},
		{name: "SENSITIVITY", value: func(d datasetView) any { return d.Sensitivity }},
		{name: "LICENSE", value: func(d datasetView) any { return d.License }},
		{name: "BY", value: func(d datasetView) any { return d.By }, wide: true},
		{name: "CREATED", value: func(d datasetView) any { return d.Created }},
	}
}

func datasetListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [PROJECT]",
		Short: "List the datasets that you may read",
		Example: `  govctl dataset list
  govctl dataset list hands`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "datasets", datasetColumns(), convert(c.datasets(ctx, append(args, "")[0]), viewDataset))
		}),
	}
}

func (c *client) datasets(ctx context.Context, project string) iter.Seq2[*govdv1.Dataset, error] {
	return pages(func(token string) ([]*govdv1.Dataset, string, error) {
		resp, err := c.ListDatasets(ctx, &govdv1.ListDatasetsRequest{Project: project, PageSize: pageSize, PageToken: token})
		return resp.GetDatasets(), resp.GetNextPageToken(), err
	})
}

func datasetShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show PROJECT/NAME | REF",
		Short: "Show a dataset, or one version of it",
		Example: `  govctl dataset show hands/signs
  govctl dataset show hands/signs@v2`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if isRef(args[0]) {
				resp, err := c.GetVersion(ctx, &govdv1.GetVersionRequest{Ref: args[0]})
				if err != nil {
					return err
				}
				return show(a, versionColumns(), viewVersion(resp.GetVersion()))
			}
			resp, err := c.GetDataset(ctx, &govdv1.GetDatasetRequest{Name: args[0]})
			if err != nil {
				return err
			}
			columns := append(datasetColumns(), column[datasetView]{name: "LABELS", value: func(d datasetView) any { return labelNames(d.Taxonomy) }})
			return show(a, columns, viewDataset(resp.GetDataset()))
		}),
	}
}
