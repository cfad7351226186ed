package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// datasets serves DatasetService.
type datasets struct {
	v1.UnimplementedDatasetServiceServer
	svc   *govern.Service
	pages pager
}

func (d *datasets) CreateProject(ctx context.Context, req *v1.CreateProjectRequest) (*v1.CreateProjectResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	name, err := gov.ParseProject(req.GetName())
	if err != nil {
		return nil, err
	}
	done, err := d.svc.CreateProject(ctx, c, name)
	return &v1.CreateProjectResponse{AuditIndex: done.Index}, err
}

func (d *datasets) ListProjects(ctx context.Context, req *v1.ListProjectsRequest) (*v1.ListProjectsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	c := reader(ctx)
	after, err := d.pages.open(c.Actor.Person, "projects", req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := d.svc.Projects(ctx, c, gov.Project(after), n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListProjectsResponse{}
	for _, p := range page {
		resp.Projects = append(resp.Projects, &v1.Project{Name: string(p.Name), By: string(p.By), Created: timeToProto(p.Created)})
	}
	if len(page) == n {
		resp.NextPageToken = d.pages.seal(c.Actor.Person, "projects", string(page[n-1].Name))
	}
	return resp, nil
}

func (d *datasets) CreateDataset(ctx context.Context, req *v1.CreateDatasetRequest) (*v1.CreateDatasetResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.CreateDataset{
		Taxonomy: taxonomyFromProto(req.GetTaxonomy()), Purposes: req.GetPurposes(), Sensitivity: req.GetSensitivity(), License: req.GetLicense(),
	}
	if in.Name, err = gov.ParseDatasetName(req.GetName()); err != nil {
		return nil, err
	}
	if in.Stage, err = gov.ParseStage(int(max(req.GetStage(), 1))); err != nil {
		return nil, err
	}
	done, err := d.svc.CreateDataset(ctx, c, in)
	return &v1.CreateDatasetResponse{AuditIndex: done.Index}, err
}

func (d *datasets) GetDataset(ctx context.Context, req *v1.GetDatasetRequest) (*v1.GetDatasetResponse, error) {
	name, err := gov.ParseDatasetName(req.GetName())
	if err != nil {
		return nil, err
	}
	ds, t, err := d.svc.Dataset(ctx, reader(ctx), name)
	if err != nil {
		return nil, err
	}
	m := datasetToProto(ds)
	m.Taxonomy = taxonomyToProto(t)
	return &v1.GetDatasetResponse{Dataset: m}, nil
}

func (d *datasets) ListDatasets(ctx context.Context, req *v1.ListDatasetsRequest) (*v1.ListDatasetsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	project, err := optional(req.GetProject(), gov.ParseProject)
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("datasets", string(project))
	after, err := d.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := d.svc.Datasets(ctx, c, project, gov.DatasetName(after), n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListDatasetsResponse{}
	for _, x := range page {
		resp.Datasets = append(resp.Datasets, datasetToProto(x))
	}
	if len(page) == n {
		resp.NextPageToken = d.pages.seal(c.Actor.Person, what, string(page[n-1].Name))
	}
	return resp, nil
}

func datasetToProto(d gov.Dataset) *v1.Dataset {
	return &v1.Dataset{
		Name: string(d.Name), Stage: uint32(d.Stage), Purposes: d.Purposes, Sensitivity: d.Sensitivity, License: d.License,
		By: string(d.By), Created: timeToProto(d.Created), Versions: d.Versions,
	}
}

func taxonomyFromProto(m *v1.Taxonomy) *gov.Taxonomy {
	if m == nil {
		return nil
	}
	t := &gov.Taxonomy{}
	for _, l := range m.GetLabels() {
		t.Labels = append(t.Labels, gov.TaxonomyLabel{Name: l.GetName(), Parent: l.GetParent(), Since: gov.Stage(min(l.GetSince(), 255)), Max: l.GetMax()})
	}
	return t
}

func taxonomyToProto(t *gov.Taxonomy) *v1.Taxonomy {
	if t == nil {
		return nil
	}
	m := &v1.Taxonomy{}
	for _, l := range t.Labels {
		m.Labels = append(m.Labels, &v1.TaxonomyLabel{Name: l.Name, Parent: l.Parent, Since: uint32(l.Since), Max: l.Max})
	}
	return m
}
