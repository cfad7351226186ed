package ingest

import (
	"context"

	"golang.org/x/sync/errgroup"

	"govd/internal/gov"
)

// A sum tells two records apart: the salt that a dataset with the secret 0
// would give the record, which is a keyed hash over its key and its canonical
// value.
type sum [16]byte

// sumChunk is how many records are summed in one go.
const sumChunk = 4096

// sumRecords checks and sums all records.
func (m *Manifest) sumRecords(ctx context.Context) error {
	m.sums = make([]sum, len(m.items))
	bad := complaints{reason: "BAD_RECORD"}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(m.listing.options.workers())
	for from := 0; from < len(m.items); from += sumChunk {
		g.Go(func() error {
			m.sumSome(from, min(from+sumChunk, len(m.items)), &bad)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return bad.err()
}

func (m *Manifest) sumSome(from, to int, bad *complaints) {
	sealer := gov.NewSealer([16]byte{})
	for i := from; i < to; i++ {
		if m.items[i].problem != nil {
			continue
		}
		r := m.record(i)
		err := r.Check()
		if err == nil {
			_, err = sealer.Seal(r)
		}
		if err != nil {
			bad.at(0, r.Key, "%v", err)
		}
		m.sums[i] = r.Salt
	}
}
