package rpc

import (
	"bufio"
	"errors"

	"google.golang.org/grpc"

	"govd/internal/gov"
	"govd/internal/govern"
	v1 "govd/proto/govd/v1"
)

// ExportLineage streams the lineage of a project.
func (s *lineages) ExportLineage(req *v1.ExportLineageRequest, stream grpc.ServerStreamingServer[v1.ExportLineageResponse]) error {
	c, err := writer(stream.Context(), req.GetRequestId())
	if err != nil {
		return err
	}
	in := govern.ExportLineage{AsOf: req.GetAsOf()}
	if in.Project, err = gov.ParseProject(req.GetProject()); err != nil {
		return err
	}
	if in.Time, err = timeFromProto(req.GetTime()); err != nil {
		return err
	}
	w := bufio.NewWriterSize(sender(func(b []byte) error { return stream.Send(&v1.ExportLineageResponse{Data: b}) }), runBytes)
	out, err := s.svc.ExportLineage(stream.Context(), c, in, func(event []byte) error {
		_, err := w.Write(event)
		return errors.Join(err, w.WriteByte('\n'))
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return stream.Send(&v1.ExportLineageResponse{Summary: &v1.ExportLineageSummary{Events: out.Events, Complete: out.Complete, AsOf: out.AsOf}})
}
