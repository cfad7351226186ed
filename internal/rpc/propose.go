package rpc

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// ProposeChange reads the header, then lets the operation pull the edits off the
// stream.
func (s *changes) ProposeChange(stream grpc.ClientStreamingServer[v1.ProposeChangeRequest, v1.ProposeChangeResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.ProposeChangeRequest).GetHeader)
	if err != nil {
		return err
	}
	in := govern.Propose{DryRun: h.GetDryRun()}
	if in.Ref, err = gov.ParseRef(h.GetRef()); err != nil {
		return err
	}
	if in.Proposal, err = proposalFromProto(h); err != nil {
		return err
	}
	p, err := s.svc.ProposeChange(stream.Context(), c, in, labelEdits(stream.Recv))
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.ProposeChangeResponse{
		Change: changeToProto(p.Change), Revision: revisionToProto(p.Change.Newest), Verdict: s.verdict(stream.Context(), p.Verdict), AuditIndex: p.Index,
	})
}

// ReviseChange is ProposeChange for a change that is there.
func (s *changes) ReviseChange(stream grpc.ClientStreamingServer[v1.ReviseChangeRequest, v1.ReviseChangeResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.ReviseChangeRequest).GetHeader)
	if err != nil {
		return err
	}
	in := govern.Revise{Change: gov.ChangeID(h.GetChange())}
	if in.Expected, err = optional(h.GetExpectedDigest(), gov.ParseDigest); err != nil {
		return err
	}
	if in.Proposal, err = proposalFromProto(h); err != nil {
		return err
	}
	p, err := s.svc.ReviseChange(stream.Context(), c, in, labelEdits(stream.Recv))
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.ReviseChangeResponse{
		Change: changeToProto(p.Change), Revision: revisionToProto(p.Change.Newest), Verdict: s.verdict(stream.Context(), p.Verdict), AuditIndex: p.Index,
	})
}

// opened reads the first message of a stream, which must be its header, and
// returns who calls.
func opened[M any, H interface {
	comparable
	GetRequestId() string
}](ctx context.Context, recv func() (M, error), of func(M) H,
) (c govern.Call, h H, err error) {
	first, err := recv()
	if err != nil {
		return c, h, cutOff(err)
	}
	var none H
	if h = of(first); h == none {
		return c, h, errNoHeader
	}
	c, err = writer(ctx, h.GetRequestId())
	return c, h, err
}

var (
	errNoHeader     = gov.Errorf(gov.Invalid, "NO_HEADER", "the first message must be the header")
	errSecondHeader = gov.Errorf(gov.Invalid, "SECOND_HEADER", "only the first message may be a header")
)

func proposalFromProto(h interface {
	GetMessage() string
	GetStage() uint32
	GetEvidence() []string
	GetOnBehalfOf() string
},
) (p govern.Proposal, err error) {
	p = govern.Proposal{Message: h.GetMessage(), For: h.GetOnBehalfOf()}
	if n := h.GetStage(); n != 0 {
		if p.Stage, err = gov.ParseStage(int(min(n, 100))); err != nil {
			return p, err
		}
	}
	p.Evidence, err = digestsFromProto(h.GetEvidence())
	return p, err
}

// labelEdits yields the edits that a stream's batches hold.
func labelEdits[M interface{ GetBatch() *v1.EditBatch }](recv func() (M, error)) iter.Seq2[gov.LabelEdit, error] {
	return parts(recv, func(m M) ([]*v1.LabelEdit, bool) { return m.GetBatch().GetEdits(), m.GetBatch() != nil }, editFromProto)
}

// parts yields what the messages of a stream hold after its header, each part as
// one of ours.
func parts[M, P, E any](recv func() (M, error), of func(M) ([]P, bool), from func(P) (E, error)) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		var none E
		for {
			m, err := recv()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(none, cutOff(err))
				return
			}
			batch, ok := of(m)
			if !ok {
				yield(none, errSecondHeader)
				return
			}
			for _, p := range batch {
				if e, err := from(p); !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

func editFromProto(m *v1.LabelEdit) (gov.LabelEdit, error) {
	if op := m.GetOp(); op < 0 || op > v1.EditOp_EDIT_OP_RESHAPE {
		return gov.LabelEdit{}, gov.Errorf(gov.Invalid, "BAD_EDIT", "edit of record %q: no such operation", m.GetKey())
	}
	return gov.LabelEdit{
		Key: m.GetKey(), Label: m.GetLabel(), Op: gov.EditOp(m.GetOp()), From: m.GetFrom(), To: m.GetTo(),
		FromGeometry: geometryFromProto(m.GetFromGeometry()), ToGeometry: geometryFromProto(m.GetToGeometry()),
	}, nil
}

func editToProto(e gov.LabelEdit) *v1.LabelEdit {
	return &v1.LabelEdit{
		Key: e.Key, Label: e.Label, Op: v1.EditOp(e.Op), From: e.From, To: e.To,
		FromGeometry: geometryToProto(e.FromGeometry), ToGeometry: geometryToProto(e.ToGeometry),
	}
}

// ImportVotes reads the header, then lets the operation pull the votes off the
// stream.
func (s *changes) ImportVotes(stream grpc.ClientStreamingServer[v1.ImportVotesRequest, v1.ImportVotesResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.ImportVotesRequest).GetHeader)
	if err != nil {
		return err
	}
	revision, err := gov.ParseDigest(h.GetExpectedDigest())
	if err != nil {
		return err
	}
	votes := parts(stream.Recv, func(m *v1.ImportVotesRequest) ([]*v1.OutsideVote, bool) {
		return m.GetVotes().GetVotes(), m.GetVotes() != nil
	}, outsideFromProto)
	e, err := s.svc.ImportVotes(stream.Context(), c, gov.ChangeID(h.GetChange()), revision, votes)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.ImportVotesResponse{Evidence: evidenceToProto(e), AuditIndex: e.Entry})
}

func outsideFromProto(m *v1.OutsideVote) (govern.OutsideVote, error) {
	when, err := timeFromProto(m.GetTime())
	return govern.OutsideVote{Item: m.GetItem(), Reviewer: m.GetReviewer(), Vote: m.GetVote(), Time: when}, err
}

func evidenceToProto(e gov.Evidence) *v1.Evidence {
	return &v1.Evidence{
		Digest: e.Votes.String(), Revision: e.Revision.String(), Votes: e.Count, Items: e.Items, Reviewers: e.Reviewers,
		Alpha: e.Alpha, HasAlpha: e.Known, Agree: e.Agree, By: string(e.By), Time: timeToProto(e.Time), AuditIndex: e.Entry,
	}
}
