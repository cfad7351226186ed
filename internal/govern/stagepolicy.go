package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/validate"
)

// A StagePolicy is the policy of a stage, as it holds in a project.
type StagePolicy struct {
	*validate.Policy
	Own *gov.RuleSet // the project's; nil if the policy is the one that govd comes with
}

// A stageBook keeps policies of stages that were read of late, by digest of
// their document.
type stageBook = book[*validate.Policy]

// StagePolicy returns the policy of a stage that holds in a project; the one
// that govd comes with if the project is "".
func (s *Service) StagePolicy(ctx context.Context, c Call, project gov.Project, stage gov.Stage) (p StagePolicy, err error) {
	if project == "" {
		p.Policy, err = s.shipped(stage)
		return p, err
	}
	err = s.see(ctx, c, gov.RulesRead, gov.Place(project), func(tx *store.Tx) error {
		if _, err := tx.Project(project); err != nil {
			return err
		}
		p, err = s.stagePolicyInForce(tx, project, stage)
		return err
	})
	return p, err
}

// stagePolicyInForce returns the policy of a stage that holds in a project: its
// own if it has one in force, else the one that govd comes with.
func (s *Service) stagePolicyInForce(tx *store.Tx, project gov.Project, stage gov.Stage) (p StagePolicy, err error) {
	set, found, err := ruleSetInForce(tx, gov.Place(project), gov.StagePolicy(stage), tx.Now)
	if err != nil {
		return p, err
	}
	if !found {
		p.Policy, err = s.shipped(stage)
		return p, err
	}
	p.Own = &set
	p.Policy, err = s.readStagePolicy(tx, set.Document)
	return p, err
}

// readStagePolicy returns the policy of a document. Nobody may change it.
func (s *Service) readStagePolicy(tx *store.Tx, d gov.Digest) (*validate.Policy, error) {
	if known, ok := s.stages.get(d); ok {
		return known, nil
	}
	doc, err := tx.Document(d)
	if err != nil {
		return nil, err
	}
	p, err := validate.ParsePolicyDocument(doc)
	if err == nil {
		s.stages.put(d, p)
	}
	return p, err
}

// shipped returns the policy of a stage that govd comes with. Nobody may change
// it.
func (s *Service) shipped(stage gov.Stage) (*validate.Policy, error) {
	name := gov.Digest{byte(stage)} // which no document has
	if known, ok := s.stages.get(name); ok {
		return known, nil
	}
	p, err := validate.Shipped(stage)
	if err == nil {
		s.stages.put(name, p)
	}
	return p, err
}

// checkStagePolicy returns the canonical document of a stage policy that may be
// proposed.
func checkStagePolicy(in SetRules) ([]byte, error) {
	if in.Place.Project() == "" || in.Place.Dataset() != "" {
		return nil, gov.Errorf(gov.Invalid, "BAD_PLACE", "stage policies are those of a project, not of %s", in.Place)
	}
	p, err := validate.ParsePolicy(in.Document)
	if err != nil {
		return nil, err
	}
	if of := gov.StagePolicy(p.Stage); of != in.Of {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the document is the policy of %s, not of %s", of, in.Of)
	}
	return p.Document(), nil
}
