package govern

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
	"govd/internal/trail"
)

const batchCounter = "batch" // the number of the newest batch

// OutputsRecorded: a model gave these outputs. They lie beside the log; the root
// commits to them and to their order.
type OutputsRecorded struct {
	Batch uint64     `json:"batch"`
	Of    gov.Node   `json:"of"`    // the version of the model
	Model gov.Digest `json:"model"` // its digest
	Root  gov.Digest `json:"root"`  // of the Merkle tree of RFC 6962 over trail.OutputLeaf
	Count uint64     `json:"count"`

	Deployment gov.Node `json:"deployment,omitzero"` // that gave them, if anyone said
}

func (*OutputsRecorded) name() string { return "outputs.recorded" }

func (e *OutputsRecorded) apply(tx *store.Tx, o origin) error {
	ref, err := gov.ParseModelRef(e.Of.Name)
	if err != nil {
		return err
	}
	all, err := take(tx.Outputs(e.Batch, 0), 0)
	if err != nil {
		return err
	}
	b := gov.Batch{Number: tx.Next(batchCounter), Model: ref, Root: e.Root, Count: e.Count, By: o.who, Created: o.time, Entry: o.index}
	n := gov.NumberedNode(gov.BatchNode, e.Batch)
	edges := []lineage.Edge{{From: n, Kind: lineage.GeneratedBy, To: e.Of}}
	if e.Deployment.Kind != "" {
		if b.Deployment, err = gov.ParseDeploymentRef(e.Deployment.Name); err != nil {
			return err
		}
		edges = append(edges, lineage.Edge{From: n, Kind: lineage.GeneratedBy, To: e.Deployment})
	}
	return errors.Join(tx.PutBatch(b), tx.IndexOutputs(e.Batch, all), known(tx, o, n), link(tx, o, edges...))
}

// RecordOutputs records outputs of a version of a model, in their order. However
// many they are, the log has one entry.
func (s *Service) RecordOutputs(ctx context.Context, c Call, of gov.ModelRef, all []gov.Output) (Done[*OutputsRecorded], error) {
	return s.RecordServed(ctx, c, of, "", all)
}

// RecordServed is RecordOutputs for what a deployment gave: it, or the site where
// it serves.
func (s *Service) RecordServed(ctx context.Context, c Call, of gov.ModelRef, by string, all []gov.Output) (done Done[*OutputsRecorded], err error) {
	if err := checkOutputs(all); err != nil {
		return done, err
	}
	root := trail.OutputsRoot(outputLeaves(all))
	at := gov.Place(of.Model.Project())
	args := struct {
		Model string
		Root  gov.Digest
		Count int
		By    string `json:",omitempty"`
	}{of.String(), root, len(all), by}
	return write(ctx, s, c, action{do: gov.OutputRecord, at: at, args: args}, func(tx *store.Tx) (*OutputsRecorded, error) {
		m, err := tx.Model(of)
		if err != nil {
			return nil, err
		}
		if len(c.Scope.Runs) > 0 && !slices.Contains(c.Scope.Runs, m.Run) {
			return nil, gov.Errorf(gov.Denied, "WRONG_RUN", "this token is for another run than the one that made %s", of)
		}
		by, err := gaveBy(tx, of, by)
		if err != nil {
			return nil, err
		}
		ev := &OutputsRecorded{Batch: tx.Counter(batchCounter) + 1, Of: of.Node(), Model: m.Digest, Root: root, Count: uint64(len(all))}
		if by.Number != 0 {
			ev.Deployment = by.Node()
		}
		return ev, tx.PutOutputs(ev.Batch, all)
	})
}

func checkOutputs(all []gov.Output) error {
	if len(all) == 0 || len(all) > gov.MaxBatch {
		return gov.Errorf(gov.Invalid, "BAD_BATCH", "a batch has 1 to %d outputs, not %d", gov.MaxBatch, len(all))
	}
	for i, o := range all {
		if o.Digest.IsZero() || len(o.Name) > gov.MaxOutputName || !utf8.ValidString(o.Name) {
			return gov.Errorf(gov.Invalid, "BAD_OUTPUT", "output %d has no digest, or an id of more than %d bytes", i, gov.MaxOutputName)
		}
	}
	return nil
}

// outputLeaves hashes outputs as their batch's root commits to them.
func outputLeaves(all []gov.Output) []gov.Digest {
	leaves := make([]gov.Digest, len(all))
	for i, o := range all {
		leaves[i] = audit.LeafHash(trail.OutputLeaf(o.Digest, o.Name))
	}
	return leaves
}

// A FoundOutput is an output, where it was recorded, and of which model.
type FoundOutput struct {
	gov.Output
	gov.OutputPlace
	gov.Batch
}

// FindOutput returns where an output was recorded, the oldest first: in batches
// of models that the caller may read. Returns gov.NotFound if it was nowhere.
func (s *Service) FindOutput(ctx context.Context, c Call, d gov.Digest) (found []FoundOutput, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		places, err := tx.FindOutputs(d, mostPlaces)
		if err != nil {
			return err
		}
		for _, p := range places {
			f, may, err := s.foundOutput(tx, c, p)
			if err != nil {
				return err
			}
			if may {
				found = append(found, f)
			}
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = gov.Errorf(gov.NotFound, "NO_OUTPUT", "no output %s was recorded", d)
	}
	return found, err
}

func (s *Service) foundOutput(tx *store.Tx, c Call, p gov.OutputPlace) (f FoundOutput, may bool, err error) {
	b, err := tx.Batch(p.Batch)
	if err != nil {
		return f, false, err
	}
	may, err = s.reads(tx, c, gov.OutputRead, gov.Place(b.Model.Model.Project()))
	if err != nil || !may {
		return f, false, err
	}
	o, err := tx.Output(p)
	return FoundOutput{o, p, b}, true, err
}

// Batches returns up to n batches of a version of a model, newest first.
func (s *Service) Batches(ctx context.Context, c Call, of gov.ModelRef, n int) (page []gov.Batch, err error) {
	err = s.see(ctx, c, gov.OutputRead, gov.Place(of.Model.Project()), func(tx *store.Tx) error {
		if _, err := tx.Model(of); err != nil {
			return err
		}
		page, err = take(tx.Batches(of), n)
		return err
	})
	return page, err
}
