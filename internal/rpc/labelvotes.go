package rpc

import (
	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// RecordVotes reads the header, then lets the operation pull the votes off the
// stream.
func (s *checks) RecordVotes(stream grpc.ClientStreamingServer[v1.RecordVotesRequest, v1.RecordVotesResponse]) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.RecordVotesRequest).GetHeader)
	if err != nil {
		return err
	}
	ref, err := gov.ParseRef(h.GetRef())
	if err != nil {
		return err
	}
	votes := parts(stream.Recv, func(m *v1.RecordVotesRequest) ([]*v1.LabelVote, bool) {
		return m.GetBatch().GetVotes(), m.GetBatch() != nil
	}, labelVoteFromProto)
	row, err := s.svc.RecordVotes(stream.Context(), c, ref, votes)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.RecordVotesResponse{
		Ref: gov.Ref{Dataset: row.Dataset, Number: row.Number}.String(), Votes: row.Count, Records: row.Records, Gold: row.Gold,
		Annotators: row.Annotators, AuditIndex: row.Entry,
	})
}

func labelVoteFromProto(m *v1.LabelVote) (govern.LabelVote, error) {
	return govern.LabelVote{Key: m.GetKey(), Annotator: m.GetAnnotator(), Label: m.GetLabel(), Truth: m.GetTruth(), Line: m.GetLine()}, nil
}
