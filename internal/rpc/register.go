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
	first, err := stream.Recv()
	if err != nil {
		return cutOff(err)
	}
	h := first.GetHeader()
	if h == nil {
		return errNoHeader
	}
	c, err := writer(stream.Context(), h.GetRequestId())
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
	return func(yield func(govern.Edit, error) bool) {
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(govern.Edit{}, cutOff(err))
				return
			}
			if m.GetBatch() == nil {
				yield(govern.Edit{}, errSecondHeader)
				return
			}
			if !yieldBatch(m.GetBatch(), yield) {
				return
			}
		}
	}
}

// yieldBatch merges the puts and the deletes of a batch.
func yieldBatch(b *v1.RecordBatch, yield func(govern.Edit, error) bool) bool {
	puts, deletes := recordsFromProto(b.GetPuts()), b.GetDeletes()
	for i := range puts {
		for len(deletes) > 0 && deletes[0] < puts[i].Key {
			if !yield(govern.Edit{Delete: deletes[0]}, nil) {
				return false
			}
			deletes = deletes[1:]
		}
		if !yield(govern.Edit{Put: &puts[i]}, nil) {
			return false
		}
	}
	for _, key := range deletes {
		if !yield(govern.Edit{Delete: key}, nil) {
			return false
		}
	}
	return true
}

// cutOff says that a stream ended before it was whole.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return gov.Errorf(gov.Invalid, "CUT_OFF", "the stream ended before its header")
	}
	return err
}
