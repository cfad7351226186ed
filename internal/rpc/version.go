package rpc

import (
	"context"
	"strconv"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// versions serves VersionService.
type versions struct {
	v1.UnimplementedVersionServiceServer
	svc   *govern.Service
	pages pager
}

func (s *versions) GetVersion(ctx context.Context, req *v1.GetVersionRequest) (*v1.GetVersionResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Version(ctx, reader(ctx), ref)
	if err != nil {
		return nil, err
	}
	return &v1.GetVersionResponse{Version: versionToProto(v)}, nil
}

func (s *versions) ListVersions(ctx context.Context, req *v1.ListVersionsRequest) (*v1.ListVersionsResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	c, what := reader(ctx), listing("versions", req.GetRef())
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	if from != "" {
		number, err := strconv.ParseUint(from, 10, 64)
		if err != nil {
			return nil, err
		}
		ref = gov.Ref{Dataset: ref.Dataset, Number: number}
	}
	page, err := s.svc.Versions(ctx, c, ref, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListVersionsResponse{}
	for _, v := range page {
		resp.Versions = append(resp.Versions, versionToProto(v))
	}
	if len(page) == n && page[n-1].Number > 1 {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, strconv.FormatUint(page[n-1].Number-1, 10))
	}
	return resp, nil
}

func (s *versions) GetStats(ctx context.Context, req *v1.GetStatsRequest) (*v1.GetStatsResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	st, err := s.svc.Stats(ctx, reader(ctx), ref)
	if err != nil {
		return nil, err
	}
	return &v1.GetStatsResponse{
		Version: versionToProto(st.Version), Labels: st.Labels, Splits: st.Splits, MediaTypes: st.MediaTypes, Unlabelled: st.Unlabelled,
		ContentBytes: st.ContentBytes, DistinctContents: st.Distinct, Images: st.Images,
		MinWidth: st.Min[0], MinHeight: st.Min[1], MaxWidth: st.Max[0], MaxHeight: st.Max[1], Erased: st.Erased,
	}, nil
}

func (s *versions) SetTag(ctx context.Context, req *v1.SetTagRequest) (*v1.SetTagResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	tag, err := gov.ParseTag(req.GetTag())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.SetTag(ctx, c, ref, tag)
	if err != nil {
		return nil, err
	}
	return &v1.SetTagResponse{AuditIndex: done.Index, Number: done.Event.Number}, nil
}

func (s *versions) RemoveTag(ctx context.Context, req *v1.RemoveTagRequest) (*v1.RemoveTagResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	name, err := gov.ParseDatasetName(req.GetDataset())
	if err != nil {
		return nil, err
	}
	tag, err := gov.ParseTag(req.GetTag())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.RemoveTag(ctx, c, name, tag)
	return &v1.RemoveTagResponse{AuditIndex: done.Index}, err
}

func (s *versions) ListTags(ctx context.Context, req *v1.ListTagsRequest) (*v1.ListTagsResponse, error) {
	name, err := gov.ParseDatasetName(req.GetDataset())
	if err != nil {
		return nil, err
	}
	tags, err := s.svc.Tags(ctx, reader(ctx), name)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListTagsResponse{}
	for _, t := range tags {
		resp.Tags = append(resp.Tags, &v1.Tag{Name: t.Name, Number: t.Number, By: string(t.By), Set: timeToProto(t.Set)})
	}
	return resp, nil
}

func (s *versions) ProveRecord(ctx context.Context, req *v1.ProveRecordRequest) (*v1.ProveRecordResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	if err := gov.CheckKey(req.GetKey()); err != nil {
		return nil, err
	}
	proof, present, err := s.svc.ProveRecord(ctx, reader(ctx), govern.ProveRecord{Ref: ref, Key: req.GetKey(), Full: req.GetFull(), Since: req.GetSince()})
	if err != nil {
		return nil, err
	}
	return &v1.ProveRecordResponse{Proof: proof, Present: present}, nil
}

func versionToProto(v govern.VersionInfo) *v1.Version {
	if v.Number == 0 {
		return nil
	}
	m := &v1.Version{
		Ref: v.Ref().String(), Number: v.Number, Digest: v.Digest.String(), Root: v.Tree.Root.String(), Records: v.Tree.Records, Bytes: v.Tree.Bytes,
		Counts: countsToProto(v.Counts), Message: v.Message, By: string(v.By), ByName: v.ByName, Created: timeToProto(v.Created),
		AuditIndex: v.Entry, Tags: v.Tags, Change: uint64(v.Version.Change), Ratification: string(v.Ratification),
	}
	for _, p := range v.Parents {
		m.Parents = append(m.Parents, p.String())
	}
	return m
}

func countsToProto(c gov.Counts) *v1.Counts {
	return &v1.Counts{Added: c.Added, Removed: c.Removed, Changed: c.Changed, Unchanged: c.Unchanged}
}
