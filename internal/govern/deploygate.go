package govern

import (
	"errors"
	"fmt"

	"govd/internal/gov"
	"govd/internal/store"
)

// Why a model may not serve, besides what its training data may lack.
const (
	lackExploratory = "MODEL_EXPLORATORY"
	lackRun         = "NO_RUN_KNOWN"
)

// passModel returns the document of what was found of a model and of all that
// it learned from. It is refused for the first thing that is lacking, unless it
// is deployed on trial.
func (s *Service) passModel(tx *store.Tx, m gov.ModelVersion, trial bool) ([]byte, error) {
	g := modelGates{s: s, tx: tx, seen: map[gov.Node]bool{}}
	if err := g.model(m); err != nil {
		return nil, err
	}
	doc, err := gatesDocument(g.found)
	if err != nil || trial {
		return doc, err
	}
	return doc, refuseLacks(g.found)
}

// modelGates look at a model, at the versions that its run used, and likewise at
// the models that it used.
type modelGates struct {
	s     *Service
	tx    *store.Tx
	seen  map[gov.Node]bool
	found []InputGate
}

func (g *modelGates) model(m gov.ModelVersion) error {
	n := m.Ref().Node()
	if g.seen[n] {
		return nil
	}
	g.seen[n] = true
	found := InputGate{Node: n}
	switch {
	case m.Run == "":
		found.Lacks = []Lack{{lackRun, fmt.Sprintf("no run is known that made %s, nor what it learned from", m.Ref())}}
	case m.Exploratory:
		found.Lacks = []Lack{{lackExploratory, fmt.Sprintf("%s was made for exploration only", m.Ref())}}
	}
	g.found = append(g.found, found)
	if m.Run == "" {
		return nil
	}
	r, err := g.tx.Run(m.Run)
	for _, in := range r.Inputs {
		if err == nil {
			err = g.input(in)
		}
	}
	return err
}

func (g *modelGates) input(n gov.Node) error {
	switch n.Kind {
	case gov.VersionNode:
		return g.version(n)
	case gov.ModelNode:
		ref, err := gov.ParseModelRef(n.Name)
		if err != nil {
			return err
		}
		m, err := g.tx.Model(ref)
		if err == nil {
			err = g.model(m)
		}
		return err
	}
	return nil
}

// version finds whether a version that was approved for training still is. Only
// an exploratory run can have named one that does not exist.
func (g *modelGates) version(n gov.Node) error {
	if g.seen[n] {
		return nil
	}
	g.seen[n] = true
	found := InputGate{Node: n}
	v, err := versionNamed(g.tx, n)
	switch {
	case errors.Is(err, gov.NotFound):
		err = nil
		found.Lacks = []Lack{{lackUnknown, fmt.Sprintf("nothing is known of %s", n)}}
	case err == nil:
		err = passGates(g.s, g.tx, v, stillGates, &found)
	}
	g.found = append(g.found, found)
	return err
}

// stillGates find what has come to light of a version since a run used it.
var stillGates = []gate{glassGate, holdGate, failedGate}

// passGates adds what a version lacks by some gates.
func passGates(s *Service, tx *store.Tx, v gov.Version, gates []gate, found *InputGate) error {
	d, err := tx.Dataset(v.Dataset)
	in := &candidate{Version: v, dataset: d, found: found}
	for _, gate := range gates {
		if err == nil {
			err = gate(s, tx, in)
		}
	}
	return err
}

// failedGate keeps back what was learned from a version of which a later report
// has found that it fails. What its dataset has not reached yet does not count,
// nor that a later stage asks for more.
func failedGate(_ *Service, tx *store.Tx, in *candidate) error {
	for r, err := range tx.Reports(in.Dataset, in.Number) {
		if err != nil {
			return err
		}
		if r.Partial || r.Stage > in.dataset.Stage {
			continue
		}
		if !passed(r.Verdict) {
			in.lacks(lackPass, "the checks of stage %d found %s: %s", r.Stage, in.Ref(), r.Verdict)
		}
		return nil
	}
	return nil
}
