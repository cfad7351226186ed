package trail

import (
	"fmt"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// modelDeployed tells which model serves at a site from now on.
func (p *proven) modelDeployed(l line) error {
	var e struct {
		Site     gov.DatasetName `json:"site"`
		Number   uint64          `json:"number"`
		Of       gov.Node        `json:"of"`
		Model    gov.Digest      `json:"model"`
		Replaces uint64          `json:"replaces"`
		Trial    bool            `json:"trial"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	ref := gov.DeploymentRef{Site: e.Site, Number: e.Number}
	if _, err := gov.ParseDeploymentRef(ref.String()); err != nil || l.At != ref.Node().Place() || e.Of.Kind != gov.ModelNode {
		return badFile("the log entry names no deployment, or one of another project")
	}
	if of, known := p.nodes[e.Of]; known && of.digest != e.Model {
		return badFile("%s serves %s, and names the digest %s of another model", ref, e.Of, e.Model)
	}
	p.node(ref.Node(), l, gov.Digest{})
	p.edge(ref.Node(), lineage.Serves, e.Of)
	p.on(OfDeployments, ref.String())
	trial := map[bool]string{true: ", on trial"}[e.Trial]
	before := map[bool]string{true: fmt.Sprintf(", in the place of %s#%d", e.Site, e.Replaces)}[e.Replaces != 0]
	p.holds(fmt.Sprintf("model %s was deployed%s as %s%s %s", quote(e.Of.Name), trial, ref, before, l.said()), "its digest is %s; of the model, %s", e.Model, p.where(e.Of))
	return nil
}

// modelUndeployed tells that a deployment ended.
func (p *proven) modelUndeployed(l line) error {
	var e struct {
		Site   gov.DatasetName `json:"site"`
		Number uint64          `json:"number"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	ref := gov.DeploymentRef{Site: e.Site, Number: e.Number}
	p.on(OfDeployments, ref.String())
	p.holds(fmt.Sprintf("deployment %s ended %s", quote(ref.String()), l.said()), "%s", p.where(ref.Node()))
	return nil
}

// gaveBy tells which deployment gave a batch of outputs: one that serves the
// model that they are of.
func (p *proven) gaveBy(l line, batch, deployment, model gov.Node) error {
	claim := fmt.Sprintf("%s was given by deployment %s", batch, quote(deployment.Name))
	if _, known := p.nodes[deployment]; known && !p.edges[[2]gov.Node{deployment, model}][lineage.Serves] {
		return p.fails(claim, fmt.Errorf("that deployment serves another model than %s", model))
	}
	p.edge(batch, lineage.GeneratedBy, deployment)
	p.holds(claim, "log entry %d says so, and %s", l.index, p.where(deployment))
	return nil
}
