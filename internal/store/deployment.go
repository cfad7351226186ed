package store

import (
	"iter"

	"govd/internal/gov"
)

// Deployment returns a deployment. Returns gov.NotFound if there is none.
func (tx *Tx) Deployment(r gov.DeploymentRef) (gov.Deployment, error) { return deployments.get(tx, r) }

// PutDeployment inserts or replaces a deployment.
func (tx *Tx) PutDeployment(d gov.Deployment) error { return deployments.put(tx, d.Ref(), d) }

// Deployments yields the deployments at a site, newest first.
func (tx *Tx) Deployments(site gov.DatasetName) iter.Seq2[gov.Deployment, error] {
	return deployments.list(tx, down(key(nil).dataset(site), 0))
}

// DeploymentsIn yields the deployments of a project by site, the oldest first,
// after one; from the first if that has no number.
func (tx *Tx) DeploymentsIn(project gov.Project, after gov.DeploymentRef) iter.Seq2[gov.Deployment, error] {
	s := under(key(nil).str(string(project)))
	if after.Number != 0 {
		s = s.after(deployments.key(after))
	}
	return deployments.list(tx, s)
}

// DeploymentsOf yields the deployments of a model, by its version, site and
// number.
func (tx *Tx) DeploymentsOf(model gov.DatasetName) iter.Seq2[gov.Deployment, error] {
	return deployments.via(tx, deploymentByModel, under(key(nil).dataset(model)))
}

var deployments = &table[gov.DeploymentRef, gov.Deployment]{
	bucket: deploymentTable, noun: "deployment", missing: "NO_DEPLOYMENT",
	key:   func(r gov.DeploymentRef) key { return key(nil).dataset(r.Site).uint64(r.Number) },
	keyOf: func(d gov.Deployment) gov.DeploymentRef { return d.Ref() },
	codec: jsonValue[gov.Deployment](),
	indexes: []index[gov.Deployment]{
		{bucket: deploymentByModel, keys: func(d gov.Deployment) []key {
			return []key{key(nil).dataset(d.Model.Model).uint64(d.Model.Number).dataset(d.Site).uint64(d.Number)}
		}},
	},
}
