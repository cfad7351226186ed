package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// models serves ModelService.
type models struct {
	v1.UnimplementedModelServiceServer
	svc   *govern.Service
	pages pager
}

func (s *models) RegisterModel(ctx context.Context, req *v1.RegisterModelRequest) (*v1.RegisterModelResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.RegisterModel{OMS: req.GetOms()}
	if in.Model, err = gov.ParseDatasetName(req.GetModel()); err != nil {
		return nil, err
	}
	if in.Run, err = optional(req.GetRun(), gov.ParseRunID); err != nil {
		return nil, err
	}
	for _, f := range req.GetFiles() {
		d, err := sha256FromProto(f.GetSha256())
		if err != nil {
			return nil, err
		}
		in.Files = append(in.Files, gov.ModelFile{Name: f.GetName(), Digest: d, Size: f.GetSize()})
	}
	done, err := s.svc.RegisterModel(ctx, c, in)
	if err != nil {
		return nil, err
	}
	m, err := s.svc.ModelWorkedOn(ctx, gov.ModelRef{Model: done.Event.Model, Number: done.Event.Number})
	return &v1.RegisterModelResponse{Model: modelToProto(m), AuditIndex: done.Index}, err
}

func sha256FromProto(b []byte) (gov.Digest, error) {
	if len(b) != len(gov.Digest{}) {
		return gov.Digest{}, gov.Errorf(gov.Invalid, "BAD_DIGEST", "a SHA-256 has %d bytes, not %d", len(gov.Digest{}), len(b))
	}
	return gov.Digest(b), nil
}

// modelName takes "project/name:v3" apart: which is "v3", a tag, or empty.
func modelName(s string) (name gov.DatasetName, which string, err error) {
	text, which, _ := strings.Cut(s, ":")
	name, err = gov.ParseDatasetName(text)
	return name, which, err
}

func (s *models) GetModel(ctx context.Context, req *v1.GetModelRequest) (*v1.GetModelResponse, error) {
	name, which, err := modelName(req.GetModel())
	if err != nil {
		return nil, err
	}
	m, err := s.svc.Model(ctx, reader(ctx), name, which)
	if err != nil {
		return nil, err
	}
	return &v1.GetModelResponse{Model: modelToProto(m)}, nil
}

func (s *models) ListModels(ctx context.Context, req *v1.ListModelsRequest) (*v1.ListModelsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	place, err := gov.ParsePlace(req.GetPlace())
	if err != nil || place == gov.Server {
		return nil, gov.Errorf(gov.Invalid, "BAD_PLACE", "%q is neither a project nor a model", req.GetPlace())
	}
	c, what := reader(ctx), listing("models", req.GetPlace())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := s.list(ctx, c, place, from, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListModelsResponse{}
	for _, m := range page {
		resp.Models = append(resp.Models, modelToProto(m))
	}
	if len(page) == n {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, page[n-1].Ref().String())
	}
	return resp, nil
}

// list returns a page of a model's versions, or of a project's models.
func (s *models) list(ctx context.Context, c govern.Call, place gov.Place, from string, n int) ([]govern.ModelInfo, error) {
	after, err := optional(from, gov.ParseModelRef)
	if err != nil {
		return nil, err
	}
	if name := place.Dataset(); name != "" {
		return s.svc.Models(ctx, c, name, after.Number, n)
	}
	return s.svc.ModelsIn(ctx, c, place.Project(), after, n)
}

func (s *models) TagModel(ctx context.Context, req *v1.TagModelRequest) (*v1.TagModelResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	ref, err := gov.ParseModelRef(req.GetModel())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.TagModel(ctx, c, ref, req.GetTag())
	if err != nil {
		return nil, err
	}
	return &v1.TagModelResponse{AuditIndex: done.Index}, nil
}

