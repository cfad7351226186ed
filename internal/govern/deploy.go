package govern

import (
	"context"
	"errors"
	"slices"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// ModelDeployed: a version of a model serves at a site from now on. What served
// there before no longer does.
type ModelDeployed struct {
	Site     gov.DatasetName `json:"site"`
	Number   uint64          `json:"number"`
	Of       gov.Node        `json:"of"`    // the version of the model
	Model    gov.Digest      `json:"model"` // its digest
	Replaces uint64          `json:"replaces,omitempty"`
	Trial    bool            `json:"trial,omitempty"`
	Gates    gov.Digest      `json:"gates,omitzero"` // of the document that says what was found of the model and its data
	Note     gov.Digest      `json:"note,omitzero"`  // of a text
}

func (*ModelDeployed) name() string { return "model.deployed" }

func (e *ModelDeployed) apply(tx *store.Tx, o origin) error {
	model, err := gov.ParseModelRef(e.Of.Name)
	if err != nil {
		return err
	}
	if e.Replaces != 0 {
		if err := endDeployment(tx, gov.DeploymentRef{Site: e.Site, Number: e.Replaces}, gov.Digest{}, o); err != nil {
			return err
		}
	}
	d := gov.Deployment{
		Site: e.Site, Number: e.Number, Model: model, Trial: e.Trial, Gates: e.Gates, Note: e.Note, By: o.who, Since: o.time, Entry: o.index,
	}
	n := d.Ref().Node()
	return errors.Join(tx.PutDeployment(d), known(tx, o, n), link(tx, o, lineage.Edge{From: n, Kind: lineage.Serves, To: e.Of}))
}

// ModelUndeployed: nothing serves at a site any more.
type ModelUndeployed struct {
	Site   gov.DatasetName `json:"site"`
	Number uint64          `json:"number"`       // of the deployment that ended
	Why    gov.Digest      `json:"why,omitzero"` // of a text
}

func (*ModelUndeployed) name() string { return "model.undeployed" }

func (e *ModelUndeployed) apply(tx *store.Tx, o origin) error {
	return endDeployment(tx, gov.DeploymentRef{Site: e.Site, Number: e.Number}, e.Why, o)
}

// endDeployment ends a deployment in an event's apply. Its edges stand: what it
// served, it has served.
func endDeployment(tx *store.Tx, r gov.DeploymentRef, why gov.Digest, o origin) error {
	d, err := tx.Deployment(r)
	if err != nil {
		return err
	}
	d.Until, d.EndEntry, d.EndedBy, d.EndNote = o.time, o.index, o.who, why
	return tx.PutDeployment(d)
}

// DeployModel is a request to let a version of a model serve at a site.
type DeployModel struct {
	Model gov.ModelRef
	Site  string // in the model's project
	Trial bool   // what the model lacks is no refusal, and the deployment says so for ever
	Note  string
}

// DeployModel lets a version of a model serve at a site if it passes the gates:
// a run made it that was not exploratory, and of the data that it learned from
// nothing is quarantined or on hold by now, or has failed its checks since. A trial needs a right of its own; what is lacking
// is then written down and hinders nothing.
func (s *Service) DeployModel(ctx context.Context, c Call, in DeployModel) (done Done[*ModelDeployed], err error) {
	site, err := gov.ParseSite(in.Model.Model.Project(), in.Site)
	if err != nil {
		return done, err
	}
	at := gov.Place(site.Project())
	return write(ctx, s, c, action{do: gov.ModelDeploy, at: at, args: in}, func(tx *store.Tx) (*ModelDeployed, error) {
		m, err := tx.Model(in.Model)
		if err != nil {
			return nil, err
		}
		ev := &ModelDeployed{Site: site, Number: 1, Of: in.Model.Node(), Model: m.Digest, Trial: in.Trial}
		if err := errors.Join(s.mayDeploy(tx, c, m, in.Trial), succeeds(tx, ev)); err != nil {
			return nil, err
		}
		doc, err := s.passModel(tx, m, in.Trial)
		if err != nil {
			return nil, err
		}
		ev.Gates = gov.DocumentDigest(doc)
		ev.Note, err = putText(tx, in.Note)
		return ev, errors.Join(err, tx.PutDocument(ev.Gates, doc))
	})
}

// mayDeploy holds what a deployment needs besides its model.
func (s *Service) mayDeploy(tx *store.Tx, c Call, m gov.ModelVersion, trial bool) error {
	if len(c.Scope.Runs) > 0 && !slices.Contains(c.Scope.Runs, m.Run) {
		return gov.Errorf(gov.Denied, "WRONG_RUN", "this token is for another run than the one that made %s", m.Ref())
	}
	if !trial {
		return nil
	}
	may, err := s.reads(tx, c, gov.ModelTrial, gov.Place(m.Model.Project()))
	if err == nil && !may {
		err = gov.Errorf(gov.Denied, "NO_TRIALS", "you may not deploy models on trial in %s", m.Model.Project())
	}
	return err
}

// succeeds numbers a deployment, and says which one it ends.
func succeeds(tx *store.Tx, ev *ModelDeployed) error {
	newest, err := take(tx.Deployments(ev.Site), 1)
	if err != nil || len(newest) == 0 {
		return err
	}
	last := newest[0]
	if ev.Number = last.Number + 1; last.EndEntry != 0 {
		return nil
	}
	if last.Model.Node() == ev.Of && last.Trial == ev.Trial {
		return gov.Errorf(gov.Exists, "DEPLOYED_ALREADY", "%s serves at %s already, as %s", last.Model, ev.Site, last.Ref())
	}
	ev.Replaces = last.Number
	return nil
}

// UndeployModel is a request to end what serves at a site.
type UndeployModel struct {
	Site   gov.DatasetName
	Number uint64 // of the deployment; 0: whichever serves
	Why    string
}

// UndeployModel ends the deployment that serves at a site.
func (s *Service) UndeployModel(ctx context.Context, c Call, in UndeployModel) (Done[*ModelUndeployed], error) {
	at := gov.Place(in.Site.Project())
	return write(ctx, s, c, action{do: gov.ModelDeploy, at: at, args: in}, func(tx *store.Tx) (*ModelUndeployed, error) {
		d, err := serving(tx, in.Site)
		if err != nil {
			return nil, err
		}
		if in.Number != 0 && in.Number != d.Number {
			return nil, gov.Errorf(gov.Conflict, "NOT_SERVING", "%s#%d does not serve: %s does", in.Site, in.Number, d.Ref())
		}
		m, err := tx.Model(d.Model)
		if err != nil {
			return nil, err
		}
		if err := s.mayDeploy(tx, c, m, false); err != nil {
			return nil, err
		}
		why, err := putText(tx, in.Why)
		return &ModelUndeployed{in.Site, d.Number, why}, err
	})
}

// serving returns what serves at a site. Returns gov.NotFound if nothing does.
func serving(tx *store.Tx, site gov.DatasetName) (gov.Deployment, error) {
	newest, err := take(tx.Deployments(site), 1)
	if err == nil && (len(newest) == 0 || newest[0].EndEntry != 0) {
		err = gov.Errorf(gov.NotFound, "NO_DEPLOYMENT", "no model serves at %s", site)
	}
	if err != nil {
		return gov.Deployment{}, err
	}
	return newest[0], nil
}

// gaveBy finds the deployment that outputs of a model are from: by its number,
// also after it has ended, since outputs may be recorded late; or what serves at
// a site of the model's project.
func gaveBy(tx *store.Tx, of gov.ModelRef, name string) (r gov.DeploymentRef, err error) {
	if name == "" {
		return r, nil
	}
	var d gov.Deployment
	if site, bad := gov.ParseSite(of.Model.Project(), name); bad == nil {
		d, err = serving(tx, site)
	} else if r, err = gov.ParseDeploymentRef(name); err == nil {
		d, err = tx.Deployment(r)
	}
	if err == nil && d.Model != of {
		err = gov.Errorf(gov.Conflict, "OTHER_MODEL", "%s serves %s, not %s", d.Ref(), d.Model, of)
	}
	return d.Ref(), err
}
