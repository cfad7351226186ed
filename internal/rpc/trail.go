package rpc

import (
	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// trails serves TrailService.
type trails struct {
	v1.UnimplementedTrailServiceServer
	svc *govern.Service
}

func (t *trails) ExportTrail(req *v1.ExportTrailRequest, stream grpc.ServerStreamingServer[v1.ExportTrailResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	in := govern.ExportTrail{Node: req.GetNode(), Format: req.GetFormat(), Since: req.GetSince()}
	file, err := t.svc.ExportTrail(stream.Context(), c, in)
	if err != nil {
		return err
	}
	return inPieces(file, func(b []byte) error { return stream.Send(&v1.ExportTrailResponse{Data: b}) })
}

func (t *trails) GetReceipt(req *v1.GetReceiptRequest, stream grpc.ServerStreamingServer[v1.GetReceiptResponse]) error {
	d, err := gov.ParseDigest(req.GetDigest())
	if err != nil {
		return err
	}
	file, err := t.svc.OutputReceipt(stream.Context(), reader(stream.Context()), d, req.GetSince())
	if err != nil {
		return err
	}
	return inPieces(file, func(b []byte) error { return stream.Send(&v1.GetReceiptResponse{Data: b}) })
}

// inPieces sends a file in pieces of 1 MiB at most.
func inPieces(file []byte, send func([]byte) error) error {
	const piece = 1 << 20
	for len(file) > 0 {
		n := min(len(file), piece)
		if err := send(file[:n]); err != nil {
			return err
		}
		file = file[n:]
	}
	return nil
}
