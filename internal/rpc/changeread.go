package rpc

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

func (s *changes) CastVote(ctx context.Context, req *v1.CastVoteRequest) (*v1.CastVoteResponse, error) {
	c, err := writer(ctx, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	in := govern.Ballot{
		Change: gov.ChangeID(req.GetChange()), Kind: gov.VoteKind(req.GetKind()), Of: req.GetOf(), Message: req.GetMessage(),
		Statement: req.GetStatement(), Signature: req.GetSignature(),
	}
	if in.Revision, err = gov.ParseDigest(req.GetExpectedDigest()); err != nil {
		return nil, err
	}
	cast, err := s.svc.Vote(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return &v1.CastVoteResponse{Vote: voteToProto(cast.VoteInfo), Verdict: s.verdict(ctx, cast.Verdict), AuditIndex: cast.Index}, nil
}

func (s *changes) GetChange(ctx context.Context, req *v1.GetChangeRequest) (*v1.GetChangeResponse, error) {
	w, err := s.svc.Change(ctx, reader(ctx), gov.ChangeID(req.GetChange()))
	if err != nil {
		return nil, err
	}
	resp := &v1.GetChangeResponse{Change: changeToProto(w.ChangeInfo), Verdict: s.verdict(ctx, w.Verdict)}
	for _, r := range w.Revisions {
		resp.Revisions = append(resp.Revisions, revisionToProto(r))
	}
	for _, v := range w.Votes {
		resp.Votes = append(resp.Votes, voteToProto(v))
	}
	for _, e := range w.Evidence {
		resp.Evidence = append(resp.Evidence, evidenceToProto(e))
	}
	for _, a := range w.Asked {
		resp.Asked = append(resp.Asked, &v1.GlassAsk{
			Person: string(a.Person), PersonName: a.PersonName, Reason: a.Reason, Ticket: a.Ticket, Time: timeToProto(a.Time), AuditIndex: a.Entry,
		})
	}
	return resp, nil
}

func voteToProto(v govern.VoteInfo) *v1.Vote {
	return &v1.Vote{
		Person: string(v.Person), PersonName: v.PersonName, Kind: string(v.Kind), Revision: v.Revision.String(), Of: string(v.Of),
		Message: v.Message, Time: timeToProto(v.Time), SignedBy: v.Key, Statement: v.Statement, Signature: v.Armored,
		LookedAtStat: v.Looked.Stat, LookedAtEdits: v.Looked.Edits, LookedSeconds: v.Looked.Seconds, AuditIndex: v.Entry,
	}
}

func (s *changes) ListChanges(ctx context.Context, req *v1.ListChangesRequest) (*v1.ListChangesResponse, error) {
	n, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	f := govern.ChangeFilter{State: gov.ChangeState(req.GetState()), NeedsMe: req.GetNeedsMe()}
	if f.Place, err = optional(req.GetPlace(), gov.ParsePlace); err != nil {
		return nil, err
	}
	if f.State != "" && f.State != gov.ChangeOpen && f.State != gov.ChangeWithdrawn && f.State != gov.ChangeApplied {
		return nil, gov.Errorf(gov.Invalid, "BAD_STATE", "no state %q: the states are open, withdrawn and applied", req.GetState())
	}
	c, what := reader(ctx), listing("changes", req.GetPlace(), req.GetState(), strconv.FormatBool(req.GetNeedsMe()))
	from, err := s.pages.open(c.Actor.Person, what, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	before, err := optional(from, gov.ParseChangeID)
	if err != nil {
		return nil, err
	}
	page, next, err := s.svc.Changes(ctx, c, f, before, n)
	if err != nil {
		return nil, err
	}
	resp := &v1.ListChangesResponse{}
	for _, ch := range page {
		resp.Changes = append(resp.Changes, changeToProto(ch))
	}
	if next > 1 {
		resp.NextPageToken = s.pages.seal(c.Actor.Person, what, next.String())
	}
	return resp, nil
}

// ListEdits streams edits in runs, each with the records that it is about if
// they are asked for.
func (s *changes) ListEdits(req *v1.ListEditsRequest, stream grpc.ServerStreamingServer[v1.ListEditsResponse]) error {
	f := govern.EditFilter{
		Change: gov.ChangeID(req.GetChange()), Revision: req.GetRevision(), AfterKey: req.GetAfterKey(), AfterLabel: req.GetAfterLabel(), Prefix: req.GetPrefix(),
	}
	if t := req.GetTransition(); t != nil {
		f.Transition = &gov.Transition{From: t.GetFrom(), To: t.GetTo()}
	}
	rows, err := s.svc.Edits(stream.Context(), reader(stream.Context()), f)
	if err != nil {
		return err
	}
	run, size, left, last := &v1.ListEditsResponse{}, 0, req.GetLimit(), ""
	for row, err := range rows {
		if err != nil {
			return err
		}
		run.Edits = append(run.Edits, editToProto(row.LabelEdit))
		size += 64 + 2*len(row.Key)
		if req.GetWithRecords() && row.Record != nil && (row.Key != last || len(run.Records) == 0) {
			run.Records = append(run.Records, recordToProto(row.Record))
			size += weight(row.Record)
		}
		last = row.Key
		if left--; left == 0 { // a limit of 0 wraps around and is none
			break
		}
		if len(run.Edits) < runRecords && size < runBytes {
			continue
		}
		if err := stream.Send(run); err != nil {
			return err
		}
		run, size = &v1.ListEditsResponse{}, 0
	}
	return stream.Send(run)
}

func (s *changes) StatChange(ctx context.Context, req *v1.StatChangeRequest) (*v1.StatChangeResponse, error) {
	const most = 1000
	st, err := s.svc.StatChange(ctx, reader(ctx), gov.ChangeID(req.GetChange()), req.GetRevision())
	if err != nil {
		return nil, err
	}
	resp := &v1.StatChangeResponse{
		Revision: revisionToProto(st.Revision), TransitionCount: uint64(len(st.Transitions)), Splits: st.Splits, Reshaped: st.Reshaped,
	}
	for _, t := range st.Transitions[:min(len(st.Transitions), most)] {
		resp.Transitions = append(resp.Transitions, &v1.TransitionCount{From: t.From, To: t.To, Count: t.Count, Share: t.Share})
	}
	for _, l := range st.Labels {
		resp.Labels = append(resp.Labels, &v1.LabelCount{Name: l.Name, Before: l.Before, After: l.After})
	}
	for _, p := range st.Past {
		resp.Past = append(resp.Past, &v1.PastVotes{Reviewer: string(p.Reviewer), ReviewerName: p.ReviewerName, Approved: p.Approved, Against: p.Against})
	}
	for _, e := range st.Evidence {
		resp.Evidence = append(resp.Evidence, evidenceToProto(e))
	}
	return resp, nil
}

func (s *changes) BlameRecord(ctx context.Context, req *v1.BlameRecordRequest) (*v1.BlameRecordResponse, error) {
	ref, err := gov.ParseRef(req.GetRef())
	if err != nil {
		return nil, err
	}
	if err := gov.CheckKey(req.GetKey()); err != nil {
		return nil, err
	}
	all, err := s.svc.Blame(ctx, reader(ctx), ref, req.GetKey())
	if err != nil {
		return nil, err
	}
	resp := &v1.BlameRecordResponse{}
	for _, b := range all {
		m := &v1.LabelBlame{
			Label: b.ID, Name: b.Name, Version: b.Version.Ref().String(), Change: uint64(b.Change), Author: string(b.Author.ID),
			AuthorName: b.Author.Name, Message: b.Message, Time: timeToProto(b.Version.Created), AuditIndex: b.Version.Entry, Was: b.Was, GlassBroken: b.Glass,
		}
		for _, p := range b.Approvers {
			m.Approvers, m.ApproverNames = append(m.Approvers, string(p.ID)), append(m.ApproverNames, p.Name)
		}
		resp.Labels = append(resp.Labels, m)
	}
	return resp, nil
}
