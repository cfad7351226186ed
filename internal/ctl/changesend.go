package ctl

import (
	"context"
	"errors"
	"io"

	"google.golang.org/protobuf/proto"

	govdv1 "govd/proto/govd/v1"
)

// propose streams a proposal once.
func (a *app) propose(ctx context.Context, c *client, h *govdv1.ProposeChangeHeader, edits []edit) (*govdv1.ProposeChangeResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.ProposeChange(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.ProposeChangeRequest{Part: &govdv1.ProposeChangeRequest_Header{Header: h}})
	if err == nil {
		err = a.sendEdits(edits, func(b *govdv1.EditBatch) error {
			return s.Send(&govdv1.ProposeChangeRequest{Part: &govdv1.ProposeChangeRequest_Batch{Batch: b}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has answered already
		return nil, err
	}
	return s.CloseAndRecv()
}

// revise streams a revision once.
func (a *app) revise(ctx context.Context, c *client, h *govdv1.ReviseChangeHeader, edits []edit) (*govdv1.ReviseChangeResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.ReviseChange(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.ReviseChangeRequest{Part: &govdv1.ReviseChangeRequest_Header{Header: h}})
	if err == nil {
		err = a.sendEdits(edits, func(b *govdv1.EditBatch) error {
			return s.Send(&govdv1.ReviseChangeRequest{Part: &govdv1.ReviseChangeRequest_Batch{Batch: b}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return s.CloseAndRecv()
}

// sendEdits sends edits in messages of as many as batchRecords and batchBytes
// allow.
func (a *app) sendEdits(edits []edit, send func(*govdv1.EditBatch) error) error {
	bar := a.newBar("sending", thousands)
	defer bar.stop()
	var next []*govdv1.LabelEdit
	bytes := 0
	for i, e := range edits {
		next = append(next, e.LabelEdit)
		bytes += proto.Size(e.LabelEdit) + 4
		if len(next) < batchRecords && bytes < batchBytes && i < len(edits)-1 {
			continue
		}
		if err := send(&govdv1.EditBatch{Edits: next}); err != nil {
			return err
		}
		bar.set(uint64(i+1), uint64(len(edits)))
		next, bytes = nil, 0
	}
	return nil
}