func (s *models) UntagModel(ctx context.Context, req *v1.UntagModelRequest) (*v1.UntagModelResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	name, err := gov.ParseDatasetName(req.GetModel())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.UntagModel(ctx, c, name, req.GetTag())
	if err != nil {
		return nil, err
	}
	return &v1.UntagModelResponse{AuditIndex: done.Index}, nil
}

func modelToProto(m govern.ModelInfo) *v1.Model {
	out := &v1.Model{
		Ref: m.Ref().String(), Digest: m.Digest.String(), FileCount: m.Files, Bytes: m.Bytes, Run: string(m.Run), Exploratory: m.Exploratory,
		Tags: m.Tags, By: string(m.By), ByName: m.ByName, Created: timeToProto(m.Created), AuditIndex: m.Entry,
	}
	if !m.OMS.IsZero() {
		out.Oms = m.OMS.String()
	}
	for _, f := range m.List {
		out.Files = append(out.Files, &v1.ModelFile{Name: f.Name, Sha256: f.Digest[:], Size: f.Size})
	}
	return out
}

// outputs serves OutputService.
type outputs struct {
	v1.UnimplementedOutputServiceServer
	svc *govern.Service
}

// RecordOutputs gathers a batch, of which 32 bytes and an id are kept for each
// output.
func (s *outputs) RecordOutputs(stream grpc.ClientStreamingServer[v1.RecordOutputsRequest, v1.RecordOutputsResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.RecordOutputsRequest).GetHeader)
	if err != nil {
		return err
	}
	ref, err := gov.ParseModelRef(h.GetModel())
	if err != nil {
		return err
	}
	var all []gov.Output
	batches := parts(stream.Recv, func(m *v1.RecordOutputsRequest) ([]*v1.OutputBatch, bool) {
		return []*v1.OutputBatch{m.GetBatch()}, m.GetBatch() != nil
	}, outputsFromProto)
	for batch, err := range batches {
		if err != nil {
			return err
		}
		if len(all)+len(batch) > gov.MaxBatch {
			return gov.Errorf(gov.Exhausted, "TOO_MANY_OUTPUTS", "a batch has %d outputs at most: record more of them", gov.MaxBatch)
		}
		all = append(all, batch...)
	}
	done, err := s.svc.RecordServed(stream.Context(), c, ref, h.GetDeployment(), all)
	if err != nil {
		return err
	}
	ev := done.Event
	return stream.SendAndClose(&v1.RecordOutputsResponse{Batch: ev.Batch, Root: ev.Root.String(), Count: ev.Count, AuditIndex: done.Index})
}

func outputsFromProto(m *v1.OutputBatch) ([]gov.Output, error) {
	const size = len(gov.Digest{})
	b, ids := m.GetSha256(), m.GetIds()
	if len(b)%size != 0 || len(ids) > 0 && len(ids) != len(b)/size {
		return nil, gov.Errorf(gov.Invalid, "BAD_OUTPUT", "outputs are %d bytes each, with an id each or none", size)
	}
	all := make([]gov.Output, len(b)/size)
	for i := range all {
		all[i].Digest = gov.Digest(b[i*size:])
		if len(ids) > 0 {
			all[i].Name = ids[i]
		}
	}
	return all, nil
}

func (s *outputs) FindOutput(ctx context.Context, req *v1.FindOutputRequest) (*v1.FindOutputResponse, error) {
	d, err := gov.ParseDigest(req.GetDigest())
	if err != nil {
		return nil, err
	}
	found, err := s.svc.FindOutput(ctx, reader(ctx), d)
	if err != nil {
		return nil, err
	}
	resp := &v1.FindOutputResponse{}
	for _, f := range found {
		resp.Found = append(resp.Found, &v1.FoundOutput{
			Digest: f.Output.Digest.String(), Id: f.Output.Name, Batch: f.Batch.Number, Index: f.Index, Count: f.Count, Model: f.Model.String(),
			Recorded: timeToProto(f.Created), AuditIndex: f.Entry,
		})
	}
	return resp, nil
}
