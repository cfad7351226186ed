package rpc

import (
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

type registerStream = grpc.ClientStreamingServer[v1.RegisterVersionRequest, v1.RegisterVersionResponse]

// RegisterVersion reads the header, then lets the operation pull the records
// off the stream.
func (s *versions) RegisterVersion(stream registerStream) error {
	c, h, err := opened(stream.Context(), stream.Recv, (*v1.RegisterVersionRequest).GetHeader)
	if err != nil {
		return err
	}
	in, err := registerFromProto(h)
	if err != nil {
		return err
	}
	done, err := s.svc.RegisterVersion(stream.Context(), c, in, edits(stream))
	if err != nil {
		return err
	}
	return stream.SendAndClose(&v1.RegisterVersionResponse{
		Version: versionToProto(done.VersionInfo), Counts: countsToProto(done.Counts), NoChange: done.NoChange, AuditIndex: done.Index,
	})
}

func registerFromProto(h *v1.RegisterVersionHeader) (in govern.Register, err error) {
	in = govern.Register{Delta: h.GetDelta(), Message: h.GetMessage(), Skipped: h.GetSkipped(), DryRun: h.GetDryRun()}
	if in.Dataset, err = gov.ParseDatasetName(h.GetDataset()); err != nil {
		return in, err
	}
	in.Parent, err = optional(h.GetParent(), gov.ParseDigest)
	return in, err
}

// edits yields what the batches of a stream hold, in the order of their keys.
func edits(stream registerStream) iter.Seq2[govern.Edit, error] {
	return parts(stream.Recv,
		func(m *v1.RegisterVersionRequest) ([]govern.Edit, bool) {
			return merged(m.GetBatch()), m.GetBatch() != nil
		},
		func(e govern.Edit) (govern.Edit, error) { return e, nil })
}

// merged returns the puts and the deletes of a batch, by key.
func merged(b *v1.RecordBatch) []govern.Edit {
	puts, deletes := recordsFromProto(b.GetPuts()), b.GetDeletes()
	all := make([]govern.Edit, 0, len(puts)+len(deletes))
	for i := range puts {
		for len(deletes) > 0 && deletes[0] < puts[i].Key {
			all = append(all, govern.Edit{Delete: deletes[0]})
			deletes = deletes[1:]
		}
		all = append(all, govern.Edit{Put: &puts[i]})
	}
	for _, key := range deletes {
		all = append(all, govern.Edit{Delete: key})
	}
	return all
}

// cutOff says that a stream ended before it was whole.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return gov.Errorf(gov.Invalid, "CUT_OFF", "the stream ended before its header")
	}
	return err
}
