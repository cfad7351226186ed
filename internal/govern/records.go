package govern

import (
	"bytes"
	"context"
	"crypto/sha256"
	"iter"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// A Row is a record of a version, or the key of one whose value was erased.
type Row struct {
	Key    string
	Record *gov.Record // nil if erased
}

// Span says which records of a version are meant.
type Span struct {
	Prefix string // only keys that begin so
	After  string // only keys after this one
}

// Records yields the records of a version in key order.
func (s *Service) Records(ctx context.Context, c Call, ref gov.Ref, span Span) (iter.Seq2[Row, error], error) {
	v, err := s.Version(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	lo, hi := span.bounds()
	return func(yield func(Row, error) bool) {
		for e, err := range tree.Range(nodes{ctx, s}, v.Tree, lo, hi) {
			row := Row{Key: string(e.Key)}
			if err == nil && !e.Erased {
				row.Record, err = gov.DecodeRecord(row.Key, e.Value)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}, nil
}

// bounds returns the least key of the span and the least one beyond it.
func (s Span) bounds() (lo, hi []byte) {
	lo = []byte(s.Prefix)
	if after := append([]byte(s.After), 0); s.After != "" && bytes.Compare(after, lo) > 0 {
		lo = after
	}
	hi = bytes.TrimRight([]byte(s.Prefix), "\xff")
	if len(hi) == 0 {
		return lo, nil
	}
	hi[len(hi)-1]++
	return lo, hi
}

// Record returns one record of a version and the digest of its canonical value.
func (s *Service) Record(ctx context.Context, c Call, ref gov.Ref, key string) (r *gov.Record, d gov.Digest, err error) {
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		v, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		value, err := tree.Get(tx, v.Tree, []byte(key))
		if err != nil {
			return err
		}
		d = sha256.Sum256(value)
		r, err = gov.DecodeRecord(key, value)
		return err
	})
	return r, d, err
}
