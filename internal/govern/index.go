package govern

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"runtime"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
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
	old, err := r.keptIndex(indexSet(wanted))
	if err != nil {
		return nil, err
	}
	if old != nil && old.Of == r.version.Tree {
		if d, err := measure.NewIndexes(r.params, wanted...).Decode(old.State); err == nil {
			return d, nil
		}
	}
	return r.keep(wanted, func(x *measure.Indexes, to measure.Nodes) (*measure.Indexed, error) { return r.advance(x, old, to) })
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

// first measures and indexes a version in one reading of its records, if nothing
// is known of it yet to start from.
func (r *checkup) first(e *validate.Evidence) error {
	wanted, set := r.suite.Indexes(), measure.NewSet(r.suite.Measures()...)
	if len(wanted) == 0 {
		return nil
	}
	old, err := r.keptIndex(indexSet(wanted))
	if err != nil || old != nil {
		return err
	}
	known, err := r.remembers(set, r.version)
	if err != nil || known {
		return err
	}
	base, err := r.measuredBefore(set, r.version)
	if err != nil || base.Number > 0 {
		return err
	}
	e.Index, err = r.keep(wanted, func(x *measure.Indexes, to measure.Nodes) (*measure.Indexed, error) {
		return r.gather(set, x, to)
	})
	return err
}

// gather measures the version, and indexes what was gathered meanwhile.
func (r *checkup) gather(set *measure.Set, x *measure.Indexes, to measure.Nodes) (*measure.Indexed, error) {
	idle := make(chan *measure.Gathering, runtime.GOMAXPROCS(0))
	all := make([]*measure.Gathering, cap(idle))
	for i := range all {
		all[i] = x.Gather(r.version.Tree.Records)
		idle <- all[i]
	}
	_, err := r.fold(r.version.Tree, func(from tree.Source, memo measure.Memo, part gov.Tree) (*measure.Profile, error) {
		g := <-idle
		defer func() { idle <- g }()
		return set.FoldInto(g, from, memo, part)
	}, set)
	if err != nil {
		return nil, err
	}
	return x.Gathered(r.version.Tree, to, all...)
}

// keep makes indexes. The run keeps them in place of the old ones when it ends.
func (r *checkup) keep(wanted []measure.Index, work func(*measure.Indexes, measure.Nodes) (*measure.Indexed, error)) (*measure.Indexed, error) {
	imp, err := r.store.NewImport(r.ctx)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, imp)
	scratch := r.store.NewScratch()
	defer scratch.Close()
	d, err := work(measure.NewIndexes(r.params, wanted...).Spilling(scratch), imported{imp, r.cache})
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(keptIndex{r.version.Tree, d.Trees(), d.Bytes()})
	r.made = func(tx *store.Tx) error {
		return errors.Join(tx.PutIndex(r.version.Dataset, indexSet(wanted), kept), imp.Commit(tx))
	}
	return d, err
}

// advance makes the indexes from old ones where that is possible: their nodes
// may have been swept since they were read.
func (r *checkup) advance(x *measure.Indexes, old *keptIndex, to measure.Nodes) (*measure.Indexed, error) {
	if old != nil {
		if was, err := x.Decode(old.State); err == nil {
			d, err := r.follow(x, was, old.Of, to)
			if err == nil || gov.ReasonOf(err) != "NO_NODE" {
				return d, err
			}
		}
	}
	return x.Build(r.gauge(nodes{r.ctx, r.Service}), r.version.Tree, to)
}

// follow advances indexes. What it reads of the versions and of the old indexes
// it reads in one short transaction, which saves copying their nodes.
func (r *checkup) follow(x *measure.Indexes, was *measure.Indexed, of gov.Tree, to measure.Nodes) (*measure.Indexed, error) {
	var p *measure.Prepared
	err := r.store.View(r.ctx, func(tx *store.Tx) (err error) {
		p, err = x.Prepare(r.gauge(tx), was, of, r.version.Tree)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.Finish(to)
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
