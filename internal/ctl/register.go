package ctl

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/protobuf/proto"

	"govd/internal/gov"
	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

// What a batch of records may hold: the server takes messages of 1 MiB, and
// about 100 records a message is fastest.
const (
	batchRecords = 100
	batchBytes   = 256 << 10
)

// register sends the manifest: what changed since the last push if that made
// the newest version, else all of it. Without a change nothing is sent.
func (p *push) register(ctx context.Context, m *ingest.Manifest, last *ingest.Push, newest *govdv1.Version) (pushView, error) {
	edits, n := whole(m), uint64(m.Len())
	if last != nil {
		edits, n = last.Delta(m), 0
		for range edits {
			n++
		}
		if n == 0 {
			return unchanged(newest, uint64(m.Bytes())), nil
		}
	}
	header := &govdv1.RegisterVersionHeader{
		RequestId: requestID(), Dataset: string(p.dataset), Parent: newest.GetDigest(), Delta: last != nil,
		Message: p.message, Skipped: uint64(len(m.Problems)), DryRun: p.dryRun,
	}
	var resp *govdv1.RegisterVersionResponse
	err := p.link.retry(ctx, func(ctx context.Context) (err error) {
		resp, err = p.send(ctx, header, edits, n)
		return err
	})
	if err != nil {
		return pushView{}, err
	}
	return pushed(resp, uint64(m.Bytes())), nil
}

func pushed(resp *govdv1.RegisterVersionResponse, bytes uint64) pushView {
	if resp.GetNoChange() {
		return unchanged(resp.GetVersion(), bytes)
	}
	v, n := resp.GetVersion(), resp.GetCounts()
	return pushView{
		Version: v.GetRef(), Digest: v.GetDigest(), Root: v.GetRoot(), Records: v.GetRecords(), Bytes: bytes,
		Added: n.GetAdded(), Removed: n.GetRemoved(), Changed: n.GetChanged(), Unchanged: n.GetUnchanged(), AuditIndex: resp.GetAuditIndex(),
	}
}

// whole yields every record of the manifest.
func whole(m *ingest.Manifest) iter.Seq[ingest.Change] {
	return func(yield func(ingest.Change) bool) {
		for r := range m.Records() {
			if !yield(ingest.Change{Key: r.Key, Record: r}) {
				return
			}
		}
	}
}

// send streams the edits once.
func (p *push) send(ctx context.Context, header *govdv1.RegisterVersionHeader, edits iter.Seq[ingest.Change], n uint64) (*govdv1.RegisterVersionResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := p.RegisterVersion(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Header{Header: header}})
	if err == nil {
		err = p.sendRecords(edits, n, func(b *govdv1.RecordBatch) error {
			return s.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Batch{Batch: b}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has answered already
		return nil, err
	}
	return s.CloseAndRecv()
}

// sendRecords sends edits in batches, with a bar.
func (a *app) sendRecords(edits iter.Seq[ingest.Change], n uint64, send func(*govdv1.RecordBatch) error) error {
	bar := a.newBar("sending", thousands)
	defer bar.stop()
	b := batch{send: send}
	done := uint64(0)
	for e := range edits {
		if err := b.add(e); err != nil {
			return err
		}
		done++
		bar.set(done, n)
	}
	return b.flush()
}

// A batch gathers edits into messages.
type batch struct {
	send  func(*govdv1.RecordBatch) error
	next  govdv1.RecordBatch
	bytes int
}

func (b *batch) add(e ingest.Change) error {
	if e.Record == nil {
		b.next.Deletes = append(b.next.Deletes, e.Key)
		b.bytes += len(e.Key) + 4
	} else {
		r := recordMessage(e.Record)
		b.next.Puts = append(b.next.Puts, r)
		b.bytes += proto.Size(r) + 4
	}
	if len(b.next.Puts)+len(b.next.Deletes) < batchRecords && b.bytes < batchBytes {
		return nil
	}
	return b.flush()
}

func (b *batch) flush() error {
	if b.bytes == 0 {
		return nil
	}
	err := b.send(&govdv1.RecordBatch{Puts: b.next.Puts, Deletes: b.next.Deletes})
	b.next.Puts, b.next.Deletes, b.bytes = nil, nil, 0
	return err
}

// recordMessage is the record on the wire, without a salt: the server sets it.
func recordMessage(r *gov.Record) *govdv1.Record {
	m := &govdv1.Record{
		Key: r.Key, Content: r.Content[:], Size: r.Size, MediaType: r.MediaType, Attributes: r.Attributes, Split: r.Split,
	}
	for _, l := range r.Labels {
		m.Labels = append(m.Labels, &govdv1.Label{Id: l.ID, Name: l.Name, Geometry: geometryMessage(l.Geometry)})
	}
	if f := r.Facts; f != nil {
		m.Facts = &govdv1.ImageFacts{
			Width: f.Width, Height: f.Height, Phash: f.PHash, Sharpness: f.Sharpness,
			Blur: f.Blur, Dark: f.Dark, Light: f.Light, Entropy: f.Entropy, Gray: f.Gray,
		}
	}
	return m
}

// geometryMessage relies on the kinds having the same numbers on the wire.
func geometryMessage(g *gov.Geometry) *govdv1.Geometry {
	if g == nil {
		return nil
	}
	m := &govdv1.Geometry{Kind: govdv1.GeometryKind(g.Kind)}
	for _, part := range g.Parts {
		m.Parts = append(m.Parts, &govdv1.GeometryPart{Numbers: part})
	}
	return m
}
