package rpc

import (
	"cmp"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// maxSuggested is how many suspects an answer holds.
const maxSuggested = 20_000

// SuggestChange reads the header, then lets the operation pull the predictions
// off the stream.
func (s *changes) SuggestChange(stream grpc.ClientStreamingServer[v1.SuggestChangeRequest, v1.SuggestChangeResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return cutOff(err)
	}
	h := first.GetHeader()
	if h == nil {
		return errNoHeader
	}
	in := govern.Suggest{Classes: h.GetClasses()}
	if in.Ref, err = gov.ParseRef(h.GetRef()); err != nil {
		return err
	}
	rows := parts(stream.Recv, func(m *v1.SuggestChangeRequest) ([]*v1.Prediction, bool) {
		return m.GetBatch().GetPredictions(), m.GetBatch() != nil
	}, predictionFromProto)
	c := reader(stream.Context())
	if h.GetRequestId() != "" {
		if c, err = writer(stream.Context(), h.GetRequestId()); err != nil {
			return err
		}
	}
	v, found, err := s.svc.SuggestChange(stream.Context(), c, in, rows)
	if err != nil {
		return err
	}
	most := min(int(cmp.Or(h.GetLimit(), maxSuggested)), maxSuggested, len(found.List))
	resp := &v1.SuggestChangeResponse{
		Ref: v.Ref().String(), Records: found.Records, Errors: uint32(found.Errors), More: found.More + uint64(len(found.List)-most),
	}
	for _, x := range found.List[:most] {
		resp.Suspects = append(resp.Suspects, &v1.Suspect{Key: x.Key, Given: x.Given, Likely: x.Likely, Margin: uint32(max(x.Margin, 0)), Sure: x.Sure})
	}
	return stream.SendAndClose(resp)
}

func predictionFromProto(m *v1.Prediction) (govern.Prediction, error) {
	return govern.Prediction{Key: m.GetKey(), Probabilities: m.GetProbabilities()}, nil
}
