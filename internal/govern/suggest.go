package govern

import (
	"context"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// LabelsDoubted: predictions were compared with the labels of a version.
type LabelsDoubted struct {
	Dataset  gov.DatasetName `json:"dataset"`
	Number   uint64          `json:"number"`
	Version  gov.Digest      `json:"version"`
	Records  uint64          `json:"records"`
	Errors   int64           `json:"errors"`
	Count    uint64          `json:"count"`
	Suspects gov.Digest      `json:"suspects"` // of a text: those that a report shows
}

func (*LabelsDoubted) name() string { return "labels.doubted" }

func (e *LabelsDoubted) apply(tx *store.Tx, o origin) error {
	return tx.PutDoubts(gov.Doubts{
		Dataset: e.Dataset, Number: e.Number, Version: e.Version, Records: e.Records, Errors: e.Errors, Count: e.Count, Suspects: e.Suspects,
		By: o.who, Time: o.time, Entry: o.index,
	})
}

// A Prediction is what a model says of a record: a probability of each class.
type Prediction struct {
	Key           string
	Probabilities []float64
}

// Suggest is a request for the labels that a model doubts.
type Suggest struct {
	Ref     gov.Ref
	Classes []string
}

// maxProbabilities is how many numbers predictions may have in all, since they
// are gone through twice.
const maxProbabilities = 8 << 20

// SuggestChange compares a version's labels with predictions, and returns the
// records whose label is in doubt. It changes no label. If the call has a request
// id, what was found is recorded, for the version's reports to show. Returns gov.Invalid,
// naming the first row and counting the others, if probabilities do not sum to
// one or a record is not in the version.
func (s *Service) SuggestChange(ctx context.Context, c Call, in Suggest, rows iter.Seq2[Prediction, error]) (v gov.Version, found *validate.Suspects, err error) {
	err = s.see(ctx, c, gov.ChangePropose, gov.Place(in.Ref.Dataset), func(tx *store.Tx) error {
		v, err = resolve(tx, in.Ref)
		return err
	})
	if err != nil {
		return v, nil, err
	}
	p := predictions{classes: in.Classes}
	if err := p.collect(rows); err != nil {
		return v, nil, err
	}
	given, err := p.given(nodes{ctx, s}, v.Tree)
	if err != nil {
		return v, nil, err
	}
	found, err = validate.FindSuspects(p, func(key string) (string, bool) {
		label, known := given[key]
		return label, known
	})
	if err == nil && c.Request != (RequestID{}) {
		err = s.doubted(ctx, c, v, found)
	}
	return v, found, err
}

// doubted records what was found, as much of it as a report shows.
func (s *Service) doubted(ctx context.Context, c Call, v gov.Version, found *validate.Suspects) error {
	shown := found.List[:min(len(found.List), validate.MaxWitnesses)]
	ev := &LabelsDoubted{
		Dataset: v.Dataset, Number: v.Number, Version: v.Digest, Records: found.Records, Errors: int64(found.Errors),
		Count: uint64(len(found.List)) + found.More,
	}
	args := struct {
		LabelsDoubted
		Shown []validate.Suspect
	}{*ev, shown}
	_, err := write(ctx, s, c, action{do: gov.ChangePropose, at: gov.Place(v.Dataset), args: args}, func(tx *store.Tx) (_ *LabelsDoubted, err error) {
		ev.Suspects, err = sealed(tx, shown)
		return ev, err
	})
	return err
}

// predictions are what a client has sent. They are validate.Predictions.
type predictions struct {
	classes []string
	rows    []Prediction
}

// Classes returns the label names, in order.
func (p predictions) Classes() []string { return p.classes }

// All yields the rows in the order they came.
func (p predictions) All() iter.Seq2[string, []float64] {
	return func(yield func(string, []float64) bool) {
		for _, r := range p.rows {
			if !yield(r.Key, r.Probabilities) {
				return
			}
		}
	}
}

func (p *predictions) collect(rows iter.Seq2[Prediction, error]) error {
	numbers := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		if numbers += 1 + len(r.Probabilities); numbers > maxProbabilities {
			return gov.Errorf(gov.Exhausted, "TOO_MANY_PREDICTIONS", "more than %d numbers at once: send the predictions in parts", maxProbabilities)
		}
		p.rows = append(p.rows, r)
	}
	return nil
}

// given returns, of every record that is there, the name of its first label that
// is one of the classes.
func (p *predictions) given(from tree.Source, root gov.Tree) (map[string]string, error) {
	keys := make([]string, len(p.rows))
	for i, r := range p.rows {
		keys[i] = r.Key
	}
	slices.Sort(keys)
	read, given := newSeeker(from, root), map[string]string{}
	defer func() { read.stop() }()
	for _, key := range slices.Compact(keys) {
		r, err := read.find(key)
		if err != nil && gov.ReasonOf(err) != "ERASED" {
			return nil, err
		}
		if r != nil {
			given[key] = p.labelOf(r)
		}
	}
	return given, nil
}

func (p *predictions) labelOf(r *gov.Record) string {
	for _, l := range r.Labels {
		if slices.Contains(p.classes, l.Name) {
			return l.Name
		}
	}
	return ""
}
