package rpc

import (
	"context"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/review"
	v1 "govd/proto/govd/v1"
)

// changes serves ChangeService.
type changes struct {
	v1.UnimplementedChangeServiceServer
	svc   *govern.Service
	pages pager
}

func (s *changes) WithdrawChange(ctx context.Context, req *v1.WithdrawChangeRequest) (*v1.WithdrawChangeResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.WithdrawChange(ctx, c, gov.ChangeID(req.GetChange()), req.GetMessage())
	if err != nil {
		return nil, err
	}
	ch, err := s.svc.ChangeWorkedOn(ctx, done.Event.Change)
	return &v1.WithdrawChangeResponse{Change: changeToProto(ch), AuditIndex: done.Index}, err
}

func (s *changes) ReopenChange(ctx context.Context, req *v1.ReopenChangeRequest) (*v1.ReopenChangeResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.ReopenChange(ctx, c, gov.ChangeID(req.GetChange()))
	if err != nil {
		return nil, err
	}
	ch, err := s.svc.ChangeWorkedOn(ctx, done.Event.Change)
	return &v1.ReopenChangeResponse{Change: changeToProto(ch), AuditIndex: done.Index}, err
}

func (s *changes) RebaseChange(ctx context.Context, req *v1.RebaseChangeRequest) (*v1.RebaseChangeResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	r, err := s.svc.RebaseChange(ctx, c, govern.Rebase{Change: gov.ChangeID(req.GetChange()), DropConflicts: req.GetDropConflicts()})
	if err != nil {
		return nil, err
	}
	resp := &v1.RebaseChangeResponse{
		Change: changeToProto(r.Change), Revision: revisionToProto(r.Change.Newest), Verdict: s.verdict(ctx, r.Verdict),
		ConflictCount: r.Conflict, NoChange: r.NoChange, AuditIndex: r.Index,
	}
	for _, x := range r.Conflicts {
		resp.Conflicts = append(resp.Conflicts, &v1.MergeConflict{
			Key: x.Key, Label: x.Label, Base: recordToProto(x.Base), Ours: recordToProto(x.Ours), Theirs: recordToProto(x.Theirs),
		})
	}
	return resp, nil
}

func (s *changes) ExplainChange(ctx context.Context, req *v1.ExplainChangeRequest) (*v1.ExplainChangeResponse, error) {
	v, rules, err := s.svc.ExplainChange(ctx, reader(ctx), gov.ChangeID(req.GetChange()))
	if err != nil {
		return nil, err
	}
	return &v1.ExplainChangeResponse{Verdict: s.verdict(ctx, v), Rules: rules}, nil
}

func (s *changes) ApplyChange(ctx context.Context, req *v1.ApplyChangeRequest) (*v1.ApplyChangeResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.ApplyChange{Change: gov.ChangeID(req.GetChange())}
	if in.Expected, err = optional(req.GetExpectedDigest(), gov.ParseDigest); err != nil {
		return nil, err
	}
	done, err := s.svc.ApplyChange(ctx, c, in)
	return &v1.ApplyChangeResponse{
		Version: versionToProto(done.VersionInfo), AuditIndex: done.Index, GlassBroken: done.Glass, RatifyBy: timeToProto(done.Due),
	}, err
}

func (s *changes) BreakGlass(ctx context.Context, req *v1.BreakGlassRequest) (*v1.BreakGlassResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.BreakGlass{Change: gov.ChangeID(req.GetChange()), Reason: req.GetReason(), Ticket: req.GetTicket()}
	if in.Revision, err = gov.ParseDigest(req.GetExpectedDigest()); err != nil {
		return nil, err
	}
	b, err := s.svc.BreakGlass(ctx, c, in)
	return &v1.BreakGlassResponse{AuditIndex: b.Index, Enough: b.Enough, Expires: timeToProto(b.Expires)}, err
}

