package govern

import (
	"crypto/sha256"
	"encoding/json"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate/measure"
)

// A keptIndex is the indexes of the version of a dataset that was indexed last.
// It is kept so that the next is indexed by what differs.
type keptIndex struct {
	Of    gov.Tree   `json:"of"`    // the version's
	Trees []gov.Tree `json:"trees"` // in which the indexes lie
	State []byte     `json:"state"`
}

// indexSet names some indexes.
func indexSet(indexes []measure.Index) (d gov.Digest) {
	h := sha256.New()
	for _, x := range indexes {
		h.Write([]byte(x.Key()))
		h.Write([]byte{0})
	}
	h.Sum(d[:0])
	return d
}

// index returns the indexes of the version, from those of the version that was
// indexed last if there is one.
func (r *checkup) index() (*measure.Indexed, error) {
	wanted := r.suite.Indexes()
	if len(wanted) == 0 {
		return nil, nil
	}
	x, set := measure.NewIndexes(r.params, wanted...), indexSet(wanted)
	old, err := r.keptIndex(set)
	if err != nil {
		return nil, err
	}
	if old != nil && old.Of == r.version.Tree {
		if d, err := x.Decode(old.State); err == nil {
			return d, nil
		}
	}
	return r.makeIndex(x, set, old)
}

func (r *checkup) keptIndex(set gov.Digest) (kept *keptIndex, err error) {
	err = r.store.View(r.ctx, func(tx *store.Tx) error {
		b, err := tx.Index(r.version.Dataset, set)
		if err != nil || b == nil {
			return err
		}
		kept = &keptIndex{}
		return json.Unmarshal(b, kept)
	})
	return kept, err
}

// makeIndex makes the indexes and keeps them in place of the old ones.
func (r *checkup) makeIndex(x *measure.Indexes, set gov.Digest, old *keptIndex) (*measure.Indexed, error) {
	imp, err := r.store.NewImport(r.ctx)
	if err != nil {
		return nil, err
	}
	defer imp.Close()
	to := imported{imp, r.cache}
	d, err := r.advance(x, old, to)
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(keptIndex{r.version.Tree, d.Trees(), d.Bytes()})
	if err != nil {
		return nil, err
	}
	return d, r.store.Update(r.ctx, func(tx *store.Tx) error {
		return errors.Join(tx.PutIndex(r.version.Dataset, set, kept), imp.Commit(tx))
	})
}

// advance makes the indexes from old ones where that is possible: their nodes
// may have been swept since they were read.
func (r *checkup) advance(x *measure.Indexes, old *keptIndex, to measure.Nodes) (*measure.Indexed, error) {
	if old != nil {
		if was, err := x.Decode(old.State); err == nil {
			d, err := x.Advance(r.gauge(nodes{r.ctx, r.Service}), was, old.Of, r.version.Tree, to)
			if err == nil || gov.ReasonOf(err) != "NO_NODE" {
				return d, err
			}
		}
	}
	return x.Build(r.gauge(nodes{r.ctx, r.Service}), r.version.Tree, to)
}

// markIndexes marks the nodes that the indexes of a dataset lie in.
func markIndexes(tx *store.Tx, dataset gov.DatasetName, visit func(gov.Digest) bool) error {
	return tx.Indexes(dataset, func(_ gov.Digest, b []byte) error {
		var kept keptIndex
		if err := json.Unmarshal(b, &kept); err != nil {
			return gov.Because(err, gov.Internal, "CORRUPT", "the indexes of %s cannot be read", dataset)
		}
		for _, t := range kept.Trees {
			if err := tree.Mark(tx, t, func(id gov.Digest, _ bool) bool { return visit(id) }); err != nil {
				return err
			}
		}
		return nil
	})
}
