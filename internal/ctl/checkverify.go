package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

// byServer is the place that lets the server read contents itself.
const byServer = "server"

// verifyContents reads what the server draws in the files below a directory, and
// tells it what was found, or lets the server read it.
func (a *app) verifyContents(ctx context.Context, c *client, o *checkOptions) error {
	if o.verify == byServer {
		return a.verifyOnServer(ctx, c, o)
	}
	keys, err := a.drawnKeys(ctx, c, o)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		a.note("the policy takes contents as they were declared: none is to be read again")
		return nil
	}
	resp, err := a.sendFindings(ctx, c, o, keys)
	if err != nil {
		return c.link.explain(err)
	}
	a.noteReading(resp)
	return nil
}

// verifyOnServer asks the server to read what it draws.
func (a *app) verifyOnServer(ctx context.Context, c *client, o *checkOptions) error {
	s, err := c.ReadContents(ctx)
	if err != nil {
		return c.link.explain(err)
	}
	h := &govdv1.ReadContentsHeader{RequestId: requestID(), Ref: o.req.Ref, Stage: o.req.Stage, Server: true}
	if err := s.Send(&govdv1.ReadContentsRequest{Part: &govdv1.ReadContentsRequest_Header{Header: h}}); err != nil && !errors.Is(err, io.EOF) {
		return c.link.explain(err)
	}
	resp, err := s.CloseAndRecv()
	if err != nil {
		return hintRoots(c.link.explain(err))
	}
	a.noteReading(resp)
	return nil
}

func hintRoots(err error) error {
	if complaintOf(err).reason != "NO_CONTENT_ROOT" {
		return err
	}
	return hint(err, "--verify PATH reads them here, if you have them")
}

func (a *app) noteReading(resp *govdv1.ReadContentsResponse) {
	words := fmt.Sprintf("read %s again: %s wrong, %s broken", count(resp.GetRead(), "content"), thousands(resp.GetWrong()), thousands(resp.GetBroken()))
	if n := resp.GetFailed(); n > 0 {
		words += fmt.Sprintf("; %s could not be read", thousands(n))
	}
	if resp.GetServer() {
		words = "the server " + words
	}
	a.note("%s", words)
}

func (a *app) drawnKeys(ctx context.Context, c *client, o *checkOptions) (keys []string, err error) {
	s, err := c.DrawContents(ctx, &govdv1.DrawContentsRequest{Ref: o.req.Ref, Stage: o.req.Stage})
	if err != nil {
		return nil, c.link.explain(err)
	}
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return nil, c.link.explain(err)
		}
		keys = append(keys, m.GetKeys()...)
	}
}

// sendFindings reads the files and streams what was found.
func (a *app) sendFindings(ctx context.Context, c *client, o *checkOptions, keys []string) (*govdv1.ReadContentsResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.ReadContents(ctx)
	if err != nil {
		return nil, err
	}
	h := &govdv1.ReadContentsHeader{RequestId: requestID(), Ref: o.req.Ref, Stage: o.req.Stage}
	if err := s.Send(&govdv1.ReadContentsRequest{Part: &govdv1.ReadContentsRequest_Header{Header: h}}); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	bar := a.newBar("reading", thousands)
	defer bar.stop()
	done := uint64(0)
	for f, err := range ingest.Reread(ctx, o.verify, keys) {
		if err != nil {
			return nil, err
		}
		done++
		bar.set(done, uint64(len(keys)))
		batch := &govdv1.ContentFindings{Findings: []*govdv1.ContentFinding{findingToProto(f)}}
		if err := s.Send(&govdv1.ReadContentsRequest{Part: &govdv1.ReadContentsRequest_Findings{Findings: batch}}); err != nil {
			break // the answer says why
		}
	}
	return s.CloseAndRecv()
}

func findingToProto(f ingest.Again) *govdv1.ContentFinding {
	m := &govdv1.ContentFinding{Key: f.Key, Size: f.Size, MediaType: f.MediaType, Decodes: f.Decodes}
	if f.Read {
		m.Content = f.Content[:]
	}
	return m
}