func (s *changes) RatifyChange(ctx context.Context, req *v1.RatifyChangeRequest) (*v1.RatifyChangeResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	done, err := s.svc.RatifyChange(ctx, c, gov.ChangeID(req.GetChange()))
	return &v1.RatifyChangeResponse{AuditIndex: done.Index}, err
}

func changeToProto(ch govern.ChangeInfo) *v1.Change {
	r := ch.Newest
	m := &v1.Change{
		Number: uint64(ch.ID), Dataset: string(ch.Dataset), Author: string(ch.Author), AuthorName: ch.AuthorName, State: string(ch.State),
		Opened: timeToProto(ch.Opened), Expires: timeToProto(ch.Expires), Revision: ch.Revision, Digest: r.Digest.String(),
		Base: gov.Ref{Dataset: r.Dataset, Number: r.Base.Number}.String(), Edits: r.Edits.Records, Records: r.Touched, Message: r.Message,
		AuditIndex: ch.Entry, Stage: uint32(r.Stage), Ratification: string(ch.Ratification), BaseMoved: ch.BaseMoved,
	}
	if ch.Change.Result != 0 {
		m.Result = gov.Ref{Dataset: ch.Dataset, Number: ch.Change.Result}.String()
	}
	if ch.Glass != nil {
		m.RatifyBy = timeToProto(ch.Glass.Due)
	}
	return m
}

func revisionToProto(r govern.RevisionInfo) *v1.Revision {
	return &v1.Revision{
		Number: r.Number, Digest: r.Digest.String(), Base: gov.Ref{Dataset: r.Dataset, Number: r.Base.Number}.String(),
		BaseDigest: r.Base.Digest.String(), Edits: r.Edits.Records, EditsRoot: r.Edits.Root.String(), Records: r.Touched, Moved: r.Moved,
		Labels: r.Labels, Stage: uint32(r.Stage), Message: r.Message, Evidence: digestsToProto(r.Evidence), Rules: r.Rules.String(),
		By: string(r.By), ByName: r.ByName, OnBehalfOf: string(r.For), Created: timeToProto(r.Created),
	}
}

func digestsToProto(all []gov.Digest) (texts []string) {
	for _, d := range all {
		texts = append(texts, d.String())
	}
	return texts
}

func digestsFromProto(texts []string) (all []gov.Digest, err error) {
	for _, s := range texts {
		d, err := gov.ParseDigest(s)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// verdict translates a verdict, with the names of everyone it speaks of. A name
// that cannot be had is left out.
func (s *changes) verdict(ctx context.Context, v review.Verdict) *v1.Verdict {
	m := verdictToProto(v)
	names, err := s.svc.Names(ctx, v.People())
	if err == nil {
		m.Names = make(map[string]string, len(names))
	}
	for id, name := range names {
		m.Names[string(id)] = name
	}
	return m
}

func verdictToProto(v review.Verdict) *v1.Verdict {
	m := &v1.Verdict{Ready: v.Ready, Digest: v.Digest.String(), Void: excludedToProto(v.Void)}
	for _, f := range v.Factors {
		m.Factors = append(m.Factors, &v1.Factor{
			Rule: f.Rule, Under: f.Under, Role: string(f.Role), Need: uint32(f.Need), Have: uint32(f.Have), Missing: uint32(f.Missing),
			By: personsToProto(f.By), Excluded: excludedToProto(f.Excluded), Could: personsToProto(f.Could),
		})
	}
	for _, b := range v.Reasons {
		m.Reasons = append(m.Reasons, &v1.Block{Reason: string(b.Reason), Person: string(b.Person), Says: b.Says})
	}
	return m
}

func excludedToProto(all []review.Excluded) (ms []*v1.Excluded) {
	for _, x := range all {
		ms = append(ms, &v1.Excluded{Person: string(x.Person), Reason: string(x.Reason)})
	}
	return ms
}

func personsToProto(all []gov.PersonID) (ids []string) {
	for _, id := range all {
		ids = append(ids, string(id))
	}
	return ids
}
